"""Relying sites as the protocol sees them: registered, found, and authenticated by their secret."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.db import stamps
from idp.db.unit_of_work import Database
from idp.oidc import resource_servers
from idp.oidc.jwt import keys
from idp.oidc.models import Client, ClientSecret
from idp.oidc.registration import client_secrets, language_tags, sectors
from idp.oidc.registration.client_metadata import OPERATOR, ClientMetadata
from idp.oidc.registration.client_secrets import SealedSecret
from idp.oidc.registration.client_uris import without_loopback_port
from idp.oidc.registration.metadata_rules import WITH_SECRET
from idp.oidc.uris import with_parameters

STAMP = "clients"
_REMEMBERED = 20_000
CONSENT, STATUTORY_DUTY = "consent", "statutory_duty"
LIVE, TEST = "live", "test"
_LONGEST_ID = 64
RESERVED_IDS = frozenset({"*", "sites"})
"""What mandates say in the place of a site: all of them, and the keeping of one's own (`idp.mandates.acting`)."""


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client that may be used now, with the digests and expiry of its secrets.

    What the hot path asks of the metadata is worked out once, when the client is read.
    """

    client_id: str
    release_basis: str
    metadata: ClientMetadata
    secrets: tuple[tuple[str, datetime | None], ...]
    sealed_secrets: tuple[SealedSecret, ...] = field(default=(), repr=False)
    origin: str = OPERATOR
    mode: str = LIVE
    is_test: bool = field(init=False)
    """In test mode: synthetic people sign in at it, and nobody else does; at any other site they never do."""
    is_public: bool = field(init=False)
    scopes: frozenset[str] = field(init=False)
    needs_pkce: bool = field(init=False)
    """Whoever cannot keep a secret, and whoever registered so, proves each code by PKCE (RFC 9700 §2.1.1, RFC 8252 §6)."""
    response_types: frozenset[frozenset[str]] = field(init=False)
    sector: str = field(init=False)
    """The sector identifier of pairwise subjects (OpenID Connect Core §8.1)."""
    start_uri: str = field(init=False)
    """Where a visitor starts a sign-in at this site anew (OpenID Connect Core §4); empty for what has no web address."""

    def __post_init__(self) -> None:
        m = self.metadata
        front = m.client_uri or sectors.front_of(m.redirect_uris)
        is_public = m.token_endpoint_auth_method == "none"
        for name, value in (
            ("is_test", self.mode == TEST),
            ("is_public", is_public),
            ("needs_pkce", m.require_pkce or is_public or m.application_type == "native"),
            ("response_types", frozenset(frozenset(each.split()) for each in m.response_types)),
            ("scopes", frozenset(m.scopes)),
            ("sector", sectors.sector_of(m, self.client_id, self.origin)),
            ("start_uri", m.initiate_login_uri or front),
        ):
            object.__setattr__(self, name, value)

    def start_link(self, issuer: str) -> str:
        """The way there; a site that takes third-party-initiated logins is told who sends the visitor (OpenID Core §4)."""
        initiate = self.metadata.initiate_login_uri
        return with_parameters(initiate, {"iss": issuer}) if initiate is not None else self.start_uri

    def name(self, locale: str) -> str:
        """What people read: the registered name in their language, else the host."""
        m = self.metadata
        named: str | None = language_tags.best(m.localised, "client_name", locale) or m.client_name
        return named or urlsplit(self.start_uri).hostname or self.sector or self.client_id

    def page_for(self, member: str, locale: str) -> str | None:
        """The registered address of `logo_uri`, `policy_uri`, `tos_uri` or `client_uri` in the person's language."""
        found: str | None = language_tags.best(self.metadata.localised, member, locale)
        return found or getattr(self.metadata, member)

    def accepts_redirect(self, uri: str) -> bool:
        """Exact comparison (RFC 9700 §2.1); a native client may use any port on loopback addresses (RFC 8252 §7.3)."""
        return self._is_among(uri, self.metadata.redirect_uris)

    def accepts_return(self, uri: str) -> bool:
        """The same comparison with the addresses after signing out (RP-Initiated Logout 1.0 §2, §3)."""
        return self._is_among(uri, self.metadata.post_logout_redirect_uris)

    def _is_among(self, uri: str, registered: tuple[str, ...]) -> bool:
        if uri in registered:
            return True
        if self.metadata.application_type != "native":
            return False
        portless = without_loopback_port(uri)
        return portless is not None and portless in {without_loopback_port(each) for each in registered}

    def accepts_secret(self, secret: str, now: datetime) -> bool:
        """Whether the secret is one of those that are valid now; the time does not tell which."""
        offered = ids.digest(secret)
        results = [ids.same(offered, known) and (until is None or until > now) for known, until in self.secrets]
        return any(results)


