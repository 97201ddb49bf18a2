"""What a site may try around the page on which a person says yes: to get more than was shown, or without being seen."""

import json
from collections.abc import Callable, Iterator

import pytest

from idp.oidc import consents
from tests.flows.asking import arrived, page
from tests.flows.browser import Browser
from tests.flows.centre import Centre
from tests.flows.device import GRANT, Device, enter
from tests.flows.people import Person
from tests.flows.registrant import Registrant, leave
from tests.flows.rp import RelyingParty
from tests.flows.site import Site


@pytest.fixture
def machine(centre: Centre) -> Iterator[Registrant]:
    made = Registrant(centre, leave(centre))
    yield made
    made.close()


@pytest.fixture
def place() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


def given(centre: Centre, who: Person) -> set[str]:
    with centre.services.database.view() as db:
        return {word for view in consents.of_account(db, who.account_id) for word in view.scope}


def test_a_yes_holds_for_what_the_page_showed_whatever_the_site_registers_meanwhile(
    centre: Centre, machine: Registrant, place: Site, alice: Person
) -> None:
    made = machine.register(redirect_uris=[place.redirect_uri], scope="openid")
    site = RelyingParty(centre.issuer, place, made.client_id, made.client_secret, "openid phone email offline_access")
    singly = json.dumps({"userinfo": {"nickname": None}})
    site.visit(claims=singly)
    read = page(site.browser.submit("continue", identifier=alice.username, password=alice.password))
    assert read.path == "/consent"
    assert "手机" not in read.text
    assert machine.change(made, scope="openid profile phone email offline_access").status_code == 200

    again = page(site.browser.submit("allow"))

    assert again.path == "/consent"
    assert "手机" in again.text
    assert "刚刚改变" in again.text
    assert given(centre, alice) == set()
    assert arrived(site.browser.submit("allow")).code
    assert given(centre, alice) == {"phone", "email", "claim:nickname"}
    site.close()


def test_a_form_without_what_was_shown_says_yes_to_nothing(
    centre: Centre, machine: Registrant, place: Site, alice: Person
) -> None:
    made = machine.register(redirect_uris=[place.redirect_uri])
    site = RelyingParty(centre.issuer, place, made.client_id, made.client_secret, "openid phone")
    site.visit()
    site.browser.submit("continue", identifier=alice.username, password=alice.password)
    assert page(site.browser.submit("allow", shown="")).path == "/consent"
    assert given(centre, alice) == set()
    site.close()


def test_software_on_a_device_is_not_shown_with_the_address_of_another_site(
    centre: Centre, machine: Registrant, place: Site, alice: Person, browser: Browser
) -> None:
    made = machine.register(
        {
            "grant_types": [GRANT], "client_name": "国家税务总局", "client_uri": "https://tax.gov.example/",
            "initiate_login_uri": "https://tax.gov.example/in", "token_endpoint_auth_method": "none",
        }
    )  # fmt: skip
    device = Device(RelyingParty(centre.issuer, place, made.client_id, None, "openid"))
    device.ask()
    enter(browser, device.user_code)
    browser.submit("confirm")
    asked = page(browser.submit("continue", identifier=alice.username, password=alice.password))
    assert asked.path == "/consent"
    assert "未经平台审核" in asked.text
    assert "tax.gov.example" not in asked.text
    assert "设备就在您眼前" in asked.text
    device.rp.close()


@pytest.mark.parametrize("back", ["cn.example.app:/callback", "http://127.0.0.1:50123/cb", "http://localhost:8123/cb"])
def test_a_program_that_passes_for_an_app_gets_nothing_behind_the_persons_back(
    site_of: Callable[..., RelyingParty], alice: Person, back: str
) -> None:
    """RFC 8252 §8.6: whoever listens there, and knows the public id, would get tokens from any live session."""
    app = site_of(
        application_type="native", token_endpoint_auth_method="none",
        redirect_uris=["cn.example.app:/callback", "http://127.0.0.1/cb", "http://localhost:8123/cb"],
        sector_identifier_uri="https://sector.example/file",
    )  # fmt: skip
    assert app.sign_in(alice, redirect_uri=back).code  # the person was there, and signed in for it
    assert arrived(app.visit(redirect_uri=back, prompt="none")).error == "consent_required"
    asked = page(app.visit(redirect_uri=back))
    assert asked.path == "/consent"
    assert "每次都会请您确认" in asked.text
    assert arrived(app.browser.submit("deny")).error == "access_denied"
    app.visit(redirect_uri=back)
    assert arrived(app.browser.submit("allow")).code
    assert page(app.visit(redirect_uri=back)).path == "/consent"


def test_an_app_that_proves_itself_or_its_address_is_answered_at_once(
    site_of: Callable[..., RelyingParty], alice: Person
) -> None:
    for metadata in (
        {"token_endpoint_auth_method": "client_secret_basic", "redirect_uris": ["http://127.0.0.1/cb"]},
        {"token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"]},
    ):
        app = site_of(application_type="native", **metadata)
        back = metadata["redirect_uris"][0]
        app.sign_in(alice, redirect_uri=back)
        assert arrived(app.visit(redirect_uri=back, prompt="none")).code


def test_a_site_without_consent_learns_nothing_about_a_visitor_by_asking_silently(
    centre: Centre, machine: Registrant, place: Site, person_of: Callable[..., Person]
) -> None:
    """Else any site could tell, without a page, whether its visitor's identity is proven."""
    made = machine.register(redirect_uris=[place.redirect_uri])
    heard = set()
    for ial in (0, 1):
        who, site = person_of(ial=ial), RelyingParty(centre.issuer, place, made.client_id, made.client_secret, "openid")
        site.visit()
        site.browser.submit("continue", identifier=who.username, password=who.password)
        heard.add(arrived(site.visit(prompt="none", acr_values="ial1")).error)
        site.close()
    assert heard == {"consent_required"}
