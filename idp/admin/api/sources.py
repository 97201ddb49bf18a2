"""The sources of proof over the API: how each one does, its week, and a test call."""

from datetime import UTC, date, datetime

from idp.admin import sources as page
from idp.admin.api.door import Model, database, operator, route
from idp.edge.services import services
from idp.realname.watch.measures import Figures
from idp.staff.permissions import Permission


class SourceShown(Model):
    name: str
    is_on: bool
    breaker: str
    level: int
    verified: int
    refuted: int
    unavailable: int
    month_cost: int
    last_at: datetime | None


class SourcesShown(Model):
    sources: list[SourceShown]


class SourceDay(Model):
    """What a source answered on one day in Beijing."""

    day: date
    verified: int
    refuted: int
    unavailable: int


class SourceWeek(Model):
    """A source today, and the seven days before, as far as they are counted."""

    source: SourceShown
    days: list[SourceDay]


class MachineTried(Model):
    """`skew` is how many seconds its clock is ahead of ours; `fault` and the settings to blame are empty where all is well."""

    address: str
    member: str
    skew: int | None
    fault: str | None
    members: list[str]


class QuestionTried(Model):
    asked: str
    answer: str
    took_ms: int
    fault: str | None
    members: list[str]


class SourceTried(Model):
    is_well: bool
    machines: list[MachineTried]
    answers: list[QuestionTried]


@route("/sources", Permission.SOURCES_READ, SourcesShown, tag="sources")
def sources() -> SourcesShown:
    """Every configured source, the preferred first, with its figures of today."""
    everything = services()
    with database().view() as db:
        shown = page.shown(db, everything, page.in_order(everything))
    return SourcesShown(sources=[_shown(each) for each in shown])


@route("/sources/<name>", Permission.SOURCES_READ, SourceWeek, tag="sources")
def source_week(name: str) -> SourceWeek:
    """One source today, and in the seven days before."""
    everything, found = services(), page.known(name)
    with database().view() as db:
        [one] = page.shown(db, everything, [found])
        week = page.week(db, name)
    return SourceWeek(source=_shown(one), days=[_day(day, figures) for day, figures in week if figures is not None])


@route("/sources/<name>/test", Permission.SOURCES_CHANGE, SourceTried, method="POST", tag="sources")
def source_tried(name: str) -> SourceTried:
    """Ask a source about nobody, as the console's test call does: which setting is wrong, if any. Six a minute for each."""
    result = services().trials.run(page.known(name), actor=operator().actor)
    return SourceTried(
        is_well=result.is_well,
        machines=[MachineTried(**each) for each in result.machines],
        answers=[QuestionTried(**each) for each in result.answers],
    )


def _shown(each: page.Shown) -> SourceShown:
    return SourceShown(
        name=each.source.name, is_on=each.is_on, breaker=each.breaker, level=each.level,
        verified=each.today.verified, refuted=each.today.refuted, unavailable=each.today.unavailable,
        month_cost=each.month_cost, last_at=each.last_at.astimezone(UTC) if each.last_at is not None else None,
    )  # fmt: skip


def _day(day: date, figures: Figures) -> SourceDay:
    return SourceDay(day=day, verified=figures.verified, refuted=figures.refuted, unavailable=figures.unavailable)
