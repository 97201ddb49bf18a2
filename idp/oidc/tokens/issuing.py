"""An access token issued: aimed at its audience, in the form which that audience reads, and kept.

Of a person every site and every server knows another subject. A JWT is read by two, the site that carries it and the server that
it is meant for: it names the person by a subject of this pair, unless both know the person by the same one anyway. So neither
two sites that carry tokens for one server, nor one site and two servers, can compare notes (OpenID Connect Core §8.1,
RFC 9068 §6); the server learns the subject that it knows the person by from introspection.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from idp.core import ids, signing
from idp.oidc import claims, principals, subjects
from idp.oidc.principals import OWN, Standing
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.resource_servers import Resource
from idp.oidc.resources import InvalidTarget, Target
from idp.oidc.tokens.access_tokens import AccessToken, jwt_claims


class Family(Protocol):
    """What of an authorization an access token tells: a row of it, or what is about to become one."""

    @property
    def account_id(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def sid(self) -> str: ...
    @property
    def acr(self) -> str: ...
    @property
    def amr(self) -> Any: ...
    @property
    def auth_time(self) -> datetime: ...
    @property
    def extra(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Issued:
    """The token as it leaves, and what it stands for."""

    token: str = field(repr=False)
    record: AccessToken


def for_family(
    provider: Provider,
    client: RegisteredClient,
    authorization_id: str,
    family: Family,
    target: Target,
    standing: Standing,
) -> Issued:
    """A token of a person's authorization, who acts for whom `standing` says."""
    require_same_mode(provider, client, target)
    token, record = provider.access_tokens.new(
        client.client_id,
        target.scope,
        authorization_id=authorization_id,
        account_id=family.account_id,
        subject=family.subject,
        sid=family.sid,
        claims=claims.requested(family) if target.is_for_issuer(provider.issuer) else None,
        aud=list(target.audience) if target.audience is not None else None,
        principal=principals.of_family(family),
        until=principals.until(standing),
    )
    if target.reader is not None:
        known_as = (family.extra or {}).get("known_as")
        return finish_jwt(
            provider, client, record, target.reader, sign_in_of(family), known_as=known_as, standing=standing
        )
    provider.access_tokens.keep(token, record)
    return Issued(token, record)


def for_client(provider: Provider, client: RegisteredClient, target: Target) -> Issued:
    """A token of a client that acts for itself."""
    require_same_mode(provider, client, target)
    token, record = provider.access_tokens.new(
        client.client_id, target.scope, aud=list(target.audience) if target.audience is not None else None
    )
    if target.reader is not None:
        return finish_jwt(provider, client, record, target.reader, {})
    provider.access_tokens.keep(token, record)
    return Issued(token, record)


def require_same_mode(provider: Provider, client: RegisteredClient, target: Target) -> None:
    """A site that is tried out reaches no API that is in earnest, nor the other way round; InvalidTarget."""
    for identifier in target.audience or ():
        server = provider.resource_servers.find(identifier)
        if server is None:  # the issuer itself
            continue
        represented_by = provider.clients.find(server.client_id) if server.client_id is not None else None
        if (represented_by is not None and represented_by.is_test) != client.is_test:
            raise InvalidTarget("a client in test mode and a live resource do not meet")


def sign_in_of(family: Any) -> dict[str, Any]:
    """How and when the person signed in (RFC 9068 §2.2.1)."""
    return {"auth_time": int(family.auth_time.timestamp()), "acr": family.acr, "amr": list(family.amr)}


def finish_jwt(
    provider: Provider, client: RegisteredClient, record: AccessToken, reader: Resource, sign_in: Mapping[str, Any],
    *, known_as: str | None = None, standing: Standing = OWN,
) -> Issued:  # fmt: skip
    """The token for this record as a JWT in the server's algorithm (RFC 9068 §2.1), kept.

    `known_as` is the account by which the client's sector knows the person: with that sector, every server it goes to.
    """
    record = replace(record, jti=ids.new_handle())
    sector = _sector_of_pair(provider, client, reader)
    if record.account_id is not None:
        subject = subjects.in_sector(provider.keyring, sector, known_as or record.account_id)
    else:
        subject = record.subject or record.client_id  # a client acting for itself is its own subject (RFC 9068 §2.2)
    said = jwt_claims(record, issuer=provider.issuer, audience=reader.identifier, subject=subject, sign_in=sign_in)
    if standing.principal is not None:
        acts = principals.told(
            provider.keyring, standing.principal, sector=sector, subject=subject, client_id=record.site, with_name=False
        )
        said |= acts | {"act": principals.actors(record.act, acts)}
    token = signing.compact(provider.keys.signer(reader.signing_alg), said, typ="at+jwt")
    provider.access_tokens.keep(token, record)
    return Issued(token, record)


def _sector_of_pair(provider: Provider, client: RegisteredClient, reader: Resource) -> str:
    represented_by = provider.clients.find(reader.client_id) if reader.client_id is not None else None
    mine = subjects.sector_of(client)
    is_one = represented_by is not None and subjects.sector_of(represented_by) == mine
    return mine if is_one else f"{reader.identifier}\x00{mine}"
