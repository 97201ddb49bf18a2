"""The statistics in the console: charts by period, region and site, each with its table and file, and the day in words."""

from datetime import date, timedelta

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from idp.admin import console, frame, statistics_charts, statistics_words
from idp.admin.console import route
from idp.admin.statistics_charts import Asked
from idp.admin.texts import say, word
from idp.core import clock, regions, spreadsheet
from idp.edge import places
from idp.edge.services import services
from idp.oidc.models import Client
from idp.staff.permissions import Permission
from idp.staff.sessions import SignedInOperator
from idp.statistics import anomalies, reading, retention
from idp.statistics.reading import Step

PERIODS = {7: word("近 7 天"), 30: word("近 30 天"), 90: word("近 90 天"), 365: word("近一年")}
_LONGEST = 366 * 5
_BY_DAY = 92
"""A longer period is told by whole months: what it reads and shows does not grow with its days."""
_FIRST = date(2020, 1, 1)  # nothing was counted before
_SITES = 200
"""More than these are not listed to choose from: the field takes the code of any."""
_ECHARTS = frame.fingerprint("vendor/echarts.common.min.js")
_SCRIPT = frame.fingerprint("statistics.js")


@route("/statistics", Permission.STATISTICS_READ)
def statistics() -> ResponseReturnValue:
    """Period, region and site are the address."""
    who = console.operator()
    with services().database.view() as db:
        asked = _asked(db, who)
        charts = statistics_charts.make(db, asked, _offered(asked, who))
        said = _said(db, asked)
    is_period = not flask.request.args.keys() & {"since", "until"}
    kept = {name: value for name, value in flask.request.args.items() if value}
    return console.page(
        "statistics.html", asked=asked, charts=charts, said=said, periods=PERIODS, kept=kept, regions=_regions(who),
        days=_length(), is_today=asked.until == _today(), is_period=is_period, is_listed=len(asked.site_names) < _SITES,
        echarts=_ECHARTS, own=_SCRIPT,
        is_rounded=reading.is_told_roundly(asked.region, asked.reach),
    )  # fmt: skip


@route("/statistics/<chart>.csv", Permission.STATISTICS_READ)
def statistics_file(chart: str) -> ResponseReturnValue:
    """One chart's table as a file for spreadsheets."""
    who = console.operator()
    with services().database.view() as db:
        asked = _asked(db, who)
        if chart not in _offered(asked, who):
            flask.abort(404)
        [made] = statistics_charts.make(db, asked, [chart])
    small = say(word("少于 5"))
    header = (made.first, *((say(word("代码")),) if made.codes else ()), *made.series)
    rows = (
        (name, *made.codes[place : place + 1], *(small if cell is None else cell for cell in cells))
        for place, (name, cells) in enumerate(made.rows)
    )
    body = b"".join(spreadsheet.lines(header, rows))
    way = "%Y%m" if asked.by is Step.MONTH else "%Y%m%d"
    name = f"{chart}-{asked.since:{way}}-{asked.until:{way}}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return flask.Response(body, mimetype="text/csv", headers=headers)


def _asked(db: Session, who: SignedInOperator) -> Asked:
    """What the address asks for; a region or a site beyond the reach is not found."""
    args = flask.request.args
    until = max(min(_day(args.get("until", "")) or _today(), _today()), _FIRST)
    since = _day(args.get("since", "")) or until - timedelta(days=_length() - 1)
    since = max(min(since, until), until - timedelta(days=_LONGEST - 1))
    by = Step.MONTH if (until - since).days >= _BY_DAY or since < retention.first_kept(db) else Step.DAY
    if by is Step.MONTH:
        since, until = since.replace(day=1), min(_end_of_month(until), _today())
    region, client_id = args.get("region", "").strip()[:6], args.get("site", "").strip()[:64]
    if region and not (regions.is_division(region) and regions.lies_in(region, who.reach.region)):
        flask.abort(404)
    names = _site_names(db, who, client_id)
    if client_id and client_id not in names:
        flask.abort(404)
    return Asked(since, until, region, client_id, who.reach, names, by)


def _site_names(db: Session, who: SignedInOperator, chosen: str) -> dict[str, str]:
    """The first sites to choose from, and the chosen one however many there are.

    People of a region sign in at sites of everywhere; who has named sites has these.
    """
    query = statistics_charts.naming()
    if who.reach.clients is not None:
        query = query.where(who.reach.of_client(Client.client_id, Client.region))
    first = db.execute(query.order_by(Client.client_id).limit(_SITES)).all()
    names = {row.client_id: row.name or row.client_id for row in first}
    if chosen and chosen not in names:
        names |= {
            row.client_id: row.name or row.client_id for row in db.execute(query.where(Client.client_id == chosen))
        }
    return names


def _offered(asked: Asked, who: SignedInOperator) -> list[str]:
    sees_operators = who.may(Permission.AUDIT_READ) or who.may(Permission.AUDITORS_READ)
    return statistics_charts.offered(asked, sees_operators=sees_operators)


def _said(db: Session, asked: Asked) -> list[str]:
    """The anomalies of today so far and of yesterday; of one site the numbers are too few to judge."""
    if asked.is_of_sites:
        return []
    today, region = _today(), asked.region or asked.reach.region
    found = anomalies.of_day(db, today, region=region, is_over=False)
    found += anomalies.of_day(db, today - timedelta(days=1), region=region)
    return [statistics_words.sentence(each, today) for each in found]


def _regions(who: SignedInOperator) -> list[str]:
    return [code for code in places.NAMES if regions.lies_in(code, who.reach.region)]


def _length() -> int:
    """How many days the address asks for, where it does not say since when."""
    days = flask.request.args.get("days", "")
    return max(1, int(days)) if days.isascii() and days.isdigit() and len(days) < 4 else 30


def _end_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _today() -> date:
    return clock.now().astimezone(clock.BEIJING).date()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
