"""POST /revoke (RFC 7009)."""

from idp.edge.services import Services
from idp.edge.site_calls import Endpoint, SiteRequest
from idp.oidc.endpoints import calls
from idp.oidc.engine import TokenAnswer
from idp.oidc.tokens.revocation import revoke


def answer(everything: Services, request: SiteRequest) -> TokenAnswer:
    form = request.form()
    client = calls.authenticated(everything, request, form, "/revoke")
    revoke(everything.provider, client, form.get("token"))
    return TokenAnswer(200, {}, {})


ENDPOINT = Endpoint("revocation", ("POST",), answer)
