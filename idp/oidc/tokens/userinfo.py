"""UserInfo: the facts that the scope and the claims request of an access token name, read fresh (OpenID Connect Core §5.3)."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from idp.oidc import claims, principals
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.tokens.access_tokens import AccessToken


class TokenRefused(Exception):
    """RFC 6750 §3.1: `error` and `status`."""

    def __init__(self, error: str, status: int) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


def presented(authorization: str | None, form: Mapping[str, str], query: str) -> str | None:
    """The token by header or form, never by query (RFC 6750 §2, RFC 9700 §4.3.2); two of them, wherever, are refused."""
    scheme, _, by_header = (authorization or "").partition(" ")
    found = by_header.strip() if scheme.lower() == "bearer" and by_header.strip() else None
    by_form = form.get("access_token")
    if found is not None and by_form is not None:
        raise TokenRefused("invalid_request", 400)
    found = found or by_form
    if found is not None and "access_token=" in query:
        raise TokenRefused("invalid_request", 400)
    return found


def userinfo(provider: Provider, token: str) -> tuple[RegisteredClient, dict[str, Any]]:
    """The claims for the person behind the token, and the site they are for; TokenRefused when it is not good for that."""
    notes = provider.access_tokens.recently.notes()
    record, facts, as_registered = notes.get(("userinfo", token)) or (provider.access_tokens.find(token), None, None)
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
    is_as_it_was = as_registered is client  # else what it may know may have changed
    if facts is None or not is_as_it_was:
        facts = _read(provider, client, record, scope, record.authorization_id, record.account_id)
        notes["userinfo", token] = record, facts, client
    return client, {"sub": record.subject, **facts}


def _read(
    provider: Provider, client: RegisteredClient, record: AccessToken, scope: frozenset[str],
    authorization_id: str, account_id: str,
) -> dict[str, Any]:  # fmt: skip
    """The facts, and that the family they are for lives, in one round trip; for whom the person acts, if they still may."""
    with provider.database.glance() as db:
        asked = cache(principals.ask(
            db, provider.keyring, record.principal, account_id=account_id, client_id=client.client_id
        ))  # fmt: skip
        facts = claims.for_userinfo(
            provider, db, client,
            authorization_id=authorization_id, account_id=account_id, scope=scope, requested=record.claims,
            behalf=asked,
        )  # fmt: skip
        standing = asked()
    if facts is not None and not standing.holds:
        principals.note_ended(provider, record)
        facts = None
    if facts is None:
        raise TokenRefused("invalid_token", 401)
    acts = principals.for_site(provider.keyring, client, standing, subject=record.subject or "", scope=scope)
    return facts | claims.of_organisation(client, standing, scope=scope, requested=record.claims) | acts
