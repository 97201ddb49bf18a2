"""The way over a counter: what to bring, the code to say there, and how it went."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from idp.core import clock
from idp.edge import browser
from idp.edge.services import services
from idp.realname import counter as counters
from idp.realname import levels
from idp.web import forms, journey, merge, signing_in, verify_ways

bp = flask.Blueprint("counter", __name__)
bp.before_request(journey.open_journey)


@bp.route("/verify-identity/counter", methods=["GET", "POST"])
def take_code() -> ResponseReturnValue:
    """Show how it works; a code is made when the person asks for one, and shown once."""
    live = browser.session()
    if live is None:
        return signing_in.first()
    if not services().settings.counter:
        flask.abort(404)
    if forms.action() == "later":
        return verify_ways.put_off(live.account_id)
    if forms.action() == "done":
        return journey.onward()
    form, ticket = forms.read(forms.JourneyForm), None
    if forms.action() == "continue" and form.validate_on_submit():
        under_way = journey.current()
        client_id = under_way.client.client_id if under_way is not None else None
        ticket = forms.attempt(form, lambda: services().counter.open(live.account_id, client_id=client_id))
    case = services().counter.state_of(live.account_id)
    with services().database.glance() as db:
        ial = levels.ial_of(db, live.account_id, clock.now())
    return flask.render_template(
        "verify_counter.html", journey=journey.current(), form=form, ticket=ticket, is_proven=ial >= counters.LEVEL,
        state=case.state if case is not None and case.expires_at > clock.now() else "", case=case,
        may_merge=merge.way_on() is not None,
    )  # fmt: skip
