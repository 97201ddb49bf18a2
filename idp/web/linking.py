"""Linking an account elsewhere, after the account's own sign-in and by a click of its own; and taking a link away."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from idp.accounts.errors import LastWayIn, LinkedElsewhere
from idp.authn.sessions import LiveSession
from idp.edge import browser
from idp.edge.services import services
from idp.web import account, arrivals, elsewhere, facts_shown, forms, journey, signing_in, sources_shown
from idp.web.arrivals import Arrival
from idp.web.forms import JourneyForm
from idp.web.pages import link, with_journey

bp = flask.Blueprint("linking", __name__)
bp.before_request(journey.open_journey)
of_account = flask.Blueprint("links", __name__, url_prefix="/account/links")
of_account.before_request(account.only_when_signed_in)


@bp.route("/sign-in/unlinked", methods=["GET", "POST"])
def unlinked() -> ResponseReturnValue:
    """Nobody here has this account elsewhere: sign in to an account, or register one, and link it then."""
    if forms.action() == "cancel":
        arrivals.forget()
        return journey.decline("access_denied", "/")
    arrival = arrivals.waiting()
    if arrival is None or arrival.kept.is_linked:
        return flask.redirect(link("/sign-in"), 303)
    signing_in.want_fresh()
    return flask.render_template(
        "unlinked.html", journey=journey.current(), form=JourneyForm(),
        source=sources_shown.label(arrival.external.source), shown=arrival.external.shown,
    )  # fmt: skip


@bp.route(arrivals.LINK, methods=["GET", "POST"])
def confirm() -> ResponseReturnValue:
    live, arrival = browser.session(), arrivals.waiting()
    if live is None or arrival is None or not _is_asked_of(live, arrival):
        return signing_in.go_on()
    if arrival.kept.is_linked:
        return _after(arrival)
    source = sources_shown.label(arrival.external.source)
    if forms.action() == "later":
        arrivals.forget()
        return signing_in.go_on()
    if forms.action() == "link" and JourneyForm(formdata=flask.request.form).validate():
        try:
            _link(live, arrival)
        except LinkedElsewhere as refusal:
            arrivals.forget()
            return flask.render_template(
                "link_taken.html",
                journey=journey.current(),
                source=source,
                message=refusal.sentence,
                form=JourneyForm(),
            ), refusal.status
        arrivals.linked(arrival, live.account_id)
        return _after(arrival)
    return flask.render_template(
        "link.html", journey=journey.current(), source=source, shown=arrival.external.shown,
        account=_called(live.account_id), form=JourneyForm(),
    )  # fmt: skip


@of_account.get("/with/<name>")
def another(name: str) -> ResponseReturnValue:
    live = browser.session()
    if live is None:
        return signing_in.first()
    if (first := signing_in.again_if_stale(live, f"/account/links/with/{name}")) is not None:
        return first
    return elsewhere.leave_for(name, purpose="link", account_id=live.account_id)


@of_account.route("/<link_id>", methods=["GET", "POST"])
def unlink(link_id: str) -> ResponseReturnValue:
    live = browser.session()
    if live is None:
        return signing_in.first()
    found = next((each for each in sources_shown.links_of(live.account_id) if each.id == link_id), None)
    if found is None or forms.action() == "cancel":
        return flask.redirect("/account/security", 303)
    if (first := signing_in.again_if_stale(live, f"/account/links/{link_id}")) is not None:
        return first
    if forms.action() != "unlink":
        return flask.render_template("account/unlink.html", link=found, form=JourneyForm())
    everything = services()
    try:
        with everything.database.transaction() as db:
            if everything.links.unlink(db, live.account_id, link_id) is not None:
                everything.notices.tell(db, live.account_id, "unlinked")
    except LastWayIn as refusal:
        page = flask.render_template("account/unlink.html", link=found, form=JourneyForm(), is_last=True)
        return page, refusal.status
    everything.worker.wake()
    return flask.redirect("/account/security?done=unlinked", 303)


def _is_asked_of(live: LiveSession, arrival: Arrival) -> bool:
    """Whether this person signed in after they came from elsewhere, or left for there from their account centre."""
    if arrival.kept.account_id:
        return arrival.kept.account_id == live.account_id
    return live.auth_time >= arrival.at


def _link(live: LiveSession, arrival: Arrival) -> None:
    everything = services()
    with everything.database.transaction() as db:
        if everything.links.link(db, live.account_id, arrival.external):
            everything.notices.tell(db, live.account_id, "linked")
    everything.worker.wake()


def _after(arrival: Arrival) -> ResponseReturnValue:
    """On to a proof that the source vouches for, or to where the person was going."""
    if arrival.vouched is not None:
        return flask.redirect(with_journey(arrivals.PROOF), 303)
    arrivals.forget()
    return signing_in.go_on("/account/security?done=linked")


def _called(account_id: str) -> str:
    with services().database.glance() as db:
        profile = services().accounts.profile(db, account_id)
    return facts_shown.account_label(profile) if profile is not None else ""
