"""The chain of the trail on the screen: read whole by a worker while the page watches, and written out with a signature."""

from collections.abc import Iterator
from datetime import UTC, datetime

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from idp.admin import console
from idp.admin.audit import day
from idp.admin.console import route
from idp.admin.texts import word
from idp.audit import export as exporting
from idp.audit.models import AuditCheckpoint, AuditHead
from idp.core import clock
from idp.edge.services import services
from idp.staff.models import Operator
from idp.staff.permissions import Permission


@route("/audit/chain", Permission.AUDIT_READ)
def chain() -> ResponseReturnValue:
    """The head of the chain, the reading under way, and what the last ones found."""
    everything = services()
    with everything.database.view() as db:
        head = db.get(AuditHead, 1)
        checkpoint = db.scalar(select(AuditCheckpoint.at).order_by(AuditCheckpoint.seq.desc()).limit(1))
        readings = everything.verifications.latest(db)
        asked = sorted({each.asked_by for each in readings})
        logins = {
            row.id: row.login for row in db.execute(select(Operator.id, Operator.login).where(Operator.id.in_(asked)))
        }
    return console.page("chain.html", head=head, checkpoint=checkpoint, readings=readings, logins=logins)


@route("/audit/chain", Permission.AUDIT_READ, methods=("POST",))
def chain_asked() -> ResponseReturnValue:
    everything = services()
    with everything.database.transaction() as db:
        everything.verifications.ask(db, console.operator().actor)
    return flask.redirect(flask.url_for("admin.chain"), 303)


@route("/audit/export", Permission.AUDIT_EXPORT, methods=("POST",), is_fresh=True, doing=word("导出审计记录"))
def export() -> ResponseReturnValue:
    """A signed file of a period, sent as it is read; that it was taken is itself recorded first."""
    everything, form = services(), flask.request.form
    since = day(form.get("since", "")) or datetime(2000, 1, 1, tzinfo=UTC)
    until = day(form.get("until", ""), after=1) or clock.now()
    with everything.database.transaction() as db:
        everything.trail.record(
            db, "audit.exported", actor=console.operator().actor, since=since.isoformat(), until=until.isoformat()
        )
    lines: Iterator[bytes] = exporting.export(everything.database, everything.keyring, since=since, until=until)
    headers = {"Content-Disposition": f'attachment; filename="audit-{clock.now():%Y%m%d-%H%M%S}.jsonl"'}
    return flask.Response(lines, mimetype="application/x-ndjson", headers=headers)
