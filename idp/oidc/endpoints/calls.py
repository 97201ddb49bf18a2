"""What the endpoints that sites call have in common: the engine's call, and the client that proves itself."""

from idp.edge.services import Services
from idp.edge.site_calls import SiteRequest
from idp.oidc import client_authentication
from idp.oidc.clients import RegisteredClient
from idp.oidc.engine import Call


def call(everything: Services, request: SiteRequest, path: str) -> Call:
    """The posted request as the engine takes it."""
    return Call(everything.settings.url(path), request.form(), request.authorization, request.address)


def authenticated(everything: Services, request: SiteRequest, form: dict[str, str]) -> RegisteredClient:
    """The calling client, proven."""
    return client_authentication.authenticate(everything.provider, request.authorization, form, address=request.address)
