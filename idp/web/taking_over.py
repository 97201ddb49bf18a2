"""Taking over a proof that another centre vouches for: offered after signing in there, and done when its person agrees."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from idp.authn.sessions import LiveSession
from idp.core import clock
from idp.core.identifiers import Document, mask_document, mask_name
from idp.edge import browser
from idp.edge.services import services
from idp.realname import levels
from idp.realname.errors import NotForThisAccount
from idp.realname.evidence import Query
from idp.realname.ports import Applicant, AssuranceLevel, Capability, Verified
from idp.web import arrivals, facts_shown, forms, journey, merge, signing_in, sources_shown
from idp.web.arrivals import Arrival, Vouched
from idp.web.forms import JourneyForm

bp = flask.Blueprint("taking_over", __name__)
bp.before_request(journey.open_journey)
CHANNEL, PURPOSE = "sign_in", "sign_in"


@bp.route(arrivals.PROOF, methods=["GET", "POST"])
def take_over() -> ResponseReturnValue:
    live, arrival = browser.session(), arrivals.waiting()
    if live is None or arrival is None or not arrivals.is_for(arrival, live.account_id):
        return signing_in.go_on()
    capability, vouched = _capability(arrival), arrival.vouched
    if (
        vouched is None
        or capability is None
        or not _is_worth_it(live.account_id, _level(vouched, capability))
        or forms.action() == "later"
    ):
        arrivals.forget()
        return signing_in.go_on()
    form = forms.read(JourneyForm)
    if forms.action() == "accept" and form.validate():
        return _accept(live, arrival, vouched, capability, form)
    return _page(arrival, vouched, capability, form)


def _page(arrival: Arrival, vouched: Vouched, capability: Capability, form: JourneyForm) -> ResponseReturnValue:
    page = flask.render_template(
        "take_over.html", form=form, journey=journey.current(), source=sources_shown.label(arrival.external.source),
        person=mask_name(vouched.name), document=mask_document(_document(vouched)),
        level=facts_shown.value_of("ial", {"ial": _level(vouched, capability)}),
    )  # fmt: skip
    return page, forms.status_of(form)


def _accept(
    live: LiveSession, arrival: Arrival, vouched: Vouched, capability: Capability, form: JourneyForm
) -> ResponseReturnValue:
    """Write the proof down as the source's, and give the session a new secret: it stands for a known person now."""
    everything, under_way = services(), journey.current()
    applicant, level = Applicant(vouched.name, _document(vouched)), AssuranceLevel(_level(vouched, capability))
    verified = Verified(capability.attests, vouched.request_number, applicant=applicant, level=level)
    query = Query(
        live.account_id, applicant, arrival.external.source, CHANNEL, capability, PURPOSE,
        client_id=under_way.client.client_id if under_way is not None else None,
    )  # fmt: skip
    arrivals.forget()
    try:
        with everything.database.transaction() as db:
            everything.identity_proof.record(db, query, verified)
            started = everything.sessions.renew(db, live.id)
    except NotForThisAccount as refusal:
        with everything.database.transaction() as db:
            everything.identity_proof.record_refusal(db, query, verified, refusal)
        forms.blame(form, refusal)
        return flask.render_template(
            "take_over.html", form=form, journey=under_way, is_refused=True, may_merge=merge.way_on() is not None
        ), forms.status_of(form)  # fmt: skip
    return browser.carry_session(flask.make_response(signing_in.go_on("/account?done=verified")), started)


def _capability(arrival: Arrival) -> Capability | None:
    """What the source may vouch for, as it is configured today."""
    source = services().sources.find(arrival.external.source)
    return source.sign_in.capability if source is not None and source.sign_in is not None else None


def _level(vouched: Vouched, capability: Capability) -> int:
    """What the proof comes to here: never above what the source may vouch for."""
    return min(vouched.level, int(capability.assurance_level))


def _is_worth_it(account_id: str, level: int) -> bool:
    with services().database.glance() as db:
        return levels.ial_of(db, account_id, clock.now()) < level


def _document(vouched: Vouched) -> Document:
    return Document.of(vouched.kind, vouched.number, country=vouched.country)
