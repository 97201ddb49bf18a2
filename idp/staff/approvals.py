"""Sensitive acts need two people, one of them a security administrator: asked for by one, allowed by the other, done once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.audit.trail import SYSTEM, Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.staff.errors import AboutYourself, AlreadyAsked, NeedsSecurity, NotApproved, NotOpen, OwnRequest
from idp.staff.models import Approval, Operator, Role
from idp.staff.permissions import Permission
from idp.staff.sessions import SignedInOperator

OPEN, APPROVED, DONE, REFUSED, WITHDRAWN = "open", "approved", "done", "refused", "withdrawn"
EXPIRED = "expired"
WAITS = timedelta(days=3)
"""How long a request waits for the second person."""
TO_DO = timedelta(hours=24)
"""How long the asker may take to do what was allowed."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may now be done, once."""

    id: str
    act: str
    target: str
    asked_by: str
    payload: Mapping[str, Any] = field(repr=False)


class Approvals:
    """Asked, decided and done in the transactions of those who call; every step is in the trail."""

    def __init__(self, keyring: Keyring, trail: Trail) -> None:
        self._keyring = keyring
        self._trail = trail

    def ask(
        self, db: Session, who: SignedInOperator, act: str, *, target: str, reason: str,
        summary: Mapping[str, Any], payload: Mapping[str, Any] | None = None, region: str = "",
    ) -> str:  # fmt: skip
        """Ask for an act on `target`, of `region`; AlreadyAsked while the same waits. Answers the request's id.

        `summary` is kept readable: codes and ids, no name, no number. `payload` (JSON) is sealed.
        """
        now, made = clock.now(), ids.new_id()
        expire(db, Approval.act == act, Approval.target == target)  # what nobody answered makes room
        sealed = self._keyring.seal(json.dumps(payload), bound_to=_place(made)) if payload is not None else None
        row = Approval(
            id=made, act=act, target=target, region=region, summary=dict(summary), payload_sealed=sealed, reason=reason,
            asked_by=who.id, asked_at=now, expires_at=now + WAITS, state=OPEN,
        )  # fmt: skip
        if self.is_waiting(db, act, target):
            raise AlreadyAsked
        db.add(row)
        try:
            db.flush()
        except IntegrityError as raced:
            raise AlreadyAsked from raced
        self._trail.record(
            db, "approval.asked", actor=who.actor, approval=made, sensitive_act=act, target=target, reason=reason
        )
        return made

    def is_waiting(self, db: Session, act: str, target: str) -> bool:
        """Whether this was asked for and nobody has decided yet."""
        same = (Approval.act == act, Approval.target == target, Approval.state == OPEN)
        return db.scalar(select(Approval.id).where(*same, Approval.expires_at > clock.now())) is not None

    def allow(
        self,
        db: Session,
        who: SignedInOperator,
        approval_id: str,
        *,
        is_done_now: bool,
        not_before: datetime | None = None,
    ) -> Allowed:
        """The second person's yes. NotOpen, OwnRequest, AboutYourself and NeedsSecurity change nothing.

        With `is_done_now` the caller does it in this transaction; else the asker has `TO_DO` to `take` it, or a worker as long
        from `not_before` on.
        """
        now = clock.now()
        row = self._decided(db, who, approval_id, DONE if is_done_now else APPROVED)
        if is_done_now:
            row.done_at = now
        else:
            row.expires_at = max(now, not_before or now) + TO_DO
        db.flush()
        self._trail.record(
            db, "approval.allowed", actor=who.actor, approval=row.id, sensitive_act=row.act, target=row.target,
            asked_by=row.asked_by,
        )  # fmt: skip
        return self._allowed(row)

    def refuse(self, db: Session, who: SignedInOperator, approval_id: str, *, remark: str) -> None:
        """The second person's no, with a remark of codes for the asker."""
        row = self._decided(db, who, approval_id, REFUSED)
        row.remark, row.payload_sealed = remark, None
        db.flush()
        self._trail.record(
            db, "approval.refused", actor=who.actor, approval=row.id, sensitive_act=row.act, target=row.target
        )

    def withdraw(self, db: Session, who: SignedInOperator, approval_id: str) -> None:
        """The asker wants it no more, whether or not it was allowed."""
        gone = db.scalar(
            update(Approval)
            .where(Approval.id == approval_id, Approval.asked_by == who.id, Approval.state.in_((OPEN, APPROVED)))
            .values(state=WITHDRAWN, payload_sealed=None)
            .returning(Approval.id)
        )
        if gone is None:
            raise NotOpen
        self._trail.record(db, "approval.withdrawn", actor=who.actor, approval=approval_id)

    def take_planned(self, db: Session, approval_id: str, act: str) -> Allowed:
        """The same by a worker, for what was allowed for a time. NotApproved for who comes second, or once it was called off."""
        now = clock.now()
        live = (Approval.id == approval_id, Approval.act == act, Approval.state == APPROVED, Approval.expires_at > now)
        row = db.scalar(update(Approval).where(*live).values(state=DONE, done_at=now).returning(Approval))
        if row is None:
            raise NotApproved
        self._trail.record(db, "approval.used", actor=SYSTEM, approval=row.id, sensitive_act=row.act, target=row.target)
        return self._allowed(row)

    def call_off(self, db: Session, approval_id: str, *, reason: str) -> None:
        """What was allowed for a time cannot be done any more."""
        mine = update(Approval).where(Approval.id == approval_id, Approval.state == APPROVED)
        if db.scalar(mine.values(state=WITHDRAWN, payload_sealed=None).returning(Approval.id)) is not None:
            self._trail.record(db, "approval.withdrawn", actor=SYSTEM, approval=approval_id, reason=reason)

    def take(self, db: Session, who: SignedInOperator, approval_id: str, act: str) -> Allowed:
        """Use up what was allowed, in the transaction that does it; only the asker, only once. NotApproved otherwise."""
        now = clock.now()
        row = db.scalar(
            update(Approval)
            .where(
                Approval.id == approval_id,
                Approval.act == act,
                Approval.asked_by == who.id,
                Approval.state == APPROVED,
                Approval.expires_at > now,
            )
            .values(state=DONE, done_at=now)
            .returning(Approval)
        )
        if row is None:
            raise NotApproved
        self._trail.record(
            db, "approval.used", actor=who.actor, approval=row.id, sensitive_act=row.act, target=row.target
        )
        return self._allowed(row)

    def find(self, db: Session, who: SignedInOperator, approval_id: str) -> Approval | None:
        """One that this operator may see: their own, or one that they may decide."""
        found: Approval | None = db.scalar(self.visible_to(who).where(Approval.id == approval_id))
        return found

    def payload_of(self, row: Approval) -> Mapping[str, Any]:
        """What the act would do in detail, for the second person to read; empty once it was refused or withdrawn."""
        return self._allowed(row).payload

    def visible_to(self, who: SignedInOperator) -> Select[Any]:
        """Their own, and, for who may decide, all within their reach."""
        own = Approval.asked_by == who.id
        if not who.may(Permission.APPROVALS_DECIDE):
            return select(Approval).where(own)
        return select(Approval).where(or_(own, who.reach.of_region(Approval.region)))

    def waiting_for(self, who: SignedInOperator) -> Select[Any]:
        """Open requests that this operator may decide."""
        query = self.visible_to(who).where(
            Approval.state == OPEN, Approval.expires_at > clock.now(), Approval.asked_by != who.id,
            Approval.target != who.id,
        )  # fmt: skip
        if who.role is Role.SECURITY:
            return query
        by_security = select(Operator.id).where(Operator.role == Role.SECURITY.value)
        return query.where(Approval.asked_by.in_(by_security))

    def _decided(self, db: Session, who: SignedInOperator, approval_id: str, state: str) -> Approval:
        row = self.find(db, who, approval_id)
        if row is None:
            raise NotOpen
        if row.asked_by == who.id:
            raise OwnRequest
        if row.target == who.id:
            raise AboutYourself
        if not self._includes_security(db, who, row):
            raise NeedsSecurity
        now = clock.now()
        decided: Approval | None = db.scalar(
            update(Approval)
            .where(Approval.id == approval_id, Approval.state == OPEN, Approval.expires_at > now)
            .values(state=state, decided_by=who.id, decided_at=now)
            .returning(Approval),
            execution_options={"populate_existing": True},
        )
        if decided is None:
            raise NotOpen
        return decided

    def _includes_security(self, db: Session, who: SignedInOperator, row: Approval) -> bool:
        asker = db.get(Operator, row.asked_by)
        return who.role is Role.SECURITY or (asker is not None and asker.role == Role.SECURITY.value)

    def _allowed(self, row: Approval) -> Allowed:
        payload: Mapping[str, Any] = {}
        if row.payload_sealed is not None:
            payload = json.loads(self._keyring.open(row.payload_sealed, bound_to=_place(row.id)))
        return Allowed(row.id, row.act, row.target, row.asked_by, payload)


def expire(db: Session, *which: ColumnElement[bool]) -> int:
    """End what waited too long, for its answer or to be done, and forget what it would have done; how many that were."""
    waits = (Approval.state.in_((OPEN, APPROVED)), Approval.expires_at <= clock.now())
    over = update(Approval).where(*which, *waits).values(state=EXPIRED, payload_sealed=None).returning(Approval.id)
    return len(db.scalars(over).all())


def _place(approval_id: str) -> str:
    return f"approvals.payload:{approval_id}"
