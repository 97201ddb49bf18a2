"""The page that posts an answer to its site, and the popup that a site waits for, in Chromium."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.flows.centre import PASSWORD, Centre
from tests.flows.people import Person
from tests.flows.rp import challenge_of

pytestmark = pytest.mark.browser
NASTY = "\"'><script>document.title='gone'</script>&amp;汉\r\nx"


class PostedTo:
    """A site whose callback takes forms, and whose opener page waits for its popup."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], dict[str, str]]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                outer.received.append((dict(parse_qsl(body)), dict(self.headers.items())))
                self._show("<!doctype html><title>site</title><h1>welcome</h1>")

            def do_GET(self) -> None:
                told = "window.opener ? window.opener.postMessage(location.search, location.origin) : 0"
                script = f"<script>{told}</script>" if self.path.startswith("/callback") else (
                    "<script>addEventListener('message', e => { document.title = 'heard' })</script>"
                )  # fmt: skip
                self._show(f"<!doctype html><title>site</title><h1>site</h1>{script}")

            def _show(self, page: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page.encode())))
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
                """A test asks `received`."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://localhost:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def metadata(self) -> dict[str, object]:
        return {
            "client_name": "政务服务大厅", "client_name#en": "Service Hall", "client_uri": f"{self.url}/",
            "initiate_login_uri": f"{self.url}/start", "redirect_uris": [f"{self.url}/callback"],
            "scope": "openid profile", "response_types": ["code", "code id_token"],
            "grant_types": ["authorization_code", "implicit"], "id_token_signed_response_alg": "ES256",
        }  # fmt: skip


@pytest.fixture
def site() -> Iterator[PostedTo]:
    made = PostedTo()
    yield made
    made.close()


def address(centre: Centre, site: PostedTo, client_id: str, **more: str) -> str:
    return f"{centre.issuer}/authorize?" + urlencode({
        "client_id": client_id, "response_type": "code id_token", "response_mode": "form_post", "nonce": "n", "scope": "openid",
        "redirect_uri": f"{site.url}/callback", "code_challenge": challenge_of("v" * 43), "code_challenge_method": "S256",
        "state": NASTY, **more,
    })  # fmt: skip


def sign_in(page: Page, person: Person) -> None:
    page.fill("#identifier", person.username)
    page.fill("#password", PASSWORD)
    page.click("button[value=continue]")


def test_the_answer_is_posted_with_a_script_and_without(
    request: pytest.FixtureRequest, context: BrowserContext, centre: Centre, site: PostedTo
) -> None:
    client_id, _ = centre.register_client(site.metadata())
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    page.goto(address(centre, site, client_id))
    sign_in(page, centre.person())
    heading = page.get_by_role("heading", name="welcome")
    if request.node.callspec.params["context"] == "no-script":
        expect(page.get_by_role("heading", name="正在返回政务服务大厅")).to_be_visible()
        _picture(page)
        page.get_by_role("button", name="继续").click()
    expect(heading).to_be_visible()

    ((fields, headers),) = site.received
    assert {"code", "id_token", "state", "iss", "session_state"} == set(fields)
    assert fields["state"].replace("\r\n", "\n") == NASTY.replace("\r\n", "\n")  # as HTML normalises what a form holds
    assert "Referer" not in headers
    assert complaints == []


@pytest.mark.parametrize("context", ["script"], indirect=True)
def test_an_error_is_posted_too(context: BrowserContext, centre: Centre, site: PostedTo) -> None:
    client_id, _ = centre.register_client(site.metadata())
    page = context.new_page()
    page.goto(address(centre, site, client_id, prompt="none"))
    expect(page.get_by_role("heading", name="welcome")).to_be_visible()
    assert site.received[0][0]["error"] == "login_required"


@pytest.mark.parametrize("context", ["script"], indirect=True)
def test_a_site_hears_from_its_popup(context: BrowserContext, centre: Centre, site: PostedTo) -> None:
    client_id, _ = centre.register_client(site.metadata())
    person = centre.person()
    for _ in range(2):  # by the pages of the sign-in, then without a question
        opener = context.new_page()
        opener.goto(f"{site.url}/")
        asked = address(
            centre, site, client_id, response_type="code", response_mode="query", display="popup", state="s"
        )
        with opener.expect_popup() as opened:
            opener.evaluate("address => { window.open(address, '', 'width=420,height=640') }", asked)
        popup = opened.value
        popup.wait_for_load_state()
        if popup.url.startswith(centre.issuer):
            _picture(popup, "popup")
            sign_in(popup, person)
        expect(opener).to_have_title("heard")
        opener.close()


def _picture(page: Page, name: str = "form-post") -> None:
    place = os.environ.get("TEST_ARTEFACTS")
    if place is None:
        return
    folder = Path(place) / "form_post"
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in ((390, 844), (1440, 900)) if name == "form-post" else ((420, 640),):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=str(folder / f"{name}-{width}.png"))
