"""The provincial gateway's cryptography as its wire format fixes it: request signature and session secret.

SHA-1 and a fixed IV are the platform's choice, not ours: nothing else may use this module.
"""

import base64
import binascii

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from idp.core.secret import Secret

_IV = b"AESCBCPKCS5Paddi"


class SecretBroken(ValueError):
    """A session secret that does not decrypt under the application key."""


def sign(key: Secret, message: str) -> str:
    """Base64 of HMAC-SHA-256."""
    mac = hmac.HMAC(key.reveal().encode(), hashes.SHA256())
    mac.update(message.encode())
    return base64.b64encode(mac.finalize()).decode("ascii")


def decrypt_secret(app_key: Secret, sealed: str) -> Secret:
    """AES-128-CBC with PKCS#5 padding; the key is what Java's SHA1PRNG yields for the application key."""
    try:
        ciphertext = base64.b64decode(sealed, validate=True)
        decryptor = Cipher(algorithms.AES(derived_key(app_key)), modes.CBC(_IV)).decryptor()
        unpadder = PKCS7(128).unpadder()
        padded = decryptor.update(ciphertext) + decryptor.finalize()
        plain = (unpadder.update(padded) + unpadder.finalize()).decode()
    except (binascii.Error, ValueError) as broken:
        raise SecretBroken from broken
    if not plain:
        raise SecretBroken
    return Secret(plain)


def derived_key(app_key: Secret) -> bytes:
    """The first 16 bytes of SHA-1(SHA-1(application key))."""
    return _sha1(_sha1(app_key.reveal().encode()))[:16]


def _sha1(message: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA1())  # noqa: S303 - the platform's key derivation
    digest.update(message)
    return digest.finalize()
