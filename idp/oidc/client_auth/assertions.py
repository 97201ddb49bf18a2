"""What both JWT methods ask of an assertion once its key is known (RFC 7523 §3, OpenID Connect Core §9).

Audience: the issuer, the token endpoint or the endpoint that was called, and nobody else beside them; an assertion that is
meant for another server too could be taken there from here, or here from there (docs/decisions/0020).
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, TypeGuard

from idp.core import clock
from idp.core.jwt import jose
from idp.core.jwt.jose import JoseRefused, KeySource
from idp.oidc import spent_assertions
from idp.oidc.client_auth.presented import Presented
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient

SKEW_SECONDS = 30
"""How far the clocks of sites may be off."""
LONGEST_SECONDS = 3600
"""How long an assertion may live: the default of common libraries. It serves once, however long it lives."""
_LONGEST_ID = 256
_TYPES = frozenset({"jwt", "client-authentication+jwt", "application/client-authentication+jwt"})


def doubt(
    provider: Provider,
    client: RegisteredClient,
    presented: Presented,
    *,
    keys: KeySource,
    algorithms: Collection[str],
) -> str | None:
    """Why the assertion does not prove the client, or None; one that does is spent by that."""
    registered = client.metadata.token_endpoint_auth_signing_alg
    allowed = [alg for alg in algorithms if registered in {None, alg}]
    try:
        signed = jose.read_signed(presented.proof, keys, algorithms=allowed)
    except JoseRefused as refused:
        return f"assertion_{refused.reason}"
    if str(signed.header.get("typ", "JWT")).lower() not in _TYPES:  # a token of another kind is no assertion
        return "assertion_typ"
    now = clock.epoch()
    audiences = {provider.issuer, f"{provider.issuer}/token", presented.endpoint or provider.issuer}
    if (wrong := _wrong(signed.claims, client.client_id, audiences, now)) is not None:
        return f"assertion_{wrong}"
    until = clock.now() + timedelta(seconds=signed.claims["exp"] - now + 2 * SKEW_SECONDS)
    is_first = spent_assertions.spend(provider.database, issuer=client.client_id, jti=signed.claims["jti"], until=until)
    return None if is_first else "assertion_replayed"


def _wrong(claims: Mapping[str, Any], client_id: str, audiences: Collection[str], now: int) -> str | None:
    """The first claim that is not as it must be."""
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        return "iss"
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not named or not all(isinstance(each, str) and each in audiences for each in named):
        return "aud"
    expires = claims.get("exp")
    if not _is_time(expires) or not now - SKEW_SECONDS < expires <= now + LONGEST_SECONDS + SKEW_SECONDS:
        return "exp"
    if (issued := claims.get("iat")) is not None and (not _is_time(issued) or not _is_recent(issued, now)):
        return "iat"
    if (begins := claims.get("nbf")) is not None and (not _is_time(begins) or begins > now + SKEW_SECONDS):
        return "nbf"
    jti = claims.get("jti")
    return None if isinstance(jti, str) and 0 < len(jti) <= _LONGEST_ID else "jti"


def _is_time(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_recent(issued: float, now: int) -> bool:
    return now - LONGEST_SECONDS - 2 * SKEW_SECONDS <= issued <= now + SKEW_SECONDS
