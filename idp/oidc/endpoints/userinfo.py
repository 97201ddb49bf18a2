"""GET and POST /userinfo (OpenID Connect Core §5.3, RFC 6750)."""

from idp.edge.services import Services
from idp.edge.site_calls import Endpoint, SiteRequest
from idp.oidc.engine import JwtAnswer, TokenAnswer
from idp.oidc.parameters import MalformedParameters
from idp.oidc.userinfo import TokenRefused, userinfo

_CORS = {"Access-Control-Allow-Origin": "*"}
# Scripts of public clients may ask (OpenID Connect Core §5.3).
_PREFLIGHT = _CORS | {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization",
    "Access-Control-Max-Age": "600",
}


def answer(everything: Services, request: SiteRequest) -> TokenAnswer:
    try:
        token = _bearer(request)
        if token is None:
            return TokenAnswer(401, {}, _CORS | {"WWW-Authenticate": 'Bearer realm="userinfo"'})
        client, claims = userinfo(everything.provider, token)
        signed = everything.provider.outgoing.userinfo(client, claims)
        return TokenAnswer(200, claims, _CORS) if signed is None else JwtAnswer(signed, "application/jwt", _CORS)
    except TokenRefused as refused:
        challenge = f'Bearer realm="userinfo", error="{refused.error}"'
        return TokenAnswer(refused.status, {"error": refused.error}, _CORS | {"WWW-Authenticate": challenge})


def _bearer(request: SiteRequest) -> str | None:
    """The token by header or form, never by query (RFC 6750 §2, RFC 9700 §4.3.2); two of them are refused."""
    scheme, _, by_header = (request.authorization or "").partition(" ")
    by_form = None
    if request.method == "POST" and request.is_form:
        try:
            by_form = request.form().get("access_token")
        except MalformedParameters as malformed:
            raise TokenRefused("invalid_request", 400) from malformed
    if scheme.lower() == "bearer" and by_header.strip():
        if by_form is not None:
            raise TokenRefused("invalid_request", 400)
        return by_header.strip()
    return by_form


ENDPOINT = Endpoint("userinfo", ("GET", "POST"), answer, _PREFLIGHT)
