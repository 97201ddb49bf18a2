"""POST /introspect (RFC 7662)."""

import flask
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from idp.edge.services import Services
from idp.oidc.endpoints import calls
from idp.oidc.engine import TokenAnswer
from idp.oidc.introspection import introspect

bp = flask.Blueprint("introspect", __name__)


@bp.post("/introspect")
def introspection() -> flask.Response:
    return calls.answered(_introspect)


def _introspect(everything: Services) -> TokenAnswer:
    form = calls.read_form()
    client = calls.authenticated(form)
    if client.is_public:  # RFC 7662 §2.1: the endpoint needs authorization, or it could be used to try tokens
        raise InvalidClientError("a client without a secret cannot introspect", status_code=401)
    if "token" not in form:
        raise InvalidRequestError("token is missing")
    return TokenAnswer(200, introspect(everything.provider, client, form["token"]), {})
