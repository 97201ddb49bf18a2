"""Reads counted days or months within an operator's reach: series by day and key, and the sites with most of something."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from idp.core import regions
from idp.oidc.models import Client
from idp.staff.reach import EVERYWHERE, Reach
from idp.statistics.measures import ALWAYS_AT_A_SITE
from idp.statistics.models import StatisticsDay, StatisticsMonth
from idp.statistics.small import SMALL, told_sql

Kept = type[StatisticsDay] | type[StatisticsMonth]


class Step(StrEnum):
    """What one number stands for."""

    DAY = "day"
    MONTH = "month"

    @property
    def kept(self) -> Kept:
        return StatisticsMonth if self is Step.MONTH else StatisticsDay

    def first(self, day: date) -> date:
        """The day by which the step goes that holds this day."""
        return day.replace(day=1) if self is Step.MONTH else day


@dataclass(frozen=True, slots=True)
class DayCount:
    """How often on one day, or in the month it begins, under one key; `is_small` is a number of a region and a site that
    is too small to be told.

    Where small numbers are hidden, the others are sums of days and sites that are each rounded down to a multiple of SMALL.
    """

    day: date
    key: str
    count: int
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class DivisionCount:
    """How often in one division in the whole period."""

    division: str
    count: int
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class SiteCount:
    """How often at one site in the whole period."""

    client_id: str
    count: int
    is_small: bool = False


def days(
    db: Session,
    measure: str,
    *,
    since: date,
    until: date,
    client_id: str | None = None,
    key: str | None = None,
    region: str = "",
    reach: Reach = EVERYWHERE,
    by: Step = Step.DAY,
) -> list[DayCount]:
    """What was counted from `since` to `until`, both included, in order of day and key; days without anything are left out.

    `client_id` asks for one site, None for all that `reach` holds; `region` for a division within the reach. By months the
    period is of whole ones, from that of `since` to that of `until`. One statement.
    """
    found = several(
        db, [measure], since=since, until=until, client_id=client_id, key=key, region=region, reach=reach, by=by
    )
    return found[measure]


def several(
    db: Session,
    measures: Collection[str],
    *,
    since: date,
    until: date,
    client_id: str | None = None,
    key: str | None = None,
    region: str = "",
    reach: Reach = EVERYWHERE,
    by: Step = Step.DAY,
) -> dict[str, list[DayCount]]:
    """The same of each of these measures, all in one statement."""
    told: dict[str, list[DayCount]] = {measure: [] for measure in measures}
    if (division := _division(region, reach)) is None or not told:
        return told
    is_of_sites = client_id is not None or reach.clients is not None
    round_ = {each for each in told if is_told_roundly(region, reach) and (is_of_sites or each in ALWAYS_AT_A_SITE)}
    of = by.kept
    number = case((of.measure.in_(sorted(round_)), _number(of, True)), else_=_number(of, False))
    query = (
        select(of.measure, of.day, of.key, func.sum(number).label("times"))
        .where(of.measure.in_(list(told)), of.region == division, *_within(of, by, since, until))
        .where(_at(of, client_id, reach))
        .group_by(of.measure, of.day, of.key)
        .order_by(of.measure, of.day, of.key)
    )
    if key is not None:
        query = query.where(of.key == key)
    for row in db.execute(query):
        told[row.measure].append(DayCount(row.day, row.key, *_told(int(row.times), row.measure in round_)))
    return told


def sites(
    db: Session,
    measure: str,
    *,
    since: date,
    until: date,
    region: str = "",
    reach: Reach = EVERYWHERE,
    by: Step = Step.DAY,
    at_most: int = 10,
) -> list[SiteCount]:
    """The sites with most of it in the period, the largest first. One statement."""
    if (division := _division(region, reach)) is None:
        return []
    hides, of = is_told_roundly(region, reach), by.kept
    total = func.sum(_number(of, hides))
    query = (
        select(of.client_id, total.label("times"))
        .where(of.measure == measure, of.region == division, *_within(of, by, since, until), of.client_id != "")
        .group_by(of.client_id)
        .order_by(total.desc(), of.client_id)
        .limit(at_most)
    )
    if reach.clients is not None:
        query = query.where(_of_clients(of, reach))
    return [SiteCount(row.client_id, *_told(int(row.times), hides)) for row in db.execute(query)]


def divisions(
    db: Session,
    measure: str,
    among: Collection[str],
    *,
    since: date,
    until: date,
    client_id: str | None = None,
    reach: Reach = EVERYWHERE,
    by: Step = Step.DAY,
    at_most: int = 30,
) -> list[DivisionCount]:
    """Those of these divisions within the reach in which anything happened, the largest first. One statement."""
    mine = [code for code in among if code and _division(code, reach) is not None]
    is_of_sites = client_id is not None or reach.clients is not None or measure in ALWAYS_AT_A_SITE
    hides, of = is_of_sites and not reach.is_whole, by.kept
    total = func.sum(_number(of, hides))
    query = (
        select(of.region, total.label("times"))
        .where(of.measure == measure, of.region.in_(mine), *_within(of, by, since, until), _at(of, client_id, reach))
        .group_by(of.region)
        .order_by(total.desc(), of.region)
        .limit(at_most)
    )
    return [DivisionCount(row.region, *_told(int(row.times), hides)) for row in db.execute(query)] if mine else []


def is_told_roundly(region: str, reach: Reach) -> bool:
    """Whether numbers of single sites, and of all of them, are told in steps of SMALL: those of a part of the province, to who
    works for a part. The exact sum would be the small number itself where people of a county use but one site."""
    return bool(_division(region, reach)) and not reach.is_whole


def _division(region: str, reach: Reach) -> str | None:
    """The row of sums to read; None when the division lies outside the reach.

    Who has named sites sees all the people of these sites, wherever they live; who has a region sees the people of it.
    """
    if region and not regions.is_division(region):
        return None
    if reach.clients is not None:
        return region
    if not region:
        return reach.region
    return region if regions.lies_in(region, reach.region) else None


def _within(of: Kept, by: Step, since: date, until: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return of.day >= by.first(since), of.day <= until


def _at(of: Kept, client_id: str | None, reach: Reach) -> ColumnElement[bool]:
    if client_id is None and reach.clients is None:
        return of.client_id == ""
    if client_id is None:
        return _of_clients(of, reach)
    wanted: ColumnElement[bool] = of.client_id == client_id
    return wanted if reach.clients is None else wanted & _of_clients(of, reach)


def _of_clients(of: Kept, reach: Reach) -> ColumnElement[bool]:
    mine: Any = select(Client.client_id).where(reach.of_client(Client.client_id, Client.region))
    return of.client_id.in_(mine)


def _number(of: Kept, hides: bool) -> ColumnElement[int]:
    """Where small numbers are hidden, what each day of each site tells: neither a period nor a sum of sites tells more."""
    if not hides:
        return of.count.expression
    return of.told.expression if of is StatisticsMonth else told_sql(of.count)


def _told(count: int, hides: bool) -> tuple[int, bool]:
    return count, hides and count < SMALL
