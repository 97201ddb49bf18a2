"""The identity centre as this site sees it: discovery, keys, and everything that is checked before a person is believed."""

import time
from typing import Any

import requests
from authlib.integrations.flask_client import OAuth, OAuthError
from authlib.integrations.flask_client.apps import FlaskOAuth2App
from flask import Flask

from clients.kit.journey import JourneyCookies
from clients.kit.settings import Settings

ALGORITHM = "ES256"
LEEWAY = 60
_ALIVE_FOR = 10  # seconds an answer of the centre counts as "it is up"
_KEYS_FOR = 600  # after this the keys are read again, so that a revoked one stops counting
_KEYS_PAUSE = 1  # an unknown kid fetches the keys again, at most this often
_CALLED_BY_US = ("token_endpoint", "userinfo_endpoint", "jwks_uri")
_CALLED_BY_SOME = ("mandate_check_endpoint",)


class CentreUnavailable(requests.RequestException):
    """The centre did not answer, or something that is not our centre did."""


class SiteOAuth(OAuth):  # type: ignore[misc]  # Authlib is untyped
    """Authlib's registry, with a cookie of its own for each journey."""

    framework_integration_cls = JourneyCookies


class Centre(FlaskOAuth2App):  # type: ignore[misc]
    """Authlib's client with the checks pinned: issuer, algorithm, audience, `iss` of the response, one subject."""

    issuer: str
    internal: str
    ca_file: str | bool
    server_metadata: dict[str, Any]
    _asked_at = 0.0
    _keys_at = 0.0

    # -- discovery and keys ------------------------------------------------------------------------------------

    def check_alive(self) -> None:
        """Read discovery afresh before sending a person away, so that they do not land on a dead address."""
        if time.monotonic() - self._asked_at > _ALIVE_FOR:
            self._discover()

    def load_server_metadata(self) -> dict[str, Any]:
        if "token_endpoint" not in self.server_metadata:
            self._discover()
        return self.server_metadata

    def _discover(self) -> None:
        with self._get_session() as http:
            answer = http.request("GET", self._server_metadata_url, withhold_token=True)
            answer.raise_for_status()
            metadata = answer.json()
        if not isinstance(metadata, dict) or metadata.get("issuer") != self.issuer:  # OIDC Discovery §4.3
            raise CentreUnavailable("discovery names another issuer")
        for name in _CALLED_BY_US:
            if not isinstance(metadata.get(name), str):
                raise CentreUnavailable(f"discovery names no {name}")
            metadata[name] = metadata[name].replace(self.issuer, self.internal, 1)
        for name in _CALLED_BY_SOME:
            if isinstance(metadata.get(name), str):
                metadata[name] = metadata[name].replace(self.issuer, self.internal, 1)
        # What we accept is our decision; the document only says what the centre could do (RFC 8725 §3.1).
        metadata["id_token_signing_alg_values_supported"] = [ALGORITHM]
        self.server_metadata = {**self.server_metadata, **metadata}
        self._asked_at = time.monotonic()

    def fetch_jwk_set(self, force: bool = False) -> Any:
        age = time.monotonic() - self._keys_at
        if (force and age > _KEYS_PAUSE) or age > _KEYS_FOR:
            keys = super().fetch_jwk_set(force=True).get("keys", [])
            # A key of a kind we do not know is ignored, not an error (RFC 7517 §5).
            usable = [key for key in keys if key.get("kty") == "EC" and key.get("crv") == "P-256"]
            self.server_metadata["jwks"] = {"keys": usable}
            self._keys_at = time.monotonic()
        return super().fetch_jwk_set()

    def own_session(self) -> Any:
        """For calls of this site itself, without a person's token: no proxy and no .netrc between two government systems."""
        http = requests.Session()
        http.trust_env, http.max_redirects, http.verify = False, 0, self.ca_file
        return self._addressed(http)

    def _get_session(self) -> Any:
        return self._addressed(super()._get_session())

    def _get_oauth_client(self, **metadata: Any) -> Any:
        return self._addressed(super()._get_oauth_client(**metadata))

    def _addressed(self, http: Any) -> Any:
        if self.internal != self.issuer:  # another road to the same house: keep its name on the envelope
            http.headers["Host"] = self.issuer.split("://", 1)[1].split("/", 1)[0]
        return http

    # -- the answer --------------------------------------------------------------------------------------------

    def check_response_issuer(self, iss: str | None) -> None:
        """An answer of another server, sent to our callback, is refused before its code is used (RFC 9207 §2.4)."""
        if iss != self.issuer:
            raise OAuthError("wrong_issuer", "the response does not come from our issuer")

    def redeem(self) -> dict[str, Any]:
        """Exchange the code and validate the ID token (OIDC Core §3.1.3.7); the token's claims are under `userinfo`."""
        token = self.authorize_access_token(
            leeway=LEEWAY,
            claims_options={
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.client_id},
            },
        )
        if "userinfo" not in token:
            raise OAuthError("no_id_token", "the token response has no ID token")
        return token

    def released_claims(self, token: dict[str, Any]) -> dict[str, Any]:
        """What UserInfo says, about the same person as the ID token and nobody else (OIDC Core §5.3.2)."""
        claims = dict(self.userinfo(token=token))
        if claims.get("sub") != token["userinfo"]["sub"]:
            raise OAuthError("wrong_subject", "UserInfo answers for another subject")
        return claims


def connect(site: Flask, settings: Settings) -> Centre:
    """Register the centre with Authlib; nothing is fetched until the first person wants to sign in."""
    internal = settings.centre_internal or settings.issuer
    centre: Centre = SiteOAuth(site).register(
        "centre",
        client_cls=Centre,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        server_metadata_url=f"{internal}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_basic",
            "default_timeout": 5,
            "trust_env": False,  # no proxy and no .netrc between two government systems
            "max_redirects": 0,
            "verify": settings.ca_file or True,
        },
    )
    centre.issuer, centre.internal, centre.ca_file = settings.issuer, internal, settings.ca_file or True
    return centre
