"""Secrets of clients: made here, kept by digest, and sealed besides where a method needs the secret itself."""

from collections.abc import Iterable
from datetime import datetime

from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.oidc.models import ClientSecret

NEEDED_WHOLE = frozenset({"client_secret_jwt"})
"""The methods whose proof is computed from the secret (OpenID Connect Core §10.1)."""

SealedSecret = tuple[str, str, datetime | None]
"""Its digest, the envelope that is bound to it, and when it ends."""


def new(client_id: str, method: str, *, keyring: Keyring, expires_at: datetime | None) -> tuple[str, ClientSecret]:
    """A secret and its row; a MAC key must be as long as the longest hash, so it has 512 bits (RFC 7518 §3.2)."""
    if method not in NEEDED_WHOLE:
        secret, sealed = ids.new_secret(), None
    else:
        secret = ids.new_mac_secret()
        sealed = keyring.seal(secret, bound_to=_place(ids.digest(secret)))
    return secret, ClientSecret(
        digest=ids.digest(secret), client_id=client_id, sealed=sealed, created_at=clock.now(), expires_at=expires_at
    )


def opened(sealed: Iterable[SealedSecret], keyring: Keyring, now: datetime) -> list[str]:
    """Those that are valid now, in the open."""
    return [
        keyring.open(envelope, bound_to=_place(digest))
        for digest, envelope, until in sealed
        if until is None or until > now
    ]


def _place(digest: str) -> str:
    return f"client_secrets.sealed:{digest}"
