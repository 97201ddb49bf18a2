"""Device authorization requests in SQL: begun by a device, found by its user code, decided once (RFC 8628 §3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql

from idp.core import ids
from idp.core.crypto import Keyring
from idp.db.prepared import Prepared, RawTransaction
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.devices import user_codes
from idp.oidc.models import DeviceRequest

LIFETIME = timedelta(minutes=10)
APPROVED, DENIED = "approved", "denied"
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Begun:
    """What the device is told: the code that it polls with, and the one that its person types."""

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class Open:
    """A request that waits for a person; `digest` names it, and is of no use at the token endpoint."""

    digest: str
    asked: AuthorizationRequest
    expires_at: datetime


# `ON CONFLICT DO NOTHING` is written the same on both databases; the unique index decides whose a user code is.
_begin = Prepared(
    postgresql.insert(DeviceRequest)
    .values({c: bindparam(c) for c in ("digest", "user_code_index", "client_id", "wire", "created_at", "expires_at")})
    .on_conflict_do_nothing()
    .returning(DeviceRequest.digest)
)
_is_open = DeviceRequest.decided_at.is_(None) & (DeviceRequest.expires_at > bindparam("now"))
_find_open = Prepared(
    select(DeviceRequest.digest, DeviceRequest.client_id, DeviceRequest.wire, DeviceRequest.expires_at).where(
        DeviceRequest.user_code_index == bindparam("user_code_index"), _is_open
    )
)
_known = Prepared(
    select(DeviceRequest.client_id, DeviceRequest.expires_at, DeviceRequest.decision).where(
        DeviceRequest.digest == bindparam("digest")
    )
)
_decide = Prepared(
    update(DeviceRequest)
    .where(DeviceRequest.digest == bindparam("digest"), _is_open)
    .values(decided_at=bindparam("now"), decision=bindparam("made"))
    .returning(DeviceRequest.client_id, DeviceRequest.expires_at)
)


def begin(db: RawTransaction, keyring: Keyring, client_id: str, wire: Mapping[str, str], *, now: datetime) -> Begun:
    """Keep a new request under two new codes, neither of which is stored."""
    for _ in range(_TRIES):
        device_code, user_code = ids.new_secret(), user_codes.new()
        kept = _begin.first(
            db, digest=ids.digest(device_code), user_code_index=_index(keyring, user_code), client_id=client_id,
            wire=dict(wire), created_at=now, expires_at=now + LIFETIME,
        )  # fmt: skip
        if kept is not None:
            return Begun(device_code, user_codes.shown(user_code), int(LIFETIME.total_seconds()))
    raise RuntimeError("no user code is free")


def find_open(db: RawTransaction, keyring: Keyring, user_code: str, *, now: datetime) -> Open | None:
    """The request behind a user code, while nobody has decided it and its time is not over."""
    row = _find_open.first(db, user_code_index=_index(keyring, user_code), now=now)
    if row is None:
        return None
    return Open(row.digest, AuthorizationRequest.from_wire({**row.wire, "client_id": row.client_id}), row.expires_at)


def known(db: RawTransaction, device_code: str) -> Any | None:
    """Whose request this device code is, until when, and what was decided."""
    return _known.first(db, digest=ids.digest(device_code))


def decide(db: RawTransaction, digest: str, decision: str, *, now: datetime) -> Any | None:
    """Approve or deny; of any number of callers, and of these and the clock, one wins and gets the row."""
    return _decide.first(db, digest=digest, now=now, made=decision)


def _index(keyring: Keyring, user_code: str) -> str:
    return keyring.blind_index("user_code", user_code)
