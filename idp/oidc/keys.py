"""Signing keys of the issuer: made, published ahead of use, rotated without any site noticing, revoked in need."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock, ids, signing
from idp.core.crypto import Keyring, Purpose
from idp.db import stamps
from idp.db.unit_of_work import Database
from idp.oidc.models import SigningKey

STAMP = "signing_keys"
NEXT, ACTIVE, RETIRED, REVOKED = "next", "active", "retired", "revoked"
PUBLISHED = (NEXT, ACTIVE, RETIRED)
# A retired key stays published until nothing signed with it can still be shown: refresh, logout hints, slow caches.
_PUBLISHED_AFTER_RETIRING = timedelta(days=30)


@dataclass(frozen=True)
class KeySet:
    """The keys of one moment: a signer for each algorithm, the published halves, and the ids of keys no longer published."""

    signers: dict[str, signing.Signer] = field(repr=False)
    public: tuple[dict[str, Any], ...]
    withdrawn: frozenset[str]
    jwks: bytes
    etag: str


class SigningKeys:
    """The present key set, read again when the stamp moves."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._loaded: dict[str, signing.Signer] = {}
        self._current: stamps.Cached[KeySet] = stamps.Cached(database, STAMP, self._read)

    def current(self) -> KeySet:
        return self._current.get()

    def signer(self, alg: str) -> signing.Signer:
        """The key that signs now; KeyError for an algorithm we do not offer."""
        return self._current.get().signers[alg]

    def _read(self) -> KeySet:
        now = clock.now()
        with self._database.view() as db:
            every = db.scalars(select(SigningKey).order_by(SigningKey.created_at)).all()
        rows = [row for row in every if row.state in PUBLISHED and not _is_long_retired(row, now)]
        public = tuple(row.public_jwk for row in rows)
        body = orjson.dumps({"keys": public})
        signers = {row.alg: self._load(row) for row in rows if row.state == ACTIVE}
        withdrawn = frozenset(row.kid for row in every) - {row.kid for row in rows}
        return KeySet(signers, public, withdrawn, body, f'"{ids.digest(body.decode())[:16]}"')

    def _load(self, row: SigningKey) -> signing.Signer:
        if row.kid not in self._loaded:
            pem = self._keyring.open(row.private_sealed, bound_to=f"signing_keys:{row.kid}")
            self._loaded[row.kid] = signing.load_signer(row.kid, row.alg, pem)
        return self._loaded[row.kid]


def _is_long_retired(row: SigningKey, now: datetime) -> bool:
    return row.retired_at is not None and row.retired_at + _PUBLISHED_AFTER_RETIRING <= now


def ensure(db: Session, keyring: Keyring, trail: Trail) -> list[str]:
    """Make the active and the next key of every algorithm that lacks one; returns the new key ids."""
    if not _lacking(db):
        return []
    stamps.touch(db, STAMP)  # the stamp's row is the lock: of two processes that start at once, one makes the keys
    made = [_make(db, keyring, alg, state) for alg, state in _lacking(db)]
    if made:
        trail.record(db, "key.created", actor=Actor("system", None), kids=made)
    return made


def rotate(db: Session, keyring: Keyring, trail: Trail, *, actor: Actor) -> list[str]:
    """The next keys, long published, begin to sign; the old ones stay published; new next ones are made."""
    now = clock.now()
    stamps.touch(db, STAMP)  # and the lock against another rotation
    for row in db.scalars(select(SigningKey).where(SigningKey.state == ACTIVE).with_for_update()).all():
        row.state, row.retired_at = RETIRED, now
    activated = db.scalars(select(SigningKey).where(SigningKey.state == NEXT).with_for_update()).all()
    for row in activated:
        row.state, row.active_at = ACTIVE, now
        _make(db, keyring, row.alg, NEXT)
    db.flush()
    ensure(db, keyring, trail)
    trail.record(db, "key.rotated", actor=actor, kids=[row.kid for row in activated])
    return [row.kid for row in activated]


def revoke(db: Session, keyring: Keyring, trail: Trail, kid: str, *, actor: Actor) -> bool:
    """Withdraw a key at once: it signs nothing more and is no longer published; another takes over."""
    stamps.touch(db, STAMP)
    row = db.get(SigningKey, kid, with_for_update=True)
    if row is None or row.state == REVOKED:
        return False
    was_active = row.state == ACTIVE
    row.state, row.retired_at = REVOKED, clock.now()
    db.flush()
    if was_active:
        successor = db.scalars(select(SigningKey).where(SigningKey.alg == row.alg, SigningKey.state == NEXT)).first()
        if successor is not None:
            successor.state, successor.active_at = ACTIVE, clock.now()
            db.flush()
    ensure(db, keyring, trail)
    trail.record(db, "key.revoked", actor=actor, kids=[kid])
    return True


def listing(db: Session) -> list[SigningKey]:
    """Every key, the newest last."""
    return list(db.scalars(select(SigningKey).order_by(SigningKey.created_at, SigningKey.kid)))


def _lacking(db: Session) -> list[tuple[str, str]]:
    """The algorithms and states for which there is no key."""
    present = {(row.alg, row.state) for row in db.execute(select(SigningKey.alg, SigningKey.state))}
    return [(alg, state) for alg in signing.ALGORITHMS for state in (ACTIVE, NEXT) if (alg, state) not in present]


def _make(db: Session, keyring: Keyring, alg: str, state: str) -> str:
    kid = f"{alg.lower()}-{ids.new_handle()[:12]}"
    pem = signing.new_private_key(alg)
    now = clock.now()
    db.add(
        SigningKey(
            kid=kid,
            alg=alg,
            state=state,
            private_sealed=keyring.seal(pem, bound_to=f"signing_keys:{kid}", purpose=Purpose.SIGNING_WRAP),
            public_jwk=signing.public_jwk(signing.load_signer(kid, alg, pem)),
            created_at=now,
            active_at=now if state == ACTIVE else None,
        )
    )
    return kid
