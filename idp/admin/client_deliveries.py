"""What was sent to a site, what it did wrong and what its last check said, for operators; a delivery is sent again here too."""

import flask
from flask.typing import ResponseReturnValue

from idp.admin import clients, console, texts
from idp.admin.console import route
from idp.admin.texts import word
from idp.edge import pages
from idp.edge.services import services
from idp.sites import deliveries, errors_seen
from idp.sites.rehearsal import jobs, words
from idp.staff.permissions import Permission

texts.STATES.update({"waiting": word("等待投递"), "delivered": word("已送达"), "dead": word("未能送达")})


@route("/clients/<client_id>/deliveries", Permission.CLIENTS_READ)
def client_deliveries(client_id: str) -> ResponseReturnValue:
    locale = pages.locale()
    with services().database.view() as db:
        row = clients.within_reach(db, client_id)
        sent = deliveries.listing(db, client_id, after=flask.request.args.get("after", ""))
        errors, report = errors_seen.latest(db, client_id), jobs.latest(db, client_id)
    found = report.findings if report is not None else ()
    wrong = [(words.of(each.point, locale), words.did(each, locale)) for each in found if each.verdict == "failed"]
    return console.page(
        "client_deliveries.html", client=row, slice=sent, errors=errors, report=report, wrong=wrong,
        may_change=console.operator().may(Permission.CLIENTS_CHANGE),
    )  # fmt: skip


@route("/clients/<client_id>/deliveries", Permission.CLIENTS_CHANGE, methods=("POST",))
def client_delivery_again(client_id: str) -> ResponseReturnValue:
    everything = services()
    with everything.database.transaction() as db:
        clients.within_reach(db, client_id)
        deliveries.send_again(
            db, everything.outbox, everything.trail, client_id, flask.request.form.get("message", ""),
            actor=console.operator().actor,
        )  # fmt: skip
    everything.worker.wake()
    return flask.redirect(flask.url_for("admin.client_deliveries", client_id=client_id), 303)
