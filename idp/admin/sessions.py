"""Operators' sign-ins: password and one-time code together, counted failures, short sessions of their own."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from idp.admin.models import Operator, OperatorSession, Role
from idp.admin.operators import ACTIVE, totp_place
from idp.audit.trail import Actor, Trail
from idp.core import clock, ids, passwords
from idp.core.addresses import network_of
from idp.core.crypto import Keyring
from idp.core.errors import TooManyAttempts
from idp.db.unit_of_work import Database
from idp.store.redis import Store

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=8)
FAILURES = 5
BLOCKED_FOR = timedelta(minutes=30)  # GB/T 22239-2019 8.1.4.1 b
_PER_ADDRESS = (30, 3600)
_STEP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class SignedInOperator:
    """Who works in the console just now."""

    id: str
    session_id: str
    login: str
    role: Role

    @property
    def actor(self) -> Actor:
        return Actor("operator", self.id)


@dataclass(frozen=True, slots=True)
class Opened:
    """The secret for the cookie of a new session, shown once."""

    secret: str = field(repr=False)


class OperatorSessions:
    """Signs operators in and out; a refusal never says which part was wrong."""

    def __init__(self, database: Database, store: Store, keyring: Keyring, trail: Trail) -> None:
        self._database = database
        self._store = store
        self._keyring = keyring
        self._trail = trail

    def sign_in(self, login: str, password: str, code: str, *, address: str) -> Opened | None:
        """Both factors at once (RFC 6238 for the code); None for anything wrong. TooManyAttempts per address."""
        limit, period = _PER_ADDRESS
        counter = f"operator_sign_in:{network_of(address)}"
        if wait := self._store.hit(counter, limit=limit, period=period, now=clock.epoch()):
            raise TooManyAttempts(retry_after=wait)
        with self._database.view() as db:
            row = db.scalar(select(Operator).where(Operator.login == login))
        fits = passwords.verify_password(row.password_hash if row is not None else None, password)
        step = self._step_of(row, code) if row is not None else None
        now = clock.now()
        with self._database.transaction() as db:
            if row is None:
                self._trail.record(db, "operator.sign_in_failed", outcome="failure", reason="unknown")
                return None
            if fits and step is not None and self._spend(db, row, step, now):
                return self._start(db, row, now)
            self._count_failure(db, row, now, reason="password" if not fits else "code")
            return None

    def find(self, secret: str) -> SignedInOperator | None:
        """The operator of a session that is neither ended nor idle for long; notes that it was used."""
        now = clock.now()
        with self._database.transaction() as db:
            used = (
                update(OperatorSession)
                .where(
                    OperatorSession.secret_digest == ids.digest(secret),
                    OperatorSession.ended_at.is_(None),
                    OperatorSession.expires_at > now,
                    OperatorSession.seen_at > now - IDLE,
                )
                .values(seen_at=now)
                .returning(OperatorSession.id, OperatorSession.operator_id)
            )
            session = db.execute(used, execution_options={"synchronize_session": False}).first()
            row = db.get(Operator, session.operator_id) if session is not None else None
        if session is None or row is None or row.state != ACTIVE:
            return None
        return SignedInOperator(row.id, session.id, row.login, Role(row.role))

    def end(self, operator: SignedInOperator) -> None:
        with self._database.transaction() as db:
            db.execute(
                update(OperatorSession)
                .where(OperatorSession.id == operator.session_id, OperatorSession.ended_at.is_(None))
                .values(ended_at=clock.now())
            )
            self._trail.record(db, "operator.signed_out", actor=operator.actor, session_id=operator.session_id)

    def _step_of(self, row: Operator, code: str) -> int | None:
        """The time step that the code belongs to: the present one or one beside it."""
        totp = pyotp.TOTP(self._keyring.open(row.totp_sealed, bound_to=totp_place(row.id)))
        present = clock.epoch() // _STEP_SECONDS
        return next((s for s in (present, present - 1, present + 1) if ids.same(totp.generate_otp(s), code)), None)

    def _spend(self, db: Session, row: Operator, step: int, now: datetime) -> bool:
        """One statement: an operator who is not blocked uses a step once (RFC 6238 §5.2)."""
        spent = (
            update(Operator)
            .where(
                Operator.id == row.id,
                Operator.state == ACTIVE,
                Operator.totp_last_step < step,
                or_(Operator.blocked_until.is_(None), Operator.blocked_until <= now),
            )
            .values(totp_last_step=step, failures=0, blocked_until=None)
            .returning(Operator.id)
        )
        return db.scalar(spent) is not None

    def _start(self, db: Session, row: Operator, now: datetime) -> Opened:
        secret, session_id = ids.new_secret(), ids.new_id()
        db.add(
            OperatorSession(
                id=session_id, secret_digest=ids.digest(secret), operator_id=row.id, created_at=now, seen_at=now,
                expires_at=now + ABSOLUTE, ended_at=None,
            )
        )  # fmt: skip
        self._trail.record(
            db, "operator.signed_in", actor=Actor("operator", row.id), session_id=session_id, role=row.role
        )
        return Opened(secret)

    def _count_failure(self, db: Session, row: Operator, now: datetime, *, reason: str) -> None:
        failures = db.scalar(
            update(Operator)
            .where(Operator.id == row.id)
            .values(failures=Operator.failures + 1)
            .returning(Operator.failures)
        )
        if failures is not None and failures >= FAILURES:
            db.execute(
                update(Operator).where(Operator.id == row.id).values(failures=0, blocked_until=now + BLOCKED_FOR)
            )
            self._trail.record(db, "operator.blocked", outcome="failure", actor=Actor("operator", row.id))
        self._trail.record(
            db, "operator.sign_in_failed", outcome="failure", actor=Actor("operator", row.id), reason=reason
        )
