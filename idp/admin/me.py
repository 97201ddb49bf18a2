"""What operators keep in order themselves: where they are signed in, and the factors they sign in with."""

import flask
from flask.typing import ResponseReturnValue

from idp.admin import console
from idp.admin.console import route
from idp.admin.texts import word
from idp.core import clock
from idp.core.crypto import SealBroken
from idp.core.errors import DomainError, TooManyAttempts
from idp.edge import browser, pictures
from idp.edge.services import services
from idp.staff import factors, operator_passwords, own, passkeys
from idp.staff.errors import PasswordsDiffer
from idp.staff.models import Operator
from idp.staff.permissions import Permission
from idp.staff.sessions import IDLE

_LONGEST = 256
_TRIES = (10, 3600)  # of the present password
DONE = {
    "password": word("密码已更改，其他会话已结束。"),
    "code": word("已换用新的认证器。"),
    "passkey": word("通行密钥已添加。"),
    "renamed": word("名称已更改。"),
    "removed": word("通行密钥已删除。"),
    "ended": word("其他会话已结束。"),
}


@route("/me", Permission.HOME)
def me() -> ResponseReturnValue:
    who = console.operator()
    with services().database.view() as db:
        row = db.get_one(Operator, who.id)
        keys, sessions = passkeys.of(db, who.id), own.recent_sessions(db, who.id)
    now = clock.now()
    live = [s for s in sessions if s.ended_at is None and s.expires_at > now and s.seen_at > now - IDLE]
    return console.page(
        "me.html", row=row, passkeys=keys, sessions=live, earlier=[s for s in sessions if s not in live],
        done=DONE.get(flask.request.args.get("done", ""), ""),
    )  # fmt: skip


@route("/me/sessions", Permission.HOME, methods=("POST",))
def sessions_ended() -> ResponseReturnValue:
    everything = services()
    with everything.database.transaction() as db:
        own.end_others(db, everything.trail, console.operator())
    return _done("ended")


@route("/me/password", Permission.HOME)
def password() -> ResponseReturnValue:
    return _password_page()


@route("/me/password", Permission.HOME, methods=("POST",))
def password_changed() -> ResponseReturnValue:
    """The present password is the proof; a new one that does not fit changes nothing."""
    everything, form = services(), flask.request.form
    limit, period = _TRIES
    counter = f"operator_password:{console.operator().id}"
    if wait := everything.store.hit(counter, limit=limit, period=period, now=clock.epoch()):
        raise TooManyAttempts(retry_after=wait)
    new = form.get("new_password", "")[:_LONGEST]
    try:
        if new != form.get("password_again", "")[:_LONGEST]:
            raise PasswordsDiffer
        with everything.database.transaction() as db:
            own.change_password(
                db, everything.trail, console.operator(), present=form.get("password", "")[:_LONGEST], new=new
            )
    except DomainError as refusal:
        return _password_page(refusal.sentence)
    return _done("password")


@route("/me/authenticator", Permission.HOME)
def authenticator() -> ResponseReturnValue:
    """Only for who showed a factor just now: what is typed here, a password perhaps, is not carried over a question."""
    if not console.operator().is_fresh:
        return flask.redirect(flask.url_for("admin.confirm", back=flask.url_for("admin.authenticator")), 303)
    return _authenticator_page(factors.new_secret())


@route(
    "/me/authenticator", Permission.HOME, methods=("POST",), is_fresh=True, doing=word("换用新的认证器")
)  # fmt: skip
def authenticator_chosen() -> ResponseReturnValue:
    everything, form, who = services(), flask.request.form, console.operator()
    try:
        secret = everything.keyring.open(form.get("totp_state", ""), bound_to=_place(who.id))
    except SealBroken:
        return _authenticator_page(factors.new_secret())
    try:
        new = form.get("new_password", "")[:_LONGEST]
        if new != form.get("password_again", "")[:_LONGEST]:
            raise PasswordsDiffer
        with everything.database.transaction() as db:
            own.choose_code(
                db, everything.keyring, everything.trail, who, secret=secret, password=new,
                code=form.get("otp", "").strip()[:16],
            )  # fmt: skip
    except DomainError as refusal:
        return _authenticator_page(secret, refusal.sentence)
    return _done("code")


@route("/me/passkeys/new", Permission.HOME)
def passkey_new() -> ResponseReturnValue:
    return _passkey_page()


@route("/me/passkeys", Permission.HOME, methods=("POST",), is_fresh=True, doing=word("添加一个通行密钥"))
def passkey_added() -> ResponseReturnValue:
    everything, form, who = services(), flask.request.form, console.operator()
    name = _name(form.get("name", "")) or browser.kind()
    try:
        with everything.database.transaction() as db:
            made = console.passkeys().made(
                db, form.get("passkey_state", ""), form.get("passkey_answer", ""), device=browser.device()
            )
            own.add_passkey(db, everything.trail, who, made, name)
    except DomainError as refusal:
        return _passkey_page(refusal.sentence)
    return _done("passkey")


@route(
    "/me/passkeys/<passkey_id>", Permission.HOME, methods=("POST",), is_fresh=True, doing=word("更改一个通行密钥")
)  # fmt: skip
def passkey_changed(passkey_id: str) -> ResponseReturnValue:
    """Name it anew, or remove it."""
    everything, who = services(), console.operator()
    name = _name(flask.request.form.get("name", ""))
    with everything.database.transaction() as db:
        match flask.request.form.get("action", ""):
            case "rename" if name:
                is_mine, done = own.rename_passkey(db, who, passkey_id, name), "renamed"
            case "remove":
                is_mine, done = own.remove_passkey(db, everything.trail, who, passkey_id), "removed"
            case _:
                flask.abort(400)
        if not is_mine:
            flask.abort(404)
    return _done(done)


def _name(typed: str) -> str:
    plain = " ".join(typed.split())[:32]
    return plain if plain.isprintable() else ""


def _done(what: str) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("admin.me", done=what), 303)


def _password_page(problem: str = "") -> ResponseReturnValue:
    return console.page(
        "me_password.html", 400 if problem else 200, problem=problem, policy=operator_passwords.POLICY,
        history=operator_passwords.HISTORY, is_stale=console.operator().has_stale_password,
    )  # fmt: skip


def _authenticator_page(secret: str, problem: str = "") -> ResponseReturnValue:
    everything, who = services(), console.operator()
    with everything.database.view() as db:
        row = db.get_one(Operator, who.id)
    uri = factors.provisioning_uri(secret, who.login, everything.settings.brand_name)
    return console.page(
        "me_authenticator.html", 400 if problem else 200, problem=problem, totp_secret=secret, qr=pictures.qr(uri),
        totp_state=everything.keyring.seal(secret, bound_to=_place(who.id)), policy=operator_passwords.POLICY,
        history=operator_passwords.HISTORY, needs_password=row.password_hash is None or row.totp_sealed is None,
    )  # fmt: skip


def _passkey_page(problem: str = "") -> ResponseReturnValue:
    who = console.operator()
    with services().database.view() as db:
        held = tuple(each.credential for each in passkeys.of(db, who.id))
    question = console.passkeys().to_make(who.login, handle=who.id, device=browser.device(), held=held)
    return console.page("me_passkey.html", 400 if problem else 200, problem=problem, question=question)


def _place(operator_id: str) -> str:
    return f"operators.new_totp:{operator_id}"
