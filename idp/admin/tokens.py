"""The operator's own tokens for the console's API: made, shown once, revoked."""

import flask
from flask.typing import ResponseReturnValue

from idp.admin import console
from idp.admin.console import route
from idp.admin.texts import word
from idp.core import clock
from idp.core.errors import DomainError
from idp.edge.services import services
from idp.staff import tokens as own_tokens
from idp.staff.permissions import Permission


@route("/tokens", Permission.TOKENS_OWN)
def tokens() -> ResponseReturnValue:
    return _page()


@route("/tokens", Permission.TOKENS_OWN, methods=("POST",), is_fresh=True, doing=word("制作一个接口令牌"))
def token_made() -> ResponseReturnValue:
    """The answer is the only page that ever shows the token."""
    everything, form = services(), flask.request.form
    typed = form.get("days", "")
    days = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
    try:
        with everything.database.transaction() as db:
            made = own_tokens.make(
                db, everything.trail, console.operator(), name=form.get("name", ""), days=days,
                scopes=form.getlist("scopes"),
            )  # fmt: skip
    except DomainError as refusal:
        return _page(400, problem=refusal.sentence)
    return _page(shown=made.secret)


@route("/tokens/<token_id>", Permission.TOKENS_OWN, methods=("POST",))
def token_revoked(token_id: str) -> ResponseReturnValue:
    everything = services()
    with everything.database.transaction() as db:
        if not own_tokens.revoke(db, everything.trail, console.operator(), token_id):
            flask.abort(404)
    return flask.redirect(flask.url_for("admin.tokens"), 303)


def _page(status: int = 200, *, problem: str = "", shown: str = "") -> ResponseReturnValue:
    who = console.operator()
    with services().database.view() as db:
        rows = own_tokens.of(db, who.id)
    return console.page(
        "tokens.html", status, rows=rows, problem=problem, shown=shown, now=clock.now(),
        scopes=own_tokens.grantable(who.role), longest=own_tokens.LONGEST_DAYS, typed=flask.request.form,
    )  # fmt: skip
