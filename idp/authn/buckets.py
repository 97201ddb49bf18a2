"""Counted buckets in SQL: each takes an attempt before it is made, so that attempts at the same time cannot exceed it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # compiles on SQLite as well
from sqlalchemy.orm import Session

from idp.authn.models import SignInFailure
from idp.core import clock
from idp.db.base import Utc
from idp.db.prepared import Prepared, RawTransaction


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `limit` attempts in `window`; the last of them closes the bucket for `block`; `pause` is between two.

    A closed bucket starts anew when the block is over; with `starts_anew=False` it lets one attempt through and closes
    again, until its window has passed.
    """

    limit: int
    window: timedelta
    block: timedelta
    pause: timedelta = timedelta()
    starts_anew: bool = True


def _at(name: str) -> ColumnElement[datetime]:
    return bindparam(name, type_=Utc)


_NEVER = 2**31 - 1
# A row that is over starts again: its window has passed, or it was closed and the block has run out.
_is_over = or_(
    SignInFailure.first_at <= _at("window_start"),
    (SignInFailure.failures >= bindparam("anew_from")) & (SignInFailure.blocked_until <= _at("now")),
)
_TAKE = Prepared(
    insert(SignInFailure)
    .values(
        subject_index=bindparam("subject"), origin=bindparam("bucket"), failures=1, first_at=_at("now"),
        blocked_until=_at("first_block"), forget_at=_at("forget_at"),
    )
    .on_conflict_do_update(
        index_elements=["subject_index", "origin"],
        set_={
            "failures": case((_is_over, 1), else_=SignInFailure.failures + 1),
            "first_at": case((_is_over, _at("now")), else_=SignInFailure.first_at),
            "blocked_until": case(
                (_is_over, _at("first_block")),
                (SignInFailure.failures + 1 >= bindparam("max"), _at("last_block")),
                else_=_at("pause_until"),
            ),
            "forget_at": _at("forget_at"),
        },
        where=or_(SignInFailure.blocked_until.is_(None), SignInFailure.blocked_until <= _at("now")),
    )
    .returning(SignInFailure.failures)
)  # fmt: skip
_mine = (SignInFailure.subject_index == bindparam("subject")) & (SignInFailure.origin == bindparam("bucket"))
_BLOCKED_UNTIL = Prepared(select(SignInFailure.blocked_until).where(_mine))
_CLEAR = Prepared(delete(SignInFailure).where(_mine))
_GIVE_BACK = Prepared(
    update(SignInFailure)
    .where(_mine, SignInFailure.failures > 0)
    .values(failures=SignInFailure.failures - 1, blocked_until=None)
)


def take(db: RawTransaction | Session, subject: str, bucket: str, rule: Rule) -> bool:
    """Take one attempt out of a bucket; False when there is none left for now. One statement decides."""
    now = clock.now()
    pause_until = now + rule.pause if rule.pause else None
    row = _TAKE.first(
        db,
        subject=subject,
        bucket=bucket,
        max=rule.limit,
        anew_from=rule.limit if rule.starts_anew else _NEVER,
        now=now,
        window_start=now - rule.window,
        first_block=now + rule.block if rule.limit == 1 else pause_until,
        last_block=now + rule.block,
        pause_until=pause_until,
        forget_at=now + max(rule.window, rule.block),
    )
    return row is not None


def seconds_left(db: RawTransaction | Session, subject: str, bucket: str) -> int:
    """How long a closed bucket stays closed, at least one second."""
    row = _BLOCKED_UNTIL.first(db, subject=subject, bucket=bucket)
    if row is None or row.blocked_until is None:
        return 1
    return max(1, int((row.blocked_until - clock.now()).total_seconds()) + 1)


def clear(db: RawTransaction | Session, subject: str, bucket: str) -> None:
    """Forget what was counted in a bucket."""
    _CLEAR(db, subject=subject, bucket=bucket)


def give_back(db: RawTransaction | Session, subject: str, bucket: str) -> None:
    """Return the one attempt that turned out to be the owner's own; what others used stays used."""
    _GIVE_BACK(db, subject=subject, bucket=bucket)
