"""Token introspection (RFC 7662): a token's site and the servers it is meant for may ask about it; nobody else learns anything.

Each asker hears the subject that it knows the person by, and only the token's own site hears its `sid`.
"""

from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from idp.core import clock, ids
from idp.oidc import principals, subjects
from idp.oidc.principals import LEGAL, OWN, Kept, Standing
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.tokens import authorizations, refresh_tokens
from idp.oidc.tokens.access_tokens import AccessToken

INACTIVE: Mapping[str, Any] = {"active": False}


def introspect(provider: Provider, client: RegisteredClient, token: str | None) -> Mapping[str, Any]:
    """The state of an access or refresh token; the hint is not needed to find it (RFC 7662 §2.1)."""
    if client.is_public:  # the endpoint needs authorization, or it could be used to try tokens
        raise InvalidClientError("a client without a secret cannot introspect", status_code=401)
    if token is None:
        raise InvalidRequestError("token is missing")
    notes = provider.access_tokens.recently.notes()
    sector = subjects.sector_of(client)
    noted = (f"introspection {sector}", token)
    access, family, standing = notes.get(noted) or (provider.access_tokens.find(token), None, OWN)
    if access is None:
        return _refresh(provider, client, token)
    if not _may_ask(provider, client, access) or provider.access_tokens.is_over(access):
        return INACTIVE
    if not all(_is_met(provider, client, each) for each in {access.client_id, access.site}):
        return INACTIVE
    if access.authorization_id is None:
        return _access(provider, client, access, token, None, OWN)
    if family is None:
        with provider.database.glance() as db:
            asked = principals.ask(
                db, provider.keyring, access.principal, account_id=access.account_id, client_id=access.site
            )
            family = authorizations.alive(
                db, access.authorization_id, account_id=access.account_id, sector=sector, is_test=client.is_test
            )
            standing = asked()
        if family is None:
            return INACTIVE
        if not standing.holds:
            principals.note_ended(provider, access)
            return INACTIVE
        notes[noted] = access, family, standing
    how = {"acr": family.acr, "auth_time": int(family.auth_time.timestamp())}
    return {**_access(provider, client, access, token, family.known_as, standing), **how}


def _is_met(provider: Provider, client: RegisteredClient, of: str) -> bool:
    """Whether the client of a token is there, and in the same mode: what is tried out does not count where it is earnest."""
    found = provider.clients.find(of)
    return found is not None and found.is_test == client.is_test


def _may_ask(provider: Provider, client: RegisteredClient, access: AccessToken) -> bool:
    """The client that the token was issued to, and the client that represents a server in its audience."""
    if access.client_id == client.client_id:
        return True
    if access.aud is None:
        return False
    return not provider.resource_servers.known().of_client(client.client_id).isdisjoint(access.aud)


def _access(
    provider: Provider, client: RegisteredClient, access: AccessToken, token: str, known_as: str | None,
    standing: Standing,
) -> dict[str, Any]:  # fmt: skip
    is_own = access.client_id == client.client_id
    about: dict[str, Any] = {
        "active": True,
        "iss": provider.issuer,
        "client_id": access.client_id,
        "token_type": "Bearer",
        "iat": access.iat,
        "exp": access.exp,
        "aud": provider.issuer if access.aud is None else access.aud[0] if len(access.aud) == 1 else access.aud,
        "jti": access.jti or ids.digest(f"jti {token}"),
    }
    if access.scope:
        about["scope"] = access.scope
    if access.account_id is None:
        about["sub"] = access.subject or access.client_id  # a client acting for itself (RFC 9068 §2.2)
    elif is_own and access.subject is not None:
        about["sub"] = access.subject
    else:
        about["sub"] = subjects.subject_of(provider.keyring, client, access.account_id, known_as=known_as)
    if access.sid is not None and is_own:
        about["sid"] = access.sid
    return about | _acts(provider, client, access, about["sub"], standing)


def _acts(
    provider: Provider, client: RegisteredClient, access: AccessToken, subject: str, standing: Standing
) -> dict[str, Any]:
    """Who uses the token, and on whose behalf, in the names that the asker knows them by."""
    acts: dict[str, Any] = {}
    if standing.principal is not None:
        acts = principals.told(
            provider.keyring, standing.principal, sector=subjects.sector_of(client), subject=subject, client_id=access.site,
            with_name=LEGAL in access.scope.split(),
        )  # fmt: skip
    act = principals.actors(access.act, acts)
    return acts | ({"act": act} if act is not None else {})


def _refresh(provider: Provider, client: RegisteredClient, token: str) -> Mapping[str, Any]:
    with provider.database.glance() as db:
        row = refresh_tokens.find(db, token)
    if row is None or row.client_id != client.client_id or row.is_synthetic != client.is_test:
        return INACTIVE
    if row.spent_at is not None or row.revoked_at is not None or row.state != "active" or row.expires_at <= clock.now():
        return INACTIVE
    acts = principals.of_family(row)
    if acts is not None and not _may_still(provider, client, row, acts):
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


def _may_still(provider: Provider, client: RegisteredClient, row: Any, acts: Kept) -> bool:
    """Whether the person may act as they did when the token was given; if not, its family ends."""
    with provider.database.quick() as db:
        standing = principals.ask(db, provider.keyring, acts, account_id=row.account_id, client_id=client.client_id)()
        if not standing.holds:
            principals.end(
                db, provider.trail, authorization_id=row.authorization_id, account_id=row.account_id,
                client_id=client.client_id, acts=acts,
            )  # fmt: skip
    return standing.holds
