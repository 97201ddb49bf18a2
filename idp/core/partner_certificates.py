"""Certificates with which a counterpart outside signs, and the roots they must lead to (RFC 5280 §6)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from idp.core import rsa_keys
from idp.core.certificates import ClientCertificate, TrustAnchors
from idp.core.rsa_keys import RsaPublicKey

_MOST = 16
_RSA_SIGNATURES = "1.2.840.113549.1.1"  # PKCS #1 (RFC 8017 appendix A)


@dataclass(frozen=True, slots=True)
class PartnerCertificate:
    """A certificate with what leads from it to a root."""

    leaf: x509.Certificate = field(repr=False)
    chain: tuple[x509.Certificate, ...] = field(default=(), repr=False)

    @property
    def issuer(self) -> str:
        """The issuer's name as text, the most specific part first (RFC 4514)."""
        return self.leaf.issuer.rfc4514_string()

    @property
    def serial(self) -> int:
        return self.leaf.serial_number

    @property
    def is_signed_by_rsa(self) -> bool:
        return self.leaf.signature_algorithm_oid.dotted_string.startswith(f"{_RSA_SIGNATURES}.")

    @property
    def public_key(self) -> RsaPublicKey:
        """ValueError for anything but an RSA key of today."""
        try:
            return rsa_keys.of_public(self.leaf.public_key())
        except UnsupportedAlgorithm as odd:
            raise ValueError("must be an RSA key") from odd

    def check(self, roots: Iterable["PartnerCertificate"], now: datetime) -> None:
        """That it leads to one of the roots and is valid now; CertificateRefused otherwise."""
        anchors = TrustAnchors([root.leaf for root in roots if root.is_signed_by_rsa])
        anchors.check_path(ClientCertificate(self.leaf, self.chain), now)


def read_one(pem: str) -> PartnerCertificate:
    """The first certificate of a PEM text, with those that follow as its chain; ValueError when there is none."""
    leaf, *chain = _read(pem)
    return PartnerCertificate(leaf, tuple(chain))


def read_all(pem: str) -> tuple[PartnerCertificate, ...]:
    """Every certificate of a PEM text, each by itself; ValueError when there is none."""
    return tuple(PartnerCertificate(each) for each in _read(pem))


def _read(pem: str) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(pem.encode("ascii"))
        for each in found:
            if each.signature_algorithm_oid.dotted_string.startswith(
                _RSA_SIGNATURES
            ):  # others lead nowhere, and may be odd
                _ = each.issuer, each.extensions, each.not_valid_after_utc  # read late, refused here
    except (ValueError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType) as odd:
        raise ValueError("is no certificate in PEM") from odd
    if not 1 <= len(found) <= _MOST:
        raise ValueError(f"must hold 1 to {_MOST} certificates")
    return found
