"""Client certificates: read from a proxy's header, checked against trust anchors, and asked for their names (RFC 5280)."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from idp.core import distinguished_names
from idp.core.distinguished_names import Name
from idp.core.errors import ConfigurationError

_LONGEST = 16_384
_LONGEST_CHAIN = 8
_BYTES = re.compile(r":([A-Za-z0-9+/]+={0,2}):", re.ASCII)  # a byte sequence (RFC 8941 §3.3.5)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*", re.ASCII)


class CertificateRefused(Exception):
    """A certificate that cannot be read or is not good now; `reason` is a short code for the audit."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Presented:
    """What a trusted proxy handed over, unread: reading it costs time that most requests need not spend."""

    leaf: str
    chain: str = ""

    def read(self) -> "ClientCertificate":
        """The certificate; CertificateRefused when it is none."""
        if len(self.leaf) > _LONGEST or len(self.chain) > _LONGEST * 2:
            raise CertificateRefused("certificate_too_large")
        others = [part.strip(" \t") for part in self.chain.split(",")] if self.chain else []
        if len(others) > _LONGEST_CHAIN:
            raise CertificateRefused("certificate_chain_too_long")
        leaf, *chain = (_loaded(_der(each)) for each in (self.leaf, *others))
        return ClientCertificate(leaf, tuple(chain))


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate whose key the TLS client proved to hold, and what it sent along to link it to an anchor."""

    leaf: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        return self.leaf.public_bytes(Encoding.DER)

    def is_valid_at(self, now: datetime) -> bool:
        return self.leaf.not_valid_before_utc <= now <= self.leaf.not_valid_after_utc

    @property
    def subject(self) -> Name:
        """The subject's distinguished name."""
        return distinguished_names.of_attributes(
            [(each.oid.dotted_string, each.value) for each in level if isinstance(each.value, str)]
            for level in self.leaf.subject.rdns
        )

    @property
    def dns_names(self) -> list[str]:
        return self._alternatives().get_values_for_type(x509.DNSName)

    @property
    def uris(self) -> list[str]:
        return self._alternatives().get_values_for_type(x509.UniformResourceIdentifier)

    @property
    def emails(self) -> list[str]:
        return self._alternatives().get_values_for_type(x509.RFC822Name)

    @property
    def addresses(self) -> list[str]:
        """IP addresses in the form of RFC 5952."""
        return [str(each) for each in self._alternatives().get_values_for_type(x509.IPAddress)]

    def may_authenticate_clients(self) -> bool:
        """Whether its purposes, where it names any, include that of a TLS client (RFC 5280 §4.2.1.12)."""
        try:
            purposes = self.leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except x509.ExtensionNotFound:
            return True
        return bool({ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(purposes))

    def _alternatives(self) -> x509.GeneralNames:
        try:
            names = self.leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return x509.GeneralNames([])
        return x509.GeneralNames(names)


class TrustAnchors:
    """The authorities whose certificates identify clients."""

    def __init__(self, certificates: list[x509.Certificate]) -> None:
        self._store = verification.Store(certificates)

    @classmethod
    def of_file(cls, path: Path) -> "TrustAnchors":
        """The certificates of a PEM file; ConfigurationError when there is none in it."""
        try:
            return cls(x509.load_pem_x509_certificates(path.read_bytes()))
        except (OSError, ValueError) as odd:
            raise ConfigurationError(f"IDP_CLIENT_CA_FILE: no certificates can be read from {path}: {odd}") from odd

    def check(self, certificate: ClientCertificate, now: datetime) -> None:
        """A path to an anchor, valid now, for TLS clients (RFC 5280 §6); CertificateRefused without one."""
        self.check_path(certificate, now)
        if not certificate.may_authenticate_clients():
            raise CertificateRefused("certificate_purpose")

    def check_path(self, certificate: ClientCertificate, now: datetime) -> None:
        """The same for any purpose."""
        if not certificate.is_valid_at(now):
            raise CertificateRefused("certificate_expired")
        policy = verification.PolicyBuilder().store(self._store).time(now).max_chain_depth(_LONGEST_CHAIN)
        verifier = policy.extension_policies(ca_policy=_OF_CAS, ee_policy=_OF_LEAVES).build_client_verifier()
        try:
            verifier.verify(certificate.leaf, list(certificate.chain))
        except (verification.VerificationError, UnsupportedAlgorithm, ValueError, x509.DuplicateExtension) as refused:
            raise CertificateRefused("certificate_untrusted") from refused


def _may_sign(_policy: verification.Policy, _of: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("this key signs no certificates")


def _is_described(_policy: verification.Policy, _of: x509.Certificate, _basic: x509.BasicConstraints) -> None:
    """The verifier itself asks for `cA` and counts the path; it only must be told to ask."""


# The profile of the web (a subject alternative name in every certificate, and more) is not that of clients: theirs is RFC 5280.
_OF_CAS = (
    verification.ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, verification.Criticality.AGNOSTIC, _is_described)
    .may_be_present(x509.KeyUsage, verification.Criticality.AGNOSTIC, _may_sign)
)
_OF_LEAVES = verification.ExtensionPolicy.permit_all()


def _der(text: str) -> bytes:
    """The octets of one certificate: `:base64:` (RFC 9440 §2.1), or PEM with escapes (nginx) or spaces (Apache)."""
    found = _BYTES.fullmatch(text) or _PEM.fullmatch(unquote(text))
    if found is None:
        raise CertificateRefused("certificate_unreadable")
    try:
        return base64.b64decode("".join(found[1].split()), validate=True)
    except (binascii.Error, ValueError) as odd:
        raise CertificateRefused("certificate_unreadable") from odd


def _loaded(der: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.extensions, certificate.subject, certificate.not_valid_after_utc  # read late, refused here
    except (ValueError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType) as odd:
        raise CertificateRefused("certificate_unreadable") from odd
    return certificate
