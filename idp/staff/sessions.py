"""Operators' sign-ins: password and one-time code together, counted failures, short sessions of their own.

Failures are counted as for citizens (`idp.authn.guard`): by network, by all strangers together, and apart from both in
a browser in which this operator signed in before, so that nobody locks an operator out from elsewhere.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.authn.guard import Guard
from idp.core import clock, ids, passwords
from idp.core.addresses import network_of
from idp.core.crypto import Keyring
from idp.core.errors import TooManyAttempts
from idp.db.unit_of_work import Database
from idp.staff import factors, permissions
from idp.staff.models import Operator, OperatorSession, Role
from idp.staff.operators import ACTIVE
from idp.staff.permissions import Permission
from idp.staff.reach import Reach
from idp.store.redis import Store

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=8)
FRESH = timedelta(minutes=10)
"""How long a factor that was shown counts as shown just now."""
_PER_ADDRESS = (30, 3600)


class Again(Enum):
    """What came of showing a factor again."""

    CONFIRMED = "confirmed"
    WRONG = "wrong"
    BLOCKED = "blocked"
    """Too much was wrong: the session has ended."""


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

    @property
    def is_fresh(self) -> bool:
        return clock.now() - self.confirmed_at <= FRESH

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
        step = factors.step_of(self._keyring, row, code) if row is not None else None
        now = clock.now()
        with self._database.transaction() as db:
            if row is None:
                self._trail.record(db, "operator.sign_in_failed", outcome="failure", reason="unknown")
                return None
            who = Actor("operator", row.id)
            if taken is None:
                self._trail.record(db, "operator.blocked", outcome="failure", actor=who)
                return None
            if fits and step is not None and factors.spend(db, row.id, step):
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

    def confirm(
        self, who: SignedInOperator, code: str, *, address: str, device: str = "", known: Collection[str] = ()
    ) -> Again:
        """Take a code again for a sensitive act: spent once, failures counted as at the sign-in."""
        with self._database.view() as db:
            row = db.get_one(Operator, who.id)
        with self._database.quick() as quick:
            taken = self._guard.begin(
                quick, self._guard.subject_of_account(row.id), is_known=_mark_of(row) in known, device=device,
                address=address, blocked=0,
            )  # fmt: skip
        step = factors.step_of(self._keyring, row, code) if taken is not None else None
        with self._database.transaction() as db:
            if taken is None:
                self._over(db, who)
                self._trail.record(db, "operator.blocked", outcome="failure", actor=who.actor)
                return Again.BLOCKED
            if step is not None and factors.spend(db, who.id, step) and self._confirmed(db, who):
                self._guard.succeeded(db, taken)
                self._trail.record(db, "operator.confirmed", actor=who.actor, session_id=who.session_id)
                return Again.CONFIRMED
            self._trail.record(
                db, "operator.confirmation_failed", outcome="failure", actor=who.actor, session_id=who.session_id
            )
            return Again.WRONG

    def _confirmed(self, db: Session, who: SignedInOperator) -> bool:
        live = (OperatorSession.id == who.session_id, OperatorSession.ended_at.is_(None))
        noted = update(OperatorSession).where(*live).values(confirmed_at=clock.now()).returning(OperatorSession.id)
        return db.scalar(noted) is not None

    def _over(self, db: Session, who: SignedInOperator) -> None:
        live = (OperatorSession.id == who.session_id, OperatorSession.ended_at.is_(None))
        db.execute(update(OperatorSession).where(*live).values(ended_at=clock.now()))

    def end(self, operator: SignedInOperator) -> None:
        with self._database.transaction() as db:
            self._over(db, operator)
            self._trail.record(db, "operator.signed_out", actor=operator.actor, session_id=operator.session_id)

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
