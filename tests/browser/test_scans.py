"""A citizen to IAL 2 by a face scan: the code on the desk, a phone beside it, and the desk goes on by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("alone")]
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"


def _begin(me: Visitor, person, way: str) -> str:
    """To the waiting page of a scan; answers the address that goes on with it on a phone."""
    me.sign_in(person)
    me.open(f"{me.demo.centre}/verify-identity?level=2")
    me.page.check(f"input[name=way][value='challenge:{way}']")
    me.press("continue")
    me.look(f"face-consent-{way}")
    me.page.check("input[name=face_consent]")
    me.press("agree")
    assert me.is_at("/verify-identity/attempts/")
    assert me.page.locator(".qr img").first.is_visible()
    me.look(f"scan-{way}")
    return me.page.locator("#continue-on-phone").get_attribute("href") or ""


def _open_the_source(phone: Page) -> None:
    """By its web page: there is no application on this phone."""
    web = phone.locator("#open-page")
    (web if web.count() else phone.locator("#open-source")).click()
    phone.wait_for_load_state()


def test_by_alipay_on_a_phone_beside_the_desk(visitor, chromium: Browser, demo):
    address = _begin(visitor, demo.citizen(ial=1), "alipay")
    context = chromium.new_context(user_agent=PHONE, locale="zh-CN", viewport={"width": 390, "height": 844})
    phone = context.new_page()
    phone.goto(address)
    _open_the_source(phone)
    phone.click("button[value=match]")
    phone.wait_for_load_state()
    assert "请回到开始核验的地方" in phone.locator("body").inner_text()  # and nothing of the result
    context.close()

    visitor.page.wait_for_url("**/account?done=verified", timeout=30_000)
    assert "已实人核验" in visitor.text
    visitor.open(f"{demo.centre}/account/proofs")
    assert "支付宝" in visitor.text
    assert "一致，程度 2" in visitor.text


def test_a_face_that_does_not_agree_raises_nothing_and_shows_the_other_ways(visitor, chromium: Browser, demo):
    address = _begin(visitor, demo.citizen(ial=1), "alipay")
    context = chromium.new_context(user_agent=PHONE, locale="zh-CN")
    phone = context.new_page()
    phone.goto(address)
    _open_the_source(phone)
    phone.click("button[value=mismatch]")
    context.close()

    visitor.page.get_by_text("没有通过核验").wait_for(timeout=30_000)
    visitor.link("换一种方式")
    assert visitor.page.locator("input[value='counter']").count() == 1
    visitor.open(f"{demo.centre}/account")
    assert "已实人核验" not in visitor.text


def test_by_wechat_in_its_mini_program(visitor, chromium: Browser, demo):
    address = _begin(visitor, demo.citizen(ial=1), "wechat")
    context = chromium.new_context(user_agent=PHONE, locale="zh-CN")
    phone = context.new_page()
    phone.goto(address)
    _open_the_source(phone)
    phone.click("button[value=begin]")
    phone.click("button[value=pass]")
    phone.wait_for_load_state()
    context.close()

    visitor.page.wait_for_url("**/account?done=verified", timeout=30_000)
    assert "已实人核验" in visitor.text
