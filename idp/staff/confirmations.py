"""What programs ask for and only a person does: kept until its operator confirms it, refuses it, or lets it run out."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, event, exists, func, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import SYSTEM, Actor, Trail
from idp.core import clock, ids
from idp.core.addresses import network_of
from idp.core.crypto import Keyring
from idp.db.companions import Companion
from idp.staff.errors import NotWaiting, TooManyWaiting
from idp.staff.models import ApiToken, Approval, Confirmation, Operator
from idp.staff.sessions import SignedInOperator
from idp.staff.states import ACTIVE
from idp.staff.tokens import TokenOperator

WAITING, DONE, REFUSED, WITHDRAWN, EXPIRED, FAILED = "waiting", "done", "refused", "withdrawn", "expired", "failed"
WAITS = timedelta(hours=24)
"""How long a request waits for its operator."""
MOST = 20
"""Requests of one token that may wait at once."""

Form = Sequence[tuple[str, str]]


class Confirmations:
    """Asked for, confirmed and refused in the transactions of those who call; every step is in the trail."""

    def __init__(self, keyring: Keyring, trail: Trail) -> None:
        self._keyring = keyring
        self._trail = trail

    def ask(
        self, db: Session, who: TokenOperator, act: str, *, arguments: Mapping[str, Any], form: Form, address: str
    ) -> Confirmation:
        """Keep what a program wants done; the same that waits already is answered again. TooManyWaiting."""
        now, made = clock.now(), ids.new_id()
        said = json.dumps([act, dict(arguments), list(form)], sort_keys=True)
        same_as = self._keyring.blind_index("confirmation", said)
        db.scalars(select(ApiToken.id).where(ApiToken.id == who.token_id).with_for_update()).all()  # one at a time
        waiting = (
            Confirmation.token_id == who.token_id, Confirmation.state == WAITING, Confirmation.expires_at > now
        )  # fmt: skip
        if (known := db.scalar(select(Confirmation).where(*waiting, Confirmation.same_as == same_as))) is not None:
            return known
        if (db.scalar(select(func.count()).where(*waiting)) or 0) >= MOST:
            raise TooManyWaiting
        row = Confirmation(
            id=made, operator_id=who.id, token_id=who.token_id, act=act, arguments=dict(arguments),
            form_sealed=self._keyring.seal(json.dumps(list(form)), bound_to=_place(made)), same_as=same_as,
            network=network_of(address), asked_at=now, expires_at=now + WAITS, state=WAITING, settled_at=None,
            failure=None, approval_id=None,
        )  # fmt: skip
        db.add(row)
        db.flush()
        self._record(db, "asked", row, who.actor)
        return row

    def form_of(self, row: Confirmation) -> list[tuple[str, str]]:
        """What the program filled in; empty once it is settled."""
        if row.form_sealed is None:
            return []
        told = json.loads(self._keyring.open(row.form_sealed, bound_to=_place(row.id)))
        return [(name, value) for name, value in told]

    def settling(self, who: SignedInOperator, confirmation_id: str) -> Companion:
        """For the transaction of the act: of any number of clicks one takes it, and with the act it stays undone."""

        @contextmanager
        def settled(db: Session) -> Iterator[None]:
            row = self._settle(db, DONE, *_mine(who, confirmation_id), *_lives())
            made: list[Approval] = []
            event.listen(db, "pending_to_persistent", lambda _, each: _note(made, each))
            yield
            db.flush()
            row.approval_id = made[-1].id if made else None
            db.flush()
            self._record(db, "confirmed", row, who.actor)

        return settled

    def refuse(self, db: Session, who: SignedInOperator, confirmation_id: str) -> None:
        """The operator does not want it; a token that ended meanwhile does not matter. NotWaiting."""
        self._record(db, "refused", self._settle(db, REFUSED, *_mine(who, confirmation_id)), who.actor)

    def withdraw(self, db: Session, who: TokenOperator, confirmation_id: str) -> None:
        """The program wants it no more. NotWaiting."""
        mine = (Confirmation.id == confirmation_id, Confirmation.token_id == who.token_id)
        self._record(db, "withdrawn", self._settle(db, WITHDRAWN, *mine), who.actor)

    def fail(self, db: Session, who: SignedInOperator, confirmation_id: str, code: str) -> None:
        """It was confirmed and could not be done any more: settled, with the code of the refusal. NotWaiting."""
        row = self._settle(db, FAILED, *_mine(who, confirmation_id))
        row.failure = code[:64]
        db.flush()
        self._record(db, "failed", row, who.actor, outcome="failure", code=row.failure)

    def expire(self, db: Session) -> int:
        """Mark what nobody answered in time, and forget what it would have done; how many that were."""
        over = (Confirmation.state == WAITING, Confirmation.expires_at <= clock.now())
        ended = update(Confirmation).where(*over).values(state=EXPIRED, form_sealed=None).returning(Confirmation)
        rows = db.scalars(ended).all()
        for row in rows:
            self._record(db, "expired", row, SYSTEM)
        return len(rows)

    def _settle(self, db: Session, state: str, *which: ColumnElement[bool]) -> Confirmation:
        now = clock.now()
        row: Confirmation | None = db.scalar(
            update(Confirmation)
            .where(*which, Confirmation.state == WAITING, Confirmation.expires_at > now)
            .values(state=state, settled_at=now, form_sealed=None)
            .returning(Confirmation),
            execution_options={"populate_existing": True},
        )
        if row is None:
            raise NotWaiting
        return row

    def _record(
        self, db: Session, step: str, row: Confirmation, actor: Actor, *, outcome: str = "success", code: str = ""
    ) -> None:
        told = {"code": code} if code else {}
        self._trail.record(
            db, f"confirmation.{step}", outcome=outcome, actor=actor, confirmation=row.id, token=row.token_id,
            sensitive_act=row.act, arguments=_told(row.arguments.values()), **told,
        )  # fmt: skip


def state_of(row: Confirmation) -> str:
    """How it stands: one that waited too long is expired, whether it is marked so yet or not."""
    return EXPIRED if row.state == WAITING and row.expires_at <= clock.now() else row.state


def of_operator(who: SignedInOperator) -> Select[Any]:
    """Everything that this operator's programs asked for."""
    return select(Confirmation).where(Confirmation.operator_id == who.id)


