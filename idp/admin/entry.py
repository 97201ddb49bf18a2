"""The way in and out of the console."""

import flask
from flask.typing import ResponseReturnValue

from idp.admin import console
from idp.admin.console import route
from idp.edge import browser
from idp.staff.permissions import Permission

_LONGEST = 128
_KNOWN_HERE, _FEW = "operators", 3  # in the signed cookie: who of the staff signed in in this browser


@route("/sign-in", None)
def sign_in() -> ResponseReturnValue:
    if flask.g.operator is not None:
        return flask.redirect(flask.url_for("admin.home"), 303)
    return console.page("sign_in.html")


@route("/sign-in", None, methods=("POST",))
def sign_in_posted() -> ResponseReturnValue:
    form = flask.request.form
    given = [
        form.get(name, "").strip() if name != "password" else form.get(name, "")
        for name in ("identifier", "password", "otp")
    ]
    if not all(given) or any(len(text) > _LONGEST or "\x00" in text for text in given):
        return console.page("sign_in.html", 400, is_refused=True)
    known = flask.session.get(_KNOWN_HERE, [])
    opened = console.sessions().sign_in(
        given[0], given[1], given[2], address=browser.address(), device=browser.device(), known=known
    )
    if opened is None:
        return console.page("sign_in.html", 400, is_refused=True)
    flask.session[_KNOWN_HERE] = [opened.operator_mark, *(m for m in known if m != opened.operator_mark)][:_FEW]
    return console.carry(flask.make_response(flask.redirect(flask.url_for("admin.home"), 303)), opened)


@route("/sign-out", Permission.HOME, methods=("POST",))
def sign_out() -> ResponseReturnValue:
    console.sessions().end(console.operator())
    return console.drop(flask.make_response(flask.redirect(flask.url_for("admin.sign_in"), 303)))
