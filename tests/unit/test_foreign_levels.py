"""The level scales of other platforms, in both directions, with the tables of their owners."""

import pytest

from idp.oidc import levels
from idp.oidc.levels import Level
from idp.realname.foreign_levels import CERTIFICATE, LICENCE, SCALES, wanted

# What each of their levels is said to be, and what that comes to here.
THEIRS = {
    "zj": {"1": 0, "2": 1, "3": 2},  # unverified; population library; face, Alipay real name, counter
    "zj_legal": {"1": 3, "2": 3, "3": 1, "4": 0},  # certificate or e-licence; on-site; online; unverified
    "gd": {"2": 0, "3": 1, "4": 2, "5": 3},  # format only; two factors; real person; certificate or counter
    "gj": {"1": 0, "2": 0, "3": 1, "4": 2},  # account; and mobile; ID, Alipay or WeChat; face
    "bj": {"L1": 1, "L2": 2, "L3": 3},
}
# What we tell of an account at IAL 0 to 3.
OURS = {
    "zj": ["1", "2", "3", "3"],
    "zj_legal": ["4", "3", "3", "2"],
    "gd": ["2", "3", "4", "5"],
    "gj": ["2", "3", "4", "4"],
    "bj": [None, "L1", "L2", "L3"],
}


def test_every_scale_has_its_table():
    assert SCALES.keys() == THEIRS.keys() == OURS.keys()


@pytest.mark.parametrize(("scale", "level", "ial"), [(s, n, i) for s, t in THEIRS.items() for n, i in t.items()])
def test_what_their_level_proves_here(scale: str, level: str, ial: int):
    assert SCALES[scale].proves(level) == ial


@pytest.mark.parametrize(("scale", "ial", "level"), [(s, i, n) for s, t in OURS.items() for i, n in enumerate(t)])
def test_what_we_tell_of_ours(scale: str, ial: int, level: str | None):
    assert SCALES[scale].told(ial) == level


@pytest.mark.parametrize("name", SCALES)
def test_what_is_told_promises_no_more_than_is_known(name: str):
    scale = SCALES[name]
    for ial in range(4):
        told = scale.told(ial)
        assert told is None or (scale.proves(told) or 0) <= ial


@pytest.mark.parametrize("name", SCALES)
def test_whoever_has_what_a_level_asks_for_is_told_to_be_at_least_there(name: str):
    scale = SCALES[name]
    for rung in scale.rungs:
        told = scale.told(rung.proves, rung.only_by)
        assert told is not None
        assert scale.meets(told, rung.name)


@pytest.mark.parametrize(("name", "lossless"), [("zj", "123"), ("gd", "2345"), ("gj", "234"), ("zj_legal", "2 34")])
def test_their_levels_come_back_as_they_were_where_the_scales_allow(name: str, lossless: str):
    scale = SCALES[name]
    assert all(scale.told(scale.proves(level) or 0) == level for level in lossless.replace(" ", ""))


def test_a_scale_whose_best_is_one_is_not_read_backwards():
    legal = SCALES["zj_legal"]
    assert legal.meets("1", "4")
    assert not legal.meets("4", "1")
    assert not legal.meets("2", "1")
    assert legal.told(3, frozenset({LICENCE})) == legal.told(3, frozenset({CERTIFICATE})) == "1"
    assert legal.told(1, frozenset({LICENCE})) == "3"


def test_a_site_may_ask_in_its_own_words_and_is_asked_for_at_least_that():
    assert levels.parse("zj:3") == Level(2, 1)
    assert levels.parse("gd:5") == Level(3, 1)
    assert levels.parse_all(["zj:9", "gj:4", "ial1"]) == (Level(2, 1), Level(1, 1))
    for odd in ("zj:", "zj:0", ":3", "zj:3:3", "zj_legal:1", "xx:1", "zj:３"):
        assert levels.parse(odd) is None
        assert wanted(odd) is None


def test_a_sign_in_is_told_in_the_scale_of_the_site_and_in_none_without():
    assert levels.told("zj", "ial1.aal1") == {"auth_level": "2"}
    assert levels.told("zj", "zj:3") == {"auth_level": "3"}
    assert levels.told("bj", "ial0.aal1") == {}
    assert levels.told(None, "ial1.aal1") == {}
