"""The reviewers' queue: what waits within an operator's reach, the oldest first; claimed for a while, released, counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Trail
from idp.core import clock
from idp.db import keyset
from idp.db.keyset import Slice
from idp.reviews.errors import ClaimedByAnother, NotClaimed, TooManyClaimed
from idp.reviews.models import ReviewRequest
from idp.reviews.rows import APPROVED, EXPIRED, KINDS, REFUSED, RETURNED, SECOND, WAITING, WITHDRAWN
from idp.staff.models import Operator
from idp.staff.sessions import SignedInOperator

CLAIMED_FOR: Final = timedelta(minutes=30)
FOR_REVIEWERS: Final = (WAITING, SECOND)
STATES: Final = (WAITING, SECOND, RETURNED, APPROVED, REFUSED, WITHDRAWN, EXPIRED)
OVERDUE, TODAY, MINE = "overdue", "today", "mine"
AGES: Final = (OVERDUE, TODAY)
_MANY: Final = 1000
_WEEK, _DAY = timedelta(days=7), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the list; empty ones let everything through. Without a state it is what reviewers have to do."""

    kind: str = ""
    state: str = ""
    age: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Wanted":
        """From an address; what it does not know is left out."""
        known = {"kind": KINDS, "state": (*STATES, MINE), "age": AGES}
        return cls(**{name: value for name, value in given.items() if value in known.get(name, ())})


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the queue stands; `median_minutes` is of what was decided within a week, None when nothing was."""

    waiting: int
    overdue: int
    decided: int
    median_minutes: float | None


class Queue:
    """Every question and every claim holds the operator's reach in its own statement."""

    def __init__(self, trail: Trail, claims: int) -> None:
        """`claims`: how many one operator may hold at a time."""
        self._trail = trail
        self._claims = claims

    def page(self, db: Session, who: SignedInOperator, wanted: Wanted, *, after: str = "") -> Slice[ReviewRequest]:
        """One page of the list, the oldest first."""
        query = self._within(who).where(*_filters(wanted, who, clock.now()))
        keys = [ReviewRequest.submitted_at, ReviewRequest.id]
        return keyset.page(db, query, keys, after=after, is_newest_first=False)

    def find(self, db: Session, who: SignedInOperator, request_id: str) -> ReviewRequest | None:
        """One within the operator's reach."""
        found: ReviewRequest | None = db.scalar(self._within(who).where(ReviewRequest.id == request_id))
        return found

    def claim(self, db: Session, who: SignedInOperator, request_id: str) -> None:
        """Take it for half an hour, or go on with it: one statement, so of any number of reviewers one gets it.

        ClaimedByAnother for who comes too late, and for the first reviewer of what waits for a second one; TooManyClaimed for
        who holds as many others as anybody may, by console and tokens together.
        """
        now = clock.now()
        self._has_hands_free(db, who, request_id, now)
        is_free = or_(
            ReviewRequest.claimed_by.is_(None), ReviewRequest.claimed_by == who.id, ReviewRequest.claimed_until <= now
        )
        taken = db.scalar(
            update(ReviewRequest)
            .where(*workable(who, request_id), is_free)
            .values(claimed_by=who.id, claimed_until=now + CLAIMED_FOR)
            .returning(ReviewRequest.account_id)
            .execution_options(synchronize_session=False)
        )
        if taken is None:
            raise ClaimedByAnother
        self._trail.record(db, "review.claimed", actor=who.actor, account_id=taken, review=request_id)

    def _has_hands_free(self, db: Session, who: SignedInOperator, request_id: str, now: datetime) -> None:
        """Counted with the operator's row held, so that many claims at once are counted one after another."""
        db.scalars(select(Operator.id).where(Operator.id == who.id).with_for_update()).all()
        held = select(ReviewRequest.id).where(
            is_claimed_by(who, now), ReviewRequest.state.in_(FOR_REVIEWERS), ReviewRequest.id != request_id
        )
        if len(db.scalars(held.limit(self._claims)).all()) >= self._claims:
            raise TooManyClaimed

    def release(self, db: Session, who: SignedInOperator, request_id: str) -> None:
        """Give it back to the others."""
        given = db.scalar(
            update(ReviewRequest)
            .where(ReviewRequest.id == request_id, is_claimed_by(who, clock.now()))
            .values(claimed_by=None, claimed_until=None)
            .returning(ReviewRequest.account_id)
            .execution_options(synchronize_session=False)
        )
        if given is None:
            raise NotClaimed
        self._trail.record(db, "review.released", actor=who.actor, account_id=given, review=request_id)

    def numbers(self, db: Session, who: SignedInOperator) -> Numbers:
        """Of this operator's reach, each counted up to a bound."""
        now = clock.now()
        minutes = db.scalars(
            select(ReviewRequest.minutes)
            .where(
                who.reach.of_region(ReviewRequest.region),
                ReviewRequest.decided_at > now - _WEEK,
                ReviewRequest.state.in_((APPROVED, REFUSED)),
                ReviewRequest.minutes.is_not(None),
            )
            .order_by(ReviewRequest.decided_at.desc())
            .limit(_MANY)
        ).all()
        known = [each for each in minutes if each is not None]
        return Numbers(
            self.count_waiting(db, who), self.count_waiting(db, who, ReviewRequest.due_at <= now), len(known),
            float(median(known)) if known else None,
        )  # fmt: skip

    def count_waiting(self, db: Session, who: SignedInOperator, *which: ColumnElement[bool]) -> int:
        """What waits for a reviewer; a thousand stands for all beyond."""
        query = self._within(who).where(ReviewRequest.state.in_(FOR_REVIEWERS), *which)
        bounded = query.with_only_columns(ReviewRequest.id).limit(_MANY).subquery()
        return db.scalar(select(func.count()).select_from(bounded)) or 0

    def count_overdue(self, db: Session, who: SignedInOperator) -> int:
        return self.count_waiting(db, who, ReviewRequest.due_at <= clock.now())

    def _within(self, who: SignedInOperator) -> Select[Any]:
        return select(ReviewRequest).where(who.reach.of_region(ReviewRequest.region))


def workable(who: SignedInOperator, request_id: str) -> tuple[ColumnElement[bool], ...]:
    """What this operator may work on at all: within reach, with the reviewers, and not looked at by themselves before."""
    return (
        ReviewRequest.id == request_id,
        who.reach.of_region(ReviewRequest.region),
        ReviewRequest.state.in_(FOR_REVIEWERS),
        ReviewRequest.expires_at > clock.now(),
        or_(ReviewRequest.first_by.is_(None), ReviewRequest.first_by != who.id),
    )


def is_claimed_by(who: SignedInOperator, now: datetime) -> ColumnElement[bool]:
    """Whether this operator holds a live claim."""
    return and_(ReviewRequest.claimed_by == who.id, ReviewRequest.claimed_until > now)


def holds(row: ReviewRequest, who: SignedInOperator, now: datetime) -> bool:
    """The same of a row in hand."""
    return row.claimed_by == who.id and row.claimed_until is not None and row.claimed_until > now


def _filters(wanted: Wanted, who: SignedInOperator, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kind:
        found.append(ReviewRequest.kind == wanted.kind)
    if wanted.state == MINE:
        found += [is_claimed_by(who, now), ReviewRequest.state.in_(FOR_REVIEWERS)]
    else:
        found.append(ReviewRequest.state.in_((wanted.state,) if wanted.state else FOR_REVIEWERS))
    if wanted.age == OVERDUE:
        found.append(ReviewRequest.due_at <= now)
    elif wanted.age == TODAY:
        found.append(ReviewRequest.submitted_at > now - _DAY)
    return found
