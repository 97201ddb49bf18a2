"""The audit administrator's view of the trail: searched by pages, verified on screen, exported with a signature."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import flask
from flask.typing import ResponseReturnValue

from idp.admin import console
from idp.admin.console import route
from idp.audit import export as exporting
from idp.audit import search
from idp.audit.anchors import newest_checkpoint
from idp.audit.verification import verify
from idp.core import clock
from idp.edge.services import services
from idp.staff.permissions import Permission

_PAGE = 50
_FILTERS = ("act", "outcome", "actor_id", "account_id", "client_id", "trace_id")


@route("/audit", Permission.AUDIT_READ)
def audit() -> ResponseReturnValue:
    """The filters are the address; the next page starts after the last entry of this one."""
    given = {name: _clean(flask.request.args.get(name, "")) for name in (*_FILTERS, "since", "until", "before")}
    wanted = search.Wanted(
        **{name: given[name] for name in _FILTERS}, since=_day(given["since"]), until=_day(given["until"], after=1)
    )
    with services().database.view() as db:
        entries = search.page(db, wanted, before=given["before"], size=_PAGE + 1)
    shown = entries[:_PAGE]
    older = None
    if len(entries) > _PAGE:
        kept = {name: value for name, value in given.items() if value} | {"before": shown[-1].id}
        older = f"{flask.url_for('admin.audit')}?{urlencode(kept)}"
    return console.page("audit.html", entries=shown, given=given, older=older)


@route("/audit/chain", Permission.AUDIT_READ)
def chain() -> ResponseReturnValue:
    return console.page("chain.html")


@route("/audit/chain", Permission.AUDIT_READ, methods=("POST",))
def chain_verified() -> ResponseReturnValue:
    everything = services()
    remembered = newest_checkpoint(everything.settings.log_file)
    verdict = verify(everything.database, everything.keyring, expected_head=remembered)
    with everything.database.transaction() as db:
        everything.trail.record(
            db, "audit.verified", outcome="success" if verdict.is_sound else "failure", actor=console.operator().actor,
            sealed=verdict.sealed, findings=verdict.count,
        )  # fmt: skip
    return console.page("chain.html", verdict=verdict)


@route("/audit/export", Permission.AUDIT_EXPORT, methods=("POST",))
def export() -> ResponseReturnValue:
    """A signed file of a period; that it was taken is itself recorded first."""
    everything, form = services(), flask.request.form
    since = _day(_clean(form.get("since", ""))) or datetime(2000, 1, 1, tzinfo=UTC)
    until = _day(_clean(form.get("until", "")), after=1) or clock.now()
    with everything.database.transaction() as db:
        everything.trail.record(
            db, "audit.exported", actor=console.operator().actor, since=since.isoformat(), until=until.isoformat()
        )
    lines: Iterator[bytes] = exporting.export(everything.database, everything.keyring, since=since, until=until)
    headers = {"Content-Disposition": f'attachment; filename="audit-{clock.now():%Y%m%d-%H%M%S}.jsonl"'}
    return flask.Response(lines, mimetype="application/x-ndjson", headers=headers)


def _clean(text: str) -> str:
    return "".join(letter for letter in text.strip()[:64] if letter.isprintable())


def _day(text: str, *, after: int = 0) -> datetime | None:
    """The beginning of a day in Beijing, or of the one after it; None for anything that is no date."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=clock.BEIJING) + timedelta(days=after)
    except (ValueError, OverflowError):
        return None
