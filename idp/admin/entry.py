"""The way in and out of the console."""

import flask
from flask.typing import ResponseReturnValue

from idp.admin import console
from idp.admin.console import route
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
    return console.carry(flask.make_response(flask.redirect(flask.url_for("admin.home"), 303)), opened)


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
    return console.page("sign_in.html", status, question=question, is_refused=is_refused)


@route("/sign-out", Permission.HOME, methods=("POST",))
def sign_out() -> ResponseReturnValue:
    console.sessions().end(console.operator())
    return console.drop(flask.make_response(flask.redirect(flask.url_for("admin.sign_in"), 303)))
