"""Registering: a phone and the agreements, the code sent to it, then an account name and a password, both optional."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.authn.results import Held, SignedIn, Unregistered
from idp.core.identifiers import mask_mobile
from idp.edge import browser, pages
from idp.edge.services import services
from idp.web import challenges, code_page, forms, journey, owner, signing_in
from idp.web.forms import CodeForm, FirstSignInForm, NewAccountForm, RegisterPhoneForm
from idp.web.pages import here, link

bp = flask.Blueprint("register", __name__)
_SHOWN: Final = "texts_shown"
bp.before_request(journey.open_journey)


@bp.route("/register", methods=["GET", "POST"])
def phone() -> ResponseReturnValue:
    if flask.request.method == "GET" and signing_in.is_done():
        return journey.onward()
    if forms.action() == "cancel":
        return journey.decline("access_denied", "/")
    form = forms.read(RegisterPhoneForm, phone=journey.hinted_phone())
    if form.validate_on_submit() and (challenge := forms.attempt(form, lambda: _send(form.phone.data))) is not None:
        return challenges.enter("/register/code", challenge, form.phone.data)
    page = flask.render_template("register_phone.html", form=form, journey=journey.current(), versions=_shown())
    return page, forms.status_of(form)


@bp.route("/register/code", methods=["GET", "POST"])
def enter_code() -> ResponseReturnValue:
    if flask.request.method == "GET" and signing_in.is_done():
        return journey.onward()
    asked_for = challenges.typed()
    if asked_for is None:
        return flask.redirect(link("/register"), 303)
    form = forms.read(CodeForm)
    if forms.action() == "send_code":
        form = code_page.emptied()
        if (challenge := forms.attempt(form, lambda: _send(asked_for))) is not None:
            return challenges.enter("/register/code", challenge, asked_for, again=True)
    elif form.validate_on_submit():
        match forms.attempt(form, lambda: _try_code(form.otp.data)):
            case SignedIn() as signed_in:  # the phone has an account already, and its owner has just shown the phone
                return signing_in.finish(signed_in)
            case Unregistered():
                return flask.redirect(link("/register/account", challenge=challenges.in_hand()), 303)
            case Held():
                return flask.redirect(link(owner.PATH, challenge=challenges.in_hand()), 303)
    steps = (_("手机号"), _("验证码"), _("账户"))
    return code_page.show(form, title=_("输入验证码"), back="/register", steps=steps)


@bp.route("/register/account", methods=["GET", "POST"])
def account() -> ResponseReturnValue:
    proven = services().registration.proven_phone(challenges.in_hand(), device=browser.device())
    if proven is None:
        return journey.onward() if signing_in.is_done() else flask.redirect(link("/register"), 303)
    form = forms.read(NewAccountForm if _has_agreed() else FirstSignInForm)
    if form.validate_on_submit() and (signed_in := forms.attempt(form, lambda: _complete(form))) is not None:
        return signing_in.finish(signed_in)
    page = flask.render_template(
        "register_account.html",
        form=form,
        journey=journey.current(),
        masked_phone=mask_mobile(proven),
        versions=_shown() if isinstance(form, FirstSignInForm) else {},
        action=here(),
        password_hint=forms.password_hint(),
    )
    return page, forms.status_of(form)


def _shown() -> Mapping[str, str]:
    """The versions beside the tick in this browser: agreed is what was shown, and a later text is asked for later."""
    flask.session[_SHOWN] = dict(services().accounts.agreements_now())
    return cast("Mapping[str, str]", flask.session[_SHOWN])


def _has_agreed() -> bool:
    """A code for registering is only sent after the agreements were ticked; who came by sign-in has yet to see them."""
    everything = services()
    with everything.database.glance() as db:
        agreed = everything.codes.proven_phone(db, challenges.in_hand(), "register", device=browser.device())
    return agreed is not None


def _send(number: str) -> str:
    sent = services().codes.send(
        "register", number, device=browser.device(), address=browser.address(), locale=pages.locale()
    )
    services().worker.wake()
    return sent


def _try_code(otp: str) -> SignedIn | Unregistered | Held:
    return services().code_sign_in.attempt(
        challenges.in_hand(), otp, device=browser.device(), address=browser.address(), purpose="register"
    )


def _complete(form: NewAccountForm) -> SignedIn:
    return services().registration.complete(
        challenges.in_hand(),
        username=form.identifier.data or None,
        password=form.password.data or None,
        agreements=flask.session.get(_SHOWN) or services().accounts.agreements_now(),
        locale=pages.locale(),
        channel="web",
        device=browser.device(),
        address=browser.address(),
    )
