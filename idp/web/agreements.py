"""New versions of the texts: shown and accepted before the account is used further."""

from __future__ import annotations

from dataclasses import dataclass

import flask
from flask.typing import ResponseReturnValue

from idp.edge import browser, legal
from idp.edge.services import services
from idp.web import forms, journey, signing_in
from idp.web.legal import title_of

bp = flask.Blueprint("agreements", __name__)
bp.before_request(journey.open_journey)


@dataclass(frozen=True, slots=True)
class DueText:
    document: str
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
    now = everything.accounts.agreements_now()
    if not due:
        return journey.onward()
    if flask.request.method == "POST":
        if forms.action() != "accept":
            return journey.decline("access_denied", "/sign-out")
        # Agreed is what was shown: a text that was published meanwhile is shown first.
        if all(flask.request.form.get(document) == now[document] for document in due):
            with everything.database.transaction() as db:
                for document in due:
                    everything.accounts.agree(db, live.account_id, document, now[document], "web")
            return journey.onward()
    texts = [DueText(each, title_of(each), now[each], f"{legal.ADDRESSES[each]}/{now[each]}") for each in due]
    return flask.render_template("agreements.html", journey=journey.current(), documents=texts)
