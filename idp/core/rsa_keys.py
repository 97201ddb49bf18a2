"""RSA keys agreed with a counterpart outside: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2), as their wire formats fix it.

Keys come as PEM or as the bare Base64 of the same, which is how consoles of platforms hand them out.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_LEAST_BITS = 2048
_PEM = re.compile(r"-----BEGIN [A-Z ]+-----(?P<base64>[A-Za-z0-9+/=\s]+)-----END [A-Z ]+-----", re.ASCII)


@dataclass(frozen=True, slots=True)
class RsaPublicKey:
    """The counterpart's half."""

    key: rsa.RSAPublicKey = field(repr=False)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        try:
            self.key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class RsaPrivateKey:
    """Our half."""

    key: rsa.RSAPrivateKey = field(repr=False)

    @property
    def public(self) -> RsaPublicKey:
        return RsaPublicKey(self.key.public_key())

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def private_key(text: str) -> RsaPrivateKey:
    """PKCS#8 or PKCS#1; ValueError says what is wrong."""
    try:
        key = serialization.load_der_private_key(_der(text), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as odd:
        raise ValueError("is no private key in PKCS#8 or PKCS#1") from odd
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _LEAST_BITS:
        raise ValueError(f"must be an RSA key of {_LEAST_BITS} bits or more")
    return RsaPrivateKey(key)


def public_key(text: str) -> RsaPublicKey:
    """SubjectPublicKeyInfo; ValueError says what is wrong."""
    try:
        key = serialization.load_der_public_key(_der(text))
    except (ValueError, TypeError, UnsupportedAlgorithm) as odd:
        raise ValueError("is no public key") from odd
    return of_public(key)


def of_public(key: object) -> RsaPublicKey:
    """A key that was read elsewhere, from a certificate for example; ValueError when it is none of ours."""
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _LEAST_BITS:
        raise ValueError(f"must be an RSA key of {_LEAST_BITS} bits or more")
    return RsaPublicKey(key)


def _der(text: str) -> bytes:
    found = _PEM.fullmatch(text.strip())
    try:
        return base64.b64decode("".join((found["base64"] if found else text).split()), validate=True)
    except (binascii.Error, ValueError) as odd:
        raise ValueError("is neither PEM nor Base64") from odd
