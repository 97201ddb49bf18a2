"""Journey 5, the way in: by password and by code, both wrong, a forgotten password; by keyboard, for the elder, in English."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.running_demo import until
from tests.browser.visitor import PASSWORD, Visitor

WRONG = "账户名、手机号或密码不对"
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_wrong_password_and_then_the_right_one(visitor, demo):
    person = demo.anybody()
    visitor.site("portal")
    visitor.follow("#sign-in")

    visitor.give_password(person, "not-the-one-9")
    assert WRONG in visitor.text
    assert visitor.page.input_value("[name=identifier]") == person.identifier
    assert visitor.page.input_value("[name=password]") == ""
    visitor.look("wrong-password")
    visitor.give_password(person)

    assert visitor.where.startswith(demo.sites["portal"])
    assert visitor.page.inner_text("#who") == person.identifier


def test_a_wrong_password_and_an_unknown_account_read_the_same(visitor, demo):
    person = demo.anybody()
    pages = []
    for identifier in (person.identifier, "nobody_of_that_name"):
        visitor.open("/sign-in")
        visitor.fill(identifier=identifier, password="not-the-one-9")
        visitor.press("continue")
        pages.append(visitor.text)

    assert pages[0] == pages[1]


def test_a_wrong_code_and_then_the_right_one(visit, demo):
    person, me = demo.citizen(ial=0), visit("phone", script=False)
    me.site("portal")
    me.follow("#sign-in")
    me.link("短信验证码登录")
    me.look("by-code")
    me.fill(phone=person.phone)
    me.press("send_code")
    code = demo.code_for(person.phone)

    me.fill(otp=f"{(int(code) + 1) % 1_000_000:06d}")
    me.press("continue")
    assert me.page.locator("#otp-error").count()
    me.look("wrong-code")
    me.page.reload()  # sends the wrong code once more, and nothing worse
    assert me.page.locator("#otp-error").count()
    me.fill(otp=code)
    me.press("continue")

    assert me.where.startswith(demo.sites["portal"])
    assert me.page.inner_text("#who") == person.identifier


def test_a_forgotten_password_is_set_anew_and_ends_the_old_sessions(visit, demo):
    person, before, now = demo.citizen(ial=0), visit(), visit()
    before.sign_in(person)
    assert before.name_at("investment")

    now.site("portal")
    now.follow("#sign-in")
    now.link("忘记密码")
    now.look("recover")
    now.fill(identifier=person.identifier)
    now.press("send_code")
    now.look("recover-code")
    now.give_code(person.phone)
    now.look("recover-password")
    now.fill(password=PASSWORD)
    now.press("continue")

    assert now.page.inner_text("#who") == person.identifier
    before.open("/account")
    assert before.is_at("/sign-in")
    for site in ("portal", "investment"):
        until(f"{site} to be told that the session is over", lambda site=site: before.name_at(site) is None)
    before.open("/sign-in")
    before.give_password(person)
    assert WRONG in before.text
    before.give_password(person, PASSWORD)
    assert before.is_at("/account")


def test_recovering_says_the_same_of_an_account_that_is_not_there(visitor, demo):
    person = demo.citizen(ial=0)
    pages = []
    for identifier in (person.identifier, "nobody_of_that_name"):
        visitor.open("/recover")
        visitor.fill(identifier=identifier)
        visitor.press("send_code")
        pages.append((visitor.text, visitor.heading))

    assert pages[0] == pages[1]


def test_a_new_person_who_wanted_to_sign_in_registers_with_the_same_code(visitor, demo):
    phone = demo.unknown_phone()
    visitor.site("portal")
    visitor.follow("#sign-in")
    visitor.link("短信验证码登录")
    visitor.fill(phone=phone)
    visitor.press("send_code")
    visitor.give_code(phone)
    assert visitor.heading == "设置账户"

    visitor.press("continue")
    assert "请先阅读并勾选" in visitor.text
    visitor.look("first-sign-in")
    visitor.page.check("[name=agree]")
    visitor.press("continue")

    assert visitor.page.inner_text("#who") == f"{phone[:3]}****{phone[-4:]}"


def _tab_to(visitor: Visitor, selector: str) -> None:
    """Tab until this element has the focus, as somebody without a mouse does; the focus can always be seen."""
    for _ in range(30):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            outline = (
                "(s => s.outlineStyle !== 'none' || s.boxShadow !== 'none')(getComputedStyle(document.activeElement))"
            )
            assert visitor.page.evaluate(outline), f"the focus on {selector} cannot be seen"
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard")


def test_signing_in_and_out_with_the_keyboard_alone(visitor, demo):
    person, keyboard = demo.anybody(), visitor.page.keyboard
    visitor.site("portal")
    _tab_to(visitor, "#sign-in")
    with visitor.page.expect_navigation():
        keyboard.press("Enter")
    _tab_to(visitor, ".skip")
    keyboard.press("Enter")
    _tab_to(visitor, "[name=identifier]")
    keyboard.type(person.identifier)
    _tab_to(visitor, "[name=password]")
    keyboard.type("not-the-one-9")
    with visitor.page.expect_navigation():
        keyboard.press("Enter")
    expect(visitor.page.locator("[data-summary]")).to_be_focused()
    _tab_to(visitor, "[data-summary] a")
    keyboard.press("Enter")
    expect(visitor.page.locator("[name=identifier]")).to_be_focused()
    _tab_to(visitor, "[name=password]")
    keyboard.type(person.password)
    _tab_to(visitor, "main button[value=continue]")
    with visitor.page.expect_navigation():
        keyboard.press("Space")

    assert visitor.page.inner_text("#who") == person.identifier
    _tab_to(visitor, "#sign-out")
    with visitor.page.expect_navigation():
        keyboard.press("Enter")
    assert visitor.heading == "您已安全退出"


def test_elder_mode_and_english_stay_through_a_journey(visit, demo):
    person, me = demo.citizen(ial=1), visit("phone")
    me.site("credit")
    me.follow("#sign-in")
    me.link("长者模式")
    me.link("English")
    assert me.page.get_attribute("html", "lang") == "en"
    assert "elder" in (me.page.get_attribute("html", "class") or "")
    assert "Credit Shandong" in me.text  # the journey is still there
    me.look("sign-in-elder-english")

    me.give_password(person, "not-the-one-9")
    assert me.page.get_attribute("html", "lang") == "en"
    me.look("wrong-elder-english")
    me.give_password(person)
    assert "Credit Shandong" in me.heading
    assert me.page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 20
    me.look("consent-elder-english")
    me.press("allow")

    assert me.where.startswith(demo.sites["credit"])
    me.open("/account")
    assert me.page.get_attribute("html", "lang") == "en"
    me.look("account-elder-english")
    me.link("Standard print")
    me.link("中文")
    assert me.page.get_attribute("html", "class") in (None, "")
    assert me.heading == "账户中心"
