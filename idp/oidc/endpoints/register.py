"""POST /clients to register a site; GET, PUT and DELETE on the address it is then given (RFC 7591 §3, RFC 7592 §2)."""

from urllib.parse import parse_qs

from idp.edge.services import Services
from idp.edge.site_calls import Endpoint, SiteRequest
from idp.oidc.engine import TokenAnswer
from idp.oidc.registration import machine_metadata
from idp.oidc.registration.registrar import BearerRefused


def answer(everything: Services, request: SiteRequest) -> TokenAnswer:
    try:
        return _register(everything, request) if request.method == "POST" else _manage(everything, request)
    except BearerRefused as refused:
        error = f', error="{refused.error}"' if refused.error is not None else ""
        body = {"error": refused.error or "invalid_token"}
        return TokenAnswer(refused.status, body, {"WWW-Authenticate": f'Bearer realm="registration"{error}'})


def _register(everything: Services, request: SiteRequest) -> TokenAnswer:
    token = everything.registrar.admit(request.authorization, request.address)
    return TokenAnswer(201, everything.registrar.register(_json(request), token), {})


def _manage(everything: Services, request: SiteRequest) -> TokenAnswer:
    token = everything.registrar.manager(request.authorization)
    client_id = parse_qs(request.query).get("client_id", [""])[0]
    if request.method == "PUT":
        return TokenAnswer(200, everything.registrar.change(client_id, token, _json(request)), {})
    if request.method == "DELETE":
        everything.registrar.delete(client_id, token)
        return TokenAnswer(204, {}, {})
    return TokenAnswer(200, everything.registrar.read(client_id, token), {})


def _json(request: SiteRequest) -> dict[str, object]:
    return machine_metadata.read(request.body(), request.content_type)


ENDPOINT = Endpoint("registration", ("GET", "POST", "PUT", "DELETE"), answer)
