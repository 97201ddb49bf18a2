"""POST /revoke (RFC 7009)."""

import flask
from authlib.oauth2.rfc6749.errors import InvalidRequestError

from idp.edge.services import Services
from idp.oidc.endpoints import calls
from idp.oidc.engine import TokenAnswer
from idp.oidc.revocation import revoke

bp = flask.Blueprint("revoke", __name__)


@bp.post("/revoke")
def revocation() -> flask.Response:
    return calls.answered(_revoke)


def _revoke(everything: Services) -> TokenAnswer:
    form = calls.read_form()
    client = calls.authenticated(form)
    if "token" not in form:
        raise InvalidRequestError("token is missing")
    revoke(everything.provider, client, form["token"])
    return TokenAnswer(200, {}, {})
