"""A machine that registers its site over HTTP, as any software out there would."""

from datetime import timedelta
from typing import Any

import requests

from idp.audit.trail import Actor
from idp.core import clock
from idp.oidc.registration import initial_access_tokens
from tests.flows.centre import Centre
from tests.flows.rp import Answer

REDIRECT = "https://rp.example/callback"


class Registrant:
    """One machine, with the address it calls from."""

    def __init__(self, centre: Centre, token: str | None, address: str = "10.251.0.1") -> None:
        self.centre = centre
        self.token = token
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["X-Forwarded-For"] = address

    @property
    def endpoint(self) -> str:
        found: str = self.http.get(f"{self.centre.issuer}/.well-known/openid-configuration", timeout=30).json()[
            "registration_endpoint"
        ]
        return found

    def call(self, method: str, url: str, *, token: str | None, body: Any = None, **more: Any) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        if isinstance(body, dict):
            more["json"] = body
        elif body is not None:
            more["data"] = body
        more["headers"] = headers | more.get("headers", {})
        return Answer(self.http.request(method, url, timeout=30, **more))

    def register(self, body: Any = None, **members: Any) -> Answer:
        """POST; by default one redirect URI and what is given."""
        body = {"redirect_uris": [REDIRECT], **members} if body is None else body
        return self.call("POST", f"{self.centre.issuer}/clients", token=self.token, body=body)

    def read(self, of: Answer) -> Answer:
        return self.call("GET", of.registration_client_uri, token=of.registration_access_token)

    def change(self, of: Answer, **members: Any) -> Answer:
        """PUT what was registered with these changes, without what only the centre says; None leaves a member out."""
        ours = {
            "registration_access_token",
            "registration_client_uri",
            "client_secret_expires_at",
            "client_id_issued_at",
        }
        body = {name: value for name, value in {**of.json, **members}.items() if name not in ours and value is not None}
        return self.call("PUT", of.registration_client_uri, token=of.registration_access_token, body=body)

    def delete(self, of: Answer) -> Answer:
        return self.call("DELETE", of.registration_client_uri, token=of.registration_access_token)

    def close(self) -> None:
        self.http.close()


def leave(centre: Centre, *, uses: int | None = None, lives: timedelta = timedelta(hours=1)) -> str:
    """An initial access token, as an operator makes one."""
    with centre.services.database.transaction() as db:
        return initial_access_tokens.make(
            db, centre.services.trail, label="test", uses=uses, expires_at=clock.now() + lives,
            actor=Actor("operator", "test"),
        ).token  # fmt: skip
