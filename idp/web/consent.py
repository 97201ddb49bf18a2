"""The person's yes or no to what a site gets."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from idp.edge import browser
from idp.edge.services import services
from idp.oidc import consents
from idp.realname import persons
from idp.web import facts_shown, forms, journey, signing_in
from idp.web.journey import JourneyView

bp = flask.Blueprint("consent", __name__)
bp.before_request(journey.open_journey)


@bp.route("/consent", methods=["GET", "POST"])
def consent() -> ResponseReturnValue:
    under_way, live = journey.current(), browser.session()
    if under_way is None:
        return journey.lost()
    if live is None:
        return signing_in.first()
    form = forms.read(forms.JourneyForm)
    if form.validate_on_submit():
        if forms.action() != "allow":
            return journey.decline("access_denied")
        everything = services()
        with everything.database.transaction() as db:
            consents.give(db, everything.trail, live.account_id, under_way.client, under_way.words)
        return journey.onward()
    return _page(under_way, live.account_id)


def _page(under_way: JourneyView, account_id: str) -> ResponseReturnValue:
    everything = services()
    with everything.database.glance() as db:
        profile = everything.accounts.profile(db, account_id)
        person = persons.facts(db, everything.keyring, account_id)
    if profile is None:
        return signing_in.first()
    listed = consents.facts_of(under_way.client, under_way.words, under_way.locale)
    return flask.render_template(
        "consent.html",
        journey=under_way,
        facts=facts_shown.shown(listed, profile, person),
        account_label=facts_shown.account_label(profile),
    )
