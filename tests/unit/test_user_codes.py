"""User codes: easy to read out, written in any way, and never almost right."""

import pytest

from idp.oidc.devices import user_codes


def test_a_code_has_eight_consonants_and_comes_back_as_it_was_shown() -> None:
    made = {user_codes.new() for _ in range(200)}
    assert len(made) == 200
    for code in made:
        assert len(code) == 8
        assert set(code) <= set("BCDFGHJKLMNPQRSTVWXZ")
        assert user_codes.read(user_codes.shown(code)) == code


@pytest.mark.parametrize(
    "typed", ["BCDF-GHJK", "bcdfghjk", " bcdf ghjk ", "BCDF–GHJK", "b-c-d-f-g-h-j-k", "ＢＣＤＦ－ＧＨＪＫ", "bcdf.ghjk"]
)  # fmt: skip
def test_however_it_is_typed(typed: str) -> None:
    assert user_codes.read(typed) == "BCDFGHJK"


@pytest.mark.parametrize(
    "typed", ["", "BCDF-GHJ", "BCDF-GHJKL", "ACDF-GHJK", "BCDF-GHJ0", "八个字母的代码呀", "\x00" * 8, "B" * 900]
)
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert user_codes.read(typed) is None
