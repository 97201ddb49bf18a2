"""POST /token (RFC 6749 §3.2)."""

from idp.edge.services import Services
from idp.edge.site_calls import Endpoint, SiteRequest
from idp.oidc.endpoints import calls
from idp.oidc.engine import TokenAnswer


def answer(everything: Services, request: SiteRequest) -> TokenAnswer:
    return everything.engine.answer(calls.call(everything, request, "/token"))


ENDPOINT = Endpoint("token", ("POST",), answer)
