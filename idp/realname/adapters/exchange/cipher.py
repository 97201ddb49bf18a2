"""The provincial gateway's cryptography as its wire format fixes it: request signature and session secret.

SHA-1 and a fixed IV are the platform's choice, not ours.
"""

import base64
import binascii

from idp.core import crypto
from idp.core.secret import Secret

_IV = b"AESCBCPKCS5Paddi"


class SecretBroken(ValueError):
    """A session secret that does not decrypt under the application key."""


def sign(key: Secret, message: str) -> str:
    """Base64 of HMAC-SHA-256."""
    return base64.b64encode(crypto.hmac_sha256(key.reveal().encode(), message.encode())).decode("ascii")


def decrypt_secret(app_key: Secret, sealed: str) -> Secret:
    """AES-128-CBC with PKCS#5 padding; the key is what Java's SHA1PRNG yields for the application key."""
    try:
        ciphertext = base64.b64decode(sealed, validate=True)
        plain = crypto.open_aes_cbc(derived_key(app_key), _IV, ciphertext).decode()
    except (binascii.Error, ValueError) as broken:
        raise SecretBroken from broken
    if not plain:
        raise SecretBroken
    return Secret(plain)


def derived_key(app_key: Secret) -> bytes:
    """The first 16 bytes of SHA-1(SHA-1(application key))."""
    return crypto.sha1(crypto.sha1(app_key.reveal().encode()))[:16]
