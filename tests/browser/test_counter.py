"""Proof at a counter, after a face scan that did not succeed: the citizen at a desk, a phone, and two officers."""

from __future__ import annotations

import pytest

from tests.browser.at_console import sign_in_at_demo
from tests.browser.running_demo import until
from tests.browser.visitor import Visitor

VALID_UNTIL = "2044-05-06"
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_by_counter_after_a_face_that_did_not_match(visit, demo):
    person, me, phone = demo.citizen(ial=0), visit(), visit("phone")
    me.sign_in(person)
    me.open("/verify-identity?level=2")
    me.look("ways")
    me.fill(name=person.name, resident_id=person.resident_id)
    me.page.check("[value='challenge:alipay']")
    me.press("continue")
    me.look("face-consent")
    me.page.check("[name=face_consent]")
    me.press("agree")
    _scan_another_face(me, phone)
    _until_it_failed(me)
    me.look("face-failed")
    me.link("换一种方式")
    me.look("other-ways")
    me.fill(name=person.name, resident_id=person.resident_id)
    me.page.check("[value='counter']")
    me.press("continue")
    assert me.is_at("/verify-identity/counter")
    me.press("continue")
    code = me.page.inner_text(".user-code")
    me.look("code")
    one, other = visit(), visit()
    sign_in_at_demo(one, demo, "demo-counter")
    one.open("/admin/counter")
    one.look("officer")
    one.fill(code=code, name=person.name, number=person.resident_id, valid_until=VALID_UNTIL)
    one.page.check("[name=compared]")
    one.press("continue")
    assert "请另一位核验员复核" in one.text
    me.page.reload()
    sign_in_at_demo(other, demo, "demo-counter-2")
    case = _open_the_case(other)
    other.look("second-officer")
    assert person.resident_id not in other.page.content()
    other.fill(number_end=person.resident_id[-4:])
    other.page.check("[name=compared]")
    other.press("confirm")
    assert "已通过" in other.text

    me.open("/verify-identity/counter")
    assert "您已在窗口核验过身份" in me.text
    me.open("/account")
    me.look("account")
    verdicts = demo.rows(
        "SELECT source, verdict, ial FROM evidence e"
        " WHERE e.account_id = (SELECT account_id FROM counter_cases WHERE id = ?) AND e.source IN ('alipay', 'counter')"
        " AND e.document_index = (SELECT document_index FROM persons WHERE account_id = e.account_id) ORDER BY e.at DESC",
        case,
    )
    assert verdicts == [("counter", "verified", 3), ("alipay", "refuted", 0)]


def _open_the_case(officer: Visitor) -> str:
    """Ours among those that wait, which may be other tests' as well; its id."""
    officer.open("/admin/counter")
    links = [link.get_attribute("href") or "" for link in officer.page.locator("main table a").all()]
    for link in links:
        officer.open(link)
        if VALID_UNTIL in officer.text:
            return link.rpartition("/")[2]
    raise AssertionError(links)


def _scan_another_face(me: Visitor, phone: Visitor) -> None:
    """The phone goes on from the link that the desk shows beside its QR code."""
    phone.open(me.page.get_attribute("#continue-on-phone", "href") or "")
    phone.look("phone")
    phone.open(phone.page.locator(".buttons a").last.get_attribute("href") or "")
    phone.page.click("button[value=mismatch]")
    phone.page.wait_for_load_state()


def _until_it_failed(me: Visitor) -> None:
    """The page notices by itself."""
    until("the desk's page to go on", lambda: "没有通过" in me.text)
