"""Resource servers: the APIs that access tokens are meant for, registered by operators and known to every process.

A scope word belongs to one resource server at most, and never to the issuer's own scopes: so a scope names the server that
understands it, and no server is shown what was granted for another (RFC 9700 §2.3).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock, signing
from idp.core.crypto import Keyring
from idp.db import stamps
from idp.db.unit_of_work import Database
from idp.oidc.jwt import keys
from idp.oidc.models import Client, ResourceServer
from idp.oidc.registration import metadata_rules
from idp.oidc.registration.client_metadata import SCOPES, is_scope_word

STAMP = "resource_servers"
OPAQUE, JWT = "opaque", "jwt"
FORMATS = (OPAQUE, JWT)
ACTIVE, DISABLED = "active", "disabled"
_LONGEST_IDENTIFIER, _LONGEST_NAME, _MOST_SCOPES = 255, 64, 50
_NONE: frozenset[str] = frozenset()
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+", re.ASCII)


class ResourceRefused(ValueError):
    """What is wrong with a resource server as an operator would register it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource server that may be used now."""

    identifier: str
    name: str
    client_id: str | None
    scopes: frozenset[str]
    token_format: str
    signing_alg: str


@dataclass(frozen=True, slots=True)
class Known:
    """All resource servers of one moment."""

    by_identifier: Mapping[str, Resource]
    owner_of: Mapping[str, Resource]
    by_client: Mapping[str, frozenset[str]]

    def of_client(self, client_id: str) -> frozenset[str]:
        """The identifiers of the servers that this client represents."""
        return self.by_client.get(client_id, _NONE)


class ResourceServers:
    """The present resource servers, read again when the stamp moves."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: stamps.Cached[Known] = stamps.Cached(database, STAMP, self._read)

    def known(self) -> Known:
        return self._known.get()

    def find(self, identifier: str) -> Resource | None:
        return self._known.get().by_identifier.get(identifier)

    def _read(self) -> Known:
        with self._database.view() as db:
            rows = db.scalars(select(ResourceServer).where(ResourceServer.state == ACTIVE)).all()
        servers = [
            Resource(row.identifier, row.name, row.client_id, frozenset(row.scopes), row.token_format, row.signing_alg)
            for row in rows
        ]
        return Known(
            {server.identifier: server for server in servers},
            {word: server for server in servers for word in server.scopes},
            {
                client_id: frozenset(each.identifier for each in servers if each.client_id == client_id)
                for client_id in {each.client_id for each in servers if each.client_id is not None}
            },
        )


def is_absolute_uri(text: str) -> bool:
    """An absolute URI without fragment (RFC 8707 §2, RFC 3986 §4.3)."""
    if not _URI.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return bool(parts.hostname) if parts.scheme in {"http", "https"} else True


def add(
    db: Session,
    trail: Trail,
    identifier: str,
    *,
    keyring: Keyring,
    issuer: str,
    name: str,
    scopes: Sequence[str],
    client_id: str | None = None,
    token_format: str = OPAQUE,
    signing_alg: str = "ES256",
    actor: Actor,
) -> None:
    """Register a resource server, and make our keys for its algorithm; ResourceRefused says what does not fit."""
    if not is_absolute_uri(identifier) or len(identifier) > _LONGEST_IDENTIFIER:
        raise ResourceRefused("the identifier must be an absolute URI without a fragment, of at most 255 characters")
    if identifier.rstrip("/") == issuer:
        raise ResourceRefused("the issuer is a resource of its own and needs no registration")
    stamps.touch(db, STAMP)  # and the lock against another who gives away the same scope
    if db.get(ResourceServer, identifier) is not None:
        raise ResourceRefused(f"{identifier} is registered already")
    now = clock.now()
    row = ResourceServer(identifier=identifier, state=ACTIVE, created_at=now, updated_at=now)
    _describe(
        db, row, name=name, client_id=client_id, scopes=list(scopes), token_format=token_format, signing_alg=signing_alg
    )
    db.add(row)
    db.flush()
    trail.record(db, "resource.registered", actor=actor, resource=identifier, format=token_format)
    keys.ensure(db, keyring, trail, algorithms=_algorithms(row))


