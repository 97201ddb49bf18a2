"""Operators' sign-ins: password and one-time code together, counted failures, short sessions of their own.

Failures are counted as for citizens (`idp.authn.guard`): by network, by all strangers together, and apart from both in
a browser in which this operator signed in before, so that nobody locks an operator out from elsewhere.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.authn.guard import Guard
from idp.core import clock, ids, passwords
from idp.core.addresses import network_of
from idp.core.crypto import Keyring
from idp.core.errors import TooManyAttempts
from idp.db.unit_of_work import Database
from idp.staff import permissions
from idp.staff.models import Operator, OperatorSession, Role
from idp.staff.operators import ACTIVE, totp_place
from idp.staff.permissions import Permission
from idp.staff.reach import Reach
from idp.store.redis import Store

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=8)
_PER_ADDRESS = (30, 3600)
_STEP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class SignedInOperator:
    """Who works in the console just now."""

    id: str
    session_id: str
    login: str
    role: Role
    reach: Reach
    confirmed_at: datetime
    """When the operator last showed a factor: at the sign-in, or for a sensitive act since."""

    def may(self, permission: Permission) -> bool:
        return permissions.may(self.role, permission)

    @property
    def actor(self) -> Actor:
        return Actor("operator", self.id)


@dataclass(frozen=True, slots=True)
class Opened:
    """The secret for the cookie of a new session, shown once."""

    secret: str = field(repr=False)
    operator_mark: str
    """What the browser may keep as the sign that this operator signed in here."""


class OperatorSessions:
    """Signs operators in and out; a refusal never says which part was wrong."""

    def __init__(self, database: Database, store: Store, keyring: Keyring, trail: Trail) -> None:
        self._database = database
        self._store = store
        self._keyring = keyring
        self._trail = trail
        self._guard = Guard(store, keyring)

    def sign_in(
        self, login: str, password: str, code: str, *, address: str, device: str = "", known: Collection[str] = ()
    ) -> Opened | None:
        """Both factors at once (RFC 6238 for the code); None for anything wrong. TooManyAttempts per network.

        `known` are the marks of the operators who signed in in this browser before.
        """
        with self._database.view() as db:
            row = db.scalar(select(Operator).where(Operator.login == login))
        is_known = row is not None and _mark_of(row) in known
        if not is_known:
            self._limit_network(address)
        subject = self._guard.subject_of_account(row.id) if row is not None else self._guard.subject_of_nobody(login)
        with self._database.quick() as quick:
            taken = self._guard.begin(quick, subject, is_known=is_known, device=device, address=address, blocked=0)
        fits = passwords.verify_password(row.password_hash if row is not None else None, password)
        step = self._step_of(row, code) if row is not None else None
        now = clock.now()
        with self._database.transaction() as db:
            if row is None:
                self._trail.record(db, "operator.sign_in_failed", outcome="failure", reason="unknown")
                return None
            who = Actor("operator", row.id)
            if taken is None:
                self._trail.record(db, "operator.blocked", outcome="failure", actor=who)
                return None
            if fits and step is not None and self._spend(db, row, step):
                self._guard.succeeded(db, taken)
                return self._start(db, row, now)
            reason = "password" if not fits else "code"
            self._trail.record(db, "operator.sign_in_failed", outcome="failure", actor=who, reason=reason)
            return None

    def _limit_network(self, address: str) -> None:
        limit, period = _PER_ADDRESS
        counter = f"operator_sign_in:{network_of(address)}"
        if wait := self._store.hit(counter, limit=limit, period=period, now=clock.epoch()):
            raise TooManyAttempts(retry_after=wait)

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
                .returning(
                    OperatorSession.id,
                    OperatorSession.operator_id,
                    func.coalesce(OperatorSession.confirmed_at, OperatorSession.created_at).label("confirmed_at"),
                )
            )
            session = db.execute(used, execution_options={"synchronize_session": False}).first()
            row = db.get(Operator, session.operator_id) if session is not None else None
        if session is None or row is None or row.state != ACTIVE:
            return None
        reach = Reach(row.region, frozenset(row.clients) if row.clients is not None else None)
        return SignedInOperator(row.id, session.id, row.login, Role(row.role), reach, session.confirmed_at)

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

    def _spend(self, db: Session, row: Operator, step: int) -> bool:
        """One statement: an operator uses a step once (RFC 6238 §5.2)."""
        spent = (
            update(Operator)
            .where(Operator.id == row.id, Operator.state == ACTIVE, Operator.totp_last_step < step)
            .values(totp_last_step=step)
            .returning(Operator.id)
        )
        return db.scalar(spent) is not None

    def _start(self, db: Session, row: Operator, now: datetime) -> Opened:
        secret, session_id = ids.new_secret(), ids.new_id()
        db.add(
            OperatorSession(
                id=session_id, secret_digest=ids.digest(secret), operator_id=row.id, created_at=now, seen_at=now,
                expires_at=now + ABSOLUTE, ended_at=None, confirmed_at=now,
            )
        )  # fmt: skip
        self._trail.record(
            db, "operator.signed_in", actor=Actor("operator", row.id), session_id=session_id, role=row.role
        )
        return Opened(secret, _mark_of(row))


def _mark_of(row: Operator) -> str:
    return ids.digest(f"operator:{row.id}")
