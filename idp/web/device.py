"""Where a person allows a device without a browser: type its code, compare, sign in and consent as ever, go back to it."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import urlencode

import flask
import qrcode
from flask.typing import ResponseReturnValue
from qrcode.image.svg import SvgPathImage

from idp.authn.sessions import LiveSession
from idp.core.errors import DomainError
from idp.edge import browser, pages
from idp.edge.services import services
from idp.oidc.authorization import journeys
from idp.oidc.devices import device
from idp.oidc.devices.device import Waiting
from idp.oidc.devices.user_codes import SignInFirst
from idp.web import facts_shown, forms, signing_in
from idp.web.forms import UserCodeForm

bp = flask.Blueprint("device", __name__)


@bp.route("/device", methods=["GET", "POST"])
def enter() -> ResponseReturnValue:
    """The field for the code; a code that came along is looked up at once, and confirmed by the person all the same."""
    if flask.request.method == "GET":
        typed = flask.request.args.get("user_code", "")
        return _compare(UserCodeForm(formdata=None, data={"user_code": typed})) if typed else _field(_empty())
    form = forms.read(UserCodeForm)
    if not form.validate_on_submit():
        return _field(form)
    match forms.action():
        case "confirm" | "deny" as made:
            return _decide(form, made)
        case _:
            return _compare(form)


@bp.get("/device/done")
def done() -> ResponseReturnValue:
    """What became of the request, for the browser in which it was decided."""
    journey = journeys.reopen(services().store, flask.request.args.get("journey", ""), device=browser.device())
    if journey is None or journey.outcome is None:
        return flask.redirect("/device", 303)
    return _end(journey.outcome, journey.asked.client_id or "")


@bp.get("/device/qr")
def qr() -> ResponseReturnValue:
    """The address with the code as a picture, for devices that can show one and cannot make one (RFC 8628 §3.3.1)."""
    typed = flask.request.args.get("user_code", "")
    try:
        device.count_picture(services().provider, address=browser.address())
        waiting = device.find(services().provider, typed, browser=None, address=browser.address(), account_id=None)
    except DomainError as refusal:
        wait = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after is not None else {}
        return "", 404 if refusal.status == 400 else refusal.status, wait
    address = services().settings.url("/device?" + urlencode({"user_code": waiting.user_code}))
    drawn = BytesIO()
    qrcode.make(address, image_factory=SvgPathImage, border=4).save(drawn)
    return flask.Response(drawn.getvalue(), mimetype="image/svg+xml")


def _find(form: UserCodeForm, live: LiveSession | None) -> Waiting:
    return device.find(
        services().provider, form.user_code.data or "", browser=browser.device(), address=browser.address(),
        account_id=live.account_id if live is not None else None,
    )  # fmt: skip


def _compare(form: UserCodeForm) -> ResponseReturnValue:
    """The page on which the person compares: which site, what it gets, the code, and a warning (RFC 8628 §5.4)."""
    live = browser.session()
    try:
        waiting = _find(form, live)
    except SignInFirst:
        if flask.request.method == "POST":
            return flask.redirect("/device?" + urlencode({"user_code": form.user_code.data or ""}), 303)
        return signing_in.first()
    except DomainError as refusal:
        if refusal.status >= 500:
            raise
        forms.blame(form, refusal)
        return _field(form)
    return flask.render_template(
        "device_compare.html",
        site_name=waiting.client.name(pages.locale()),
        user_code=waiting.user_code,
        facts=facts_shown.labels(waiting.checked.words),
        account_label=_account_label(live),
    )


def _decide(form: UserCodeForm, made: str) -> ResponseReturnValue:
    """Yes leads on to signing in and whatever else the site needs; no is told to the device at once."""
    live, everything = browser.session(), services()
    try:
        waiting = _find(form, live)
    except SignInFirst:
        return flask.redirect("/device?" + urlencode({"user_code": form.user_code.data or ""}), 303)
    except DomainError as refusal:
        if refusal.status >= 500:
            raise
        forms.blame(form, refusal)
        return _field(form)
    if made == "deny":
        said = device.deny(everything.provider, waiting.digest, account_id=live.account_id if live else None)
        return _end(said, waiting.client.client_id)
    journey = journeys.park(
        everything.store, waiting.checked.asked, device=browser.device(), device_request=waiting.digest
    )
    return flask.redirect("/authorize?" + urlencode({"journey": journey.handle}), 303)


def _field(form: UserCodeForm) -> ResponseReturnValue:
    return flask.render_template("device.html", form=form), forms.status_of(form)


def _empty() -> UserCodeForm:
    return UserCodeForm(formdata=None)


def _end(outcome: str, client_id: str) -> ResponseReturnValue:
    client = services().provider.clients.find(client_id)
    name = client.name(pages.locale()) if client is not None else None
    return flask.render_template("device_done.html", outcome=outcome, site_name=name)


def _account_label(live: LiveSession | None) -> str:
    if live is None:
        return ""
    everything = services()
    with everything.database.glance() as db:
        profile = everything.accounts.profile(db, live.account_id)
    return facts_shown.account_label(profile) if profile is not None else ""
