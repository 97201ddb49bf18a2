"""The audit administrator's view of the trail: searched by pages, one entry with what stands around it, a person found."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.admin import act_names, audit_people, console
from idp.admin.console import route
from idp.audit import nearby, search
from idp.audit.models import AuditEntry
from idp.core import clock, differences, ids
from idp.edge.services import services
from idp.staff.models import Operator
from idp.staff.permissions import Permission

_PAGE = 20
_FILTERS = ("act", "outcome", "actor_id", "account_id", "client_id", "trace_id")
_PERIOD = ("since", "until")


@route("/audit", Permission.AUDIT_READ)
def audit() -> ResponseReturnValue:
    """The filters are the address; the next page starts after the last entry of this one. That somebody searched is recorded."""
    given = {name: _clean(flask.request.args.get(name, "")) for name in (*_FILTERS, *_PERIOD, "before")}
    wanted = search.Wanted(
        **{name: given[name] for name in _FILTERS}, since=day(given["since"]), until=day(given["until"], after=1)
    )
    with services().database.view() as db:
        found = search.page(db, wanted, before=given["before"], size=_PAGE)
        choices = act_names.grouped(search.acts(db))
        logins = _logins(db, found.entries)
    if not given["before"]:
        _record("audit.searched", wanted, filters=[name for name in (*_FILTERS, *_PERIOD) if given[name]])
    kept = {name: value for name, value in given.items() if value}
    older = f"{flask.url_for('admin.audit')}?{urlencode(kept | {'before': found.older})}" if found.older else None
    return console.page(
        "audit.html", entries=found.entries, given=given, older=older, is_cut=found.is_cut, choices=choices,
        first={name: value for name, value in kept.items() if name != "before"},
        until=_time_of(found.older), logins=logins, names=act_names.NAMES, kinds=audit_people.KINDS,
    )  # fmt: skip


@route("/audit/find", Permission.AUDIT_READ, methods=("POST",))
def audit_find() -> ResponseReturnValue:
    """From what a person is called by to their id, which the address may hold: what was typed goes no further than this."""
    kind, typed = flask.request.form.get("kind", ""), flask.request.form.get("who", "").strip()[:64]
    everything = services()
    with everything.database.view() as db:
        found = audit_people.find(db, everything.keyring, kind, typed)
    by = kind if kind in audit_people.KINDS else ""
    if not found:
        _record("audit.person_sought", search.Wanted(), outcome="failure", by=by)
    for each in found:
        _record("audit.person_sought", search.Wanted(account_id=each.id if each.is_account else ""), by=by)
    if len(found) == 1 and found[0].is_account:
        return flask.redirect(flask.url_for("admin.audit", account_id=found[0].id), 303)
    if len(found) == 1:
        return flask.redirect(flask.url_for("admin.audit", actor_id=found[0].id), 303)
    return console.page("audit_found.html", found=found, kind=kind, kinds=audit_people.KINDS)


@route("/audit/entries/<entry_id>", Permission.AUDIT_READ)
def audit_entry(entry_id: str) -> ResponseReturnValue:
    """One entry: what it says, what changed, whether it stands where it was sealed, and what else the same request did."""
    everything = services()
    with everything.database.view() as db:
        entry = db.get(AuditEntry, entry_id)
        if entry is None:
            flask.abort(404)
        checked = nearby.check(db, everything.keyring, entry)
        together = nearby.of_trace(db, entry.trace_id)
        logins = _logins(db, [entry, *together])
    with everything.database.transaction() as db:
        everything.trail.record(db, "audit.entry_viewed", actor=console.operator().actor, entry=entry_id)
    return console.page(
        "audit_entry.html", entry=entry, checked=checked, together=together, changes=_changes(entry), logins=logins,
        names=act_names.NAMES,
    )  # fmt: skip


def _record(act: str, wanted: search.Wanted, *, outcome: str = "success", **details: Any) -> None:
    everything = services()
    with everything.database.transaction() as db:
        everything.trail.record(
            db, act, outcome=outcome, actor=console.operator().actor, account_id=wanted.account_id[:32] or None,
            client_id=wanted.client_id or None, **details,
        )  # fmt: skip


def _changes(entry: AuditEntry) -> list[differences.Change]:
    """What an act changed: its `before` and `after`, where it says so, or what acts of its kind always change."""
    if isinstance(told := entry.details.get("changes"), list):
        return [change for each in told if (change := _told(each)) is not None]
    before, after = entry.details.get("before"), entry.details.get("after")
    if before is None and after is None:
        before, after = act_names.CHANGES.get(entry.act, ({}, {}))
    return differences.between(_members(before), _members(after))


def _told(line: Any) -> differences.Change | None:
    """`path: before -> after`."""
    path, _, both = str(line).partition(": ")
    before, arrow, after = both.partition(" -> ")
    return differences.Change(path, before, after) if arrow else None


def _members(said: Any) -> dict[str, Any]:
    """`{"a": 1}` as it is, `["a=1"]` by its names, and one value as a member without a name."""
    if isinstance(said, dict):
        return said
    if isinstance(said, list) and all(isinstance(each, str) and "=" in each for each in said):
        return dict(each.split("=", 1) for each in said)
    return {} if said is None else {"": said}


def _logins(db: Session, entries: list[AuditEntry]) -> dict[str, str]:
    """The login names of the operators among the actors. One statement."""
    wanted = sorted({entry.actor_id for entry in entries if entry.actor_kind == "operator" and entry.actor_id})
    found = db.execute(select(Operator.id, Operator.login).where(Operator.id.in_(wanted))) if wanted else ()
    return {row.id: row.login for row in found}


def _time_of(entry_id: str | None) -> datetime | None:
    try:
        return ids.time_of(entry_id) if entry_id else None
    except (ValueError, OverflowError, OSError):
        return None


def _clean(text: str) -> str:
    return "".join(letter for letter in text.strip()[:64] if letter.isprintable())


def day(text: str, *, after: int = 0) -> datetime | None:
    """The beginning of a day in Beijing, or of the one after it; None for anything that is no date."""
    try:
        return datetime.strptime(_clean(text), "%Y-%m-%d").replace(tzinfo=clock.BEIJING) + timedelta(days=after)
    except (ValueError, OverflowError):
        return None