def update(db: Session, trail: Trail, identifier: str, *, keyring: Keyring, actor: Actor, **changes: Any) -> bool:
    """Change name, client_id, scopes, token_format or signing_alg; False when there is no such server."""
    stamps.touch(db, STAMP)
    row = db.get(ResourceServer, identifier, with_for_update=True)
    if row is None:
        return False
    said = {
        "name": row.name,
        "client_id": row.client_id,
        "scopes": list(row.scopes),
        "token_format": row.token_format,
        "signing_alg": row.signing_alg,
        **changes,
    }
    _describe(db, row, **said)
    row.updated_at = clock.now()
    db.flush()
    trail.record(db, "resource.updated", actor=actor, resource=identifier, members=sorted(changes))
    keys.ensure(db, keyring, trail, algorithms=_algorithms(row))
    return True


def set_state(db: Session, trail: Trail, identifier: str, state: str, *, actor: Actor) -> bool:
    """`active` or `disabled`: of a disabled server no token is issued, and it learns nothing of those that are."""
    stamps.touch(db, STAMP)
    row = db.get(ResourceServer, identifier, with_for_update=True)
    if row is None:
        return False
    row.state, row.updated_at = state, clock.now()
    trail.record(db, f"resource.{state}", actor=actor, resource=identifier)
    return True


def remove(db: Session, trail: Trail, identifier: str, *, actor: Actor) -> bool:
    """Forget a resource server; tokens that were meant for it are of use to nobody."""
    stamps.touch(db, STAMP)
    row = db.get(ResourceServer, identifier, with_for_update=True)
    if row is None:
        return False
    db.delete(row)
    trail.record(db, "resource.removed", actor=actor, resource=identifier)
    return True


def listing(db: Session) -> list[ResourceServer]:
    """Every resource server, disabled ones too."""
    return list(db.scalars(select(ResourceServer).order_by(ResourceServer.identifier)))


def unknown_scopes(db: Session, words: Iterable[str]) -> list[str]:
    """Those of the words that neither the issuer nor any resource server knows."""
    unknown = set(words) - set(SCOPES)
    if unknown:
        unknown -= {word for scopes in db.scalars(select(ResourceServer.scopes)) for word in scopes}
    return sorted(unknown)


def _algorithms(row: ResourceServer) -> tuple[str, ...]:
    return (row.signing_alg,) if row.token_format == JWT else ()


def _describe(
    db: Session,
    row: ResourceServer,
    *,
    name: str,
    client_id: str | None,
    scopes: list[str],
    token_format: str,
    signing_alg: str,
) -> None:
    if not 0 < len(name) <= _LONGEST_NAME:
        raise ResourceRefused(f"a name has 1 to {_LONGEST_NAME} characters")
    if token_format not in FORMATS:
        raise ResourceRefused(f"the token format is one of {', '.join(FORMATS)}")
    if signing_alg not in signing.ALGORITHMS:
        raise ResourceRefused(f"the signing algorithm is one of {', '.join(signing.ALGORITHMS)}")
    if client_id is not None:
        client = db.get(Client, client_id)
        if client is None:
            raise ResourceRefused(f"there is no client {client_id}")
        if client.metadata_.get("token_endpoint_auth_method") == "none":
            raise ResourceRefused(f"{client_id} does not authenticate, so it cannot introspect")
    _require_own_scopes(db, row.identifier, scopes)
    row.name, row.client_id, row.scopes = name, client_id, scopes
    row.token_format, row.signing_alg = token_format, signing_alg


def _require_own_scopes(db: Session, identifier: str, scopes: list[str]) -> None:
    """At least one scope, each a scope-token (RFC 6749 §3.3) that is nobody else's."""
    if not 0 < len(set(scopes)) == len(scopes) <= _MOST_SCOPES:
        raise ResourceRefused(f"a resource server has 1 to {_MOST_SCOPES} scopes, each named once")
    if odd := [word for word in scopes if not is_scope_word(word)]:
        raise ResourceRefused(f"not a scope word: {odd[0]}")
    if marked := [word for word in scopes if word.startswith((metadata_rules.CLAIM, metadata_rules.VOUCHED))]:
        raise ResourceRefused(f"a scope must not look like a claim in a consent: {marked[0]}")
    if own := sorted(set(scopes) & set(SCOPES)):
        raise ResourceRefused(f"the issuer's own scopes belong to no resource server: {' '.join(own)}")
    others = db.execute(
        select(ResourceServer.identifier, ResourceServer.scopes).where(ResourceServer.identifier != identifier)
    )
    for other, taken in others:
        if common := sorted(set(scopes) & set(taken)):
            raise ResourceRefused(f"{' '.join(common)} belongs to {other}")
