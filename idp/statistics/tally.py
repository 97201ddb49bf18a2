"""Adds entries up by day and month, measure, key, site and region, the sums beside the parts."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from sqlalchemy import delete, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from idp.accounts.models import Account
from idp.core import clock, regions
from idp.statistics.measures import MEASURES, Counted, Said, counted
from idp.statistics.models import StatisticsDay, StatisticsMonth
from idp.statistics.small import told, told_sql

_ROWS = 400  # of one statement: seven values each stay far below what a driver takes


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


_KEY = list(Place._fields)


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
    """Add these counts to days and months; in one order, so that two who add do not lock each other out.

    A month takes what its days became: how much more they count, and how much more they tell of small numbers.
    """
    day, months = StatisticsDay, dict[Place, list[int]]()
    rows = [{**place._asdict(), "count": count} for place, count in sorted(tally.items())]
    for start in range(0, len(rows), _ROWS):
        new = _insert(db, day).values(rows[start : start + _ROWS])
        became = new.on_conflict_do_update(
            index_elements=_KEY, set_={"count": day.count + new.excluded.count}
        ).returning(day.measure, day.region, day.client_id, day.day, day.key, day.count.label("now"))
        for *place, now in db.execute(became):
            added = tally[Place(*place)]
            month = months.setdefault(_month(Place(*place)), [0, 0])
            month[0] += added
            month[1] += told(now) - told(now - added)
    moved = [{**place._asdict(), "count": count, "told": more} for place, (count, more) in sorted(months.items())]
    for start in range(0, len(moved), _ROWS):
        db.execute(_added(_insert(db, StatisticsMonth).values(moved[start : start + _ROWS])))


def take_back(db: Session, day: date) -> None:
    """Take a day out of its month, and forget it."""
    of = StatisticsDay
    less = select(of.measure, of.region, of.client_id, literal(_first(day)), of.key, -of.count, -told_sql(of.count))
    names = [*_KEY, "count", "told"]
    db.execute(_added(_insert(db, StatisticsMonth).from_select(names, less.where(of.day == day))))
    db.execute(delete(of).where(of.day == day))


def add_up(db: Session, day: date) -> None:
    """Make the month of this day anew from its days, whatever it held; a measure at a time, so that no statement is long."""
    of, month, first = StatisticsDay, StatisticsMonth, _first(day)
    behind = _first(first + timedelta(days=31))
    for measure in MEASURES:
        days = (
            select(of.measure, of.region, of.client_id, literal(first), of.key, func.sum(of.count), func.sum(told_sql(of.count)))
            .where(of.measure == measure, of.day >= first, of.day < behind)
            .group_by(of.measure, of.region, of.client_id, of.key)
        )  # fmt: skip
        db.execute(delete(month).where(month.measure == measure, month.day == first))
        db.execute(_insert(db, month).from_select([*_KEY, "count", "told"], days))


def _insert(db: Session, model: type[StatisticsDay] | type[StatisticsMonth]) -> Any:
    insert: Any = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(model)


def _added(new: Any) -> Any:
    """This insert of months, which adds to those that are there."""
    month = StatisticsMonth
    more = {"count": month.count + new.excluded.count, "told": month.told + new.excluded.told}
    return new.on_conflict_do_update(index_elements=_KEY, set_=more)


def _month(place: Place) -> Place:
    return place._replace(day=_first(place.day))


def _first(day: date) -> date:
    return day.replace(day=1)


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
