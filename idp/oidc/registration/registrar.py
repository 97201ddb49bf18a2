"""Sites that register themselves: OpenID Connect Dynamic Client Registration 1.0, RFC 7591, and RFC 7592 to manage it.

What a machine may say of its site is a part of what an operator may: no statutory duty, no scope of real names, no
purposes. Members that mean nothing here are ignored (RFC 7591 §2); what asks for something that we do not give is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

from sqlalchemy.orm import Session

from idp.audit.trail import Actor
from idp.config import Settings
from idp.core import clock, ids
from idp.core.addresses import network_of
from idp.core.errors import DomainError, TooManyAttempts
from idp.core.http import GuardedClient
from idp.oidc.client_auth.offer import Offer
from idp.oidc.models import Client
from idp.oidc.provider import Provider
from idp.oidc.registration import client_changes, clients, initial_access_tokens, machine_metadata, sectors
from idp.oidc.registration.client_metadata import DYNAMIC, ClientMetadata
from idp.oidc.registration.machine_metadata import RegistrationRefused
from idp.oidc.registration.metadata_rules import WITH_SECRET
from idp.oidc.registration.software_statements import SoftwareStatements

OPEN, TOKEN, CLOSED = "open", "token", "closed"
_HOUR = 3600
_CHANGES_PER_HOUR = 120


class RegistrationClosed(DomainError):
    code = "registration_closed"
    status = 404


class BearerRefused(Exception):
    """No token (`error` is None), or one that is not good here (RFC 6750 §3.1)."""

    def __init__(self, error: str | None = "invalid_token", status: int = 401) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


def _bearer(authorization: str | None) -> str | None:
    """The token of the header; another scheme, or nothing behind the word, is a token that is not good (RFC 6750 §2.1)."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise BearerRefused
    return token.strip()


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may register, and how often where anybody may."""

    mode: str
    per_network_hour: int
    per_hour: int
    is_development: bool
    auth_methods: frozenset[str]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        limits = settings.registration
        return cls(
            settings.client_registration, limits.per_network_hour, limits.per_hour,
            is_development=settings.sandbox or not settings.is_https,
            auth_methods=frozenset(Offer.of(settings).methods),
        )  # fmt: skip


class Registrar:
    """Registers clients over HTTP and lets each one read, change and delete itself."""

    def __init__(self, provider: Provider, http: GuardedClient, statements: SoftwareStatements, policy: Policy) -> None:
        self._provider = provider
        self._database = provider.database
        self._trail = provider.trail
        self._http = http
        self._statements = statements
        self._policy = policy

    def _require_open(self) -> None:
        """RegistrationClosed where operators alone register sites: there is no such endpoint then."""
        if self._policy.mode == CLOSED:
            raise RegistrationClosed

    def admit(self, authorization: str | None, address: str) -> str | None:
        """The initial token of a caller who may register at all; asked before anything is read or fetched on its behalf."""
        self._require_open()
        token = _bearer(authorization)
        if token is not None:
            with self._database.view() as db:
                if not initial_access_tokens.is_good(db, token, clock.now()):
                    raise BearerRefused
        elif self._policy.mode == TOKEN:
            raise BearerRefused(error=None)
        else:
            self._count(f"registration:{network_of(address)}", self._policy.per_network_hour)
            self._count("registration", self._policy.per_hour)
        return token

    def manager(self, authorization: str | None) -> str:
        """The token of a caller who wants to manage a registration; whether it is the right one is asked of the client."""
        self._require_open()
        if (token := _bearer(authorization)) is None:
            raise BearerRefused(error=None)
        return token

    def register(self, wanted: Mapping[str, Any], token: str | None) -> dict[str, Any]:
        """RFC 7591 §3: register, once admitted; the client information response."""
        metadata = self._checked(wanted)
        management = ids.new_secret()
        with self._database.transaction() as db:
            token_id = None
            if token is not None and (token_id := initial_access_tokens.spend(db, token, clock.now())) is None:
                raise BearerRefused
            client_id, secret = clients.register(
                db, self._trail, metadata, keyring=self._provider.keyring, origin=DYNAMIC,
                registration_digest=ids.digest(management), initial_token=token_id,
            )  # fmt: skip
            row = db.get_one(Client, client_id)
        return self._told(row, metadata, management, secret)

    def read(self, client_id: str, token: str) -> dict[str, Any]:
        """RFC 7592 §2.1."""
        with self._database.view() as db:
            row = self._own(db, client_id, token)
        return self._told(row, ClientMetadata.stored(row.metadata_), token)

    def change(self, client_id: str, token: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """RFC 7592 §2.2: everything is replaced; what is left out goes back to its default."""
        with self._database.view() as db:
            row = self._own(db, client_id, token)
            machine_metadata.require_own_identity(wanted, client_id, client_changes.secret_digests(db, client_id))
        self._count(f"registration-change:{client_id}", _CHANGES_PER_HOUR)
        metadata = self._checked(wanted, kept=ClientMetadata.stored(row.metadata_))
        with self._database.transaction() as db:
            row = self._own(db, client_id, token, for_update=True)
            try:
                secret = client_changes.change(
                    db, self._trail, row, metadata, keyring=self._provider.keyring, actor=Actor("client", client_id)
                )
            except clients.UnknownScope as unknown:  # of an API that is gone
                raise RegistrationRefused("invalid_client_metadata", str(unknown)) from unknown
        self._provider.clients.forget(client_id)
        if secret is None and metadata.token_endpoint_auth_method in WITH_SECRET:
            secret = wanted.get("client_secret")  # what it repeats, and is right, it is told again
        return self._told(row, metadata, token, secret)

    def delete(self, client_id: str, token: str) -> None:
        """RFC 7592 §2.3."""
        with self._database.transaction() as db:
            row = self._own(db, client_id, token, for_update=True)
            client_changes.delete(db, self._trail, row, actor=Actor("client", client_id))
        self._provider.clients.forget(client_id)

    def _own(self, db: Session, client_id: str, token: str, *, for_update: bool = False) -> Client:
        """The client whose registration access token this is."""
        row = db.get(Client, client_id, with_for_update=for_update) if clients.is_possible_id(client_id) else None
        if row is None or row.registration_digest is None or not ids.same(row.registration_digest, ids.digest(token)):
            raise BearerRefused
        if row.state != "active":  # RFC 7592 §2.1: it may not see or change itself while an operator has shut it out
            raise BearerRefused("access_denied", 403)
        return row

    def require_sector(self, metadata: ClientMetadata) -> None:
        """SectorRefused unless the file at `sector_identifier_uri`, where there is one, vouches for the redirect URIs."""
        sectors.check(self._http, metadata)

    def _checked(self, wanted: Mapping[str, Any], kept: ClientMetadata | None = None) -> ClientMetadata:
        metadata = machine_metadata.checked(
            self._statements.merged(wanted), is_development=self._policy.is_development, kept=kept
        )
        if (method := metadata.token_endpoint_auth_method) not in self._policy.auth_methods:
            raise RegistrationRefused(
                "invalid_client_metadata", f"token_endpoint_auth_method: {method} is not possible here"
            )
        try:
            self.require_sector(metadata)
        except sectors.SectorRefused as refused:
            raise RegistrationRefused("invalid_client_metadata", f"sector_identifier_uri: {refused}") from refused
        return metadata

    def _count(self, counter: str, limit: int) -> None:
        wait = self._provider.store.hit(counter, limit=limit, period=_HOUR, now=clock.now().timestamp())
        if wait:
            raise TooManyAttempts(retry_after=wait)

    def _told(self, row: Client, metadata: ClientMetadata, token: str, secret: str | None = None) -> dict[str, Any]:
        """The client information response (RFC 7591 §3.2.1, RFC 7592 §3); of a secret we know the digest only."""
        told = {
            "client_id": row.client_id,
            "client_id_issued_at": int(row.created_at.timestamp()),
            "registration_access_token": token,
            "registration_client_uri": f"{self._provider.issuer}/clients?client_id={quote(row.client_id, safe='')}",
        }
        if secret is not None:
            told |= {"client_secret": secret, "client_secret_expires_at": 0}
        return told | metadata.told()
