"""GET and POST /userinfo (OpenID Connect Core §5.3, RFC 6750)."""

from collections.abc import Mapping

from idp.edge.services import Services
from idp.edge.site_calls import Endpoint, SiteRequest
from idp.oidc.engine import JwtAnswer, TokenAnswer
from idp.oidc.parameters import MalformedParameters
from idp.oidc.tokens.userinfo import TokenRefused, presented, userinfo

_REALM = 'Bearer realm="userinfo"'


def answer(everything: Services, request: SiteRequest) -> TokenAnswer:
    try:
        token = presented(request.authorization, _form(request), request.query)
        if token is None:  # no error to whom brought no token (RFC 6750 §3.1)
            return TokenAnswer(401, {}, {"WWW-Authenticate": _REALM})
        client, claims = userinfo(everything.provider, token)
        signed = everything.provider.outgoing.userinfo(client, claims)
        return TokenAnswer(200, claims, {}) if signed is None else JwtAnswer(signed, "application/jwt", {})
    except TokenRefused as refused:
        needed = ', scope="openid"' if refused.error == "insufficient_scope" else ""
        challenge = f'{_REALM}, error="{refused.error}"{needed}'
        return TokenAnswer(refused.status, {"error": refused.error}, {"WWW-Authenticate": challenge})


def _form(request: SiteRequest) -> Mapping[str, str]:
    """What was posted as a form, if anything was."""
    if request.method != "POST" or not request.is_form:
        return {}
    try:
        return request.form()
    except MalformedParameters as malformed:
        raise TokenRefused("invalid_request", 400) from malformed


ENDPOINT = Endpoint("userinfo", ("GET", "POST"), answer)
