"""The page behind a one-time link: an operator chooses password and authenticator, or a passkey, and may sign in from then on."""

import re

import flask
from flask.typing import ResponseReturnValue

from idp.admin import console
from idp.admin.console import route
from idp.core.crypto import SealBroken
from idp.core.errors import DomainError
from idp.edge import browser, pictures
from idp.edge.services import services
from idp.staff import enrolment, factors, halves, operator_passwords
from idp.staff.enrolment import SETUP, Chosen, Open
from idp.staff.errors import CodeWrong, HalfWrong, LinkOver, PasswordsDiffer
from idp.staff.states import check_login

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_LONGEST = 256


@route("/enrol/<secret>", None)
def enrol(secret: str) -> ResponseReturnValue:
    link = _link(secret)
    return _page(link, secret, factors.new_secret())


@route("/enrol/<secret>", None, methods=("POST",))
def enrolled(secret: str) -> ResponseReturnValue:
    """Use the link up; whatever is wrong with what was typed leaves it as it was."""
    everything, form, link = services(), flask.request.form, _link(secret)
    totp_secret = _opened(link, form.get("totp_state", ""))
    login = form.get("login", "").strip() if link.kind == SETUP else link.login
    half = form.get("second_half", "")[:_LONGEST]
    try:
        _check_half(link, half)
        check_login(login)
        with everything.database.transaction() as db:
            if form.get("passkey_answer"):
                made = console.passkeys().made(
                    db, form.get("passkey_state", ""), form["passkey_answer"], device=browser.device()
                )
                chosen = Chosen(passkey=made, passkey_name=browser.kind())
            else:
                chosen = _password_and_code(link, login, totp_secret)
            enrolment.enrol(db, everything.keyring, everything.trail, link, login, chosen, half=half)
    except LinkOver:
        raise
    except DomainError as refusal:
        return _page(_link(secret), secret, totp_secret, refusal.sentence)
    return flask.redirect(flask.url_for("admin.sign_in", enrolled=1), 303)


def _check_half(link: Open, half: str) -> None:
    """HalfWrong, counted; before anything else is looked at, and in a transaction of its own, so that it stays counted."""
    if not link.needs_half:
        return
    everything = services()
    with everything.database.transaction() as db:
        is_right = halves.fits(db, everything.keyring, everything.trail, link.id, half)
    if not is_right:
        raise HalfWrong


def _password_and_code(link: Open, login: str, totp_secret: str) -> Chosen:
    form = flask.request.form
    password = form.get("password", "")[:_LONGEST]
    operator_passwords.check(password, login=login, before=link.password_hashes)
    if password != form.get("password_again", "")[:_LONGEST]:
        raise PasswordsDiffer
    step = factors.step_in(totp_secret, form.get("otp", "").strip()[:16])
    if step is None:
        raise CodeWrong
    return Chosen(password=password, totp_secret=totp_secret, totp_step=step)


def _link(secret: str) -> Open:
    with services().database.view() as db:
        link = enrolment.find(db, secret) if _SECRET.fullmatch(secret) else None
    if link is None:
        raise LinkOver
    return link


def _opened(link: Open, state: str) -> str:
    """The secret that the page showed, whose code is typed now; a new one where there is none."""
    try:
        return services().keyring.open(state, bound_to=_place(link))
    except SealBroken:
        return factors.new_secret()


def _page(link: Open, secret: str, totp_secret: str, problem: str = "") -> ResponseReturnValue:
    everything = services()
    login = link.login or flask.request.form.get("login", "").strip()[:32]
    uri = factors.provisioning_uri(totp_secret, login or link.role.value, everything.settings.brand_name)
    return console.page(
        "enrol.html", 400 if problem else 200, link=link, secret=secret, login=login, problem=problem,
        asks_login=link.kind == SETUP,
        half=flask.request.form.get("second_half", "")[:_LONGEST], totp_secret=totp_secret, qr=pictures.qr(uri),
        totp_state=everything.keyring.seal(totp_secret, bound_to=_place(link)),
        question=console.passkeys().to_make(login or link.role.value, handle=link.id, device=browser.device()),
        policy=operator_passwords.POLICY, history=operator_passwords.HISTORY,
    )  # fmt: skip


def _place(link: Open) -> str:
    return f"operator_invitations.totp:{link.id}"
