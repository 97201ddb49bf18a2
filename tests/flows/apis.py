"""A resource server: an API that sites call with access tokens, registered at the centre."""

import itertools
from dataclasses import dataclass
from typing import Any

from joserfc import jwt

from idp.core import clock
from tests.flows.centre import Centre
from tests.flows.rp import RelyingParty

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
        """The claims of a JWT access token, checked as RFC 9068 §4 asks."""
        read = jwt.decode(token, self.client.keys(), algorithms=["ES256", "RS256"])
        assert read.header["typ"] in {"at+jwt", "application/at+jwt"}, read.header
        expected: dict[str, Any] = {
            "iss": {"essential": True, "value": self.client.issuer},
            "aud": {"essential": True, "value": self.identifier},
            "exp": {"essential": True},
            "sub": {"essential": True},
            "client_id": {"essential": True},
            "iat": {"essential": True},
            "jti": {"essential": True},
        }
        jwt.JWTClaimsRegistry(now=clock.epoch(), **expected).validate(read.claims)  # type: ignore[arg-type]
        return read.claims

    def asks(self, token: str) -> dict[str, Any]:
        """What introspection tells it."""
        answer = self.client.introspect(token)
        assert answer.status_code == 200, answer.json
        return answer.json


def open_api(centre: Centre, client: RelyingParty, *, token_format: str = "opaque", **members: Any) -> Api:
    number = next(_numbers)
    api = Api(f"https://api{number}.example/v1", f"a{number}:read", f"a{number}:write", client)
    centre.register_resource(
        api.identifier, api.read, api.write, client_id=client.client_id, token_format=token_format, **members
    )
    return api
