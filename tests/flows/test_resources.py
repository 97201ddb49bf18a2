"""Tokens for APIs: asked for by resource indicators, narrowed to one audience, opaque or as a JWT, and exchanged."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.apis import Api, open_api
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
AT = "urn:ietf:params:oauth:token-type:access_token"


@pytest.fixture
def api_of(centre: Centre, site_of: Callable[..., RelyingParty]) -> Callable[..., Api]:
    def make(*, registers: str = "openid", token_format: str = "opaque", **members: Any) -> Api:
        client = site_of(registers=registers, grant_types=["authorization_code", "client_credentials", EXCHANGE])
        return open_api(centre, client, token_format=token_format, **members)

    return make


@pytest.fixture
def site_for(site_of: Callable[..., RelyingParty]) -> Callable[..., RelyingParty]:
    """A site that is registered for all scopes of these APIs."""

    def make(*apis: Api, **metadata: Any) -> RelyingParty:
        scope = " ".join(["openid profile offline_access", *(api.scope for api in apis)])
        grants = ["authorization_code", "refresh_token", "client_credentials", EXCHANGE]
        return site_of(scope=scope, registers=scope, **{"grant_types": grants, **metadata})

    return make


@both_pairs
def test_a_jwt_for_the_api_that_was_asked_for(
    centre: Centre, api_of: Callable[..., Api], site_for: Callable[..., RelyingParty], alice: Person
) -> None:
    api = api_of(token_format="jwt")
    rp = site_for(api)
    tokens = rp.tokens_of(alice, resource=api.identifier)
    claims = api.accepts(tokens.access_token)
    assert tokens.scope == claims["scope"] == api.scope
    assert claims["client_id"] == rp.client_id
    assert claims["acr"] == "ial1.aal1"
    assert "sid" not in claims
    told = api.asks(tokens.access_token)
    assert told["active"] is True
    assert (told["aud"], told["jti"], told["exp"]) == (api.identifier, claims["jti"], claims["exp"])
    assert rp.introspect(tokens.access_token).sub == rp.claims(tokens.id_token)["sub"]
    assert len({told["sub"], claims["sub"], rp.claims(tokens.id_token)["sub"]}) == 3
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert rp.userinfo(rp.refresh(tokens.refresh_token, resource=rp.issuer).access_token).status_code == 200
    centre.freeze(alice)
    assert api.asks(tokens.access_token) == {"active": False}