class UnknownScope(ValueError):
    """A scope that neither the issuer nor a resource server knows."""

    def __init__(self, words: list[str]) -> None:
        super().__init__(f"scope: not offered here: {' '.join(words)}")


class ImpossibleClientId(ValueError):
    """An id that no request could present."""

    def __init__(self) -> None:
        super().__init__(f"a client id has 1 to {_LONGEST_ID} characters, all of them printable ASCII")


class ClientRegistry:
    """Finds clients, keeping them in memory until the stamp of the table moves."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: stamps.Cached[dict[str, RegisteredClient | None]] = stamps.Cached(database, STAMP, dict)

    def find(self, client_id: str) -> RegisteredClient | None:
        """The client when it is registered and active."""
        if not is_possible_id(client_id):
            return None  # nothing of that shape was ever registered, and PostgreSQL refuses a NUL
        known = self._known.get()
        if client_id in known:
            return known[client_id]
        found = self._read(client_id)
        if found is not None or len(known) < _REMEMBERED:  # invented names must not fill the memory
            known[client_id] = found
        if len(known) > _REMEMBERED:
            with contextlib.suppress(KeyError, RuntimeError, StopIteration):  # another thread was quicker
                del known[next(iter(known))]
        return found

    def serving_organisations(self) -> list[RegisteredClient]:
        """The sites that people may come to on behalf of an organisation: those that a mandate can name."""
        serves = Client.metadata_["serves"].as_string()
        with self._database.view() as db:
            named = db.scalars(
                select(Client.client_id)
                .where(Client.state == "active", Client.mode == LIVE, serves.in_(("organisations", "both")))
                .order_by(Client.created_at, Client.client_id)
            ).all()
        return [found for client_id in named if (found := self.find(client_id)) is not None]

    def serves_organisations(self, client_id: str) -> bool:
        found = self.find(client_id)
        return found is not None and found.metadata.serves_organisations

    def forget(self, client_id: str) -> None:
        """Read it again at its next use; other processes see by the stamp that it changed."""
        self._known.get().pop(client_id, None)

    def _read(self, client_id: str) -> RegisteredClient | None:
        with self._database.view() as db:
            row = db.get(Client, client_id)
            if row is None or row.state != "active":
                return None
            secrets = db.scalars(select(ClientSecret).where(ClientSecret.client_id == client_id)).all()
            return RegisteredClient(
                row.client_id,
                row.release_basis,
                ClientMetadata.stored(row.metadata_),
                tuple((each.digest, each.expires_at) for each in secrets),
                tuple((each.digest, each.sealed, each.expires_at) for each in secrets if each.sealed is not None),
                row.origin,
                row.mode,
            )


def register(
    db: Session,
    trail: Trail,
    metadata: Mapping[str, Any] | ClientMetadata,
    *,
    keyring: Keyring,
    release_basis: str = CONSENT,
    actor: Actor | None = None,
    client_id: str | None = None,
    origin: str = OPERATOR,
    registration_digest: str | None = None,
    initial_token: str | None = None,
    **of_department: str | None,
) -> tuple[str, str | None]:
    """Register a client; returns its id and, where it proves itself by one, its secret, which is shown this once.

    Without `actor` it registers itself. Where it asks for signatures by an algorithm that nobody asked for before, our
    keys for that are made too. Raises pydantic.ValidationError naming every member that is wrong, UnknownScope for a
    scope that nobody knows, ImpossibleClientId for an id of no use.
    """
    if client_id is not None and (not is_possible_id(client_id) or client_id in RESERVED_IDS):
        raise ImpossibleClientId
    accepted = checked(db, metadata)
    now = clock.now()
    is_named = client_id is not None  # a name that was chosen may have been asked for, and not found, before
    client_id = client_id or ids.new_handle()
    db.add(
        Client(
            client_id=client_id, state="active", release_basis=release_basis, metadata_=accepted.to_store(),
            origin=origin, registration_digest=registration_digest, created_at=now, updated_at=now, **of_department,
        )
    )  # fmt: skip
    db.flush()
    leave: dict[str, str] = {"initial_token": initial_token} if initial_token is not None else {}
    trail.record(db, "client.registered", actor=actor, client_id=client_id, **{"origin": origin, **leave})
    keys.ensure(db, keyring, trail, algorithms=accepted.signing_algorithms)
    if is_named:
        stamps.touch(db, STAMP)
    if accepted.token_endpoint_auth_method not in WITH_SECRET:
        return client_id, None
    return client_id, new_secret(db, client_id, accepted.token_endpoint_auth_method, keyring=keyring)


def checked(db: Session, metadata: Mapping[str, Any] | ClientMetadata) -> ClientMetadata:
    """The metadata once all that can be said against them is said; raises as `register` does."""
    made = metadata if isinstance(metadata, ClientMetadata) else ClientMetadata.model_validate(metadata)
    if unknown := resource_servers.unknown_scopes(db, made.scopes):
        raise UnknownScope(unknown)
    return made


def is_possible_id(client_id: str) -> bool:
    """RFC 6749, appendix A.1, and what the column holds."""
    return 0 < len(client_id) <= _LONGEST_ID and client_id.isascii() and client_id.isprintable()


def add_secret(
    db: Session,
    trail: Trail,
    client_id: str,
    *,
    keyring: Keyring,
    actor: Actor,
    expires_at: datetime | None = None,
) -> str:
    """A further valid secret, so that a site can change over without a gap; sealed besides where its method needs that."""
    client = db.get_one(Client, client_id)
    method = client.metadata_.get("token_endpoint_auth_method", "")
    secret = new_secret(db, client_id, method, keyring=keyring, expires_at=expires_at)
    trail.record(db, "client.secret_added", actor=actor, client_id=client_id)
    stamps.touch(db, STAMP)
    return secret


def retire_secrets(db: Session, trail: Trail, client_id: str, *, keep: str, at: datetime, actor: Actor) -> None:
    """Let every other secret of the client end at `at`."""
    db.execute(
        update(ClientSecret)
        .where(
            ClientSecret.client_id == client_id,
            ClientSecret.digest != ids.digest(keep),
            or_(ClientSecret.expires_at.is_(None), ClientSecret.expires_at > at),
        )
        .values(expires_at=at)
    )
    trail.record(db, "client.secrets_retired", actor=actor, client_id=client_id)
    stamps.touch(db, STAMP)


def set_state(db: Session, trail: Trail, client_id: str, state: str, *, actor: Actor | None) -> bool:
    """`active` or `disabled`; False when there is no such client."""
    changed = db.execute(
        update(Client)
        .where(Client.client_id == client_id, Client.state != "deleted")
        .values(state=state, updated_at=clock.now())
        .returning(Client.client_id)
    ).first()
    if changed is not None:
        trail.record(db, f"client.{state}", actor=actor, client_id=client_id)
        stamps.touch(db, STAMP)
    return changed is not None


def new_secret(
    db: Session, client_id: str, method: str, *, keyring: Keyring, expires_at: datetime | None = None
) -> str:
    """A secret that is told this once."""
    secret, row = client_secrets.new(client_id, method, keyring=keyring, expires_at=expires_at)
    db.add(row)
    return secret
