"""Token revocation (RFC 7009): a site gives a token back; a refresh token takes its whole family with it."""

from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError

from idp.core import clock
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.tokens import authorizations, refresh_tokens


def revoke(provider: Provider, client: RegisteredClient, token: str | None) -> None:
    """End the token if it is this client's, and say so if it is another's; an unknown one needs no error (RFC 7009 §2)."""
    if token is None:
        raise InvalidRequestError("token is missing")
    access = provider.access_tokens.find(token)
    if access is not None:
        if access.client_id != client.client_id:
            raise _of_another()
        with provider.database.quick() as db:
            provider.trail.record(
                db,
                "oidc.revoked",
                client_id=client.client_id,
                token="access",
                authorization=access.authorization_id or "",
            )
        provider.access_tokens.withdraw(token)  # only now: what cannot be put on record does not happen
        return
    with provider.database.quick() as db:
        row = refresh_tokens.find(db, token)
        if row is None:
            return
        if row.client_id != client.client_id:
            raise _of_another()
        if authorizations.revoke(db, row.authorization_id, reason="revoked_by_client", now=clock.now()):
            provider.trail.record(
                db, "oidc.revoked", client_id=client.client_id, token="refresh", authorization=row.authorization_id
            )


def _of_another() -> InvalidGrantError:
    return InvalidGrantError("the token was issued to another client")
