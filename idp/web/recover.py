"""A forgotten password: the account, the code sent to its phone, a new password; strangers learn nothing on the way."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.authn.results import SignedIn
from idp.edge import browser, pages
from idp.edge.services import services
from idp.web import challenges, code_page, forms, journey, owner, signing_in
from idp.web.forms import CodeForm, IdentifierForm, NewPasswordForm
from idp.web.pages import here, link

bp = flask.Blueprint("recover", __name__)
bp.before_request(journey.open_journey)


@bp.route("/recover", methods=["GET", "POST"])
def identifier() -> ResponseReturnValue:
    form = forms.read(IdentifierForm)
    if form.validate_on_submit():
        challenge = forms.attempt(form, lambda: _send(form.identifier.data))
        if challenge is not None:
            return challenges.enter("/recover/code", challenge, form.identifier.data)
    return flask.render_template("recover.html", form=form, journey=journey.current()), forms.status_of(form)


@bp.route("/recover/code", methods=["GET", "POST"])
def enter_code() -> ResponseReturnValue:
    asked_for = challenges.typed()
    if asked_for is None:
        return flask.redirect(link("/recover"), 303)
    form = forms.read(CodeForm)
    if forms.action() == "send_code":
        form = code_page.emptied()
        if (challenge := forms.attempt(form, lambda: _send(asked_for))) is not None:
            return challenges.enter("/recover/code", challenge, asked_for, again=True)
    elif form.validate_on_submit() and forms.attempt(form, lambda: _is_confirmed(form.otp.data)):
        return flask.redirect(link("/recover/password", challenge=challenges.in_hand()), 303)
    steps = (_("账户"), _("验证码"), _("新密码"))
    return code_page.show(
        form, title=_("输入验证码"), back="/recover", back_label=_("换一个账户"), steps=steps, is_certain=False
    )


@bp.route("/recover/password", methods=["GET", "POST"])
def new_password() -> ResponseReturnValue:
    if not services().recovery.is_proven(challenges.in_hand(), device=browser.device()):
        return flask.redirect(link("/recover"), 303)
    if services().phone_owners.held_for(challenges.in_hand(), device=browser.device()) is not None:
        return flask.redirect(link(owner.PATH, challenge=challenges.in_hand()), 303)
    form = forms.read(NewPasswordForm)
    if (
        form.validate_on_submit()
        and (signed_in := forms.attempt(form, lambda: _recover(form.password.data))) is not None
    ):
        return signing_in.finish(signed_in)
    page = flask.render_template(
        "recover_password.html",
        form=form,
        journey=journey.current(),
        action=here(),
        password_hint=forms.password_hint(),
    )
    return page, forms.status_of(form)


def _send(typed: str) -> str:
    sent = services().recovery.begin(typed, device=browser.device(), address=browser.address(), locale=pages.locale())
    services().worker.wake()
    return sent


def _is_confirmed(otp: str) -> bool:
    services().recovery.confirm(challenges.in_hand(), otp, device=browser.device())
    return True


def _recover(password: str) -> SignedIn:
    live = browser.session()
    return services().recovery.recover(
        challenges.in_hand(),
        password,
        device=browser.device(),
        address=browser.address(),
        except_session=live.id if live is not None else None,
    )
