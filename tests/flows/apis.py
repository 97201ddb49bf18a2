"""A resource server: an API that sites call with access tokens, and what it does to check them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc import jwt

from idp.core import clock
from tests.flows.centre import Centre
from tests.flows.rp import Answer, RelyingParty

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
JWT = "urn:ietf:params:oauth:token-type:jwt"
GRANTS = ["authorization_code", "refresh_token", "client_credentials", EXCHANGE]
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Api:
    """One API, the client that represents it, and its own scopes."""

    identifier: str
    read: str
    write: str
    client: RelyingParty

    @property
    def scope(self) -> str:
        return f"{self.read} {self.write}"

    def accepts(self, token: str) -> dict[str, Any]:
        """The claims of a JWT access token, checked by the published keys as RFC 9068 §4 asks."""
        read = jwt.decode(token, self.client.keys(), algorithms=["ES256", "RS256", "PS256"])
        if read.header.get("typ") not in {"at+jwt", "application/at+jwt"}:
            raise ValueError("the typ is not at+jwt")
        expected: dict[str, Any] = {
            "iss": {"essential": True, "value": self.client.issuer},
            "aud": {"essential": True, "value": self.identifier},
            **{name: {"essential": True} for name in ("exp", "sub", "client_id", "iat", "jti")},
        }
        jwt.JWTClaimsRegistry(now=clock.epoch(), **expected).validate(read.claims)  # type: ignore[arg-type]
        return read.claims

    def asks(self, token: str) -> dict[str, Any]:
        """What introspection tells it."""
        answer = self.client.introspect(token)
        assert answer.status_code == 200, answer.json
        return answer.json


def exchange(party: RelyingParty, subject_token: str, **more: Any) -> Answer:
    """A token exchange (RFC 8693 §2.1); None leaves a parameter out."""
    form = {"grant_type": EXCHANGE, "subject_token": subject_token, "subject_token_type": ACCESS_TOKEN, **more}
    return party.post("/token", {name: value for name, value in form.items() if value is not None})


def own_token(party: RelyingParty, **more: Any) -> Answer:
    """Client credentials."""
    return party.post("/token", {"grant_type": "client_credentials", **more})


@pytest.fixture
def api_of(centre: Centre, site_of: Callable[..., RelyingParty]) -> Callable[..., Api]:
    """A maker of APIs; `registers` are the scopes of other servers that its client may ask for."""

    def make(*, registers: str = "openid", token_format: str = "opaque", **members: Any) -> Api:
        client = site_of(registers=registers, grant_types=GRANTS)
        number = next(_numbers)
        api = Api(f"https://api{number}.example/v1", f"a{number}:read", f"a{number}:write", client)
        centre.register_resource(
            api.identifier, api.read, api.write, client_id=client.client_id, token_format=token_format, **members
        )
        return api

    return make


@pytest.fixture
def site_for(site_of: Callable[..., RelyingParty]) -> Callable[..., RelyingParty]:
    """A site that is registered for all scopes of these APIs, and asks for all of them."""

    def make(*apis: Api, also: str = "openid profile offline_access", **metadata: Any) -> RelyingParty:
        scope = " ".join([also, *(api.scope for api in apis)])
        return site_of(scope=scope, registers=scope, **{"grant_types": GRANTS, **metadata})

    return make
