"""What one officer of a counter has done today: first looks, and second ones by their outcome."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.core import clock
from idp.realname.counter import CONFIRMED, REFUSED
from idp.realname.models import CounterCase


@dataclass(frozen=True, slots=True)
class Day:
    """Cases of one officer since midnight in Beijing."""

    seen: int
    confirmed: int
    refused: int


def today(db: Session, officer: str) -> Day:
    """Two statements, each by its index."""
    here = clock.now().astimezone(clock.BEIJING)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    seen = db.scalar(select(func.count()).where(CounterCase.seen_by == officer, CounterCase.seen_at >= midnight))
    decided = db.execute(
        select(CounterCase.state, func.count().label("cases"))
        .where(CounterCase.decided_by == officer, CounterCase.decided_at >= midnight)
        .group_by(CounterCase.state)
    )
    by_state = {row.state: row.cases for row in decided}
    return Day(seen or 0, by_state.get(CONFIRMED, 0), by_state.get(REFUSED, 0))
