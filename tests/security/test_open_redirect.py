"""Where anybody may register a site, a link to us must not be a disguise for a link to that site (RFC 9700 §4.11.2)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.durable import sqlite_url
from tests.flows.asking import arrived, page
from tests.flows.browser import Browser
from tests.flows.centre import Centre, open_centre
from tests.flows.registrant import Registrant, leave
from tests.flows.rp import RelyingParty
from tests.flows.site import Site


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory: pytest.TempPathFactory, service_log: Path) -> Iterator[Centre]:
    url = sqlite_url(tmp_path_factory.mktemp("open"))
    with open_centre(url, "", log_file=service_log, client_registration="open") as centre:
        yield centre


@pytest.fixture
def place() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


def stranger(centre: Centre, place: Site, token: str | None = None) -> RelyingParty:
    machine = Registrant(centre, token)
    made = machine.register(
        redirect_uris=[place.redirect_uri], post_logout_redirect_uris=[f"{place.url}/bye"], client_name="省政府",
        client_uri="https://evil.example/",
    )  # fmt: skip
    machine.close()
    assert made.status_code == 201, made.json
    return RelyingParty(centre.issuer, place, made.client_id, made.client_secret, "openid")


def test_an_error_leads_to_a_stranger_only_when_the_person_goes(open_to_all: Centre, place: Site) -> None:
    site = stranger(open_to_all, place)
    for wrong in ({"scope": "nothing"}, {"response_type": "bogus"}, {"request": "x"}):
        shown = page(site.visit(**wrong))
        assert "未经平台审核" in shown.text
        assert place.url.removeprefix("http://") in shown.text
        assert any(link.startswith(f"{place.redirect_uri}?error=") for link in shown.links)
    posted = site.browser.raw("GET", site.ask(scope="nothing", response_mode="form_post").url)
    assert "未经平台审核" in posted.text
    assert "form_post.js" not in posted.text
    site.close()


def test_a_silent_question_is_answered_as_ever(open_to_all: Centre, place: Site) -> None:
    site = stranger(open_to_all, place)
    assert arrived(site.visit(prompt="none")).error == "login_required"
    site.close()


def test_who_said_no_is_not_sent_there_either(open_to_all: Centre, place: Site) -> None:
    alice, site = open_to_all.person(ial=0), stranger(open_to_all, place)
    site.visit()
    site.browser.submit("continue", identifier=alice.username, password=alice.password)
    refused = page(site.browser.submit("deny"))
    assert any("error=access_denied" in link for link in refused.links)
    site.visit()
    assert arrived(site.browser.submit("allow")).code  # who said yes is
    site.close()


def test_signing_out_and_error_pages_do_not_lead_there(open_to_all: Centre, place: Site) -> None:
    site, browser = stranger(open_to_all, place), Browser(open_to_all.issuer)
    left = page(browser.get(f"/end-session?client_id={site.client_id}&post_logout_redirect_uri={place.url}/bye"))
    assert left.path == "/signed-out"
    lost = page(site.visit(redirect_uri="https://elsewhere.example/"))
    assert "evil.example" not in lost.body
    site.close()
    browser.close()


def test_a_site_that_an_operator_let_register_is_answered_at_once(centre: Centre, place: Site) -> None:
    site = stranger(centre, place, leave(centre))
    assert arrived(site.visit(scope="nothing")).error == "invalid_scope"
    site.close()
