"""The sources of proof as operators see them: what each one does, how it is today, and a test call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from idp.admin import console, needs, sources_words
from idp.admin.console import route
from idp.admin.needs import Need
from idp.admin.texts import word
from idp.edge.services import Services, services
from idp.realname.ports import Source
from idp.realname.watch import measures, offers
from idp.realname.watch.last_answers import LastAnswer
from idp.realname.watch.measures import Figures
from idp.realname.watch.offers import Missing, Offer
from idp.staff.permissions import Permission

WEEK = 7


@dataclass(frozen=True, slots=True)
class Shown:
    """One source in the list."""

    source: Source
    offers: tuple[Offer, ...]
    is_on: bool
    breaker: str
    last: LastAnswer | None
    today: Figures
    month_cost: int
    price: int

    @property
    def last_at(self) -> datetime | None:
        return datetime.fromtimestamp(self.last.at, UTC) if self.last is not None else None

    @property
    def level(self) -> int:
        return max((int(each.capability.assurance_level) for each in self.offers), default=0)


@route("/sources", Permission.SOURCES_READ)
def sources() -> ResponseReturnValue:
    """Every configured source, the preferred first, and above them what nobody can do now."""
    everything = services()
    ordered = in_order(everything)
    with everything.database.view() as db:
        listed = shown(db, everything, ordered)
    return console.page(
        "sources.html", shown=listed, missing=missing_now(everything), words=sources_words,
        changed=flask.request.args.get("done") == "changed", may_change=_may_change(),
    )  # fmt: skip


@route("/sources/<name>", Permission.SOURCES_READ)
def source(name: str) -> ResponseReturnValue:
    """One source: what it offers, today's answers, the week, and what a test call found."""
    everything = services()
    found = known(name)
    with everything.database.view() as db:
        [one] = shown(db, everything, [found])
        days = week(db, name)
    trial = everything.trials.find(flask.request.args.get("trial", "")[:64], name)
    return console.page(
        "source.html", shown=one, week=days, trial=trial, words=sources_words, may_change=_may_change(),
        tried_at=datetime.fromtimestamp(trial.at, UTC) if trial is not None else None,
    )  # fmt: skip


@route("/sources/<name>/test", Permission.SOURCES_CHANGE, methods=("POST",))
def source_tested(name: str) -> ResponseReturnValue:
    """Ask it about nobody; what came of it is on its page for a quarter of an hour."""
    handle = services().trials.make(known(name), actor=console.operator().actor)
    return flask.redirect(flask.url_for("admin.source", name=name, trial=handle, _anchor="trial"), 303)


def in_order(everything: Services) -> list[Source]:
    """As operators ordered them, those that are off too."""
    now = everything.sources.preferring()
    return sorted(everything.sources, key=lambda each: now.place(each.name))


def missing_now(everything: Services) -> Missing:
    """What the configured sources lead to together, and those that are on and answer do not."""
    breakers = everything.identity_proof.breakers()
    up = [each for each in everything.sources.offered if breakers[each.name]() != "open"]
    has_counter = everything.settings.counter
    before = offers.reached(everything.sources, has_counter=has_counter)
    return offers.reached(up, has_counter=has_counter).lacks(before)


def shown(db: Session, everything: Services, some: list[Source]) -> list[Shown]:
    names = [each.name for each in some]
    today = measures.of_day(db, names, measures.today())
    costs = measures.cost_of_month(db, names, today)
    now, breakers = everything.sources.preferring(), everything.identity_proof.breakers()
    return [
        Shown(
            each, offers.of(each), now.is_on(each.name), breakers[each.name](), everything.store.get(LastAnswer, each.name),
            today[each.name], costs[each.name], _price(everything, each),
        )
        for each in some
    ]  # fmt: skip


def _price(everything: Services, each: Source) -> int:
    """What one question costs; the dearest where a source answers several kinds."""
    of_block = max((offer.capability.cost for offer in offers.of(each)), default=0)
    return everything.sources.preferring().costs.get(each.name, of_block)


def week(db: Session, name: str) -> list[tuple[date, Figures | None]]:
    today = measures.today()
    days = [today - timedelta(days=back) for back in range(1, WEEK + 1)]
    found: Mapping[date, Mapping[str, Figures] | None] = measures.of_days(db, [name], days)
    return [(day, counted[name] if (counted := found[day]) is not None else None) for day in days]


def known(name: str) -> Source:
    found = services().sources.find(name)
    if found is None:
        flask.abort(404)
    return found


def _may_change() -> bool:
    return console.operator().may(Permission.SOURCES_CHANGE)


def _nowhere(_db: Session, everything: Services, _who: object) -> int:
    missing = missing_now(everything)
    return len(missing.levels) + len(missing.organisations) + missing.licence


needs.register(
    Need(word("现在走不通的核验"), Permission.SOURCES_READ, "admin.sources", _nowhere, is_urgent=True)
)  # fmt: skip
