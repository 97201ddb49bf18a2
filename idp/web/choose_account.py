"""Going on with the account that is signed in, or with another one (`prompt=select_account`)."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from idp.edge import browser, leaving
from idp.edge.services import services
from idp.web import facts_shown, forms, journey, signing_in

bp = flask.Blueprint("choose_account", __name__)
bp.before_request(journey.open_journey)


@bp.route("/choose-account", methods=["GET", "POST"])
def choose_account() -> ResponseReturnValue:
    live = browser.session()
    if journey.current() is None:
        return journey.lost()
    if live is None:
        return signing_in.first()
    if flask.request.method == "POST":
        match forms.action():
            case "cancel":
                return journey.decline("access_denied")
            case "switch":
                return _switch(live.id)
            case _:
                journey.choose_account()
                return journey.onward()
    everything = services()
    with everything.database.glance() as db:
        profile = everything.accounts.profile(db, live.account_id)
    label = facts_shown.account_label(profile) if profile is not None else ""
    return flask.render_template("choose_account.html", journey=journey.current(), account_label=label)


def _switch(session_id: str) -> ResponseReturnValue:
    """End the session here, with word to its sites, and let `/authorize` ask for a sign-in."""
    everything = services()
    with everything.database.transaction() as db:
        everything.sessions.end(db, session_id, reason="switched_account")
    everything.worker.wake()
    journey.choose_account()
    gone = leaving.onward(session_id, journey.way("/sign-in"), another_account=True)
    return browser.drop_session(flask.make_response(gone))
