"""POST /clients to register a site; GET, PUT and DELETE on the address it is then given (RFC 7591 §3, RFC 7592 §2)."""

from urllib.parse import parse_qs

from idp.edge.services import Services
from idp.edge.site_calls import Endpoint, SiteRequest
from idp.oidc import machine_metadata
from idp.oidc.engine import TokenAnswer
from idp.oidc.machine_metadata import RegistrationRefused
from idp.oidc.registration import BearerRefused

JSON = "application/json"


def answer(everything: Services, request: SiteRequest) -> TokenAnswer:
    try:
        return _register(everything, request) if request.method == "POST" else _manage(everything, request)
    except BearerRefused as refused:
        error = f', error="{refused.error}"' if refused.error is not None else ""
        body = {"error": refused.error or "invalid_token"}
        return TokenAnswer(refused.status, body, {"WWW-Authenticate": f'Bearer realm="registration"{error}'})


def _register(everything: Services, request: SiteRequest) -> TokenAnswer:
    token = _bearer(request)
    everything.registrar.admit(token, request.address)
    return TokenAnswer(201, everything.registrar.register(_json(request), token), {})


def _manage(everything: Services, request: SiteRequest) -> TokenAnswer:
    everything.registrar.require_open()
    token, client_id = _bearer(request), parse_qs(request.query).get("client_id", [""])[0]
    if token is None:
        raise BearerRefused(error=None)
    if request.method == "PUT":
        return TokenAnswer(200, everything.registrar.change(client_id, token, _json(request)), {})
    if request.method == "DELETE":
        everything.registrar.delete(client_id, token)
        return TokenAnswer(204, {}, {})
    return TokenAnswer(200, everything.registrar.read(client_id, token), {})


def _json(request: SiteRequest) -> dict[str, object]:
    if request.content_type.partition(";")[0].strip().lower() != JSON:
        raise RegistrationRefused("invalid_client_metadata", f"the content type must be {JSON}")
    return machine_metadata.read(request.body())


def _bearer(request: SiteRequest) -> str | None:
    """The token of the header; another scheme, or nothing behind the word, is a token that is not good."""
    if request.authorization is None:
        return None
    scheme, _, token = request.authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise BearerRefused
    return token.strip()


ENDPOINT = Endpoint("registration", ("GET", "POST", "PUT", "DELETE"), answer)
