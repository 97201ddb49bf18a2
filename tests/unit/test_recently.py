"""The memory of what was just found out about a token: short, and gone as soon as something may have ended."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from idp.core import clock
from idp.oidc.tokens.recently import ENDS_NOTHING, Recently

KEY = ("userinfo", "token")


@pytest.fixture(autouse=True)
def home() -> Iterator[None]:
    yield
    clock.travel_home()


def test_what_was_noted_is_there_for_a_moment_and_gone_after_half_a_second():
    recently = Recently()
    recently.notes()[KEY] = "facts"
    assert recently.notes()[KEY] == "facts"

    clock.travel(timedelta(milliseconds=500))

    assert KEY not in recently.notes()


def test_a_clock_that_is_put_back_keeps_nothing_alive():
    recently = Recently()
    recently.notes()[KEY] = "facts"

    clock.travel(timedelta(seconds=-5))

    assert KEY not in recently.notes()


def test_an_act_that_may_end_something_clears_the_memory_and_what_is_being_read_for_it():
    recently = Recently()
    notes = recently.notes()
    notes[KEY] = "facts"

    recently.observe("account.frozen", "success", {})
    notes["userinfo", "another"] = "read before the account was frozen"

    assert recently.notes() == {}


@pytest.mark.parametrize("act", sorted(ENDS_NOTHING))
def test_signing_in_and_issuing_clears_nothing(act: str):
    recently = Recently()
    recently.notes()[KEY] = "facts"
    recently.observe(act, "success", {})
    assert KEY in recently.notes()


def test_the_memory_is_bounded():
    recently = Recently()
    for number in range(25_000):
        recently.notes()["userinfo", str(number)] = number
    assert len(recently.notes()) <= 10_000
