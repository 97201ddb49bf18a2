"""The sites in a real browser, at phone and desk size: the journeys work without scripts and nothing overflows."""

import os
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.clients_demo.provider import COMPANY

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
PICTURES = os.environ.get("CLIENTS_DEMO_PICTURES")  # a folder, for whoever wants to look
WIDTHS = {"phone": 390, "desk": 1440}


@pytest.fixture(params=WIDTHS)
def context(request, chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        viewport={"width": WIDTHS[request.param], "height": 900}, java_script_enabled=False, locale="zh-CN"
    )
    context.size = request.param
    yield context
    context.close()


@pytest.fixture
def tab(context: BrowserContext) -> Page:
    tab = context.new_page()
    tab.blocked = []
    tab.on("console", lambda message: tab.blocked.append(message.text) if "Content Security" in message.text else None)
    return tab


def look(tab: Page, name: str) -> None:
    """A picture for people; for the test, that nothing is wider than the window and nothing was blocked."""
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        tab.screenshot(path=f"{PICTURES}/{name}-{tab.context.size}.png", full_page=True)
    assert tab.blocked == []
    main = tab.locator("main").bounding_box()
    assert main["x"] >= 0
    assert main["x"] + main["width"] <= tab.viewport_size["width"] + 1


def test_pages_for_everybody(tab, sites, provider):
    provider.is_down = True
    pages = {
        "portal-home": ("portal", "/"),
        "portal-story": ("portal", "/news/one-account"),
        "portal-404": ("portal", "/nowhere"),
        "hall-home": ("service_hall", "/"),
        "hall-guide": ("service_hall", "/services/flexible-employment"),
        "hall-guide-offline": ("service_hall", "/services/household-guide"),
        "investment-home": ("investment", "/"),
        "investment-filter": ("investment", "/?status=已赋码"),
        "investment-project": ("investment", "/projects/2611-370299-04-01-100002"),
        "credit-home": ("credit", "/"),
        "credit-down": ("credit", "/report"),
        "investment-down": ("investment", "/mine"),
        "portal-stale": ("portal", "/callback?state=old"),
    }
    for name, (site, path) in pages.items():
        tab.goto(sites[site] + path)
        assert tab.locator("#sign-in").is_visible()
        look(tab, name)


def test_a_journey_through_all_four_sites(tab, sites, provider):
    tab.goto(sites["portal"])
    tab.click("#sign-in")
    assert tab.inner_text("#who") == "测试甲的账号"
    look(tab, "portal-signed-in")

    tab.goto(sites["service_hall"])
    look(tab, "hall-signed-in")
    tab.goto(f"{sites['service_hall']}/services/flexible-employment")
    tab.click("#apply")
    assert "测试甲" in tab.inner_text("#applicant")
    look(tab, "hall-form")
    tab.click("button:text-is('提交申请')")
    look(tab, "hall-form-errors")
    for choice in ("济南", "平台就业", "100%"):
        tab.check(f"input[value='{choice}']")
    tab.check("#promise")
    tab.click("button:text-is('提交申请')")
    number = tab.inner_text("#acceptance-number")
    look(tab, "hall-receipt")
    tab.reload()
    assert tab.inner_text("#acceptance-number") == number
    tab.goto(sites["service_hall"])
    look(tab, "hall-with-application")

    provider.refusal = "access_denied"
    tab.goto(sites["credit"])
    assert tab.locator("#sign-in").is_visible()
    tab.click("#report")
    look(tab, "credit-refused")
    provider.refusal = ""
    tab.click("a:text-is('重新选择')")
    assert tab.inner_text("#record-name") == "测试甲"
    look(tab, "credit-report")

    provider.acts_for = COMPANY
    tab.goto(sites["investment"])
    look(tab, "investment-signed-in")
    tab.click("#mine")
    look(tab, "investment-mine-empty")
    tab.click("#file")
    look(tab, "investment-file")
    tab.click("button:text-is('提交申报')")
    look(tab, "investment-file-errors")
    tab.fill("#name", "样例·智能制造车间技术改造")
    tab.check("input[value='备案']")
    tab.select_option("#region", "青岛")
    tab.fill("#amount", "3600")
    tab.check("#promise")
    tab.click("button:text-is('提交申报')")
    assert "经办人" in tab.inner_text("#filed-by")
    look(tab, "investment-filed")
    tab.click("#mine")
    look(tab, "investment-mine")
    provider.may_act = False
    tab.reload()
    look(tab, "investment-refused")
    tab.click("#sign-out")
    assert "您已安全退出" in tab.inner_text("main")
    look(tab, "investment-signed-out")
    tab.go_back()
    assert tab.locator("#sign-in").is_visible() or tab.locator("#who").is_visible()


def test_axe_finds_nothing_to_object_to(chromium, sites, provider):
    provider.is_signed_in, provider.acts_for = True, COMPANY
    context = chromium.new_context(viewport={"width": 390, "height": 900}, locale="zh-CN")
    tab = context.new_page()
    pages = [
        ("portal", "/"),
        ("portal", "/news/one-account"),
        ("portal", "/nowhere"),
        ("service_hall", "/"),
        ("service_hall", "/services/flexible-employment"),
        ("service_hall", "/services/flexible-employment/apply"),
        ("investment", "/"),
        ("investment", "/mine"),
        ("investment", "/file"),
        ("investment", "/projects/2611-370299-04-01-100002"),
        ("credit", "/"),
        ("credit", "/report"),
    ]
    objections = []
    for site, path in pages:
        tab.goto(sites[site] + path)
        tab.evaluate(AXE)
        found = tab.evaluate("axe.run()")["violations"]
        objections += [(site, path, one["id"], [node["target"] for node in one["nodes"]]) for one in found]
    context.close()
    assert objections == []


def test_a_level_that_was_not_reached_is_explained(tab, sites, provider):
    provider.refusal = "unmet_authentication_requirements"
    tab.goto(f"{sites['service_hall']}/services/flexible-employment/apply")
    look(tab, "hall-unmet")
