"""Operators' sign-ins: password and one-time code together, or a passkey; counted failures, short sessions of their own.

Failures are counted as for citizens (`idp.authn.guard`): by network, by all strangers together, and apart from both in
a browser in which this operator signed in before, so that nobody locks an operator out from elsewhere.
"""

import ipaddress
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.authn.guard import Guard, Taken
from idp.core import clock, ids, passwords
from idp.core.addresses import network_of
from idp.core.crypto import Keyring
from idp.core.errors import TooManyAttempts
from idp.db.unit_of_work import Database
from idp.staff import factors, operator_passwords, permissions
from idp.staff.errors import PasskeyWrong
from idp.staff.models import Operator, OperatorSession, Role
from idp.staff.passkeys import Passkeys
from idp.staff.permissions import Permission
from idp.staff.reach import Reach
from idp.staff.states import ACTIVE
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
    has_stale_password: bool = False
    """The password is too old: a new one comes before anything else."""

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
    operator_id: str
    session_id: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody signs in: network address, the browser's own secret, its name, and who signed in in it before."""

    address: str
    device: str = ""
    browser: str = ""
    known: Collection[str] = ()


class OperatorSessions:
    """Signs operators in and out; a refusal never says which part was wrong."""

    def __init__(self, database: Database, store: Store, keyring: Keyring, trail: Trail) -> None:
        self._database = database
        self._store = store
        self._keyring = keyring
        self._trail = trail
        self._guard = Guard(store, keyring)

    def sign_in(
        self, login: str, password: str, code: str, *, address: str, device: str = "", known: Collection[str] = (),
        browser: str = "",
    ) -> Opened | None:  # fmt: skip
        """Both factors at once (RFC 6238 for the code); None for anything wrong. TooManyAttempts per network.

        `known` are the marks of the operators who signed in in this browser before.
        """
        here = Place(address, device, browser, known)
        with self._database.view() as db:
            row = db.scalar(select(Operator).where(Operator.login == login))
        if row is None or _mark_of(row.id) not in known:
            self._limit_network(address)
        taken = self._begin(row, login, here)
        fits = passwords.verify_password(row.password_hash if row is not None else None, password)
        step = factors.step_of(self._keyring, row, code) if row is not None else None
        with self._database.transaction() as db:
            if row is None:
                self._trail.record(db, "operator.sign_in_failed", outcome="failure", reason="unknown")
                return None
            who = Actor("operator", row.id)
            if taken is None:
                self._trail.record(db, "operator.blocked", outcome="failure", actor=who)
                return None
            if not comes_from(row.networks, address):
                self._trail.record(db, "operator.sign_in_failed", outcome="failure", actor=who, reason="network")
                return None
            if fits and step is not None and factors.spend(db, row.id, step):
                self._guard.succeeded(db, taken)
                return self._start(db, row, here, "password_and_code")
            reason = "password" if not fits else "code"
            self._trail.record(db, "operator.sign_in_failed", outcome="failure", actor=who, reason=reason)
            return None

    def sign_in_by_passkey(self, keys: Passkeys, state: str, answer: str, here: Place) -> Opened | None:
        """A passkey alone, because it was shown with user verification; None for anything wrong."""
        self._limit_network(here.address)
        try:
            with self._database.transaction() as db:
                shown = keys.shown(db, state, answer, device=here.device)
                row = db.get_one(Operator, shown.operator_id)
                if row.state == ACTIVE and comes_from(row.networks, here.address):
                    return self._start(db, row, here, "passkey")
                who, reason = Actor("operator", row.id), "network" if row.state == ACTIVE else "state"
        except PasskeyWrong:
            who, reason = Actor("operator"), "passkey"
        with self._database.transaction() as db:
            self._trail.record(db, "operator.sign_in_failed", outcome="failure", actor=who, reason=reason)
        return None

    def find(self, secret: str, *, address: str = "") -> SignedInOperator | None:
        """The operator of a session that is neither ended nor idle for long; notes that it was used, by none but them."""
        now = clock.now()
        live = (
            OperatorSession.ended_at.is_(None), OperatorSession.expires_at > now, OperatorSession.seen_at > now - IDLE
        )  # fmt: skip
        found = (
            select(OperatorSession, Operator)
            .join(Operator, Operator.id == OperatorSession.operator_id)
            .where(OperatorSession.secret_digest == ids.digest(secret), Operator.state == ACTIVE, *live)
        )
        with self._database.transaction() as db:
            known = db.execute(found).first()
            if known is None or (address and not comes_from(known.Operator.networks, address)):
                return None
            session, row = known
            used = update(OperatorSession).where(OperatorSession.id == session.id, *live).values(seen_at=now)
            if db.scalar(used.returning(OperatorSession.id), execution_options={"synchronize_session": False}) is None:
                return None
            confirmed_at = session.confirmed_at or session.created_at
        is_stale = row.password_hash is not None and operator_passwords.is_expired(row.password_changed_at, now)
        return SignedInOperator(row.id, session.id, row.login, Role(row.role), reach_of(row), confirmed_at, is_stale)

    def ran_out(self, secret: str) -> str:
        """Whose session this was, where nobody ended it and only its time is over; empty for any other."""
        now = clock.now()
        query = (
            select(Operator.id)
            .join(OperatorSession, OperatorSession.operator_id == Operator.id)
            .where(OperatorSession.secret_digest == ids.digest(secret), OperatorSession.ended_at.is_(None))
            .where(or_(OperatorSession.expires_at <= now, OperatorSession.seen_at <= now - IDLE))
            .where(Operator.state == ACTIVE)
        )
        with self._database.view() as db:
            return db.scalar(query) or ""

    def confirm(
        self, who: SignedInOperator, code: str, *, address: str, device: str = "", known: Collection[str] = ()
    ) -> Again:
        """Take a code again for a sensitive act: spent once, failures counted as at the sign-in."""
        with self._database.view() as db:
            row = db.get_one(Operator, who.id)
        taken = self._begin(row, row.login, Place(address, device, known=known))
        step = factors.step_of(self._keyring, row, code) if taken is not None else None
        with self._database.transaction() as db:
            if taken is None:
                self._over(db, who)
                self._trail.record(db, "operator.blocked", outcome="failure", actor=who.actor)
                return Again.BLOCKED
            if step is not None and factors.spend(db, who.id, step) and self._confirmed(db, who):
                self._guard.succeeded(db, taken)
                return Again.CONFIRMED
            self._unconfirmed(db, who)
            return Again.WRONG

    def confirm_by_passkey(
        self, keys: Passkeys, who: SignedInOperator, state: str, answer: str, *, device: str
    ) -> Again:
        """The same by one of the operator's own passkeys."""
        try:
            with self._database.transaction() as db:
                keys.shown(db, state, answer, device=device, operator_id=who.id)
                return Again.CONFIRMED if self._confirmed(db, who) else Again.BLOCKED
        except PasskeyWrong:
            with self._database.transaction() as db:
                self._unconfirmed(db, who)
            return Again.WRONG

    def end(self, operator: SignedInOperator) -> None:
        with self._database.transaction() as db:
            self._over(db, operator)
            self._trail.record(db, "operator.signed_out", actor=operator.actor, session_id=operator.session_id)

    def _limit_network(self, address: str) -> None:
        limit, period = _PER_ADDRESS
        counter = f"operator_sign_in:{network_of(address)}"
        if wait := self._store.hit(counter, limit=limit, period=period, now=clock.epoch()):
            raise TooManyAttempts(retry_after=wait)

    def _begin(self, row: Operator | None, login: str, here: Place) -> Taken | None:
        is_known = row is not None and _mark_of(row.id) in here.known
        guard = self._guard
        subject = guard.subject_of_account(row.id) if row is not None else guard.subject_of_nobody(login)
        with self._database.quick() as quick:
            return guard.begin(quick, subject, is_known=is_known, device=here.device, address=here.address, blocked=0)

    def _confirmed(self, db: Session, who: SignedInOperator) -> bool:
        live = (OperatorSession.id == who.session_id, OperatorSession.ended_at.is_(None))
        noted = update(OperatorSession).where(*live).values(confirmed_at=clock.now()).returning(OperatorSession.id)
        if db.scalar(noted) is None:
            return False
        self._trail.record(db, "operator.confirmed", actor=who.actor, session_id=who.session_id)
        return True

    def _unconfirmed(self, db: Session, who: SignedInOperator) -> None:
        self._trail.record(
            db, "operator.confirmation_failed", outcome="failure", actor=who.actor, session_id=who.session_id
        )

    def _over(self, db: Session, who: SignedInOperator) -> None:
        live = (OperatorSession.id == who.session_id, OperatorSession.ended_at.is_(None))
        db.execute(update(OperatorSession).where(*live).values(ended_at=clock.now()))

    def _start(self, db: Session, row: Operator, here: Place, method: str) -> Opened:
        now, secret, session_id = clock.now(), ids.new_secret(), ids.new_id()
        db.add(
            OperatorSession(
                id=session_id, secret_digest=ids.digest(secret), operator_id=row.id, created_at=now, seen_at=now,
                expires_at=now + ABSOLUTE, ended_at=None, confirmed_at=now, browser=here.browser[:64],
            )
        )  # fmt: skip
        db.execute(update(Operator).where(Operator.id == row.id).values(last_sign_in_at=now))
        self._trail.record(
            db, "operator.signed_in", actor=Actor("operator", row.id), session_id=session_id, role=row.role,
            method=method,
        )  # fmt: skip
        return Opened(secret, _mark_of(row.id), row.id, session_id)


def reach_of(row: Operator) -> Reach:
    return Reach(row.region, frozenset(row.clients) if row.clients is not None else None)


def comes_from(networks: Sequence[str] | None, address: str) -> bool:
    """Whether the address lies in one of these networks; no networks are everywhere."""
    if not networks:
        return True
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(given in ipaddress.ip_network(each) for each in networks)


def _mark_of(operator_id: str) -> str:
    return ids.digest(f"operator:{operator_id}")
