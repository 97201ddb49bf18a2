"""Signing a device in, in Chromium: by keyboard, without a script, on a phone and at a desk, in elder mode."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.flows.centre import PASSWORD, Centre
from tests.flows.device import GRANT, Device
from tests.flows.rp import RelyingParty
from tests.flows.site import Site

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("TEST_ARTEFACTS")
LOOKS = {
    "phone": {"width": 390, "cookie": "zh.standard.auto.", "script": False},
    "elder": {"width": 390, "cookie": "zh.elder.auto.", "script": False},
    "desk": {"width": 1440, "cookie": "zh.standard.auto.", "script": True},
    "english": {"width": 390, "cookie": "en.standard.auto.", "script": True},
}


@pytest.fixture
def device(centre: Centre) -> Iterator[Device]:
    site = Site()
    metadata = site.metadata(grant_types=[GRANT, "refresh_token"], redirect_uris=[], response_types=[])
    rp = RelyingParty(centre.issuer, site, *centre.register_client(metadata), "openid profile phone offline_access")
    yield Device(rp)
    rp.close()
    site.close()


@pytest.fixture(params=LOOKS)
def context(request: pytest.FixtureRequest, chromium: Browser, centre: Centre) -> Iterator[BrowserContext]:
    look = LOOKS[request.param]
    context = chromium.new_context(
        viewport={"width": look["width"], "height": 844}, base_url=centre.issuer, locale="zh-CN",
        java_script_enabled=look["script"],
    )  # fmt: skip
    context.add_cookies([{"name": "idp_display", "value": look["cookie"], "url": centre.issuer}])
    context.look = request.param
    yield context
    context.close()


def look(page: Page, name: str) -> None:
    """A picture for people; for the test, that nothing is wider than the window and axe finds nothing."""
    if PICTURES:
        folder = Path(PICTURES) / "device"
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(folder / f"{name}-{page.context.look}.png"), full_page=True)
    main = page.locator("main").bounding_box()
    assert main["x"] >= 0
    assert main["x"] + main["width"] <= page.viewport_size["width"] + 1
    if page.context.look != "phone" and LOOKS[page.context.look]["script"]:
        page.evaluate(Path(AXE_FILE_PATH).read_text(encoding="utf-8"))
        found = page.evaluate("axe.run().then(said => said.violations.map(one => one.id))")
        assert found == [], name


def test_a_device_is_signed_in_by_keyboard_alone(context, centre, device):
    person, page = centre.person(), context.new_page()
    device.ask()
    page.goto("/device")
    look(page, "1-enter")
    page.focus("#user_code")
    page.keyboard.type("bcdfghjk")
    page.keyboard.press("Enter")
    expect(page.locator("#user_code-error")).to_be_visible()
    look(page, "2-wrong")
    page.locator("#user_code").fill(device.user_code.lower().replace("-", " "))
    page.keyboard.press("Enter")

    expect(page.locator(".user-code")).to_have_text(device.user_code)
    look(page, "3-compare")
    page.focus("button[value=confirm]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in?**")
    look(page, "4-sign-in")
    page.focus("#identifier")
    page.keyboard.type(person.username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/device/done?**")
    look(page, "5-done")
    assert device.wait_and_poll().status_code == 200
    page.reload()
    expect(page.locator("h1")).to_have_text({"english": "The device is signed in"}.get(context.look, "设备已登录"))

    page.goto(device.ask().verification_uri_complete)
    look(page, "6-compare-signed-in")
    page.click("button[value=deny]")
    look(page, "7-refused")
    assert device.wait_and_poll().error == "access_denied"


@pytest.mark.parametrize("context", ["phone"], indirect=True)
def test_the_picture_shows_in_a_page_of_the_device(context, centre, device):
    """A television's own page, on another origin, shows the picture that the centre draws."""
    code = device.ask().user_code
    page = context.new_page()
    page.set_content(f'<img src="{centre.issuer}/device/qr?user_code={code}" width="300">')
    picture = page.locator("img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.bounding_box()["height"] > 250
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / "device" / "qr.png"))
