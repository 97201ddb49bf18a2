"""Adds entries up by day, measure, key, site and region, the sums beside the parts."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from idp.accounts.models import Account
from idp.core import clock, regions
from idp.statistics.measures import Counted, Said, counted
from idp.statistics.models import StatisticsDay

_ROWS = 400  # of one statement: six values each stay far below what a driver takes


class Entry(Said, Protocol):
    """What adding up asks of an entry."""

    @property
    def at(self) -> datetime: ...
    @property
    def account_id(self) -> str | None: ...


class Place(NamedTuple):
    """The key of one count."""

    measure: str
    region: str
    client_id: str
    day: date
    key: str


class _Person(NamedTuple):
    region: str
    is_synthetic: bool


_NOBODY = _Person("", False)


def of(db: Session, entries: Iterable[Entry]) -> Counter[Place]:
    """The counts of these entries; people count where they are looked after now. One statement."""
    relevant = [(entry, what) for entry in entries for what in counted(entry)]
    people = _people(db, {entry.account_id for entry, _ in relevant if entry.account_id is not None})
    tally: Counter[Place] = Counter()
    for entry, what in relevant:
        day = entry.at.astimezone(clock.BEIJING).date()
        tally.update(_places(what, day, people.get(entry.account_id or "", _NOBODY)))
    return tally


def add(db: Session, tally: Counter[Place]) -> None:
    """Add these counts to those that are there; in one order, so that two who add do not lock each other out."""
    insert: Any = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [{**place._asdict(), "count": count} for place, count in sorted(tally.items())]
    for start in range(0, len(rows), _ROWS):
        new = insert(StatisticsDay).values(rows[start : start + _ROWS])
        db.execute(
            new.on_conflict_do_update(
                index_elements=list(Place._fields), set_={"count": StatisticsDay.count + new.excluded.count}
            )
        )


def _places(what: Counted, day: date, person: _Person) -> Iterable[Place]:
    """Every sum that this one belongs to. Nobody's sign-ins, of synthetic people, count at the site that is tested only."""
    sites = {what.client_id} if person.is_synthetic else {what.client_id, ""}
    divisions = ("",) if person.is_synthetic else _divisions(person.region)
    if person.is_synthetic and not what.client_id:
        return
    for client_id in sites:
        for region in divisions:
            yield Place(what.measure, region, client_id, day, what.key)


def _divisions(region: str) -> tuple[str, ...]:
    """The division itself and all that it lies in; `370102` lies in `370100`, in `370000` and in the whole."""
    if not regions.is_division(region):
        return ("",)
    return tuple(dict.fromkeys(("", f"{region[:2]}0000", f"{region[:4]}00", region)))


def _people(db: Session, account_ids: set[str]) -> dict[str, _Person]:
    wanted = select(Account.id, Account.region, Account.is_synthetic).where(Account.id.in_(sorted(account_ids)))
    return {row.id: _Person(row.region, row.is_synthetic) for row in db.execute(wanted)} if account_ids else {}
