"""Reads counted days within an operator's reach: series by day and key, and the sites with most of something."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from idp.core import regions
from idp.oidc.models import Client
from idp.staff.reach import EVERYWHERE, Reach
from idp.statistics.models import StatisticsDay as D

# People of one county at one site are few: a count of two is two neighbours, and with what else is known of them it tells who
# went to the clinic's site that day. Who works for a region sees such a cell only from here on, and in steps of as many
# (PIPL art. 6 and 51): a city less its other counties, or a week less six of its days, would tell the small number otherwise.
SMALL = 5


@dataclass(frozen=True, slots=True)
class DayCount:
    """How often on one day under one key; `is_small` is a number of a region and a site that is too small to be told.

    Where small numbers are hidden, the others are rounded down to a multiple of SMALL.
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
) -> list[DayCount]:
    """What was counted from `since` to `until`, both included, in order of day and key; days without anything are left out.

    `client_id` asks for one site, None for all that `reach` holds; `region` for a division within the reach. One statement.
    """
    if (division := _division(region, reach)) is None:
        return []
    query = (
        select(D.day, D.key, func.sum(D.count).label("times"))
        .where(D.measure == measure, D.region == division, D.day >= since, D.day <= until, _at(client_id, reach))
        .group_by(D.day, D.key)
        .order_by(D.day, D.key)
    )
    if key is not None:
        query = query.where(D.key == key)
    hides = (client_id is not None or reach.clients is not None) and is_told_roundly(region, reach)
    return [DayCount(row.day, row.key, *_told(int(row.times), hides)) for row in db.execute(query)]


def sites(
    db: Session,
    measure: str,
    *,
    since: date,
    until: date,
    region: str = "",
    reach: Reach = EVERYWHERE,
    at_most: int = 10,
) -> list[SiteCount]:
    """The sites with most of it in the period, the largest first. One statement."""
    if (division := _division(region, reach)) is None:
        return []
    hides = is_told_roundly(region, reach)
    total = func.sum(_in_steps() if hides else D.count)
    query = (
        select(D.client_id, total.label("times"))
        .where(D.measure == measure, D.region == division, D.day >= since, D.day <= until, D.client_id != "")
        .group_by(D.client_id)
        .order_by(total.desc(), D.client_id)
        .limit(at_most)
    )
    if reach.clients is not None:
        query = query.where(_of_clients(reach))
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
    at_most: int = 30,
) -> list[DivisionCount]:
    """Those of these divisions within the reach in which anything happened, the largest first. One statement."""
    mine = [code for code in among if code and _division(code, reach) is not None]
    hides = not reach.is_whole and (client_id is not None or reach.clients is not None)
    total = func.sum(_in_steps() if hides else D.count)
    query = (
        select(D.region, total.label("times"))
        .where(D.measure == measure, D.region.in_(mine), D.day >= since, D.day <= until, _at(client_id, reach))
        .group_by(D.region)
        .order_by(total.desc(), D.region)
        .limit(at_most)
    )
    return [DivisionCount(row.region, *_told(int(row.times), hides)) for row in db.execute(query)] if mine else []


def is_told_roundly(region: str, reach: Reach) -> bool:
    """Whether numbers of single sites are told in steps of SMALL: those of a part of the province, to who works for a part."""
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


def _at(client_id: str | None, reach: Reach) -> ColumnElement[bool]:
    if client_id is None and reach.clients is None:
        return D.client_id == ""
    if client_id is None:
        return _of_clients(reach)
    wanted: ColumnElement[bool] = D.client_id == client_id
    return wanted if reach.clients is None else wanted & _of_clients(reach)


def _of_clients(reach: Reach) -> ColumnElement[bool]:
    mine: Any = select(Client.client_id).where(reach.of_client(Client.client_id, Client.region))
    return D.client_id.in_(mine)


def _in_steps() -> ColumnElement[int]:
    """What a day tells where small numbers are hidden: a period tells no more than its days do."""
    return case((D.count >= SMALL, D.count - D.count % SMALL), else_=0)


def _told(count: int, hides: bool) -> tuple[int, bool]:
    if not hides:
        return count, False
    return count - count % SMALL, count < SMALL
