"""Config OP: oidcc-config-certification-test-plan, and what every plan checks of the published keys."""

import base64
import re

import pytest

from tests.certification import checks
from tests.certification.op import Provider

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def test_the_discovery_document_says_what_the_specifications_require(op: Provider) -> None:
    """oidcc-discovery-endpoint-verification"""
    told = checks.is_json(op.configuration)
    checks.discovered(told, op.issuer)
    assert set(told["subject_types_supported"]) <= {"public", "pairwise"}
    assert {"code", "id_token", "id_token token"} <= set(told["response_types_supported"])
    assert {"authorization_code", "implicit"} <= set(told["grant_types_supported"])
    for name in ("id_token", "userinfo", "request_object"):
        assert "RS256" in told[f"{name}_signing_alg_values_supported"]
    assert "none" not in told["token_endpoint_auth_signing_alg_values_supported"]
    assert "openid" in told["scopes_supported"]
    assert all(re.fullmatch(r"[\x21\x23-\x5B\x5D-\x7E]+", word) for word in told["scopes_supported"])
    for name in ("ui_locales_supported", "claims_locales_supported"):
        assert all(re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", tag) for tag in told[name])
    assert told["claims_parameter_supported"] is True
    assert told["request_parameter_supported"] is True
    assert told["request_uri_parameter_supported"] is True
    assert {"sub", "name", "email"} <= set(told["claims_supported"])
    assert told["code_challenge_methods_supported"] == ["S256"]


def test_both_wellknown_addresses_say_the_same(op: Provider) -> None:
    """RFC 8414 §3: what an OAuth client finds is what an OpenID client finds."""
    answer = op.http.get(f"{op.issuer}/.well-known/oauth-authorization-server", timeout=30)
    assert checks.is_json(answer) == op.metadata


def test_the_published_keys_are_public_named_and_usable(op: Provider) -> None:
    """oidcc-server and every other module: the keys of the provider."""
    answer = op.http.get(op.metadata["jwks_uri"], timeout=30)
    assert answer.headers["Content-Type"].partition(";")[0] in {"application/json", "application/jwk-set+json"}
    keys = answer.json()["keys"]
    assert len({key["kid"] for key in keys}) == len(keys) > 0
    for key in keys:
        assert not PRIVATE & set(key)
        assert key["kty"] in {"RSA", "EC", "OKP"}
        assert key["use"] in {"sig", "enc"}
        for name in ("n", "e", "x", "y"):
            if name in key:
                assert re.fullmatch(r"[\w-]+", key[name], re.ASCII)
        if key["kty"] == "RSA":
            assert len(base64.urlsafe_b64decode(key["n"] + "==")) * 8 >= 2048
    for alg in ("RS256", "ES256"):
        assert any(key.get("alg") == alg for key in keys if key["use"] == "sig")


@pytest.mark.parametrize("name", ["frontchannel", "backchannel"])
def test_the_discovery_document_offers_logout(op: Provider, name: str) -> None:
    """oidcc-frontchannel-logout-discovery-endpoint-verification,
    oidcc-backchannel-logout-discovery-endpoint-verification
    """
    assert op.metadata[f"{name}_logout_supported"] is True
    assert op.metadata[f"{name}_logout_session_supported"] is True


def test_the_discovery_document_names_where_sessions_end_and_are_watched(op: Provider) -> None:
    """oidcc-rp-initiated-logout-discovery-endpoint-verification,
    oidcc-session-management-discovery-endpoint-verification
    """
    for name in ("end_session_endpoint", "check_session_iframe"):
        assert op.metadata[name].startswith(f"{op.issuer}/")
