"""Authlib's own client sessions against the running demo: code flow, refresh, introspection, revocation, signed assertions."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from tests.clients.journeys import Visitor
from tests.clients.test_apache import register

CALLBACK = "http://localhost:9/callback"
SCOPE = "openid profile email offline_access"


@pytest.fixture
def server(visitor: Visitor) -> dict[str, Any]:
    answer = requests.get(f"{visitor.browser.issuer}/.well-known/openid-configuration", timeout=30)
    metadata: dict[str, Any] = answer.json()
    return metadata


def sign_in(session: OAuth2Session, server: dict[str, Any], visitor: Visitor) -> dict[str, Any]:
    url, state = session.create_authorization_url(
        server["authorization_endpoint"], nonce="n-0S6", code_verifier="v" * 43
    )
    landed = visitor.visit(url)["landed"]
    assert f"state={state}" in urlsplit(landed).query
    tokens: dict[str, Any] = session.fetch_token(
        server["token_endpoint"], authorization_response=landed, code_verifier="v" * 43
    )
    keys = KeySet.import_key_set(requests.get(server["jwks_uri"], timeout=30).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["RS256", "ES256"]).claims
    assert claims["nonce"] == "n-0S6"
    return tokens


def test_a_session_with_a_secret(server, visitor, initial_access_token):
    registered = register(
        server["issuer"], initial_access_token, client_name="Authlib", redirect_uris=[CALLBACK], scope=SCOPE,
        grant_types=["authorization_code", "refresh_token"],
    )  # fmt: skip
    with OAuth2Session(
        registered["client_id"], registered["client_secret"], scope=SCOPE, redirect_uri=CALLBACK,
        code_challenge_method="S256",
    ) as session:  # fmt: skip
        session.trust_env = False
        tokens = sign_in(session, server, visitor)
        assert session.get(server["userinfo_endpoint"]).json()["sub"]
        refreshed = session.refresh_token(server["token_endpoint"], tokens["refresh_token"])
        introspected = session.introspect_token(server["introspection_endpoint"], refreshed["access_token"])
        assert introspected.json()["active"] is True
        session.revoke_token(server["revocation_endpoint"], refreshed["refresh_token"])
        assert session.introspect_token(server["introspection_endpoint"], refreshed["access_token"]).json() == {
            "active": False
        }


def test_a_session_that_signs_its_assertions(server, visitor, initial_access_token):
    key = ECKey.generate_key("P-256", {"kid": "site", "use": "sig", "alg": "ES256"})
    registered = register(
        server["issuer"], initial_access_token, client_name="Authlib", redirect_uris=[CALLBACK], scope=SCOPE,
        token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.as_dict(private=False)]},
    )  # fmt: skip
    with OAuth2Session(
        registered["client_id"], key, scope="openid", redirect_uri=CALLBACK,
        token_endpoint_auth_method=PrivateKeyJWT(server["token_endpoint"], headers={"kid": "site"}, alg="ES256"),
        code_challenge_method="S256",
    ) as session:  # fmt: skip
        session.trust_env = False
        assert sign_in(session, server, visitor)["access_token"]
