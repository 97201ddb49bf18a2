"""The provider, the four sites on loopback ports, and a browser without scripts to visit them."""

import importlib
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from threading import Thread

import pytest
import requests
from werkzeug.serving import make_server

from clients.kit import Settings
from tests.clients_demo.provider import SECRET, Provider

SITES = ("portal", "service_hall", "investment", "credit")


@dataclass
class Page:
    """What a person sees: the address they ended at, and the elements sites promise to mark."""

    url: str
    status: int
    text: str
    answer: requests.Response

    def element(self, element_id: str) -> str | None:
        """The text inside the element with this id."""
        reader = _Element(element_id)
        reader.feed(self.text)
        return "".join(reader.inside).strip() if reader.found else None

    @property
    def who(self) -> str | None:
        return self.element("who")

    def field(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found, f"no field {name}"
        return found[1]


class _Element(HTMLParser):
    def __init__(self, element_id: str) -> None:
        super().__init__()
        self.wanted, self.found, self.inside, self._tag, self._depth = element_id, False, [], "", 0

    def handle_starttag(self, tag, attributes):
        if dict(attributes).get("id") == self.wanted:
            self.found, self._tag, self._depth = True, tag, 1
        elif self._depth and tag == self._tag:
            self._depth += 1

    def handle_endtag(self, tag):
        if self._depth and tag == self._tag:
            self._depth -= 1

    def handle_data(self, data):
        if self._depth:
            self.inside.append(data)


class Browser:
    """Cookies, redirects and forms, as a browser without scripts has them."""

    def __init__(self) -> None:
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers.update({"Accept": "text/html,application/xhtml+xml", "User-Agent": "Mozilla/5.0"})

    def open(self, url: str, *, follow: bool = True, **headers: str) -> Page:
        return self._page(self.http.get(url, allow_redirects=follow, headers=headers, timeout=10))

    def post(self, url: str, form: dict[str, str], *, follow: bool = True) -> Page:
        return self._page(self.http.post(url, data=form, allow_redirects=follow, timeout=10))

    def sign_out(self, page: Page, site: str) -> Page:
        return self.post(f"{site}/sign-out", {"csrf_token": page.field("csrf_token"), "action": "confirm"})

    @staticmethod
    def _page(answer: requests.Response) -> Page:
        answer.encoding = "utf-8"
        return Page(answer.url, answer.status_code, answer.text, answer)


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def sites(provider: Provider, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The four sites, by name; `sites["portal"]` is a base URL."""
    doors = {name: socket.create_server(("127.0.0.1", 0)) for name in SITES}
    urls = {name: f"http://localhost:{door.getsockname()[1]}" for name, door in doors.items()}
    servers = []
    for name in SITES:
        settings = Settings(
            issuer=provider.issuer,
            url=urls[name],
            client_id="demo-client",
            client_secret=SECRET,
            secret_key=f"key of {name}",
            data=tmp_path / name,
            peers={**urls, "centre": provider.issuer},
        )
        app = importlib.import_module(f"clients.{name}.app").create_app(settings)
        server = make_server("127.0.0.1", 0, app, threaded=True, fd=doors[name].detach())
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
    yield urls
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    browser = Browser()
    yield browser
    browser.http.close()
