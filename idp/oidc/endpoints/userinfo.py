"""GET and POST /userinfo (OpenID Connect Core §5.3, RFC 6750)."""

from idp.edge.services import Services
from idp.edge.site_calls import Endpoint, SiteRequest
from idp.oidc.engine import JwtAnswer, TokenAnswer
from idp.oidc.parameters import MalformedParameters
from idp.oidc.userinfo import TokenRefused, userinfo

_REALM = 'Bearer realm="userinfo"'


def answer(everything: Services, request: SiteRequest) -> TokenAnswer:
    try:
        token = _bearer(request)
        if token is None:
            return TokenAnswer(
                401, {}, {"WWW-Authenticate": _REALM}
            )  # no error to whom brought no token (RFC 6750 §3.1)
        client, claims = userinfo(everything.provider, token)
        signed = everything.provider.outgoing.userinfo(client, claims)
        return TokenAnswer(200, claims, {}) if signed is None else JwtAnswer(signed, "application/jwt", {})
    except TokenRefused as refused:
        needed = ', scope="openid"' if refused.error == "insufficient_scope" else ""
        challenge = f'{_REALM}, error="{refused.error}"{needed}'
        return TokenAnswer(refused.status, {"error": refused.error}, {"WWW-Authenticate": challenge})


def _bearer(request: SiteRequest) -> str | None:
    """The token by header or form, never by query (RFC 6750 §2, RFC 9700 §4.3.2); two of them, wherever, are refused."""
    scheme, _, by_header = (request.authorization or "").partition(" ")
    by_form = None
    if request.method == "POST" and request.is_form:
        try:
            by_form = request.form().get("access_token")
        except MalformedParameters as malformed:
            raise TokenRefused("invalid_request", 400) from malformed
    token = by_header.strip() if scheme.lower() == "bearer" and by_header.strip() else None
    if token is not None and by_form is not None:
        raise TokenRefused("invalid_request", 400)
    token = token or by_form
    if token is not None and "access_token=" in request.query:
        raise TokenRefused("invalid_request", 400)
    return token


ENDPOINT = Endpoint("userinfo", ("GET", "POST"), answer)
