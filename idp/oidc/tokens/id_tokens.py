"""ID tokens: what is signed for a site, and what is read back when a site hints with one (OpenID Connect Core §2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.core import clock, ids, signing
from idp.core.jwt import jose
from idp.core.jwt.jose import JoseRefused
from idp.oidc import levels
from idp.oidc.jwt.keys import SigningKeys
from idp.oidc.jwt.outgoing import Outgoing
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.tokens import spoiled


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

    def __init__(self, issuer: str, keys: SigningKeys, outgoing: Outgoing, lifetime_seconds: int) -> None:
        self._issuer = issuer
        self._keys = keys
        self._outgoing = outgoing
        self._lifetime = lifetime_seconds

    def sign(
        self,
        client: RegisteredClient,
        who: Authenticated,
        *,
        access_token: str | None = None,
        code: str | None = None,
        claims: Mapping[str, Any] | None = None,
        spoil: str | None = None,
    ) -> str:
        """The ID token for this client, signed and encrypted as it registered.

        It vouches for the access token and the code that go with it (`at_hash`, `c_hash`; §3.1.3.6, §3.3.2.11). Further claims
        never take the place of those of the protocol. `spoil` makes it wrong in one way, for a check (`spoiled`).
        """
        now, digest = clock.epoch(), signing.hash_of(client.metadata.id_token_signed_response_alg)
        said: dict[str, Any] = {
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
        }
        if client.metadata.level_scale is not None:
            said |= levels.told(client.metadata.level_scale, who.acr)
        if access_token is not None:
            said["at_hash"] = ids.left_half_hash(access_token, digest)
        if code is not None:
            said["c_hash"] = ids.left_half_hash(code, digest)
        if who.nonce is not None:
            said["nonce"] = who.nonce
        if spoil is not None:
            return spoiled.id_token(self._outgoing, self._keys, client, said, spoil)
        return self._outgoing.id_token(client, said)

    def read_hint(self, token: str) -> Hint:
        """The hint's content, expired or not; HintRefused unless one of our published keys signed it as an ID token.

        A site may encrypt it to us (§3.1.2.1); one that is encrypted to the site cannot be read here, and is refused.
        """
        current = self._keys.current()
        try:
            if jose.is_encrypted(token):
                token = jose.read_encrypted(token, self._keys.opener())
            kid = jose.peek(token).get("kid")
            if kid in current.withdrawn:
                raise HintUnknown(_audience(jose.unverified_claims(token)))
            signed = jose.read_signed(token, current.verifying, algorithms=signing.ALGORITHMS)
        except JoseRefused as refused:
            raise HintRefused(refused.reason) from refused
        claims = signed.claims
        if claims.get("iss") != self._issuer or signed.header.get("typ", "JWT") != "JWT" or "events" in claims:
            raise HintRefused
        if not {"exp", "iat", "auth_time"} <= claims.keys():  # a signed UserInfo response has none of them
            raise HintRefused
        subject, audience, sid = claims.get("sub"), _audience(claims), claims.get("sid")
        if not isinstance(subject, str) or audience is None or not isinstance(sid, str | None):
            raise HintRefused
        return Hint(subject, audience, sid)


def _audience(claims: Mapping[str, Any]) -> str | None:
    """The one client that the token is for, written as a text or as a list of one (§2)."""
    match claims.get("aud"):
        case str(audience) | [str(audience)]:
            return audience
    return None
