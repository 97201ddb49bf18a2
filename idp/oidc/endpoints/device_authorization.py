"""POST /device_authorization (RFC 8628 §3.1, §3.2)."""

from idp.edge.services import Services
from idp.edge.site_calls import Endpoint, SiteRequest
from idp.oidc.devices import device
from idp.oidc.endpoints import calls
from idp.oidc.engine import TokenAnswer
from idp.oidc.grants.device_code import INTERVAL
from idp.oidc.uris import with_parameters

PATH = "/device_authorization"


def answer(everything: Services, request: SiteRequest) -> TokenAnswer:
    form = request.form()
    client = calls.authenticated(everything, request, form, PATH)
    begun = device.begin(everything.provider, client, form, address=request.address)
    page = everything.settings.url("/device")
    told = {
        "device_code": begun.device_code,
        "user_code": begun.user_code,
        "verification_uri": page,
        "verification_uri_complete": with_parameters(page, {"user_code": begun.user_code}),
        "expires_in": begun.expires_in,
        "interval": INTERVAL,
    }
    return TokenAnswer(200, told, {})


ENDPOINT = Endpoint("device_authorization", ("POST",), answer)
