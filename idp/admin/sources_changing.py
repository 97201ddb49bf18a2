"""Changing what is set about the sources: shown as a difference first, then done with a reason, kept as a version, undone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from idp.admin import console, replayed, sources_words
from idp.admin.console import route
from idp.admin.sources import in_order
from idp.admin.texts import say, word
from idp.core import differences
from idp.core.differences import Change
from idp.db import keyset
from idp.edge.services import Services, services
from idp.realname.watch import offers, settings
from idp.realname.watch.models import SourceSettings
from idp.realname.watch.offers import Missing
from idp.realname.watch.preferences import Preferences
from idp.staff.models import Operator
from idp.staff.permissions import Permission

_NUMBER = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One change as a form asks for it: what to do, to which source, with which value."""

    do: str
    source: str
    value: str

    def applied(self, everything: Services, now: Preferences, earlier: Preferences | None) -> dict[str, Any] | None:
        """The settings that would be in force; None for what makes no sense."""
        if self.do == "restore":
            return earlier.settings if earlier is not None else None
        names = [each.name for each in in_order(everything)]
        if self.source not in names:
            return None
        made = now.settings
        match self.do:
            case "off":
                made["off"] = sorted({*now.off, self.source})
            case "on":
                made["off"] = sorted(now.off - {self.source})
            case "up" | "down":
                made["order"] = _moved(names, self.source, -1 if self.do == "up" else 1)
            case "cost" if _NUMBER.fullmatch(self.value) and int(self.value) <= settings.HIGHEST_COST:
                made["costs"] = made["costs"] | {self.source: int(self.value)}
            case _:
                return None
        return made


@route("/sources/-/change", Permission.SOURCES_CHANGE)
def sources_change() -> ResponseReturnValue:
    """What would change, and what would be missing then; nothing is done yet."""
    wanted = _asked(flask.request.args)
    return _previewed(wanted)


@route(
    "/sources/-/change", Permission.SOURCES_CHANGE, methods=("POST",), is_fresh=True, doing=word("修改身份源的设置")
)  # fmt: skip
def sources_changed() -> ResponseReturnValue:
    everything, form = services(), flask.request.form
    wanted, base = _asked(form), form.get("base", "")
    if form.get("reason") not in sources_words.WHY or not _NUMBER.fullmatch(base):
        return _previewed(wanted, problem=word("请选择原因。"))
    with everything.database.transaction() as db:
        now = settings.latest(db)
        made = wanted.applied(everything, now, _earlier(db, wanted))
        if made is None:
            flask.abort(400)
        is_understood = form.get("understood") == "yes" or not missing(everything, now, made)
        if is_understood:
            settings.change(
                db, everything.trail, made, base=int(base), reason=form["reason"], actor=console.operator().actor
            )
        else:
            replayed.refuse("understood")
    if not is_understood:
        return _previewed(wanted, problem=word("请确认您已了解后果。"))
    return flask.redirect(flask.url_for("admin.sources", done="changed"), 303)


@route("/sources/-/history", Permission.SOURCES_READ)
def sources_history() -> ResponseReturnValue:
    """Every version, the last first, each with its difference to the one before."""
    everything = services()
    with everything.database.view() as db:
        slice_ = keyset.page(
            db, select(SourceSettings), [SourceSettings.version], after=flask.request.args.get("after", ""), size=20
        )
        rows: list[SourceSettings] = slice_.rows
        before: Mapping[str, Any] = Preferences().settings
        if rows and (earlier := settings.version(db, rows[-1].version - 1)) is not None:
            before = earlier.settings
        makers = select(Operator.id, Operator.login).where(Operator.id.in_({row.made_by for row in rows}))
        names = {row.id: row.login for row in db.execute(makers)}
        in_force = settings.count(db)
    shown: list[tuple[SourceSettings, list[Change]]] = []
    for row in reversed(rows):
        shown.insert(0, (row, differences.between(before, row.settings)))
        before = row.settings
    return console.page(
        "sources_history.html", slice=slice_, shown=shown, names=names, in_force=in_force, words=sources_words, told=_told,
        label=_label, may_change=console.operator().may(Permission.SOURCES_CHANGE),
    )  # fmt: skip


def _previewed(wanted: Wanted, problem: str = "") -> ResponseReturnValue:
    everything = services()
    with everything.database.view() as db:
        now = settings.latest(db)
        made = wanted.applied(everything, now, _earlier(db, wanted))
    if made is None:
        flask.abort(404)
    before = now.settings
    if made["order"] != before["order"]:  # who never ordered them sees the order there is, not a dash
        before["order"] = before["order"] or [each.name for each in in_order(everything)]
    found = everything.sources.find(wanted.source)
    return console.page(
        "sources_change.html", 400 if problem else 200, wanted=wanted, base=now.version, problem=problem, told=_told,
        changes=differences.between(before, made), missing=missing(everything, now, made), words=sources_words,
        source=found, label=_label,
    )  # fmt: skip


def _asked(given: Mapping[str, str]) -> Wanted:
    return Wanted(given.get("do", "")[:16], given.get("source", "")[:64], given.get("value", "")[:16].strip())


def wished(db: Any, everything: Services, form: Mapping[str, str], now: Preferences) -> dict[str, Any] | None:
    """The settings that this form asks for; None for what makes no sense."""
    wanted = _asked(form)
    return wanted.applied(everything, now, _earlier(db, wanted))


def _earlier(db: Any, wanted: Wanted) -> Preferences | None:
    if wanted.do != "restore" or not _NUMBER.fullmatch(wanted.value):
        return None
    return settings.version(db, int(wanted.value))


def missing(everything: Services, now: Preferences, made: Mapping[str, Any]) -> Missing:
    """What people could do until now, and could not then."""
    has_counter = everything.settings.counter
    before = offers.reached((s for s in everything.sources if now.is_on(s.name)), has_counter=has_counter)
    after = offers.reached((s for s in everything.sources if s.name not in made["off"]), has_counter=has_counter)
    return after.lacks(before)


def _moved(names: list[str], name: str, by: int) -> list[str]:
    place = names.index(name)
    other = min(max(place + by, 0), len(names) - 1)
    names[place], names[other] = names[other], names[place]
    return names


def _told(value: Any) -> str:
    """A setting as people read it."""
    if value is None or value == []:
        return "—"
    return "、".join(_label(str(each)) for each in value) if isinstance(value, list) else str(value)


def _label(name: str) -> str:
    """What people call a source; its name where it is configured no more."""
    found = services().sources.find(name)
    return say(found.label) if found is not None else name
