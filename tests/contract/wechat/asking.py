"""The sandbox's WeChat as a browser and a phone use it, and what the tests hand the adapter."""

import html
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import orjson

from idp.core.deadline import Deadline
from idp.core.http import HttpAnswer, HttpClient
from idp.core.identifiers import Document, DocumentKind
from idp.core.secret import Secret
from idp.realname.adapters.wechat import FaceScan, Options, WechatSignIn
from idp.realname.ports import Applicant, Progress, Said, Scene, Started, Surface
from tests.sandbox.agreed import PARTS
from tests.sandbox.served import ServedSandbox

AGREED = PARTS["wechat"]
RETURN = "http://localhost:8000/sign-in/with/wechat/return"
DESK = Scene(Surface.DESK, RETURN, "http://localhost:8000/verify-identity/attempts/abc/app")
IN_WECHAT = Scene(Surface.IN_WECHAT, RETURN)
PERSON = Applicant("测试甲", Document(DocumentKind.RESIDENT_ID, "370199198503070017"))
STATE = "Abc123"


def options_for(sandbox: ServedSandbox, **change: Any) -> Options:
    given = {name: Secret(value) if name.endswith("_secret") else value for name, value in AGREED.items()}
    addresses = {
        "page_url": sandbox.url,
        "api_url": sandbox.url,
        "mini_page": f"{sandbox.url}/mini/sign-in",
        "face_link": f"{sandbox.url}/mini/face",
    }
    return Options(**{**given, **addresses, **change})


class RecordingHttp(HttpClient):
    """Sends for real and keeps what it sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, str, bytes | None]] = []

    def request(self, method, url, *, headers, body, deadline, max_bytes=262_144) -> HttpAnswer:
        self.sent.append((method, url, body))
        return super().request(method, url, headers=headers, body=body, deadline=deadline, max_bytes=max_bytes)

    def paths(self) -> list[str]:
        return [urlsplit(url).path for _, url, _ in self.sent]


def allowed(
    sandbox: ServedSandbox, sign_in: WechatSignIn, scene: Scene = DESK, *, user: str = "person-01", **more: str
) -> tuple[dict[str, str], str]:
    """What the browser brings back after the person allowed it (or what `action` says), and what was to be kept."""
    begun = sign_in.begin(STATE, scene)
    asked = dict(parse_qsl(urlsplit(begun.url).query))
    sandbox.session.get(begun.url, timeout=10).raise_for_status()
    path = "/mini/sign-in" if "/mini/" in begun.url else "/connect/confirm"
    answer = sandbox.post(path, data={"action": "allow", "user": user, **asked, **more})
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].startswith(RETURN)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query)), begun.keep


def signed_in(
    sandbox: ServedSandbox, sign_in: WechatSignIn, scene: Scene = DESK, *, seconds: float = 8, **more: str
) -> Any:
    answer, keep = allowed(sandbox, sign_in, scene, **more)
    return sign_in.finish(answer, keep, scene, Deadline.after(seconds))


class Centre:
    """Stands where our web endpoint does: hands what the mini program says to the adapter, and keeps the ticket."""

    def __init__(self, scan: FaceScan, applicant: Applicant = PERSON) -> None:
        self.scan, self.applicant, self.ticket, self.heard = scan, applicant, "", []

    def __enter__(self) -> Self:
        centre = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
                said = centre.converse(message)
                raw = orjson.dumps(said.answer if isinstance(said, Said) else {"error": "unavailable"})
                self.send_response(200)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/verify-identity/attempts/abc/app"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def start(self, seconds: float = 8) -> Any:
        started = self.scan.start(self.applicant, Scene(Surface.DESK, RETURN, self.url), Deadline.after(seconds))
        if isinstance(started, Started):
            self.ticket, self.link = started.ticket, started.open_url
        return started

    def converse(self, message: dict[str, Any], seconds: float = 8) -> Any:
        said = self.scan.converse(self.applicant, self._progress(), message, Deadline.after(seconds))
        self.heard.append((message, said))
        if isinstance(said, Said):
            self.ticket = said.ticket
        return said

    def poll(self, seconds: float = 8, *, is_last: bool = False, applicant: Applicant | None = None) -> Any:
        return self.scan.poll(applicant or self.applicant, self._progress(is_last), Deadline.after(seconds))

    def scanned(self, sandbox: ServedSandbox, action: str, user: str = "person-01") -> str:
        """The person opens the link on a phone and goes through; the text of the last page."""
        sandbox.session.get(self.link, timeout=10).raise_for_status()
        page = self.opened(sandbox, user)
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        return sandbox.post("/mini/face", data={**_plain(fields), "action": action}).text

    def opened(self, sandbox: ServedSandbox, user: str = "person-01") -> str:
        return sandbox.post("/mini/face", data={"task": self.url, "user": user, "action": "begin"}).text

    def _progress(self, is_last: bool = False) -> Progress:
        return Progress(self.ticket, "", has_returned=False, is_last=is_last)


def _plain(fields: dict[str, str]) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in fields.items()}
