"""The one thing more that is asked of whoever holds a phone which may have changed hands, and the way for its new owner."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from idp.authn.results import SignedIn
from idp.edge import browser
from idp.edge.services import services
from idp.web import challenges, forms, journey, signing_in
from idp.web.forms import IdentityForm, JourneyForm, OwnPasswordForm
from idp.web.pages import here, link

bp = flask.Blueprint("owner", __name__)
bp.before_request(journey.open_journey)
PATH = "/sign-in/owner"


@bp.route(PATH, methods=["GET", "POST"])
def confirm() -> ResponseReturnValue:
    held_for = services().phone_owners.held_for(challenges.in_hand(), device=browser.device())
    if held_for is None:
        return journey.onward() if signing_in.is_done() else flask.redirect(link("/sign-in/code"), 303)
    if forms.action() == "cancel":
        return journey.decline("access_denied", "/")
    # Who recovers has no password to show.
    by_document = held_for == "recover" or flask.request.args.get("by") == "document"
    form = forms.read(IdentityForm if by_document else OwnPasswordForm)
    if form.validate_on_submit() and (shown := forms.attempt(form, lambda: _show(form))) is not None:
        if held_for == "recover":
            return flask.redirect(link("/recover/password", challenge=challenges.in_hand()), 303)
        return signing_in.finish(shown)
    page = flask.render_template(
        "owner.html", form=form, journey=journey.current(), action=here(), by_document=by_document,
        may_choose=held_for != "recover", challenge=challenges.in_hand(),
    )  # fmt: skip
    return page, forms.status_of(form)


@bp.route(f"{PATH}/not-mine", methods=["GET", "POST"])
def not_mine() -> ResponseReturnValue:
    challenge = challenges.in_hand()
    if services().phone_owners.held_for(challenge, device=browser.device()) is None:
        return flask.redirect(link("/sign-in/code"), 303)
    form = forms.read(JourneyForm)
    if forms.action() == "cancel":
        return flask.redirect(link(PATH, challenge=challenge), 303)
    if form.validate_on_submit() and forms.attempt(form, lambda: _let_go(challenge)):
        return flask.redirect(link("/register/account", challenge=challenge), 303)
    page = flask.render_template("owner_not_mine.html", form=form, journey=journey.current(), action=here())
    return page, forms.status_of(form)


def _show(form: IdentityForm | OwnPasswordForm) -> SignedIn:
    owners, challenge = services().phone_owners, challenges.in_hand()
    device, address = browser.device(), browser.address()
    if isinstance(form, IdentityForm):
        return owners.by_document(challenge, form.name.data, form.resident_id.data, device=device, address=address)
    return owners.by_password(challenge, form.password.data, device=device, address=address)


def _let_go(challenge: str) -> bool:
    services().phone_owners.not_mine(challenge, device=browser.device())
    return True
