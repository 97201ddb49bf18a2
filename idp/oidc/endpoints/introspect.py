"""POST /introspect (RFC 7662)."""

from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from idp.edge.services import Services
from idp.edge.site_calls import Endpoint, SiteRequest
from idp.oidc.endpoints import calls
from idp.oidc.engine import TokenAnswer
from idp.oidc.introspection import introspect


def answer(everything: Services, request: SiteRequest) -> TokenAnswer:
    form = request.form()
    client = calls.authenticated(everything, request, form)
    if client.is_public:  # RFC 7662 §2.1: the endpoint needs authorization, or it could be used to try tokens
        raise InvalidClientError("a client without a secret cannot introspect", status_code=401)
    if "token" not in form:
        raise InvalidRequestError("token is missing")
    return TokenAnswer(200, introspect(everything.provider, client, form["token"]), {})


ENDPOINT = Endpoint("introspection", ("POST",), answer)
