"""Alipay: a face scanned on a phone while the desk waits, and signing in with an account that was linked."""

from __future__ import annotations

import pytest

from tests.browser.running_demo import Citizen
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _at_home(me: Visitor, person: Citizen) -> None:
    """Signed in at the centre itself."""
    me.open("/sign-in")
    me.give_password(person)


def _begin_scan(desk: Visitor, person: Citizen) -> None:
    """As far as the page that waits for the phone."""
    _at_home(desk, person)
    desk.open("/verify-identity?level=2")
    desk.page.check("[name=way][value='challenge:alipay']")
    desk.prove(person)
    desk.page.check("[name=face_consent]")
    desk.press("agree")


def _take_up(phone: Visitor, desk: Visitor) -> None:
    """Open the phone's address, and from there the page of Alipay."""
    phone.open(desk.page.get_attribute("#continue-on-phone", "href") or "")
    phone.look("phone")
    phone.follow("main a[href*='gateway.do']:not([href^='alipays:'])")


def test_a_face_on_the_phone_brings_the_desk_to_the_second_level_without_a_script(visit, demo):
    desk, phone, person = visit(script=False), visit("phone", script=False), demo.citizen(ial=0)
    _begin_scan(desk, person)
    assert desk.page.locator("p.qr img").first.is_visible()
    _take_up(phone, desk)
    phone.press("match")
    assert phone.is_at("/verify-identity/returned/alipay")
    assert "通过" not in phone.text  # nothing is read from the way back, so nothing is said of it

    desk.page.wait_for_url("**/account?done=verified")  # the page asks again by itself
    assert "已实人核验" in desk.text


def test_another_face_proves_nothing_and_the_own_one_does(visit, demo):
    desk, phone, person = visit(), visit("phone"), demo.citizen(ial=0)
    _begin_scan(desk, person)
    desk.look("waiting")
    _take_up(phone, desk)
    phone.look("scan")
    phone.press("mismatch")
    phone.look("returned")
    desk.page.wait_for_selector("text=没有通过核验")
    desk.look("not-proven")
    desk.open("/account")
    assert "尚未核验" in desk.text

    desk.open("/verify-identity?level=2")
    desk.page.check("[name=way][value='challenge:alipay']")
    desk.prove(person)  # the consent still holds
    _take_up(phone, desk)
    phone.press("match")
    desk.page.wait_for_url("**/account?done=verified")
    assert "已实人核验" in desk.text
    desk.look("proven")


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
