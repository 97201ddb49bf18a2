"""A session runs out: its operator comes back to the page or the form they were at, and nobody else does."""

import html
import re
from datetime import timedelta

import pyotp
import pytest
from werkzeug.test import TestResponse

from idp.admin import kept
from idp.core import clock, ids
from idp.staff.models import Role
from tests.console.house import Browser, Console
from tests.console.test_confirming import hidden

LIST = "/admin/clients?state=active"


def kept_in(page: TestResponse) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', page.text)
    assert found is not None
    return html.unescape(found[1])


def sign_in_again(house: Console, browser: Browser, role: Role, **form: str) -> TestResponse:
    """With the fields of the page that asked, in the same browser."""
    browser.get("/admin/sign-in")
    made = house.staff[role]
    otp = pyotp.TOTP(made.totp_secret).generate_otp(clock.epoch() // 30)
    return browser.post("/admin/sign-in", identifier=made.login, password=made.password, otp=otp, **form)


def test_the_page_waits_for_its_operator_and_for_nobody_else(house, signed_in):
    browser = signed_in[Role.SYSTEM]
    clock.travel(timedelta(minutes=16))
    assert browser.get(LIST).location == "/admin/sign-in"
    assert "您的会话已到期" in browser.get("/admin/sign-in").text
    assert sign_in_again(house, browser, Role.SYSTEM).location == LIST

    clock.travel(timedelta(minutes=16))
    browser.get(LIST)
    assert sign_in_again(house, browser, Role.SECURITY).location == "/admin/"


def test_who_opens_an_address_before_the_sign_in_gets_there_after_it(house):
    browser = Browser(house)
    browser.get(LIST)
    assert "您的会话已到期" not in browser.get("/admin/sign-in").text
    assert sign_in_again(house, browser, Role.SYSTEM).location == LIST
    browser.get("/admin/")
    assert browser.post("/admin/sign-out").status_code == 303
    browser.get("/admin//elsewhere.example/")
    clock.travel(timedelta(minutes=1))
    assert sign_in_again(house, browser, Role.SYSTEM).location == "/admin/"


def test_what_is_no_page_of_the_console_is_never_gone_back_to(house, signed_in):
    with house.app.test_request_context():
        for odd in (
            "/admin/..//elsewhere.example", "/admin/../authorize", "/admin/%2E%2e/authorize", "/admin/.%2e", "/admin/./../x",
            "//elsewhere.example/admin/", "/admin/\\elsewhere.example", "/adminer", "/admin/\t/x", f"/admin/{'a' * 3000}",
        ):  # fmt: skip
            assert kept.local(odd) == "/admin/", odd
        for good in (LIST, "/admin/imports/x/results.csv", "/admin/audit?q=https://one.example/../two"):
            assert kept.local(good) == good
    browser = signed_in[Role.SYSTEM]
    clock.travel(timedelta(minutes=16))
    browser.get(f"/admin/audit?{ids.new_secret() * 100}")
    assert len(browser.client.get_cookie("idp_browser").value) < 2000
    assert sign_in_again(house, browser, Role.SYSTEM).location == "/admin/"


@pytest.fixture
def late(house, signed_in) -> tuple[Browser, str]:
    """A form that came after its session, and what its page carries on."""
    browser, path = signed_in[Role.SYSTEM], f"/admin/accounts/{house.account_id}/acts/reverify"
    browser.get(path)
    clock.travel(timedelta(minutes=16))
    page = browser.post(path, reason="evidence_doubtful", ticket="T-1")
    assert (page.status_code, "您的会话已到期" in page.text, "T-1" in page.text) == (200, True, False)
    return browser, kept_in(page)


def test_a_form_that_came_too_late_is_sent_by_the_same_operator_after_the_sign_in(house, late):
    browser, sealed = late
    wrong = browser.post("/admin/sign-in", identifier="x", password="y", otp="000000", kept=sealed)
    assert kept_in(wrong) == sealed
    assert sign_in_again(house, browser, Role.SYSTEM, kept=sealed).location == "/admin/resume"

    page = browser.get("/admin/resume")
    assert "要求重新核验" in page.text
    assert "<dt>工单号</dt><dd>T-1</dd>" in page.text  # what is sent is read before, whoever filled it in
    assert hidden(page) == {"reason": "evidence_doubtful", "ticket": "T-1"}
    assert "identity.ended" not in house.acts()
    assert browser.post(f"/admin/accounts/{house.account_id}/acts/reverify", **hidden(page)).status_code == 303
    assert "identity.ended" in house.acts()


def test_another_operator_another_browser_and_later_get_nothing_of_it(house, late):
    browser, sealed = late
    stranger = Browser(house)
    assert sign_in_again(house, stranger, Role.SYSTEM, kept=sealed).location == "/admin/"
    assert stranger.get("/admin/resume").location == "/admin/"
    assert sign_in_again(house, browser, Role.SECURITY, kept=sealed).location == "/admin/"
    assert browser.get("/admin/resume").location == "/admin/"
    clock.travel(timedelta(minutes=31))
    assert sign_in_again(house, browser, Role.SYSTEM, kept=sealed).location == "/admin/"
    assert sign_in_again(house, Browser(house), Role.SECURITY, kept="made up").location == "/admin/"


def test_neither_passwords_are_kept_nor_forms_of_a_session_that_was_ended(house, signed_in):
    browser = signed_in[Role.SYSTEM]
    browser.get("/admin/me/password")
    clock.travel(timedelta(minutes=16))
    page = browser.post("/admin/me/password", password_now="old", password="new", password_again="new")
    assert ("没有保留" in page.text, 'name="kept"' in page.text) == (True, False)

    other = signed_in[Role.SECURITY]
    other.get("/admin/me")
    clock.travel(timedelta(minutes=-16))
    other.get("/admin/me")
    ended = other.client.get_cookie("idp_operator").value
    other.post("/admin/sign-out")
    other.client.set_cookie("idp_operator", ended, domain="localhost")
    other.get("/admin/sign-in")
    assert other.post("/admin/me/password", note="x").location == "/admin/sign-in"
