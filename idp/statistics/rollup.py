"""Rolls sealed entries of the trail up into days and months, each exactly once; a chore of the worker, and the way to count anew.

The mark moves in the transaction of the counts: a worker that dies in between has counted nothing, and of two that read
the same entries one moves the mark. Places in the chain are given in order, so nothing appears below the mark; an entry
that was written late has a later place and the day on which it was written.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from idp.audit.models import AuditEntry
from idp.core import clock, ids
from idp.db.unit_of_work import Database
from idp.statistics import retention, tally
from idp.statistics.models import StatisticsMark
from idp.statistics.retention import MARK

_BATCH = 1000
_TURN_SECONDS = 1.0
_DAY = timedelta(days=1)
_E = AuditEntry
_COLUMNS = (_E.id, _E.seq, _E.at, _E.act, _E.actor_kind, _E.account_id, _E.client_id, _E.details)


class RollUp:
    """Counts what was sealed since the last time."""

    def __init__(self, database: Database, *, batch: int = _BATCH) -> None:
        self._database = database
        self._batch = batch

    def run(self, *, seconds: float = _TURN_SECONDS) -> int:
        """Count for about `seconds` at most, so that no other chore waits long; answers how many entries were counted."""
        until, total = clock.monotonic() + seconds, 0
        while (done := self._step()) > 0:
            total += done
            if done < self._batch or clock.monotonic() >= until:
                break
        return total

    def _step(self) -> int:
        with self._database.view() as db:
            before = _mark(db)
            entries = _sealed_after(db, before or 0, self._batch)
        if not entries:
            return 0
        with self._database.transaction() as db:
            if not _move(db, before, int(entries[-1].seq)):
                return 0  # somebody else counted them
            tally.add(db, tally.of(db, entries))
        return len(entries)


def rebuild(database: Database, first: date) -> int:
    """Count every day from `first` on anew, a day at a time; answers how many entries were read.

    People count where they are looked after now, which is the only thing that may differ from the first count. Days of
    which only the month is kept stay as they are: what they add to it could not be taken out of it.
    """
    day, last, total = first, clock.now().astimezone(clock.BEIJING).date() + _DAY, 0
    while day <= last:
        total += _again(database, day, is_last=day == last)
        day += _DAY
    return total


def _again(database: Database, day: date, *, is_last: bool) -> int:
    """One transaction that holds the mark, so that nobody adds to the day meanwhile; with its last day a month is made anew."""
    since = datetime.combine(day, time(), clock.BEIJING)
    total = 0
    with database.transaction() as db:
        mark = db.scalar(select(StatisticsMark.seq).where(StatisticsMark.name == MARK).with_for_update())
        if day < retention.first_kept(db):
            return 0
        tally.take_back(db, day)
        after = ids.first_at(since - timedelta(minutes=1))
        behind = ids.first_at(since + _DAY + timedelta(minutes=1))
        while True:
            query = (
                select(*_COLUMNS)
                .where(_E.id > after, _E.id < behind, _E.at >= since, _E.at < since + _DAY, _E.seq <= (mark or 0))
                .order_by(_E.id)
                .limit(_BATCH)
            )
            entries = list(db.execute(query))
            tally.add(db, tally.of(db, entries))
            total += len(entries)
            if len(entries) < _BATCH:
                break
            after = entries[-1].id
        if is_last or (day + _DAY).day == 1:
            tally.add_up(db, day)
    return total


def _mark(db: Session) -> int | None:
    return db.scalar(select(StatisticsMark.seq).where(StatisticsMark.name == MARK))


def _sealed_after(db: Session, seq: int, size: int) -> list[Any]:
    found = db.execute(select(*_COLUMNS).where(_E.seq > seq).order_by(_E.seq).limit(size))
    return list(found)


def _move(db: Session, before: int | None, to: int) -> bool:
    """Take the entries: the mark moves from where it was read, or not at all."""
    if before is None:
        insert: Any = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
        first = insert(StatisticsMark).values(name=MARK, seq=to).on_conflict_do_nothing().returning(StatisticsMark.seq)
        return db.scalar(first) is not None
    moved = (
        update(StatisticsMark)
        .where(StatisticsMark.name == MARK, StatisticsMark.seq == before)
        .values(seq=to)
        .returning(StatisticsMark.seq)
    )
    return db.scalar(moved, execution_options={"synchronize_session": False}) is not None
