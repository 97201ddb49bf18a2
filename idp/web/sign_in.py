"""Signing in: by password, or by a code sent to a phone."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.authn.results import Held, SignedIn, Unregistered
from idp.edge import browser, pages
from idp.edge.services import services
from idp.web import challenges, code_page, forms, journey, owner, signing_in, sources_shown
from idp.web.forms import CodeForm, PasswordSignInForm, PhoneForm
from idp.web.pages import link

bp = flask.Blueprint("sign_in", __name__)
bp.before_request(journey.open_journey)


@bp.route("/sign-in", methods=["GET", "POST"])
def by_password() -> ResponseReturnValue:
    if flask.request.method == "GET" and signing_in.is_done():
        return journey.onward()
    if forms.action() == "cancel":
        return journey.decline("access_denied", "/")
    form = forms.read(PasswordSignInForm, identifier=journey.login_hint())
    if form.validate_on_submit() and (signed_in := forms.attempt(form, lambda: _try_password(form))) is not None:
        return signing_in.finish(signed_in)
    page = flask.render_template(
        "sign_in.html", form=form, journey=journey.current(), note=_why_again(),
        warning=_of_source(), doors=sources_shown.doors(),
    )  # fmt: skip
    return page, forms.status_of(form)


@bp.route("/sign-in/code", methods=["GET", "POST"])
def by_code() -> ResponseReturnValue:
    if flask.request.method == "GET" and signing_in.is_done():
        return journey.onward()
    if forms.action() == "cancel":
        return journey.decline("access_denied", "/")
    form = forms.read(PhoneForm, phone=journey.hinted_phone())
    if form.validate_on_submit() and (challenge := forms.attempt(form, lambda: _send(form.phone.data))) is not None:
        return challenges.enter("/sign-in/code/enter", challenge, form.phone.data)
    page = flask.render_template(
        "sign_in_code.html", form=form, journey=journey.current(), method="code", note=_why_again(),
        doors=sources_shown.doors(),
    )  # fmt: skip
    return page, forms.status_of(form)


@bp.route("/sign-in/code/enter", methods=["GET", "POST"])
def enter_code() -> ResponseReturnValue:
    if flask.request.method == "GET" and signing_in.is_done():
        return journey.onward()
    asked_for = challenges.typed()
    if asked_for is None:
        return flask.redirect(link("/sign-in/code"), 303)
    form = forms.read(CodeForm)
    if forms.action() == "send_code":
        form = code_page.emptied()
        if (challenge := forms.attempt(form, lambda: _send(asked_for))) is not None:
            return challenges.enter("/sign-in/code/enter", challenge, asked_for, again=True)
    elif form.validate_on_submit():
        match forms.attempt(form, lambda: _try_code(form.otp.data)):
            case SignedIn() as signed_in:
                return signing_in.finish(signed_in)
            case Unregistered():
                return flask.redirect(link("/register/account", challenge=challenges.in_hand()), 303)
            case Held():
                return flask.redirect(link(owner.PATH, challenge=challenges.in_hand()), 303)
    return code_page.show(form, title=_("输入验证码"), submit=_("登录"), back="/sign-in/code")


def _why_again() -> str | None:
    """What both ways say to somebody who is signed in already, and is asked for a fresh sign-in."""
    return _("请重新登录，确认是您本人。") if browser.session() is not None else None


def _of_source() -> str | None:
    """What became of a sign-in elsewhere, when this page is where it ended."""
    return sources_shown.said(flask.request.args) if flask.request.method == "GET" else None


def _try_password(form: PasswordSignInForm) -> SignedIn:
    return services().password_sign_in.attempt(
        form.identifier.data, form.password.data, device=browser.device(), address=browser.address()
    )


def _send(phone: str) -> str:
    sent = services().codes.send(
        "sign_in", phone, device=browser.device(), address=browser.address(), locale=pages.locale()
    )
    services().worker.wake()
    return sent


def _try_code(otp: str) -> SignedIn | Unregistered | Held:
    return services().code_sign_in.attempt(
        challenges.in_hand(), otp, device=browser.device(), address=browser.address()
    )
