"""New versions of the texts: shown and accepted before the account is used further."""

from __future__ import annotations

from dataclasses import dataclass

import flask
from flask.typing import ResponseReturnValue

from idp.accounts.agreements import CURRENT
from idp.edge import browser
from idp.edge.services import services
from idp.web import forms, journey, reading, signing_in

bp = flask.Blueprint("agreements", __name__)
bp.before_request(journey.open_journey)


@dataclass(frozen=True, slots=True)
class DueText:
    title: str
    version: str
    url: str


@bp.route("/agreements", methods=["GET", "POST"])
def agreements() -> ResponseReturnValue:
    live, everything = browser.session(), services()
    if live is None:
        return signing_in.first()
    with everything.database.glance() as db:
        due = everything.accounts.agreements_due(db, live.account_id)
    if not due:
        return journey.onward()
    if flask.request.method == "POST":
        if forms.action() != "accept":
            return journey.decline("access_denied", "/sign-out")
        with everything.database.transaction() as db:
            for document in due:
                everything.accounts.agree(db, live.account_id, document, CURRENT[document], "web")
        return journey.onward()
    texts = [DueText(reading.title_of(document), CURRENT[document], reading.ADDRESSES[document]) for document in due]
    return flask.render_template("agreements.html", journey=journey.current(), documents=texts)
