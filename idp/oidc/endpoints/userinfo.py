"""GET and POST /userinfo (OpenID Connect Core §5.3, RFC 6750)."""

import flask
from authlib.oauth2.rfc6749.errors import OAuth2Error

from idp.edge.services import Services
from idp.oidc.endpoints import calls
from idp.oidc.engine import TokenAnswer
from idp.oidc.userinfo import TokenRefused, userinfo

bp = flask.Blueprint("userinfo", __name__)
_CORS = {"Access-Control-Allow-Origin": "*"}


@bp.route("/userinfo", methods=["GET", "POST"])
def claims() -> flask.Response:
    return calls.answered(_userinfo)


@bp.route("/userinfo", methods=["OPTIONS"], provide_automatic_options=False)
def preflight() -> flask.Response:
    """Scripts of public clients may ask (OpenID Connect Core §5.3)."""
    allowed = {
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Authorization",
        "Access-Control-Max-Age": "600",
    }
    return flask.Response("", 204, _CORS | allowed)


def _userinfo(everything: Services) -> TokenAnswer:
    try:
        token = _bearer()
        if token is None:
            return TokenAnswer(401, {}, _CORS | {"WWW-Authenticate": 'Bearer realm="userinfo"'})
        return TokenAnswer(200, userinfo(everything.provider, token), _CORS)
    except TokenRefused as refused:
        challenge = f'Bearer realm="userinfo", error="{refused.error}"'
        return TokenAnswer(refused.status, {"error": refused.error}, _CORS | {"WWW-Authenticate": challenge})


def _bearer() -> str | None:
    """The token by header or form, never by query (RFC 6750 §2, RFC 9700 §4.3.2); two of them are refused."""
    header = flask.request.headers.get("Authorization", "")
    scheme, _, by_header = header.partition(" ")
    by_form = None
    if flask.request.method == "POST" and flask.request.mimetype == "application/x-www-form-urlencoded":
        try:
            by_form = calls.read_form().get("access_token")
        except OAuth2Error as malformed:
            raise TokenRefused("invalid_request", 400) from malformed
    if scheme.lower() == "bearer" and by_header.strip():
        if by_form is not None:
            raise TokenRefused("invalid_request", 400)
        return by_header.strip()
    return by_form
