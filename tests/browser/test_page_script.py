"""The small comforts of page.js on the real service, under its real content policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.flows.centre import PASSWORD, Centre, close_logs, open_centre

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("script")
    with open_centre(f"sqlite:///{folder / 'idp.sqlite3'}", "", log_file=folder / "idp.jsonl") as made:
        yield made
    close_logs()


@pytest.fixture
def page(chromium: Browser, centre: Centre) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=centre.issuer, locale="zh-CN")
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=centre.issuer)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def test_a_password_can_be_looked_at_and_hides_itself_when_sent(page):
    page.goto("/sign-in")
    page.fill("#password", "not the one")

    page.get_by_role("button", name="显示").click()
    assert page.get_attribute("#password", "type") == "text"
    page.get_by_role("button", name="隐藏").click()
    assert page.get_attribute("#password", "type") == "password"


def test_signing_in_by_keyboard_alone(page, centre):
    person = centre.person()
    page.goto("/sign-in")
    page.focus("#identifier")
    page.keyboard.type(person.username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/account$"))


def test_an_error_takes_the_focus_and_leads_to_its_field(page):
    page.goto("/sign-in")
    page.get_by_role("button", name="登录", exact=True).click()

    expect(page.locator("[data-summary]")).to_be_focused()
    page.get_by_role("link", name="请输入密码。").click()
    expect(page.locator("#password")).to_be_focused()


def test_a_second_press_sends_nothing(page, centre):
    person = centre.person()
    posts: list[str] = []
    page.on("request", lambda sent: posts.append(sent.url) if sent.method == "POST" else None)
    page.goto("/sign-in")
    page.fill("#identifier", person.username)
    page.fill("#password", PASSWORD)
    page.evaluate("for (let i = 0; i < 3; i++) document.querySelector('button[value=continue]').click()")

    expect(page).to_have_url(re.compile("/account$"))
    assert len(posts) == 1


def test_sending_again_waits_and_says_how_long(page, centre):
    person = centre.person()
    page.goto("/sign-in/code")
    page.fill("#phone", person.phone)
    page.get_by_role("button", name="获取验证码").click()

    again = page.locator("button[value=send_code]")
    expect(again).to_be_disabled()
    expect(again).to_have_text(re.compile(r"^[1-6]?\d 秒后可重新发送$"))


def test_the_number_to_quote_can_be_copied(page):
    page.goto("/no-such-page")
    number = page.locator(".trace code").inner_text()

    page.get_by_role("button", name="复制").click()

    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == number


def test_back_after_signing_in_leads_on(page, centre):
    person = centre.person()
    page.goto("/sign-in")
    page.fill("#identifier", person.username)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(re.compile("/account$"))

    page.go_back()

    expect(page).to_have_url(re.compile("/account$"))


def test_after_a_mistake_neither_reload_nor_back_sends_the_form_again(page, centre):
    person = centre.person()
    posts: list[str] = []
    page.on("request", lambda sent: posts.append(sent.url) if sent.method == "POST" else None)
    page.goto("/sign-in")
    page.fill("#identifier", person.username)
    page.fill("#password", "not the one")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.locator("[data-summary]")).to_be_visible()

    page.reload()
    assert len(posts) == 1
    page.fill("#identifier", person.username)
    page.fill("#password", "not this one either")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.locator("[data-summary]")).to_be_visible()
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(re.compile("/account$"))
    page.go_back()

    expect(page).to_have_url(re.compile("/account$"))  # the page before asks nothing of somebody who is signed in
    assert len(posts) == 3


def test_language_and_elder_mode_switch_in_place(page):
    page.goto("/sign-in")
    page.get_by_role("link", name="长者模式").click()
    expect(page.locator("html")).to_have_class("elder")
    page.get_by_role("link", name="English").click()

    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_url(re.compile("/sign-in$"))


def test_the_forms_of_a_journey_may_end_at_its_site(page, centre):
    home = "http://localhost:9999"
    client_id, _ = centre.register_client(
        {
            "client_name": "样例站点",
            "client_uri": home,
            "initiate_login_uri": f"{home}/sign-in",
            "redirect_uris": [f"{home}/callback"],
            "scope": "openid profile realname",
            "purposes": {"realname": "查找您本人的记录"},
        },
        release_basis="consent",
    )
    page.route(f"{home}/**", lambda route: route.fulfill(body="<title>site</title>", content_type="text/html"))
    person = centre.person()
    asked = {
        "client_id": client_id, "response_type": "code", "redirect_uri": f"{home}/callback", "scope": "openid realname",
        "state": "s", "nonce": "n", "code_challenge": "c" * 43, "code_challenge_method": "S256", "acr_values": "ial1",
    }  # fmt: skip
    page.goto("/authorize?" + urlencode(asked))
    page.fill("#identifier", person.username)
    page.fill("#password", "not the one")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.locator("[data-summary]")).to_be_visible()
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.fill("#name", person.name)
    page.fill("#resident_id", person.resident_id)
    page.get_by_role("button", name="同意并核验").click()
    expect(page.get_by_role("heading", name="是否允许 样例站点 得到以下信息？")).to_be_visible()
    page.get_by_role("button", name="允许", exact=True).click()

    expect(page).to_have_url(re.compile(rf"^{home}/callback\?code="))
