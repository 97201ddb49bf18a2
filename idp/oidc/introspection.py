"""Token introspection (RFC 7662): a site asks about a token that was issued to itself; of any other it learns nothing."""

from collections.abc import Mapping
from typing import Any

from idp.core import clock
from idp.oidc import refresh_tokens
from idp.oidc.access_tokens import AccessToken
from idp.oidc.clients import RegisteredClient
from idp.oidc.provider import Provider

INACTIVE: Mapping[str, Any] = {"active": False}


def introspect(provider: Provider, client: RegisteredClient, token: str) -> Mapping[str, Any]:
    """The state of an access or refresh token; the hint is not needed to find it (RFC 7662 §2.1)."""
    access = provider.access_tokens.read(token)
    if access is not None:
        return _access(provider, access) if access.client_id == client.client_id else INACTIVE
    with provider.database.glance() as db:
        row = refresh_tokens.find(db, token)
    if row is None or row.client_id != client.client_id:
        return INACTIVE
    if row.spent_at is not None or row.revoked_at is not None or row.state != "active" or row.expires_at <= clock.now():
        return INACTIVE
    return {
        "active": True,
        "iss": provider.issuer,
        "client_id": row.client_id,
        "scope": row.scope,
        "sub": row.subject,
        "token_type": "refresh_token",
        "iat": int(row.issued_at.timestamp()),
        "exp": int(row.expires_at.timestamp()),
    }


def _access(provider: Provider, access: AccessToken) -> Mapping[str, Any]:
    about = {
        "active": True,
        "iss": provider.issuer,
        "client_id": access.client_id,
        "scope": access.scope,
        "token_type": "Bearer",
        "iat": access.iat,
        "exp": access.exp,
    }
    # A client acting for itself is its own subject (RFC 9068 §2.2).
    return about | {"sub": access.subject or access.client_id} | ({"sid": access.sid} if access.sid else {})
