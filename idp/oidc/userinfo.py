"""UserInfo: the facts that the scope and the claims request of an access token name, read fresh (OpenID Connect Core §5.3)."""

from typing import Any

from idp.oidc import authorizations, claims
from idp.oidc.clients import RegisteredClient
from idp.oidc.provider import Provider


class TokenRefused(Exception):
    """RFC 6750 §3.1: `error` and `status`."""

    def __init__(self, error: str, status: int) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


def userinfo(provider: Provider, token: str) -> tuple[RegisteredClient, dict[str, Any]]:
    """The claims for the person behind the token, and the site they are for; TokenRefused when it is not good for that."""
    record = provider.access_tokens.find(token)
    if record is None or record.authorization_id is None or record.account_id is None:
        raise TokenRefused("invalid_token" if record is None else "insufficient_scope", 401 if record is None else 403)
    if provider.access_tokens.is_over(record) or not record.is_for(provider.issuer, issuer=provider.issuer):
        raise TokenRefused("invalid_token", 401)
    scope = frozenset(record.scope.split())
    if "openid" not in scope:  # OpenID Core §5.3: the token of an OpenID request
        raise TokenRefused("insufficient_scope", 403)
    client = provider.clients.find(record.client_id)
    if client is None:  # the site was disabled meanwhile
        raise TokenRefused("invalid_token", 401)
    with provider.database.glance() as db:
        is_alive = authorizations.ask_alive(db, record.authorization_id)
        facts = claims.for_userinfo(
            provider, db, client, account_id=record.account_id, scope=scope, requested=record.claims
        )
        if not is_alive():
            raise TokenRefused("invalid_token", 401)
    return client, {"sub": record.subject, **facts}
