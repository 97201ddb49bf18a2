"""`tls_client_auth`: a certificate of a trusted authority that names the client as registered (RFC 8705 §2.1)."""

import ipaddress

from idp.core import clock, distinguished_names
from idp.core.certificates import CertificateRefused, ClientCertificate
from idp.core.distinguished_names import MalformedName
from idp.oidc.client_auth.method import Method
from idp.oidc.client_auth.presented import Presented, Way
from idp.oidc.provider import Provider
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.clients import RegisteredClient


def _doubt(provider: Provider, client: RegisteredClient, presented: Presented) -> str | None:
    if presented.certificate is None:
        return "certificate_missing"
    if provider.client_anchors is None:
        return "certificate_not_offered"
    try:
        certificate = presented.certificate.read()
        provider.client_anchors.check(certificate, clock.now())
    except CertificateRefused as refused:
        return refused.reason
    return None if names(certificate, client.metadata) else "certificate_subject"


def names(certificate: ClientCertificate, metadata: ClientMetadata) -> bool:
    """Whether the certificate holds the one name that is registered (RFC 8705 §2.1.2)."""
    registered = {
        kind: value
        for kind in ("subject_dn", "san_dns", "san_uri", "san_ip", "san_email")
        if (value := getattr(metadata, f"tls_client_auth_{kind}")) is not None
    }
    if len(registered) != 1:
        return False
    ((kind, expected),) = registered.items()
    match kind:
        case "subject_dn":
            return certificate.subject == _parsed(expected)
        case "san_dns":
            return expected.lower() in [name.lower() for name in certificate.dns_names]
        case "san_uri":
            return expected in certificate.uris
        case "san_ip":
            return _address(expected) in certificate.addresses
    return _mailbox(expected) in [_mailbox(each) for each in certificate.emails]


def _parsed(text: str) -> distinguished_names.Name | None:
    try:
        return distinguished_names.parse(text)
    except MalformedName:  # registration takes no such name
        return None


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _mailbox(text: str) -> str:
    """The host of a mailbox is compared without case, its local part with it (RFC 5280 §7.5)."""
    local, _, host = text.rpartition("@")
    return f"{local}@{host.lower()}"


METHOD = Method("tls_client_auth", Way.NAME, _doubt)
