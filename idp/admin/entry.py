"""The way in and out of the console."""

import flask
from flask.typing import ResponseReturnValue

from idp.admin import confirmations_shown, console, kept
from idp.admin.console import RULES, route
from idp.edge import browser
from idp.staff.permissions import Permission
from idp.staff.sessions import Opened

_LONGEST = 128


@route("/sign-in", None)
def sign_in() -> ResponseReturnValue:
    if flask.g.operator is not None:
        return flask.redirect(flask.url_for("admin.home"), 303)
    return _sign_in_page()


@route("/sign-in", None, methods=("POST",))
def sign_in_posted() -> ResponseReturnValue:
    """Password and code, or a passkey; what was wrong is not said."""
    form = flask.request.form
    opened = _by_passkey(form["passkey_answer"]) if form.get("passkey_answer") else _by_password()
    if opened is None:
        return _sign_in_page(400, is_refused=True)
    return console.carry(flask.make_response(flask.redirect(_goes_on(opened), 303)), opened)


def _goes_on(opened: Opened) -> str:
    """Back to where they were when the session ran out: to a page, or to a form that was kept."""
    who, sealed = opened.operator_id, flask.request.form.get("kept", "")
    back = kept.page_for(who)
    if not sealed or kept.opened(sealed, who) is None:
        return back
    kept.keep(sealed, opened.session_id)
    return flask.url_for("admin.resume")


@route("/resume", Permission.HOME)
def resume() -> ResponseReturnValue:
    """The form that came too late, to be sent again by who typed it."""
    who = console.operator()
    form = kept.of_session(who.session_id, who.id)
    if form is None or (rule := RULES.get(form.endpoint)) is None:
        return flask.redirect(flask.url_for("admin.home"), 303)
    rows = list(confirmations_shown.rows(form.fields))
    said, targets = rule.said(form.arguments), rule.targets(form.arguments)
    return console.page("resume.html", form=form, doing=said, targets=targets, rows=rows)


def _by_password() -> Opened | None:
    form = flask.request.form
    given = [
        form.get(name, "").strip() if name != "password" else form.get(name, "")
        for name in ("identifier", "password", "otp")
    ]
    if not all(given) or any(len(text) > _LONGEST or "\x00" in text for text in given):
        return None
    here = console.here()
    return console.sessions().sign_in(
        given[0], given[1], given[2], address=here.address, device=here.device, known=here.known, browser=here.browser
    )


def _by_passkey(answer: str) -> Opened | None:
    state = flask.request.form.get("passkey_state", "")
    return console.sessions().sign_in_by_passkey(console.passkeys(), state, answer, console.here())


def _sign_in_page(status: int = 200, *, is_refused: bool = False) -> ResponseReturnValue:
    question = console.passkeys().to_show(device=browser.device())
    sealed = flask.request.form.get("kept", "")
    has_run_out = bool(sealed) or kept.has_run_out()
    return console.page(
        "sign_in.html", status, question=question, is_refused=is_refused, has_run_out=has_run_out, kept=sealed
    )


@route("/sign-out", Permission.HOME, methods=("POST",))
def sign_out() -> ResponseReturnValue:
    console.sessions().end(console.operator())
    return console.drop(flask.make_response(flask.redirect(flask.url_for("admin.sign_in"), 303)))
