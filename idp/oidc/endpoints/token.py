"""POST /token (RFC 6749 §3.2)."""

import flask

from idp.oidc.endpoints import calls

bp = flask.Blueprint("token", __name__)


@bp.post("/token")
def token() -> flask.Response:
    return calls.answered(lambda everything: everything.engine.answer(calls.call("/token")))
