"""A site of scripts alone, on oidc-client-ts in Chromium: redirects, hidden frames, CORS and the session's end."""

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from launcher import checks, node, tree
from tests.browser.running_demo import Demo, until
from tests.clients.test_apache import register

PAGES = Path(__file__).parent / "spa"


class _Site(http.server.SimpleHTTPRequestHandler):
    """Static files; every path of the site is its one page, as such sites are served."""

    def __init__(self, *args: Any, library: Path, **more: Any) -> None:
        self._library = library
        super().__init__(*args, **more)

    def translate_path(self, path: str) -> str:
        name = path.partition("?")[0].strip("/")
        if name == "oidc-client-ts.js":
            return str(self._library)
        return str(PAGES / (name if (PAGES / name).is_file() else "index.html"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
        """Quiet."""


@pytest.fixture
def spa() -> Iterator[str]:
    packages = node.packages(checks.CLIENT_JOURNEYS, tree.LOGS / "npm.log")
    assert packages is not None
    library = packages / "node_modules" / "oidc-client-ts" / "dist" / "browser" / "oidc-client-ts.min.js"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, library=library))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="zh-CN")
    yield context.new_page()
    context.close()


def signed_in(page: Page, demo: Demo, spa: str, token: str) -> None:
    """Register the site, configure it, and let somebody sign in there."""
    registered = register(
        demo.centre, token, client_name="oidc-client-ts", redirect_uris=[f"{spa}/callback"],
        post_logout_redirect_uris=[f"{spa}/"], token_endpoint_auth_method="none",
        grant_types=["authorization_code", "refresh_token"], scope="openid profile email offline_access",
    )  # fmt: skip
    page.goto(spa)
    page.evaluate(
        "given => site.configure(given)",
        {
            "authority": demo.centre,
            "client_id": registered["client_id"],
            "redirect_uri": f"{spa}/callback",
            "silent_redirect_uri": f"{spa}/callback",
            "post_logout_redirect_uri": f"{spa}/",
            "scope": "openid profile email offline_access",
        },
    )
    page.reload()
    page.evaluate("void site.signIn()")
    person = demo.anybody()
    page.locator("[name=identifier]").fill(person.identifier)
    page.locator("[name=password]").fill(person.password)
    page.locator("[name=action][value=continue]").click()
    page.locator("[name=action][value=allow]").click()
    expect(page.locator("#who")).not_to_be_empty()


def test_a_site_of_scripts_alone_signs_in_and_renews(page, demo, spa, initial_access_token):
    signed_in(page, demo, spa, initial_access_token)
    user = page.evaluate("site.user()")
    assert user["profile"]["email"]
    assert user["session_state"]
    assert page.evaluate("site.refreshed()") != user["access_token"]
    assert page.evaluate("site.silently()")["sub"] == user["profile"]["sub"]


def test_it_notices_that_the_person_signed_out_at_the_centre(page, demo, spa, initial_access_token):
    signed_in(page, demo, spa, initial_access_token)
    other = page.context.new_page()
    other.goto(f"{demo.centre}/sign-out")
    other.locator("[name=action][value=confirm]").click()
    until("the site noticed", lambda: page.evaluate("window.signedOut") > 0)


def test_it_signs_out_itself(page, demo, spa, initial_access_token):
    signed_in(page, demo, spa, initial_access_token)
    page.evaluate("void site.signOut()")
    page.wait_for_url(f"{spa}/")
    page.goto(f"{demo.centre}/account")
    expect(page.locator("[name=password]")).to_be_visible()
