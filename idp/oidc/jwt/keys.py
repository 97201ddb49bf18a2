"""Keys of the issuer: made, published ahead of use, rotated without any site noticing, revoked in need.

RS256 and ES256 always have a key; the key of another signing algorithm is made when the first client registers it. Besides
them stand the keys that sites encrypt to (`use` "enc"): only the present one is published, a retired one still opens for a while.
"""

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import orjson
from joserfc.jwk import ECKey, Key, RSAKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock, ids, signing
from idp.core.crypto import Keyring, Purpose
from idp.core.jwt import jwks
from idp.core.jwt.jose import KeySource
from idp.db import stamps
from idp.db.unit_of_work import Database
from idp.oidc.models import SigningKey

STAMP = "signing_keys"
NEXT, ACTIVE, RETIRED, REVOKED = "next", "active", "retired", "revoked"
TRIAL = "trial"
"""Published for the time of a check (`trial_keys`), and signing for nothing else."""
PUBLISHED = (NEXT, ACTIVE, RETIRED, TRIAL)
# A retired key stays published until nothing signed with it can still be shown: refresh, logout hints, slow caches.
PUBLISHED_AFTER_RETIRING = timedelta(days=30)


@dataclass(frozen=True)
class _Private:
    """A private key as it is stored, to be opened when it is first needed."""

    kid: str
    alg: str
    sealed: str = field(repr=False)


@dataclass(frozen=True)
class KeySet:
    """The keys of one moment: which one signs for each algorithm, which open what was encrypted to us, and what is published."""

    signing: Mapping[str, _Private]
    opening: tuple[_Private, ...]
    public: tuple[dict[str, Any], ...]
    withdrawn: frozenset[str]
    jwks: bytes
    etag: str
    trial: Mapping[str, _Private] = field(default_factory=dict)

    @cached_property
    def verifying(self) -> KeySource:
        """The published keys as a source for what we signed ourselves."""
        keys = jwks.read_set({"keys": list(self.public)})
        return lambda header: keys.named(header.get("kid"))


