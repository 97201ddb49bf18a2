"""Alipay's cryptography at its own end: signatures, certificate numbers, and encrypted content."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.x509.oid import NameOID

_RSA_SIGNATURES = "1.2.840.113549.1.1."
_IV = bytes(16)


@dataclass(frozen=True, slots=True)
class Keys:
    """What was agreed with one application. In certificate mode keys are named by their certificates."""

    app_key: rsa.RSAPublicKey = field(repr=False)
    own_key: rsa.RSAPrivateKey = field(repr=False)
    aes_key: bytes = field(repr=False)
    app_number: str = ""
    root_number: str = ""
    own_number: str = ""
    own_certificate: str = field(default="", repr=False)

    @property
    def is_in_certificate_mode(self) -> bool:
        return bool(self.own_number)

    def app_signed(self, text: str, signature: str) -> bool:
        try:
            raw = base64.b64decode(signature, validate=True)
            self.app_key.verify(raw, text.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def of(table: Mapping[str, Any]) -> Keys:
    """Read the agreement; the texts are long and never change, so reading is done once."""
    members = ("app_public_key", "alipay_private_key", "aes_key", "app_cert", "alipay_cert", "alipay_root_cert")
    return _read(*(str(table.get(name, "")) for name in members))


@lru_cache(maxsize=8)
def _read(app_key: str, own_key: str, aes_key: str, app_cert: str, own_cert: str, root_cert: str) -> Keys:
    public = serialization.load_pem_public_key(app_key.encode())
    private = serialization.load_pem_private_key(own_key.encode(), password=None)
    assert isinstance(public, rsa.RSAPublicKey) and isinstance(private, rsa.RSAPrivateKey)  # noqa: PT018, S101 - as agreed
    numbers = {}
    if app_cert:
        numbers = {
            "app_number": number_of(_certificates(app_cert)[0]),
            "own_number": number_of(_certificates(own_cert)[0]),
            "root_number": "_".join(number_of(each) for each in _certificates(root_cert) if _is_signed_by_rsa(each)),
            "own_certificate": own_cert,
        }
    return Keys(public, private, base64.b64decode(aes_key), **numbers)


def number_of(certificate: x509.Certificate) -> str:
    """MD5 over the issuer's name, the most specific part first, and the serial number."""
    text = f"{certificate.issuer.rfc4514_string()}{certificate.serial_number}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def number_of_pem(pem: str) -> str:
    """The same of the first certificate in a text; empty when the text is."""
    return number_of(_certificates(pem)[0]) if pem else ""


def sign(key: rsa.RSAPrivateKey, text: str) -> str:
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode("ascii")


def encrypt(key: bytes, text: str) -> str:
    padder = PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(_IV)).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode("ascii")


def decrypt(key: bytes, text: str) -> str:
    """ValueError when it was not encrypted with this key."""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(_IV)).decryptor()
    padded = decryptor.update(base64.b64decode(text, validate=True)) + decryptor.finalize()
    unpadder = PKCS7(128).unpadder()
    return (unpadder.update(padded) + unpadder.finalize()).decode()


@lru_cache(maxsize=1)
def stranger() -> tuple[rsa.RSAPrivateKey, str]:
    """A key of nobody's, with a certificate that it signed itself."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox Stranger")])
    made = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(made - timedelta(days=1)).not_valid_after(made + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return key, certificate.public_bytes(serialization.Encoding.PEM).decode()


def _certificates(pem: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem.encode())


def _is_signed_by_rsa(certificate: x509.Certificate) -> bool:
    return certificate.signature_algorithm_oid.dotted_string.startswith(_RSA_SIGNATURES)
