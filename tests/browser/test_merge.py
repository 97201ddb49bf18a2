"""Two accounts of one person become one in front of their owner, a site goes on with the person it knew, and it can be undone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_merge_and_its_undoing(visit, demo):
    first, second, me = demo.citizen(ial=1), demo.citizen(ial=0), visit()
    me.sign_in(second)
    assert me.name_at("portal") is not None
    me.open("/verify-identity")
    me.prove(first)
    assert me.is_at("/merge")
    me.look("offer")
    assert first.phone not in me.text
    assert first.identifier not in me.text

    me.give_password(first)
    assert me.is_at("/merge/confirm")
    me.look("confirm")
    me.press("confirm")
    me.open("/account")
    me.look("merged")
    assert first.identifier in me.text

    again = visit()
    _sign_in_as(again, replace(first, identifier=second.identifier))
    assert first.identifier in again.text  # the old name opens the account that was kept, with its password

    again.open("/account/security")
    again.look("security")
    again.link("撤销合并")
    again.look("undo")
    again.press("confirm")
    third = visit()
    _sign_in_as(third, second)
    assert second.identifier in third.text
    assert first.identifier not in third.text
    third.look("parted")


def _sign_in_as(me: Visitor, person) -> None:
    me.open("/sign-in")
    me.give_password(person)
    me.open("/account")
