"""How long single days are kept: older ones are told by their month alone, and whole months of days go at once."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from idp.core import clock
from idp.db.unit_of_work import Database
from idp.statistics.models import StatisticsDay, StatisticsMark

MARK = "audit"
_FIRST_KEPT = "days"
_BATCH = 1000
_TURN_SECONDS = 1.0


def first_kept(db: Session) -> date:
    """The first day that is kept by itself."""
    number = db.scalar(select(StatisticsMark.seq).where(StatisticsMark.name == _FIRST_KEPT))
    return date.fromordinal(number) if number is not None else date.min


def forget(database: Database, kept_days: int, *, seconds: float = _TURN_SECONDS) -> int:
    """Delete days of months that ended more than `kept_days` ago, for about `seconds` at most; answers how many counts went.

    The mark moves before anything goes, and under the lock of who counts, so that no day that is gone is counted anew.
    """
    first = (clock.now().astimezone(clock.BEIJING).date() - timedelta(days=kept_days)).replace(day=1)
    with database.view() as db:
        known = first_kept(db)
    if known < first:
        with database.transaction() as db:
            db.scalar(select(StatisticsMark.seq).where(StatisticsMark.name == MARK).with_for_update())
            _move(db, first)
    of, until = StatisticsDay, clock.monotonic() + seconds
    gone = 0
    key = (of.measure, of.region, of.client_id, of.day, of.key)
    old = delete(of).where(tuple_(*key).in_(select(*key).where(of.day < max(first, known)).limit(_BATCH)))
    while True:
        with database.transaction() as db:
            result: Any = db.execute(old, execution_options={"synchronize_session": False})
        went = int(result.rowcount)
        gone += went
        if went < _BATCH or clock.monotonic() >= until:
            return gone


def _move(db: Session, first: date) -> None:
    insert: Any = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    db.execute(insert(StatisticsMark).values(name=_FIRST_KEPT, seq=first.toordinal()).on_conflict_do_nothing())
    later = (StatisticsMark.name == _FIRST_KEPT) & (StatisticsMark.seq < first.toordinal())
    db.execute(update(StatisticsMark).where(later).values(seq=first.toordinal()))
