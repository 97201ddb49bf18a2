"""Proving who one is: name and resident number, who will get them and why, and a way out when the source is down."""

from __future__ import annotations

from typing import Final

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.core import clock
from idp.core.deadline import Deadline
from idp.edge import browser
from idp.edge.services import services
from idp.oidc import consents
from idp.realname import levels
from idp.realname.results import Proven, SourceDown
from idp.web import facts_shown, forms, journey, merge, signing_in
from idp.web.forms import IdentityForm

bp = flask.Blueprint("verify", __name__)
bp.before_request(journey.open_journey)
_PATIENCE: Final = 12.0


@bp.route("/verify-identity", methods=["GET", "POST"])
def verify_identity() -> ResponseReturnValue:
    live = browser.session()
    if live is None:
        return signing_in.first()
    if forms.action() == "cancel":
        return journey.decline("access_denied")
    if forms.action() == "later":
        return journey.decline("unmet_authentication_requirements")
    if _is_proven(live.account_id):
        return journey.onward() if journey.current() is not None else flask.render_template("verify_done.html")
    form = forms.read(IdentityForm)
    if form.validate_on_submit():
        match forms.attempt(form, lambda: _prove(live.account_id, form)):
            case Proven():
                return _renewed(live.id)
            case None if (way_on := merge.way_on()) is not None:
                return way_on
            case SourceDown():
                return flask.render_template("verify_unavailable.html", journey=journey.current())
    facts, purpose = _what_the_site_gets()
    page = flask.render_template(
        "verify_identity.html", form=form, journey=journey.current(), facts=facts, purpose=purpose
    )
    return page, forms.status_of(form)


def _is_proven(account_id: str) -> bool:
    with services().database.glance() as db:
        return levels.ial_of(db, account_id, clock.now()) > 0


def _prove(account_id: str, form: IdentityForm) -> Proven | SourceDown:
    under_way = journey.current()
    return services().identity_proof.prove(
        account_id,
        name=form.name.data,
        resident_id=form.resident_id.data,
        client_id=under_way.client.client_id if under_way is not None else None,
        address=browser.address(),
        deadline=Deadline.after(_PATIENCE),
    )


def _renewed(session_id: str) -> ResponseReturnValue:
    """The session now stands for a known person: its cookie changes (session fixation)."""
    everything = services()
    with everything.database.transaction() as db:
        started = everything.sessions.renew(db, session_id)
    return browser.carry_session(flask.make_response(journey.onward("/account?done=verified")), started)


def _what_the_site_gets() -> tuple[str, str]:
    """The facts the site will get once the person is proven, and what it said it needs them for."""
    under_way = journey.current()
    if under_way is None:
        return "", ""
    words = under_way.words
    facts = facts_shown.labels(word for word in words if word in consents.SENSITIVE or word.startswith(consents.CLAIM))
    purposes = {fact.word: fact.purpose for fact in consents.facts_of(under_way.client, words, under_way.locale)}
    return _("、").join(facts), purposes.get("realname", "")
