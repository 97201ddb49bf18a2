"""A site in test mode and a real person, or a test person and any other site: what there is to do, in words."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from idp.edge import browser, leaving
from idp.edge.services import services
from idp.web import facts_shown, forms, journey, signing_in

bp = flask.Blueprint("other_person", __name__)
bp.before_request(journey.open_journey)


@bp.route("/other-person", methods=["GET", "POST"])
def other_person() -> ResponseReturnValue:
    live = browser.session()
    if journey.current() is None:
        return journey.lost()
    if live is None:
        return signing_in.first()
    if flask.request.method == "POST":
        if forms.action() == "cancel":
            return journey.decline("access_denied")
        return _switch(live.id)
    everything = services()
    with everything.database.glance() as db:
        profile = everything.accounts.profile(db, live.account_id)
    return flask.render_template(
        "other_person.html",
        journey=journey.current(),
        account_label=facts_shown.account_label(profile) if profile is not None else "",
        is_synthetic=profile is not None and profile.is_synthetic,
    )


def _switch(session_id: str) -> ResponseReturnValue:
    """End the session here, with word to its sites, and let `/authorize` ask for a sign-in."""
    everything = services()
    with everything.database.transaction() as db:
        everything.sessions.end(db, session_id, reason="switched_account")
    everything.worker.wake()
    gone = leaving.onward(session_id, journey.way("/sign-in"), another_account=True)
    return browser.drop_session(flask.make_response(gone))
