"""The pages of the electronic business licence: a code to scan, and how it stands until it is settled."""

from __future__ import annotations

from typing import Final

import flask
from flask.typing import ResponseReturnValue

from idp.core.deadline import Deadline
from idp.core.errors import DomainError
from idp.edge import browser, pictures
from idp.edge.services import services
from idp.mandates.licences import Showing
from idp.mandates.organisations import Recognised
from idp.realname.ports import Scene, Surface
from idp.realname.results import SourceDown
from idp.web import account, forms, organisations
from idp.web.forms import JourneyForm

bp = flask.Blueprint("licences", __name__, url_prefix="/account/licence")
bp.before_request(account.only_when_signed_in)
_PATIENCE: Final = 8.0
_HOME: Final = "/account/organisations"


@bp.route("", methods=["GET", "POST"])
def start() -> ResponseReturnValue:
    """What will happen; on the button, the code is asked for."""
    account_id = account.signed_in().account_id
    if forms.action() == "cancel" or not services().licences.is_offered:
        return flask.redirect(_HOME, 303)
    form, is_down = forms.read(JourneyForm), False
    if form.validate_on_submit():
        match forms.attempt(form, lambda: _started(account_id)):
            case Showing(handle):
                return flask.redirect(f"/account/licence/{handle}", 303)
            case SourceDown():
                is_down = True
    page = flask.render_template(
        "account/licence.html", form=form, is_down=is_down, is_proven=organisations.is_proven(account_id)
    )
    return page, forms.status_of(form)


@bp.route("/<handle>", methods=["GET", "POST"])
def showing(handle: str) -> ResponseReturnValue:
    if forms.action() == "cancel":
        return flask.redirect(_HOME, 303)
    form = JourneyForm(formdata=None)
    found = forms.attempt(form, lambda: _looked(handle))
    match found:
        case Recognised(organisation_id):
            return flask.redirect(f"{_HOME}/{organisation_id}?done=licence", 303)
        case Showing():
            if flask.request.method == "POST":
                return flask.redirect(f"/account/licence/{handle}", 303)
            return flask.render_template(
                "account/licence_showing.html", showing=found, form=form, qr=pictures.qr(found.open_url),
                is_phone=browser.kind().endswith(("Android", "iPhone", "iPad")),
            )  # fmt: skip
    page = flask.render_template("account/licence_over.html", form=form)
    return page, forms.status_of(form) if form.errors else 404


@bp.get("/<handle>/state")
def state(handle: str) -> ResponseReturnValue:
    """For the script of the page; it tells whether to look, and nothing else."""
    try:
        is_waiting = isinstance(_looked(handle), Showing)
    except DomainError:
        is_waiting = False
    return {"state": "waiting" if is_waiting else "settled", "is_on_phone": False}


def _started(account_id: str) -> Showing | SourceDown:
    scene = Scene(Surface.DESK, services().settings.issuer + "/account/licence")
    return services().licences.start(account_id, scene, address=browser.address(), deadline=Deadline.after(_PATIENCE))


def _looked(handle: str) -> Showing | Recognised | None:
    return services().licences.look(account.signed_in().account_id, handle, Deadline.after(_PATIENCE))