def of_token(who: TokenOperator) -> Select[Any]:
    """Everything that this very program asked for."""
    return select(Confirmation).where(Confirmation.token_id == who.token_id)


def waiting_for(who: SignedInOperator) -> Select[Any]:
    """What this operator may confirm now."""
    return of_operator(who).where(Confirmation.state == WAITING, Confirmation.expires_at > clock.now(), *_lives())


def _mine(who: SignedInOperator, confirmation_id: str) -> tuple[ColumnElement[bool], ...]:
    return (Confirmation.id == confirmation_id, Confirmation.operator_id == who.id)


def _lives() -> tuple[ColumnElement[bool], ...]:
    """The token that asked lasts, and its operator works here: with either, what it asked for is over."""
    token = and_(
        ApiToken.id == Confirmation.token_id, ApiToken.ended_at.is_(None), ApiToken.expires_at > clock.now()
    )  # fmt: skip
    operator = and_(Operator.id == Confirmation.operator_id, Operator.state == ACTIVE)
    return (exists().where(token), exists().where(operator))


def _note(made: list[Approval], each: object) -> None:
    if isinstance(each, Approval):
        made.append(each)


def _told(values: Iterable[Any]) -> list[str]:
    """Ids and codes of the address, as the trail keeps them."""
    return [str(each) for each in values]


def _place(confirmation_id: str) -> str:
    return f"confirmations.form:{confirmation_id}"
