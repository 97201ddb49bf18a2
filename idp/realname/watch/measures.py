"""What the sources did on a day, counted from their evidence by one statement; days that are over are counted once and kept."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from idp.core import clock
from idp.db.unit_of_work import Database
from idp.realname import levels
from idp.realname.models import Evidence
from idp.realname.watch.models import SourceDay

STEP_MS = 10
"""Durations are counted in steps of this, so that a day has a bounded number of groups."""
ANSWERED = (levels.VERIFIED, levels.REFUTED, levels.ABANDONED)
"""Verdicts of questions that the source answered, and that cost something."""
_SETTLES = timedelta(hours=2)
"""How long after its end a day may still hold questions under way."""
_KEPT_BACK = 31
_LATE = 2
"""Days that are over and not yet kept are counted for whoever looks: so many, and no more."""
_MARKER = ""
"""The source of the row that says a day is kept, even if nothing happened on it."""


class _Group(NamedTuple):
    source: str
    verdict: str
    reason: str | None
    step: int | None
    n: int
    cost: int


@dataclass(frozen=True, slots=True)
class Figures:
    """One source on one day. Durations are upper bounds, to `STEP_MS`; `cost` is in fen."""

    verified: int = 0
    refuted: int = 0
    abandoned: int = 0
    unavailable: int = 0
    under_way: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None
    cost: int = 0
    reasons: tuple[tuple[str, str, int], ...] = ()
    """Verdict, reason and how often, the most frequent first; of the present day only."""

    @property
    def settled(self) -> int:
        return self.verified + self.refuted + self.abandoned + self.unavailable

    @property
    def failing(self) -> float | None:
        """The share of questions that got no answer."""
        return self.unavailable / self.settled if self.settled else None


def today() -> date:
    return clock.now().astimezone(clock.BEIJING).date()


def of_day(db: Session, sources: Collection[str], day: date) -> dict[str, Figures]:
    """Counted now, from the evidence of this day alone, along its index by source and time."""
    since, until = bounds(day)
    step = (Evidence.took_ms // STEP_MS).label("step")
    rows = db.execute(
        select(
            Evidence.source, Evidence.verdict, Evidence.reason, step, func.count().label("n"),
            func.sum(Evidence.cost).label("cost"),
        )
        .where(Evidence.source.in_(sources), Evidence.at >= since, Evidence.at < until)
        .group_by(Evidence.source, Evidence.verdict, Evidence.reason, step)
    ).all()  # fmt: skip
    groups = [_Group(*row) for row in rows]
    return {source: _figures([row for row in groups if row.source == source]) for source in sources}


def of_days(db: Session, sources: Collection[str], days: Iterable[date]) -> dict[date, Mapping[str, Figures] | None]:
    """Days that are over; None for one that nobody has counted yet, and that is too long ago to count for a look."""
    wanted = sorted(days)
    if not wanted:
        return {}
    rows = db.scalars(select(SourceDay).where(SourceDay.day >= wanted[0], SourceDay.day <= wanted[-1])).all()
    kept = {row.day for row in rows if row.source == _MARKER}
    late = [day for day in wanted if day not in kept][-_LATE:]
    found: dict[date, Mapping[str, Figures] | None] = {}
    for day in wanted:
        if day in kept:
            of_this = {row.source: _kept(row) for row in rows if row.day == day}
            found[day] = {source: of_this.get(source, Figures()) for source in sources}
        else:
            found[day] = of_day(db, sources, day) if day in late else None
    return found


def cost_since(db: Session, since: date) -> dict[str, int]:
    """What the days kept since then cost, by source."""
    rows = db.execute(
        select(SourceDay.source, func.sum(SourceDay.cost)).where(SourceDay.day >= since).group_by(SourceDay.source)
    )
    return {source: int(cost) for source, cost in rows}


def keep_days(database: Database, sources: Collection[str]) -> int:
    """Count the days that are over, once for all workers; how many there were."""
    last = (clock.now() - _SETTLES).astimezone(clock.BEIJING).date() - timedelta(days=1)
    days = [last - timedelta(days=back) for back in range(_KEPT_BACK)]
    with database.view() as db:
        there = set(db.scalars(select(SourceDay.day).where(SourceDay.source == _MARKER, SourceDay.day >= days[-1])))
    done = 0
    for day in days:
        if day not in there:
            with database.transaction() as db:
                done += _keep(db, sources, day)
    return done


def bounds(day: date) -> tuple[datetime, datetime]:
    """From when until when it is this day in Beijing."""
    begins = datetime.combine(day, time(), clock.BEIJING)
    return begins, begins + timedelta(days=1)


def _keep(db: Session, sources: Collection[str], day: date) -> bool:
    """The marker's insert decides who counts: whoever comes second finds it there."""
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    marker = _row(day, _MARKER, Figures())
    mine = db.execute(insert(SourceDay).values(marker).on_conflict_do_nothing().returning(SourceDay.day)).first()
    if mine is None:
        return False
    counted = of_day(db, sources, day)
    db.add_all(SourceDay(**_row(day, source, each)) for source, each in counted.items() if each.settled)
    db.flush()
    return True


def _row(day: date, source: str, each: Figures) -> dict[str, object]:
    return {
        "day": day, "source": source, "verified": each.verified, "refuted": each.refuted, "abandoned": each.abandoned,
        "unavailable": each.unavailable, "p50_ms": each.p50_ms, "p95_ms": each.p95_ms, "cost": each.cost,
    }  # fmt: skip


def _kept(row: SourceDay) -> Figures:
    return Figures(
        row.verified, row.refuted, row.abandoned, row.unavailable, 0, row.p50_ms, row.p95_ms, row.cost
    )  # fmt: skip


def _figures(rows: list[_Group]) -> Figures:
    verdicts: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    steps: Counter[int] = Counter()
    for row in rows:
        verdicts[row.verdict] += row.n
        if row.reason:
            reasons[row.verdict, row.reason] += row.n
        if row.step is not None:
            steps[row.step] += row.n
    return Figures(
        verified=verdicts[levels.VERIFIED],
        refuted=verdicts[levels.REFUTED],
        abandoned=verdicts[levels.ABANDONED],
        unavailable=verdicts[levels.UNAVAILABLE],
        under_way=verdicts[levels.ASKED] + verdicts[levels.STARTED],
        p50_ms=_percentile(steps, 50),
        p95_ms=_percentile(steps, 95),
        cost=sum(int(row.cost) for row in rows if row.verdict in ANSWERED),
        reasons=tuple((verdict, reason, n) for (verdict, reason), n in reasons.most_common()),
    )


def _percentile(steps: Counter[int], percent: int) -> int | None:
    """By nearest rank: so many of a hundred took no longer than this."""
    left = -(-steps.total() * percent // 100)
    for step in sorted(steps):
        left -= steps[step]
        if left <= 0:
            return (step + 1) * STEP_MS
    return None


def cost_of_month(db: Session, sources: Collection[str], now: Mapping[str, Figures]) -> dict[str, int]:
    """What this month cost until now, by source; `now` are the figures of today."""
    day = today()
    kept = cost_since(db, day.replace(day=1))
    yesterday = day - timedelta(days=1)
    is_open = db.get(SourceDay, (yesterday, _MARKER)) is None and yesterday.month == day.month
    late = of_day(db, sources, yesterday) if is_open else {}
    return {
        source: kept.get(source, 0) + now[source].cost + (late[source].cost if source in late else 0)
        for source in sources
    }  # fmt: skip
