"""Certified JavaScript client libraries register themselves at the running demo and live through what sites do."""

from typing import Any

import pytest

from tests.clients import journeys
from tests.clients.journeys import Visitor

CALLBACK = "http://localhost:9/callback"  # nobody listens: the visitor's browser stops at the site's door
OPENID_CLIENT, OAUTH4WEBAPI = "openid_client.mjs", "oauth4webapi.mjs"


@pytest.fixture
def live(visitor: Visitor, initial_access_token: str) -> Any:
    def run(script: str, journey: str) -> dict[str, Any]:
        return journeys.run(script, journey, visitor, initial_access_token=initial_access_token, redirect_uri=CALLBACK)

    return run


@pytest.mark.parametrize("script", [OPENID_CLIENT, OAUTH4WEBAPI])
def test_a_whole_life_from_registration_to_revocation(live, script, visitor):
    seen = live(script, "whole_life")
    assert seen["claims"]["iss"] == visitor.browser.issuer
    assert seen["userinfo"]["sub"] == seen["claims"]["sub"]
    assert "email" in seen["userinfo"]
    assert seen["before"]["active"] is True
    assert seen["after"]["active"] is False


def test_signing_out_brings_the_browser_back_to_the_site(live):
    assert live(OPENID_CLIENT, "whole_life")["back"] == f"{CALLBACK}/bye?state=gone"


def test_tokens_in_every_signature_algorithm(live):
    seen = live(OPENID_CLIENT, "every_signature")
    assert len(seen) == 10
    assert all(seen.values()), seen


def test_encrypted_id_tokens_and_userinfo(live):
    seen = live(OPENID_CLIENT, "encrypted")
    assert seen["parts"] == 5
    assert seen["userinfo"]["sub"] == seen["claims"]["sub"]


def test_clients_that_sign_assertions(live):
    seen = live(OPENID_CLIENT, "assertions")
    assert seen["first"]["sub"]
    assert seen["second"]["sub"]


@pytest.mark.parametrize("journey", ["posted_secret", "public_client", "implicit", "request_object"])
def test_other_ways_to_sign_in(live, journey):
    assert live(OPENID_CLIENT, journey)["claims"]["sub"]


def test_the_hybrid_flow_by_fragment_and_by_form(live):
    seen = live(OPENID_CLIENT, "hybrid")
    assert seen["fragment"]["sub"] == seen["posted"]["sub"]


def test_the_hybrid_flow_checked_to_the_letter(live):
    assert live(OAUTH4WEBAPI, "hybrid")["claims"]["sub"]


@pytest.mark.parametrize("script", [OPENID_CLIENT, OAUTH4WEBAPI])
def test_a_device_without_a_browser(live, script):
    assert live(script, "device")["claims"]["sub"]


def test_a_site_that_acts_for_itself(live):
    assert live(OPENID_CLIENT, "itself")["token"]["active"] is True


def test_introspection_as_a_signed_answer(live):
    seen = live(OAUTH4WEBAPI, "signed_introspection")
    assert seen["type"].startswith("application/token-introspection+jwt")
    assert seen["about"]["active"] is True


def test_both_metadata_documents_say_the_same(live):
    assert live(OAUTH4WEBAPI, "server_metadata")["same"] is True


def test_an_answer_names_its_issuer_so_that_issuers_cannot_be_mixed_up(live):
    seen = live(OAUTH4WEBAPI, "mix_up")
    assert seen["error"] == "login_required"
    assert "iss" in seen["refused"]
