"""Certificates made for a test: an authority, what it signs, and certificates that sign themselves."""

import base64
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from idp.core import clock

CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


def name(common_name: str, organisation: str = "样例机关") -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


@dataclass(frozen=True)
class Holder:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def rfc9440(self) -> str:
        return f":{base64.b64encode(self.der).decode()}:"

    @property
    def escaped(self) -> str:
        """As `$ssl_client_escaped_cert` of nginx."""
        return quote(self.pem, safe="")

    @property
    def x5c(self) -> dict[str, object]:
        """A JWK Set with this one certificate (RFC 8705 §2.2.2)."""
        numbers = self.key.public_key().public_numbers()

        def octets(number: int) -> str:
            return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()

        jwk = {"kty": "EC", "crv": "P-256", "x": octets(numbers.x), "y": octets(numbers.y)}
        return {"keys": [{**jwk, "kid": "tls", "x5c": [base64.b64encode(self.der).decode()]}]}

    def files(self, folder: Path, *chain: "Holder") -> tuple[str, str]:
        """Certificate (with its chain) and key as files, for a TLS library."""
        certificate, key = folder / f"{id(self)}.crt", folder / f"{id(self)}.key"
        certificate.write_text(self.pem + "".join(each.pem for each in chain), encoding="ascii")
        key.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return str(certificate), str(key)

    def issue(
        self,
        subject: str | x509.Name = "site.example",
        *,
        names: Sequence[x509.GeneralName] = (),
        purposes: Sequence[x509.ObjectIdentifier] = (),
        is_authority: bool = False,
        days: tuple[float, float] = (-1, 30),
        more: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> "Holder":
        return _made(self, subject, names, purposes, is_authority, days, more)


def authority(common_name: str = "test authority") -> Holder:
    return _made(None, common_name, (), (), True, (-1, 30), ())


def self_signed(subject: str | x509.Name = "site.example", *, days: tuple[float, float] = (-1, 30)) -> Holder:
    return _made(None, subject, (), (), False, days, ())


def _made(
    issuer: Holder | None,
    subject: str | x509.Name,
    names: Sequence[x509.GeneralName],
    purposes: Sequence[x509.ObjectIdentifier],
    is_authority: bool,
    days: tuple[float, float],
    more: Sequence[tuple[x509.ExtensionType, bool]],
) -> Holder:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = name(subject) if isinstance(subject, str) else subject
    now = clock.now()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=days[0]))
        .not_valid_after(now + dt.timedelta(days=days[1]))
    )
    if is_authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    for extension, is_critical in more:
        builder = builder.add_extension(extension, critical=is_critical)
    return Holder(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)
