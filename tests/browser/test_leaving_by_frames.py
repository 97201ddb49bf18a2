"""Front-channel logout and session management in Chromium, with two relying sites that have pages of their own."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.relying_pages import RelyingPages
from tests.flows.centre import PASSWORD, Centre
from tests.flows.people import Person
from tests.flows.rp import challenge_of

pytestmark = pytest.mark.browser
VERIFIER = "v" * 43


@pytest.fixture
def sites(centre: Centre) -> Iterator[list[tuple[RelyingPages, str]]]:
    """Two sites with a front-channel door each, and their client ids."""
    made = []
    for _ in range(2):
        site = RelyingPages(centre.issuer)
        front = {"frontchannel_logout_uri": f"{site.url}/gone", "frontchannel_logout_session_required": True}
        made.append((site, centre.register_client(site.metadata(**front))[0]))
    yield made
    for site, _client_id in made:
        site.close()


def authorize(page: Page, centre: Centre, site: RelyingPages, client_id: str, **more: str) -> dict[str, str]:
    """Send the browser through /authorize; the parameters it comes back with, or nothing when it was asked something."""
    wanted = {
        "client_id": client_id, "response_type": "code", "redirect_uri": f"{site.url}/callback", "scope": "openid",
        "code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256", "nonce": "n", **more,
    }  # fmt: skip
    page.goto(f"{centre.issuer}/authorize?{urlencode(wanted)}")
    parts = urlsplit(page.url)
    return dict(parse_qsl(parts.query)) if page.url.startswith(site.url) else {}


def sign_in_at_both(page: Page, centre: Centre, sites: list[tuple[RelyingPages, str]], person: Person) -> list[str]:
    """A session that reached both sites; their `session_state`."""
    states = []
    for site, client_id in sites:
        page.goto(f"{site.url}/start")
        came_back = authorize(page, centre, site, client_id)
        if not came_back:
            page.fill("#identifier", person.username)
            page.fill("#password", PASSWORD)
            page.click("button[value=continue]")
            page.wait_for_url(f"{site.url}/callback?**")
            came_back = dict(parse_qsl(urlsplit(page.url).query))
        states.append(came_back["session_state"])
    return states


def site_cookies(context: BrowserContext) -> set[str]:
    return {cookie["name"] for cookie in context.cookies() if cookie["name"].startswith("site_")}


def test_leaving_ends_what_each_site_keeps_in_this_browser(context, centre, sites):
    (first, client_id), (second, _) = sites
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    sign_in_at_both(page, centre, sites, centre.person())
    assert site_cookies(context) == {first.cookie, second.cookie}

    page.goto(
        "/end-session?"
        + urlencode({"client_id": client_id, "post_logout_redirect_uri": f"{first.url}/bye", "state": "s"})
    )
    page.click("button[value=confirm]")
    page.wait_for_url(
        f"{first.url}/bye?state=s", timeout=15_000
    )  # by script at once, by itself after five seconds without

    assert site_cookies(context) == set()
    assert [call["iss"] for call in (*first.called, *second.called)] == [centre.issuer] * 2
    assert first.called[0]["sid"] != second.called[0]["sid"]
    assert complaints == []  # the frames that were meant are allowed, and nobody moved the page from inside one


@pytest.mark.parametrize("context", ["script"], indirect=True)
def test_a_site_that_hangs_holds_nobody_up_for_long(context, centre, sites):
    (first, _), (second, _) = sites
    page = context.new_page()
    sign_in_at_both(page, centre, sites, centre.person())
    second.hangs.set()

    page.goto("/sign-out")
    page.click("button[value=confirm]", no_wait_after=True)
    expect(page.get_by_role("heading", name="正在退出登录")).to_be_visible()
    if folder := _pictures():
        page.screenshot(path=str(folder / "signing-out-390.png"), full_page=True)
        page.set_viewport_size({"width": 1440, "height": 900})
        page.screenshot(path=str(folder / "signing-out-1440.png"), full_page=True)
    began = time.monotonic()
    page.wait_for_url("**/signed-out", timeout=15_000)
    assert time.monotonic() - began < 10
    assert first.called
    expect(page.get_by_text("已在浏览器中通知")).to_have_count(2)


@pytest.mark.parametrize("context", ["script"], indirect=True)
def test_a_frame_sees_unchanged_then_changed(context, centre, sites):
    site, client_id = sites[0]
    page = context.new_page()
    states = sign_in_at_both(page, centre, sites, centre.person())

    watch = context.new_page()
    watch.goto(f"{site.url}/watch")

    def answer(message: str) -> str:
        watch.evaluate("document.getElementById('answers').textContent = ''")
        watch.evaluate("text => window.ask(text)", message)
        expect(watch.locator("#answers")).to_have_text(re.compile("changed|error"))
        return watch.locator("#answers").inner_text().strip()

    assert answer(f"{client_id} {states[0]}") == "unchanged"
    assert answer(f"{client_id} {states[1]}") == "changed"  # the other site's
    assert answer(f"somebody-else {states[0]}") == "changed"
    for nonsense in ("", "x", f"{client_id} {states[0]} more", f"{client_id} no-salt", f"{client_id} a.b.c"):
        assert answer(nonsense) == "error"
    assert answer(f"{client_id} {states[0]}") == "unchanged"

    page.goto("/sign-out")
    page.click("button[value=confirm]")
    page.wait_for_url("**/signed-out")
    assert answer(f"{client_id} {states[0]}") == "changed"
    assert authorize(page, centre, site, client_id, prompt="none") == {
        "error": "login_required", "iss": centre.issuer
    } | {k: v for k, v in dict(parse_qsl(urlsplit(page.url).query)).items() if k == "error_description"}  # fmt: skip

    sign_in_at_both(page, centre, sites, centre.person())
    assert answer(f"{client_id} {states[0]}") == "changed"  # somebody else is here now


def _pictures() -> Path | None:
    place = os.environ.get("TEST_ARTEFACTS")
    if place is None:
        return None
    folder = Path(place) / "leaving"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
