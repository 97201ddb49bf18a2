"""`self_signed_tls_client_auth`: a certificate that the client shows among its own keys (RFC 8705 §2.2).

Nobody vouches for it but the registration, so its chain is not looked at; what it says of its own time is.
"""

from idp.core import clock
from idp.core.certificates import CertificateRefused
from idp.oidc.client_auth.method import Method
from idp.oidc.client_auth.presented import Presented, Way
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient


def _doubt(provider: Provider, client: RegisteredClient, presented: Presented) -> str | None:
    if presented.certificate is None:
        return "certificate_missing"
    try:
        certificate = presented.certificate.read()
    except CertificateRefused as refused:
        return refused.reason
    if not certificate.is_valid_at(clock.now()):
        return "certificate_expired"
    known = provider.client_keys.certificates(client, certificate.der)
    return None if certificate.der in known else "certificate_unknown"


METHOD = Method("self_signed_tls_client_auth", Way.NAME, _doubt)
