"""ID tokens: what is signed for a site, and what is read back when a site hints with one (OpenID Connect Core §2)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from idp.core import clock, ids, signing
from idp.oidc.clients import RegisteredClient
from idp.oidc.keys import SigningKeys

_MAX_HINT = 8192


class HintRefused(Exception):
    """The hint is not an ID token that this issuer signed."""


class HintUnknown(HintRefused):
    """The hint names a key that we have withdrawn: it proves nothing, and nothing speaks against it."""

    def __init__(self, audience: str | None) -> None:
        super().__init__("withdrawn key")
        self.audience = audience


@dataclass(frozen=True, slots=True)
class Hint:
    """What an earlier ID token said; it may have expired."""

    subject: str
    audience: str
    sid: str | None


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The sign-in that an ID token tells of."""

    subject: str
    sid: str
    auth_time: datetime
    acr: str
    amr: tuple[str, ...]
    nonce: str | None


class IdTokens:
    """Signs ID tokens and recognises its own."""

    def __init__(self, issuer: str, keys: SigningKeys, lifetime_seconds: int) -> None:
        self._issuer = issuer
        self._keys = keys
        self._lifetime = lifetime_seconds

    def sign(
        self,
        client: RegisteredClient,
        who: Authenticated,
        *,
        access_token: str,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """The ID token for this client, in the algorithm it registered; `claims` never replace those of the protocol."""
        now = clock.epoch()
        told: dict[str, Any] = {
            **(claims or {}),
            "iss": self._issuer,
            "sub": who.subject,
            "aud": client.client_id,
            "exp": now + self._lifetime,
            "iat": now,
            "auth_time": int(who.auth_time.timestamp()),
            "acr": who.acr,
            "amr": list(who.amr),
            "sid": who.sid,
            "at_hash": ids.left_half_hash(access_token),
        }
        if who.nonce is not None:
            told["nonce"] = who.nonce
        return signing.compact(self._keys.signer(client.metadata.id_token_signed_response_alg), told)

    def read_hint(self, token: str) -> Hint:
        """The hint's content, expired or not; HintRefused unless one of our published keys signed it as an ID token."""
        if len(token) > _MAX_HINT or not token.isascii():
            raise HintRefused
        self._require_published_key(token)
        try:
            keys = KeySet.import_key_set({"keys": list(self._keys.current().public)})
            read = jws.deserialize_compact(token, keys, algorithms=list(signing.ALGORITHMS))
            claims = _claims(read.payload)
        except (JoseError, ValueError) as odd:
            raise HintRefused from odd
        if claims.get("iss") != self._issuer or read.headers().get("typ", "JWT") != "JWT" or "events" in claims:
            raise HintRefused
        subject, audience, sid = claims.get("sub"), _audience(claims), claims.get("sid")
        if not isinstance(subject, str) or not isinstance(audience, str) or not isinstance(sid, str | None):
            raise HintRefused
        return Hint(subject, audience, sid)

    def _require_published_key(self, token: str) -> None:
        """HintUnknown, with the audience the token claims, when its key was ours and has been withdrawn."""
        try:
            header, payload, _signature = token.split(".")
            kid, audience = _claims(_decoded(header)).get("kid"), _audience(_claims(_decoded(payload)))
        except ValueError as odd:
            raise HintRefused from odd
        if isinstance(kid, str) and kid in self._keys.current().withdrawn:
            raise HintUnknown(audience if isinstance(audience, str) else None)


def _audience(claims: dict[str, Any]) -> object:
    """The one client a token is for; a list with one member means the same (RFC 7519 §4.1.3)."""
    match claims.get("aud"):
        case [single]:
            return single
        case audience:
            return audience


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _claims(payload: bytes) -> dict[str, Any]:
    claims = orjson.loads(payload)
    if not isinstance(claims, dict):
        raise ValueError("not a claims object")
    return claims