class SigningKeys:
    """The present key set, read again when the stamp moves; private keys are imported at their first use and kept."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._lock = threading.Lock()
        self._signers: dict[str, signing.Signer] = {}
        self._openers: dict[str, Key] = {}
        self._current: stamps.Cached[KeySet] = stamps.Cached(database, STAMP, self._read)

    def current(self) -> KeySet:
        return self._current.get()

    def signer(self, alg: str) -> signing.Signer:
        """The key that signs now; KeyError for an algorithm that has no key."""
        active = self._current.get().signing.get(alg) or self._current.renewed().signing[alg]
        return self._signers.get(active.kid) or self._load_signer(active)

    def trial_signer(self, kid: str) -> signing.Signer:
        """A key made for a check; KeyError once that is over."""
        found = self._current.get().trial.get(kid) or self._current.renewed().trial[kid]
        return signing.load_signer(found.kid, found.alg, self._open(found))

    def opener(self) -> KeySource:
        """The private keys that what a site encrypted to us may be opened with."""

        def candidates(header: Mapping[str, Any]) -> Iterable[Key]:
            family = "ECDH-ES" if str(header.get("alg")).startswith("ECDH-ES") else "RSA-OAEP"
            fitting, kid = _of_family(self._current.get(), family), header.get("kid")
            if kid is not None and kid not in {
                each.kid for each in fitting
            }:  # perhaps another process just published it
                fitting = _of_family(self._current.renewed(), family)
            named = [each for each in fitting if each.kid == kid]
            return (self._openers.get(each.kid) or self._load_opener(each) for each in named or fitting)

        return candidates

    def _read(self) -> KeySet:
        now = clock.now()
        with self._database.view() as db:
            every = db.scalars(select(SigningKey).order_by(SigningKey.created_at)).all()
        rows = [row for row in every if row.state in PUBLISHED and not _is_long_retired(row, now)]
        published = [row for row in rows if row.alg not in signing.ENCRYPTION or row.state == ACTIVE]
        public = tuple(row.public_jwk for row in published)
        body = orjson.dumps({"keys": public})
        return KeySet(
            {row.alg: _private(row) for row in rows if row.state == ACTIVE and row.alg not in signing.ENCRYPTION},
            tuple(_private(row) for row in reversed(rows) if row.alg in signing.ENCRYPTION),
            public,
            frozenset(row.kid for row in every) - {row.kid for row in rows},
            body,
            f'"{ids.digest(body.decode())[:16]}"',
            {row.kid: _private(row) for row in rows if row.state == TRIAL},
        )

    def _load_signer(self, key: _Private) -> signing.Signer:
        with self._lock:  # an RSA key takes 30 ms to import: once is enough
            if key.kid not in self._signers:
                self._signers[key.kid] = signing.load_signer(key.kid, key.alg, self._open(key))
            return self._signers[key.kid]

    def _load_opener(self, key: _Private) -> Key:
        with self._lock:
            if key.kid not in self._openers:
                kind = ECKey if key.alg == "ECDH-ES" else RSAKey
                self._openers[key.kid] = kind.import_key(self._open(key), {"kid": key.kid, "use": "enc"})
            return self._openers[key.kid]

    def _open(self, key: _Private) -> str:
        return self._keyring.open(key.sealed, bound_to=f"signing_keys:{key.kid}")


def _of_family(keys: KeySet, family: str) -> list[_Private]:
    return [each for each in keys.opening if each.alg == family]


def _private(row: SigningKey) -> _Private:
    return _Private(row.kid, row.alg, row.private_sealed)


def _is_long_retired(row: SigningKey, now: datetime) -> bool:
    return row.retired_at is not None and row.retired_at + PUBLISHED_AFTER_RETIRING <= now


def ensure(db: Session, keyring: Keyring, trail: Trail, *, algorithms: Collection[str] = ()) -> list[str]:
    """Make the keys that are lacking: of what every installation has, and of these signing algorithms.

    An algorithm that has ever had a key keeps having one. Returns the new key ids; ValueError for an algorithm that we do
    not offer.
    """
    if unknown := set(algorithms) - set(signing.ALGORITHMS):
        raise ValueError(f"no such signing algorithm: {', '.join(sorted(unknown))}")
    if not _lacking(db, algorithms):
        return []
    stamps.touch(db, STAMP)  # the stamp's row is the lock: of two processes that start at once, one makes the keys
    made = [_make(db, keyring, alg, state) for alg, state in _lacking(db, algorithms)]
    if made:
        trail.record(db, "key.created", actor=Actor("system", None), kids=made)
    return made


def rotate(db: Session, keyring: Keyring, trail: Trail, *, actor: Actor) -> list[str]:
    """The next keys, long published, begin to sign; the old ones stay published; new next ones are made.

    What sites encrypt to has no next key: the new one is published and used at once, the old one opens what still comes.
    """
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


def revoke(db: Session, keyring: Keyring, trail: Trail, kid: str, *, actor: Actor, reason: str = "") -> bool:
    """Withdraw a key at once: it signs nothing more and is no longer published; another takes over.

    Of any number of callers one does it; the others hear False.
    """
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
    trail.record(db, "key.revoked", actor=actor, kids=[kid], **({"reason": reason} if reason else {}))
    return True


def listing(db: Session) -> list[SigningKey]:
    """Every key, the newest last."""
    return list(db.scalars(select(SigningKey).order_by(SigningKey.created_at, SigningKey.kid)))


def _lacking(db: Session, algorithms: Collection[str]) -> list[tuple[str, str]]:
    """The algorithms and states for which there is no key."""
    present = {(row.alg, row.state) for row in db.execute(select(SigningKey.alg, SigningKey.state))}
    used = {*signing.ALWAYS, *algorithms, *(alg for alg, _ in present)}
    wanted = [(alg, state) for alg in signing.ALGORITHMS if alg in used for state in (ACTIVE, NEXT)]
    return [each for each in [*wanted, *((alg, ACTIVE) for alg in signing.ENCRYPTION)] if each not in present]


def _make(db: Session, keyring: Keyring, alg: str, state: str) -> str:
    is_for_encryption = alg in signing.ENCRYPTION
    kid = f"{'enc-' if is_for_encryption else ''}{alg.lower()}-{ids.new_handle()[:12]}"
    pem = signing.new_private_key(alg)
    public = (
        signing.public_encryption_jwk(kid, pem)
        if is_for_encryption
        else signing.public_jwk(signing.load_signer(kid, alg, pem))
    )
    now = clock.now()
    db.add(
        SigningKey(
            kid=kid,
            alg=alg,
            state=state,
            private_sealed=keyring.seal(pem, bound_to=f"signing_keys:{kid}", purpose=Purpose.SIGNING_WRAP),
            public_jwk=public,
            created_at=now,
            active_at=now if state == ACTIVE else None,
        )
    )
    return kid
