"""POST /mandates/check: may this person act for that organisation now? Answered by a signed JWT of a type of its own."""

from idp.edge.services import Services
from idp.edge.site_calls import Endpoint, SiteRequest
from idp.oidc import mandate_checks
from idp.oidc.endpoints import calls
from idp.oidc.engine import JwtAnswer, TokenAnswer
from idp.oidc.jwt.outgoing import MANDATE_CHECK_TYPE

PATH = "/mandates/check"
MEDIA_TYPE = f"application/{MANDATE_CHECK_TYPE}"


def answer(everything: Services, request: SiteRequest) -> TokenAnswer:
    form = request.form()
    client = calls.authenticated(everything, request, form, PATH)
    asked = mandate_checks.read(client, form)
    return JwtAnswer(mandate_checks.answer(everything.provider, client, asked), MEDIA_TYPE, {})


ENDPOINT = Endpoint("mandate_check", ("POST",), answer)
