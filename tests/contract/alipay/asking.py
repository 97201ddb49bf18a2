"""How the tests ask Alipay: the application's half of the agreement, somebody with a phone, and what was sent."""

import re
from urllib.parse import parse_qs, parse_qsl, urlsplit

from idp.core.deadline import Deadline
from idp.core.http import HttpAnswer, HttpClient
from idp.core.identifiers import Document, DocumentKind
from idp.core.secret import Secret
from idp.realname.adapters.alipay import ADAPTER, Options
from idp.realname.ports import Applicant, Progress, Scene, Source, Started, Surface
from idp.realname.sources import Tools
from tests.sandbox import alipay_agreed as agreed
from tests.sandbox.served import ServedSandbox

PERSON = Applicant("测试甲", Document(DocumentKind.RESIDENT_ID, "370199198503070017"))
MISMATCHED = Applicant("测试丙", Document(DocumentKind.RESIDENT_ID, "370199199912310012"))
DESK = Scene(Surface.DESK, agreed.RETURN_URL)
SIGN_IN = Scene(Surface.DESK, agreed.REDIRECT_URI)


def soon(seconds: float = 8) -> Deadline:
    return Deadline.after(seconds)


def options_for(url: str, **changed) -> Options:
    given = {
        "app_id": agreed.APP_ID,
        "app_private_key": Secret(agreed.private_pem("app")),
        "alipay_public_key": agreed.public_pem("alipay"),
        "gateway_url": f"{url}/gateway.do",
        "authorize_url": f"{url}/oauth2/publicAppAuthorize.htm",
    }
    return Options(**(given | changed))


def in_certificate_mode(url: str, alipay: str, **changed) -> Options:
    """With certificates instead of a key; `alipay` is the platform's that we were given."""
    own = agreed.authority()
    certificates = {
        "alipay_public_key": "",
        "app_cert": own.certificate("app"),
        "alipay_public_cert": alipay,
        "alipay_root_cert": agreed.pem(own.root) + agreed.pem(agreed.curve_root()),
    }
    return options_for(url, **(certificates | changed))


class RecordingHttp(HttpClient):
    """Sends for real and keeps what it sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, bytes]] = []

    def request(self, method, url, *, headers, body, deadline, max_bytes=262_144) -> HttpAnswer:
        self.sent.append((url, body))
        return super().request(method, url, headers=headers, body=body, deadline=deadline, max_bytes=max_bytes)

    def parameters(self, number: int = -1) -> tuple[dict[str, str], dict[str, str]]:
        """Of one request: those in the query, those in the body."""
        url, body = self.sent[number]
        return dict(parse_qsl(urlsplit(url).query)), dict(parse_qsl(body.decode()))

    def methods(self) -> list[str]:
        return [parse_qs(urlsplit(url).query)["method"][0] for url, _ in self.sent]


class ScriptedHttp(HttpClient):
    """Answers with these bytes, whatever is asked."""

    def __init__(self, *bodies: bytes) -> None:
        super().__init__()
        self.bodies = list(bodies)

    def request(self, method, url, *, headers, body, deadline, max_bytes=262_144) -> HttpAnswer:
        return HttpAnswer(200, {}, self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0])


def source_of(options: Options, http: HttpClient, name: str = "alipay") -> Source:
    return ADAPTER.build(name, options, Tools(http, None, "https://sso.example.gov.cn"))


def progress(started: Started, *, has_returned: bool = False, is_last: bool = False) -> Progress:
    return Progress(started.ticket, started.request_number, has_returned, is_last)


class Phone:
    """Somebody with Alipay on a phone: opens pages and presses buttons."""

    def __init__(self, sandbox: ServedSandbox) -> None:
        self.sandbox = sandbox

    def scan(self, started: Started, action: str) -> str:
        """Do the face scan; the address that the browser is sent back to."""
        page = self.sandbox.session.get(started.open_url, timeout=10)
        assert page.status_code == 200, page.text
        done = self.sandbox.session.post(page.url, data={"action": action}, timeout=10, allow_redirects=False)
        return done.headers["Location"]

    def agree(self, url: str, account: str = "person-01", action: str = "agree") -> dict[str, str]:
        """Sign in at Alipay; the parameters of the return."""
        page = self.sandbox.session.get(url, timeout=10)
        assert page.status_code == 200, page.text
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        form = hidden | {"account": account, "action": action}
        back = self.sandbox.session.post(url.partition("?")[0], data=form, timeout=10, allow_redirects=False)
        assert back.status_code == 302, back.text
        return dict(parse_qsl(urlsplit(back.headers["Location"]).query))
