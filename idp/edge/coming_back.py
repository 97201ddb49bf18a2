"""Asking somebody to sign in, or to do it anew, and bringing them back: what every face of signed-in people shares.

The browser's own cookie remembers where the person was going; `/sign-in` reads it.
"""

from datetime import timedelta

import flask
from flask.typing import ResponseReturnValue

from idp.authn.sessions import LiveSession
from idp.core import clock

WANTED = "after_sign_in"
AGAIN_SINCE = "sign_in_again_since"
FRESH = timedelta(minutes=10)
"""How long a sign-in is good for a change that nothing else guards."""


def after_sign_in() -> ResponseReturnValue:
    """To the sign-in, and back to this page where it was opened by GET."""
    if flask.request.method == "GET":
        flask.session[WANTED] = flask.request.full_path.rstrip("?")
    return flask.redirect("/sign-in", 303)


def again_if_stale(live: LiveSession, back: str) -> ResponseReturnValue | None:
    """Before a change that a password does not guard: a sign-in that is no longer fresh must be made again."""
    now = clock.now()
    if now - live.auth_time < FRESH:
        return None
    flask.session[AGAIN_SINCE], flask.session[WANTED] = now.timestamp(), back
    return flask.redirect("/sign-in/code", 303)
