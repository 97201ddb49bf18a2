"""WeChat as people meet it: signing in by its pages and linking, and a face scan on a phone, against the sandbox."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from idp.core import clock
from idp.core.http import HttpClient
from idp.realname.adapters.wechat import ADAPTER
from idp.realname.sources import Tools
from launcher import machine
from sandbox import registry
from tests.contract.wechat.asking import options_for
from tests.flows.browser import Browser, Landing, Page
from tests.flows.centre import Centre, install, served, settings_for
from tests.flows.rp import RelyingParty
from tests.flows.site import Site
from tests.sandbox.served import ServedSandbox

PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Mobile Safari/537.36"
IN_WECHAT = f"{PHONE} MicroMessenger/8.0.50"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with ServedSandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="module")
def house(tmp_path_factory, service_log, sandbox):
    """A centre that has WeChat for a source."""
    port, url = machine.free_port(), f"sqlite:///{tmp_path_factory.mktemp('centre') / 'idp.sqlite3'}"
    install(url)
    settings = settings_for(url, "", port, log_file=service_log)
    source = ADAPTER.build("wechat", options_for(sandbox), Tools(HttpClient(), None, settings.issuer))
    centre = Centre(settings, (source,))
    with served(centre.app, port):
        yield centre
    centre.close()


@pytest.fixture
def site(house):
    site = Site()
    client_id, secret = house.register_client(site.metadata())
    party = RelyingParty(house.issuer, site, client_id, secret, "openid")
    yield party
    party.close()
    site.close()


def by_wechat(browser: Browser, sandbox: ServedSandbox, user: str, action: str = "allow") -> Page | Landing:
    """Out to WeChat's page by the link on ours, and back."""
    assert browser.page is not None
    [way] = [each for each in browser.page.links if each.startswith("/sign-in/with/wechat")]
    out = browser.get(way)
    assert isinstance(out, Landing)
    assert sandbox.get(out.url[len(sandbox.url) :].partition("#")[0]).status_code == 200
    asked = dict(parse_qsl(urlsplit(out.url).query))
    answer = sandbox.post("/connect/confirm", data={**asked, "user": user, "action": action})
    return browser.get(answer.headers["Location"])


@pytest.mark.parametrize(
    ("agent", "page"), [("Mozilla/5.0 (X11; Linux)", "qrconnect"), (IN_WECHAT, "oauth2/authorize")]
)
def test_where_the_person_is_decides_which_page_opens(house, sandbox, agent, page):
    browser = Browser(house.issuer)
    browser.http.headers["User-Agent"] = agent
    browser.get("/sign-in")
    out = browser.get("/sign-in/with/wechat")

    assert urlsplit(out.url).path == f"/connect/{page}"
    assert out.url.endswith("#wechat_redirect")
    browser.close()


def test_another_browser_of_a_phone_is_not_offered_it(house):
    browser = Browser(house.issuer)
    browser.http.headers["User-Agent"] = PHONE
    page = browser.get("/sign-in")

    assert not any("/sign-in/with/wechat" in each for each in page.links)
    browser.close()


def test_an_account_is_linked_on_a_desk_and_found_again_inside_wechat(house, sandbox, site, everybody):
    person = house.person(ial=1)
    everybody.append(person)
    site.visit()
    seen = by_wechat(site.browser, sandbox, "person-05")
    assert (seen.path, seen.has_button("cancel")) == ("/sign-in/unlinked", True)
    [way] = [each for each in seen.links if each.startswith("/sign-in?")]
    site.browser.get(way)
    site.browser.submit("continue", identifier=person.username, password=person.password)
    first = site._noted(site.browser.submit("link"))
    told = site.claims(site.redeem(first.code).id_token)

    again = Browser(house.issuer)
    again.http.headers["User-Agent"] = IN_WECHAT
    site.visit(again)
    landed = site._noted(by_wechat(again, sandbox, "person-05"))
    later = site.claims(site.redeem(landed.code).id_token)

    assert later["sub"] == told["sub"]
    assert later["acr"] == "ial1.aal1"
    again.close()


def test_signing_in_by_wechat_raises_nobody(house, sandbox, site, everybody):
    person = house.person()
    everybody.append(person)
    site.visit()
    seen = by_wechat(site.browser, sandbox, "person-06")
    [way] = [each for each in seen.links if each.startswith("/sign-in?")]
    site.browser.get(way)
    site.browser.submit("continue", identifier=person.username, password=person.password)
    landed = site._noted(site.browser.submit("link"))

    assert site.claims(site.redeem(landed.code).id_token)["acr"] == "ial0.aal1"


def test_who_declines_is_back_at_the_other_ways(house, sandbox):
    browser = Browser(house.issuer)
    browser.get("/sign-in")
    seen = by_wechat(browser, sandbox, "person-05", action="deny")

    assert seen.path == "/sign-in"
    assert browser.session_cookie is None
    browser.close()


def test_nothing_of_the_exchange_is_in_the_log(house, sandbox, service_log):
    browser = Browser(house.issuer)
    browser.get("/sign-in")
    before = service_log.stat().st_size
    by_wechat(browser, sandbox, "person-05")
    written = service_log.read_bytes()[before:].decode()

    assert "secret-0001" not in written
    assert "access_token?" not in written
    assert "unionid" not in written
    browser.close()


def scanned(sandbox: ServedSandbox, link: str, action: str) -> str:
    """The mini program on a phone, from the link to its last page."""
    task = dict(parse_qsl(urlsplit(link).query))["task"]
    assert sandbox.session.get(link, timeout=10).status_code == 200
    page = sandbox.post("/mini/face", data={"task": task, "user": "person-07", "action": "begin"}).text
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    fields = {name: html.unescape(value) for name, value in fields.items()}
    return sandbox.post("/mini/face", data={**fields, "action": action}).text


def at_the_code(house, site, person) -> Page:
    """From the site that asks for the second level to the page with the code for the phone."""
    site.visit(acr_values="ial2.aal1")
    seen = site.browser.submit("continue", identifier=person.username, password=person.password)
    assert seen.path == "/verify-identity"
    seen = site.browser.submit("continue", name=person.name, resident_id=person.resident_id, way="challenge:wechat")
    assert seen.has_button("agree")
    seen.form("agree").fields["face_consent"] = "y"
    seen = site.browser.submit("agree")
    assert isinstance(seen, Page)
    assert "/verify-identity/attempts/" in seen.path
    return seen


@pytest.mark.parametrize(("action", "is_proven"), [("pass", True), ("other_face", False)])
def test_a_citizen_scans_their_face_on_a_phone_and_the_desk_goes_on(house, sandbox, site, everybody, action, is_proven):
    register = next(each for each in registry.people() if each["key"] == "person-07")
    person = replace(house.person(), name=register["name"], resident_id=register["resident_id"])
    everybody.append(person)
    waiting = at_the_code(house, site, person)
    assert person.resident_id not in waiting.body

    phone = Browser(house.issuer)
    phone.http.headers["User-Agent"] = PHONE
    [way] = [each for each in waiting.links if "/verify-identity/phone/" in each]
    [link] = [each for each in phone.get(way).links if each.startswith(f"{sandbox.url}/mini/face")]
    assert "已提交" in scanned(sandbox, link, action)
    assert phone.session_cookie is None
    clock.travel(timedelta(seconds=3))
    seen = site.browser.get(waiting.url)

    if is_proven:
        told = site.claims(site.redeem(site._noted(seen).code).id_token)
        assert told["acr"] == "ial2.aal1"
    else:
        assert isinstance(seen, Page)
        assert any("/verify-identity?" in each for each in seen.links)
    phone.close()
