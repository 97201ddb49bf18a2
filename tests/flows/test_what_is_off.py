"""What is deliberately not there: nothing announces it, and whoever asks for it gets the error that the specification names."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.centre import Centre
from tests.flows.people import Person
from tests.flows.registrant import Registrant, leave
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed

EVERY_GRANT = [
    "authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange", "implicit",
]  # fmt: skip


def metadata(rp: RelyingParty) -> dict[str, Any]:
    told: dict[str, Any] = rp.http.get(f"{rp.issuer}/.well-known/openid-configuration", timeout=10).json()
    return told


def test_discovery_announces_none_of_it(rp: RelyingParty) -> None:
    told = metadata(rp)
    assert not {
        "pushed_authorization_request_endpoint", "require_pushed_authorization_requests",  # RFC 9126
        "authorization_signing_alg_values_supported",  # JARM
        "dpop_signing_alg_values_supported",  # RFC 9449
        "tls_client_certificate_bound_access_tokens",  # RFC 8705 §3
        "backchannel_authentication_endpoint", "backchannel_token_delivery_modes_supported",  # CIBA
        "authorization_details_types_supported",  # RFC 9396
        "signed_metadata",  # RFC 8414 §2.1
    } & set(told)  # fmt: skip
    for name, values in told.items():
        if name.endswith(("signing_alg_values_supported", "encryption_alg_values_supported")):
            assert not {"none", "RSA1_5", "dir"} & set(values), name
            assert not [alg for alg in values if alg.startswith("HS")] or name.endswith(
                "auth_signing_alg_values_supported"
            )
    assert not [mode for mode in told["response_modes_supported"] if "jwt" in mode]
    assert told["claim_types_supported"] == ["normal"]
    assert told["code_challenge_methods_supported"] == ["S256"]


def test_every_address_that_discovery_names_is_there(rp: RelyingParty) -> None:
    told = metadata(rp)
    addresses = {
        name: value
        for name, value in told.items()
        if isinstance(value, str) and name.endswith(("_endpoint", "_uri", "_iframe", "service_documentation"))
    }
    assert len(addresses) >= 13
    for name, address in addresses.items():
        assert address.startswith(f"{rp.issuer}/"), name
        answers = {rp.http.request(method, address, timeout=10).status_code for method in ("GET", "POST")}
        assert 404 not in answers, name
        assert max(answers) < 500, name


def test_grants_are_offered_or_not_supported_as_discovery_says(site_of: Callable[..., RelyingParty]) -> None:
    rp = site_of(grant_types=EVERY_GRANT)
    assert sorted(metadata(rp)["grant_types_supported"]) == sorted(EVERY_GRANT)
    for grant in EVERY_GRANT[:-1]:
        assert rp.post("/token", {"grant_type": grant}).error != "unsupported_grant_type", grant
    for grant in (
        "implicit",  # has no token endpoint (RFC 6749 §4.2)
        "password",  # RFC 9700 §2.4
        "urn:ietf:params:oauth:grant-type:jwt-bearer",  # RFC 7523 §2.1
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:openid:params:grant-type:ciba",
    ):
        assert rp.post("/token", {"grant_type": grant}).error == "unsupported_grant_type", grant


@pytest.mark.parametrize("path", ["/par", "/bc-authorize", "/.well-known/webfinger", "/.well-known/ssf-configuration"])
def test_there_is_no_such_place(rp: RelyingParty, path: str) -> None:
    for method in ("GET", "POST"):
        assert rp.http.request(method, f"{rp.issuer}{path}", timeout=10).status_code in {400, 404}


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"response_mode": "jwt"}, "invalid_request"),
        ({"response_mode": "form_post.jwt"}, "invalid_request"),
        ({"response_mode": "web_message"}, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:abc"}, "invalid_request_uri"),
        ({"registration": '{"client_name":"me"}'}, "registration_not_supported"),
    ],
)
def test_whoever_asks_for_it_hears_the_right_error(rp: RelyingParty, asked: dict[str, str], error: str) -> None:
    assert landed(rp.visit(**asked)).error == error


def test_a_proof_of_possession_binds_nothing_and_nobody_is_told_it_did(rp: RelyingParty, alice: Person) -> None:
    """RFC 9449 §5: a token that is not bound is called Bearer; nothing here takes it under another scheme."""
    code = rp.sign_in(alice).code
    asked = rp.asked_for(code)
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": rp.site.redirect_uri, "code_verifier": asked.verifier,
    }  # fmt: skip
    tokens = rp.post("/token", form, headers={"DPoP": "a.b.c"})
    assert (tokens.status_code, tokens.token_type) == (200, "Bearer")
    assert "cnf" not in rp.introspect(tokens.access_token).json
    by_proof = {"Authorization": f"DPoP {tokens.access_token}"}
    assert rp.http.get(f"{rp.issuer}/userinfo", headers=by_proof, timeout=10).status_code == 401


@pytest.mark.parametrize(
    "asked",
    [
        {"id_token_signed_response_alg": "none"},
        {"id_token_signed_response_alg": "HS256"},
        {"userinfo_signed_response_alg": "none"},
        {"request_object_signing_alg": "none"},
        {"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "none"},
        {"id_token_encrypted_response_alg": "RSA1_5"},
        {"id_token_encrypted_response_alg": "dir"},
        {"id_token_encrypted_response_alg": "ECDH-ES+A192KW"},
        {"tls_client_certificate_bound_access_tokens": True},
        {"dpop_bound_access_tokens": True},
        {"require_pushed_authorization_requests": True},
        {"authorization_signed_response_alg": "ES256"},
        {"grant_types": ["urn:openid:params:grant-type:ciba"]},
        {"grant_types": ["password"]},
        {"response_types": ["code magic"]},
    ],
    ids=str,
)
def test_nobody_registers_for_it(centre: Centre, asked: dict[str, Any]) -> None:
    machine = Registrant(centre, leave(centre))
    refused = machine.register(**asked)
    assert (refused.status_code, refused.error) == (400, "invalid_client_metadata")
    machine.close()
