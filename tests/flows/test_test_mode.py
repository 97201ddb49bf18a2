"""Test mode: at a site that is tried out synthetic people sign in and nobody else; at any other they never do, by no grant."""

from collections.abc import Callable

import pytest

from tests.flows.apis import Api, exchange
from tests.flows.asking import arrived, page
from tests.flows.browser import Browser
from tests.flows.centre import Centre
from tests.flows.device import GRANT, Device, enter, go_on
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.trial import nobody_at, switch

Apis = Callable[..., Api]
Sites = Callable[..., RelyingParty]
INACTIVE = {"active": False}


@pytest.fixture
def nobody(centre: Centre, rp: RelyingParty) -> Person:
    """A synthetic person."""
    return nobody_at(centre, rp)


@pytest.fixture
def tried(centre: Centre, rp: RelyingParty) -> RelyingParty:
    """A site in test mode."""
    switch(centre, rp, "test")
    return rp


@both_pairs
def test_a_synthetic_person_signs_in_at_a_site_that_is_tried_out(tried: RelyingParty, nobody: Person) -> None:
    tokens = tried.tokens_of(nobody)
    assert tried.userinfo(tokens.access_token).status_code == 200
    assert tried.introspect(tokens.access_token).json["active"] is True
    assert tried.refresh(tokens.refresh_token).status_code == 200


@both_pairs
def test_a_real_person_reads_what_to_do_at_a_site_that_is_tried_out(tried: RelyingParty, bob: Person) -> None:
    tried.visit()
    seen = page(tried.browser.submit("continue", identifier=bob.username, password=bob.password))
    assert (seen.status, seen.path) == (200, "/other-person")
    assert "测试模式" in seen.text
    assert "workbench" in seen.text
    assert page(tried.visit()).path == "/other-person"  # the short way knows it too
    assert arrived(tried.visit(prompt="none")).error == "login_required"
    tried.visit()
    assert arrived(tried.browser.submit("cancel")).error == "access_denied"
    tried.visit()
    assert page(tried.browser.submit("switch")).path == "/sign-in"
    assert page(tried.browser.get("/account")).path == "/sign-in"


@both_pairs
def test_a_synthetic_person_does_not_sign_in_at_a_live_site(rp: RelyingParty, nobody: Person) -> None:
    rp.visit()
    seen = page(rp.browser.submit("continue", identifier=nobody.username, password=nobody.password))
    assert (seen.status, seen.path) == (200, "/other-person")
    assert "测试账户" in seen.text
    silent = arrived(rp.visit(prompt="none"))
    assert silent.error == "login_required"
    assert silent.params["error_description"].isascii()


@pytest.mark.parametrize(
    "response_type", ["code", "id_token", "id_token token", "code token", "code id_token", "code id_token token"]
)
def test_no_response_type_lets_the_wrong_person_in(
    centre: Centre, site_of: Sites, nobody: Person, response_type: str
) -> None:
    rp = site_of(response_types=[response_type], grant_types=["authorization_code", "implicit"])
    rp.visit(response_type=response_type)
    rp.browser.submit("continue", identifier=nobody.username, password=nobody.password)
    assert page(rp.visit(response_type=response_type)).path == "/other-person"
    answer = arrived(rp.visit(response_type=response_type, prompt="none"))
    assert answer.error == "login_required"
    assert not {"code", "id_token", "access_token"} & answer.params.keys()


@both_pairs
def test_nothing_given_out_before_a_site_goes_live_lasts_beyond(
    centre: Centre, tried: RelyingParty, nobody: Person
) -> None:
    tokens = tried.tokens_of(nobody)
    code = tried.sign_in(nobody).code
    switch(centre, tried, "live")
    assert tried.redeem(code).error == "invalid_grant"
    assert tried.refresh(tokens.refresh_token).error == "invalid_grant"
    assert tried.userinfo(tokens.access_token).status_code == 401
    assert tried.introspect(tokens.access_token).json == INACTIVE
    assert tried.introspect(tokens.refresh_token).json == INACTIVE
    assert page(tried.visit()).path == "/other-person"


@both_pairs
def test_nothing_given_out_before_a_site_is_tried_out_again_lasts_beyond(
    centre: Centre, rp: RelyingParty, alice: Person
) -> None:
    tokens = rp.tokens_of(alice)
    code = rp.sign_in(alice).code
    switch(centre, rp, "test")
    assert rp.redeem(code).error == "invalid_grant"
    assert rp.refresh(tokens.refresh_token).error == "invalid_grant"
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert rp.introspect(tokens.access_token).json == INACTIVE
    assert rp.introspect(tokens.refresh_token).json == INACTIVE


def test_a_device_waits_in_vain_for_the_wrong_person(
    centre: Centre, site_of: Sites, browser: Browser, nobody: Person
) -> None:
    device = Device(site_of(grant_types=["authorization_code", "refresh_token", GRANT]))
    device.ask()
    enter(browser, device.user_code)
    browser.submit("confirm")
    seen = page(browser.submit("continue", identifier=nobody.username, password=nobody.password))
    assert seen.path == "/other-person"
    assert device.wait_and_poll().error == "authorization_pending"
    browser.submit("cancel")
    assert device.wait_and_poll().error == "access_denied"


def test_what_a_device_was_allowed_does_not_outlive_a_change_of_mode(
    centre: Centre, site_of: Sites, browser: Browser, alice: Person
) -> None:
    device = Device(site_of(grant_types=["authorization_code", "refresh_token", GRANT]))
    device.ask()
    enter(browser, device.user_code)
    go_on(browser, alice, page(browser.submit("confirm")))
    switch(centre, device.rp, "test")
    assert device.wait_and_poll().error == "invalid_grant"


@pytest.mark.parametrize("token_format", ["opaque", "jwt"])
def test_a_site_that_is_tried_out_gets_no_token_for_a_live_api(
    centre: Centre, api_of: Apis, site_for: Sites, nobody: Person, token_format: str
) -> None:
    api = api_of(token_format=token_format)
    rp = site_for(api)
    switch(centre, rp, "test")
    assert rp.redeem(rp.sign_in(nobody, resource=api.identifier).code).error == "invalid_target"
    own = rp.post("/token", {"grant_type": "client_credentials", "resource": api.identifier})
    assert own.error in {"invalid_target", "unauthorized_client"}
    switch(centre, api.client, "test")
    assert rp.redeem(rp.sign_in(nobody, resource=api.identifier).code).status_code == 200


def test_an_api_that_went_live_knows_nothing_of_what_was_tried_out(
    centre: Centre, api_of: Apis, site_for: Sites, nobody: Person
) -> None:
    api = api_of()
    rp = site_for(api)
    for party in (rp, api.client):
        switch(centre, party, "test")
    given = rp.tokens_of(nobody, resource=api.identifier)
    assert api.asks(given.access_token)["active"] is True
    switch(centre, api.client, "live")
    assert api.asks(given.access_token) == INACTIVE
    assert exchange(api.client, given.access_token).error == "invalid_request"


def test_a_site_registered_by_machine_is_live(centre: Centre, rp: RelyingParty) -> None:
    found = centre.services.provider.clients.find(rp.client_id)
    assert found is not None
    assert (found.mode, found.is_test) == ("live", False)
