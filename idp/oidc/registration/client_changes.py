"""What becomes of a client once it is registered: it changes as a whole, or ends for good with all that rests on it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock
from idp.core.crypto import Keyring
from idp.db import stamps
from idp.oidc.jwt import keys
from idp.oidc.models import Authorization, Client, ClientSecret, Consent
from idp.oidc.registration import clients
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.client_secrets import NEEDED_WHOLE
from idp.oidc.registration.metadata_rules import WITH_SECRET


def change(
    db: Session,
    trail: Trail,
    row: Client,
    metadata: Mapping[str, Any] | ClientMetadata,
    *,
    keyring: Keyring,
    actor: Actor,
) -> str | None:
    """Replace what a client registered; returns a new secret when it needs one that it has not got.

    Raises as `clients.register` does.
    """
    accepted = clients.checked(db, metadata)
    before = ClientMetadata.stored(row.metadata_).token_endpoint_auth_method
    after = accepted.token_endpoint_auth_method
    row.metadata_, row.updated_at = accepted.to_store(), clock.now()
    db.flush()
    trail.record(db, "client.changed", actor=actor, client_id=row.client_id, origin=row.origin)
    keys.ensure(db, keyring, trail, algorithms=accepted.signing_algorithms)
    stamps.touch(db, clients.STAMP)
    needs_other = after in WITH_SECRET and (before not in WITH_SECRET or after in NEEDED_WHOLE - {before})
    if before in WITH_SECRET and (needs_other or after not in WITH_SECRET):
        _end_secrets(db, row.client_id)
    return clients.new_secret(db, row.client_id, after, keyring=keyring) if needs_other else None


def delete(db: Session, trail: Trail, row: Client, *, actor: Actor) -> None:
    """End a client for good: secrets, tokens and consents with it. Its id stays taken, its history stays readable."""
    now = clock.now()
    row.state, row.registration_digest, row.updated_at = "deleted", None, now
    db.flush()
    _end_secrets(db, row.client_id)
    db.execute(
        update(Authorization)
        .where(Authorization.client_id == row.client_id, Authorization.revoked_at.is_(None))
        .values(revoked_at=now, revoke_reason="client_deleted")
    )
    db.execute(
        update(Consent)
        .where(Consent.client_id == row.client_id, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    trail.record(db, "client.deleted", actor=actor, client_id=row.client_id, origin=row.origin)
    stamps.touch(db, clients.STAMP)


def secret_digests(db: Session, client_id: str) -> set[str]:
    """The digests of the secrets that are valid now."""
    return set(db.scalars(select(ClientSecret.digest).where(ClientSecret.client_id == client_id, _is_good())))


def _end_secrets(db: Session, client_id: str) -> None:
    db.execute(
        update(ClientSecret).where(ClientSecret.client_id == client_id, _is_good()).values(expires_at=clock.now())
    )


def _is_good() -> ColumnElement[bool]:
    return or_(ClientSecret.expires_at.is_(None), ClientSecret.expires_at > clock.now())
