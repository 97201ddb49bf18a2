"""Divisions hold what lies in them, and two versions are told apart member by member."""

import pytest

from idp.core import differences, regions
from idp.core.differences import Change


@pytest.mark.parametrize(
    ("code", "division", "inside"),
    [
        ("370102", "370100", True),
        ("370102", "370000", True),
        ("370100", "370100", True),
        ("370200", "370100", False),
        ("380000", "370000", False),
        ("370102", "370102", True),
        ("370103", "370102", False),
        ("", "370000", False),
        ("", "", True),
        ("370199", "", True),
    ],
)
def test_a_division_holds_what_lies_in_it(code, division, inside):
    assert regions.lies_in(code, division) is inside


@pytest.mark.parametrize("code", ["37", "37010a", "000000", "990000", "3701021", "３７０１０２", ""])
def test_what_is_no_division(code):
    assert not regions.is_division(code)


def test_two_versions_are_told_apart_member_by_member():
    before = {"name": "甲", "uris": ["a"], "deep": {"x": 1, "y": True}, "gone": 0}
    after = {"name": "乙", "uris": ["a", "b"], "deep": {"x": 1, "y": 1}, "new": None}

    assert differences.between(before, after) == [
        Change("name", "甲", "乙"),
        Change("uris", ["a"], ["a", "b"]),
        Change("deep.y", True, 1),
        Change("gone", 0, None),
        Change("new", None, None),
    ]
    assert differences.between(before, before) == []
