"""The person's yes or no to what a site gets."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from idp.accounts import details
from idp.edge import browser
from idp.edge.services import services
from idp.oidc import claim_values, consents
from idp.oidc.request import AuthorizationRequest
from idp.realname import persons
from idp.web import facts_shown, forms, journey, signing_in, site_shown
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
        written = details.read(db, everything.keyring, account_id)
    if profile is None:
        return signing_in.first()
    asked = under_way.asked
    listed = consents.facts_of(under_way.client, under_way.words, under_way.locale, essential=asked.claims.essential)
    known = claim_values.known(profile, person, written, may_be_declared="profile" in under_way.client.metadata.scopes)
    return flask.render_template(
        "consent.html",
        journey=under_way,
        facts=facts_shown.shown(listed, known, in_english=_asks_for_english(asked)),
        site=site_shown.of(under_way.client, under_way.locale, answered_at=asked.redirect_uri or ""),
        account_label=facts_shown.account_label(profile),
    )


def _asks_for_english(asked: AuthorizationRequest) -> bool:
    names = (*asked.claims.id_token, *asked.claims.userinfo)
    tags = (*asked.claims_locales, *(name.partition("#")[2] for name in names))
    return any(tag.lower().split("-")[0] == "en" for tag in tags)
