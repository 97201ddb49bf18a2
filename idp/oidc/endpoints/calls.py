"""What the endpoints that sites call have in common: the engine's call, and the client that proves itself."""

from idp.edge.services import Services
from idp.edge.site_calls import SiteRequest
from idp.oidc import client_authentication
from idp.oidc.engine import Call
from idp.oidc.registration.clients import RegisteredClient


def call(everything: Services, request: SiteRequest, path: str) -> Call:
    """The posted request as the engine takes it."""
    url = everything.settings.url(path)
    return Call(url, request.form(), request.authorization, request.address, request.certificate)


def authenticated(everything: Services, request: SiteRequest, form: dict[str, str], path: str) -> RegisteredClient:
    """The calling client, proven."""
    return client_authentication.authenticate(
        everything.provider, request.authorization, form,
        address=request.address, certificate=request.certificate, audience=everything.settings.url(path),
    )  # fmt: skip
