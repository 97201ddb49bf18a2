"""Binding a phone to an account that has none: the number, then the code sent to it."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.edge import browser, pages
from idp.edge.services import services
from idp.web import account, challenges, code_page, forms, signing_in
from idp.web.forms import CodeForm, PhoneForm

bp = flask.Blueprint("phone", __name__, url_prefix="/account/phone")
bp.before_request(account.only_when_signed_in)
PATH = "/account/phone"


@bp.before_request
def only_without_one() -> ResponseReturnValue | None:
    """An account with a phone keeps it; a sign-in that is no longer fresh is made again."""
    live = browser.session()
    if live is None:
        return signing_in.first()
    with services().database.glance() as db:
        profile = services().accounts.profile(db, live.account_id)
    if profile is None or profile.phone is not None:
        return flask.redirect("/account/security", 303)
    return signing_in.again_if_stale(live, PATH)


@bp.route("", methods=["GET", "POST"])
def number() -> ResponseReturnValue:
    form = forms.read(PhoneForm)
    if forms.action() == "cancel":
        return flask.redirect("/account/security", 303)
    if form.validate_on_submit() and (challenge := forms.attempt(form, lambda: _send(form.phone.data))) is not None:
        return challenges.enter(f"{PATH}/code", challenge, form.phone.data)
    return flask.render_template("account/phone.html", form=form), forms.status_of(form)


@bp.route("/code", methods=["GET", "POST"])
def enter_code() -> ResponseReturnValue:
    asked_for = challenges.typed()
    if asked_for is None:
        return flask.redirect(PATH, 303)
    form = forms.read(CodeForm)
    if forms.action() == "send_code":
        form = code_page.emptied()
        if (challenge := forms.attempt(form, lambda: _send(asked_for))) is not None:
            return challenges.enter(f"{PATH}/code", challenge, asked_for, again=True)
    elif form.validate_on_submit() and forms.attempt(form, lambda: _bind(form.otp.data)):
        return flask.redirect("/account/security?done=phone", 303)
    return code_page.show(form, title=_("输入验证码"), submit=_("绑定手机号"), back=PATH)


def _send(typed: str) -> str:
    sent = services().phone_binding.send(
        typed, device=browser.device(), address=browser.address(), locale=pages.locale()
    )
    services().worker.wake()
    return sent


def _bind(otp: str) -> bool:
    live = browser.session()
    if live is not None:
        services().phone_binding.bind(live.account_id, challenges.in_hand(), otp, device=browser.device())
    return live is not None
