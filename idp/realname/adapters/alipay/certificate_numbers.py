"""The "SN" by which Alipay names certificates: MD5 over the issuer's name and the serial number, in hexadecimal."""

from collections.abc import Iterable

from idp.core import crypto
from idp.core.partner_certificates import PartnerCertificate


def of_names(issuer: str, serial: int) -> str:
    return crypto.md5(f"{issuer}{serial}".encode()).hex()


def of(certificate: PartnerCertificate) -> str:
    return of_names(certificate.issuer, certificate.serial)


def of_roots(roots: Iterable[PartnerCertificate]) -> str:
    """Of those that are signed with RSA, joined; empty when there is none."""
    return "_".join(of(root) for root in roots if root.is_signed_by_rsa)
