"""POST /introspect (RFC 7662), answered as JSON, or as a signed JWT to whoever asks for one (RFC 9701 §4)."""

from idp.edge.services import Services
from idp.edge.site_calls import Endpoint, SiteRequest
from idp.oidc.endpoints import calls
from idp.oidc.engine import JwtAnswer, TokenAnswer
from idp.oidc.jwt.outgoing import INTROSPECTION_TYPE
from idp.oidc.tokens.introspection import introspect

_MEDIA_TYPE = f"application/{INTROSPECTION_TYPE}"


def answer(everything: Services, request: SiteRequest) -> TokenAnswer:
    form = request.form()
    client = calls.authenticated(everything, request, form, "/introspect")
    about = introspect(everything.provider, client, form.get("token"))
    if _wants_jwt(request.environ.get("HTTP_ACCEPT", "")):
        return JwtAnswer(everything.provider.outgoing.introspection(client, about), _MEDIA_TYPE, {})
    return TokenAnswer(200, about, {})


def _wants_jwt(accept: str) -> bool:
    """Whether the caller names the media type of signed answers, by whatever weight but none (RFC 9110 §12.5.1)."""
    for each in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in each.split(";"))
        if media_type == _MEDIA_TYPE:
            return not any(part.replace(" ", "").rstrip("0.") == "q=" for part in parameters)
    return False


ENDPOINT = Endpoint("introspection", ("POST",), answer)
