"""Signing in with an Alipay account that was linked."""

from __future__ import annotations

import pytest

from tests.browser.running_demo import Citizen
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _at_home(me: Visitor, person: Citizen) -> None:
    """Signed in at the centre itself."""
    me.open("/sign-in")
    me.give_password(person)


def test_an_account_signs_in_once_its_owner_has_linked_it(visit, demo):
    me, person = visit(), demo.citizen(ial=1)
    me.open("/sign-in")
    me.follow("a[href*='/sign-in/with/alipay']")
    me.page.locator("details summary").click()
    me.page.check("[name=account][value=company-01]")  # nobody else signs in with this one
    me.press("agree")
    assert me.is_at("/sign-in/unlinked")
    me.look("unlinked")

    _at_home(me, person)
    me.follow("main button")
    me.look("linked")
    me.context.clear_cookies()
    me.open("/sign-in")
    me.follow("a[href*='/sign-in/with/alipay']")
    me.page.locator("details summary").click()
    me.page.check("[name=account][value=company-01]")
    me.press("agree")

    me.open("/account")
    assert person.identifier in me.text
    assert "已实人核验" not in me.text  # an account elsewhere raises nothing
