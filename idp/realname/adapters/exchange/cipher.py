"""The platforms' cryptography as their wire formats fix it: request signatures and sealed session secrets.

MD5, SHA-1 and a fixed IV are the platforms' choice, not ours.
"""

import base64
import binascii

from idp.core import crypto, ids
from idp.core.secret import Secret

_IV = b"AESCBCPKCS5Paddi"
_BLOCK = 16


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


def sign_sm3(key: Secret, message: str) -> str:
    """Base64 of HMAC-SM3, in the profile of national cryptography."""
    return base64.b64encode(crypto.hmac_sm3(key.reveal().encode(), message.encode())).decode("ascii")


def seal_sm4(seed: Secret, plain: bytes) -> bytes:
    """Base64 of a random IV and SM4-CBC; the key is made of the seed by SM3 as the first profile makes its own by SHA-1."""
    iv = ids.random_bytes(_BLOCK)
    return base64.b64encode(iv + crypto.seal_sm4_cbc(_sm4_key(seed), iv, plain))


def open_sm4(seed: Secret, sealed: bytes | str) -> bytes:
    """What was sealed so; SecretBroken for anything else."""
    try:
        raw = base64.b64decode(sealed, validate=True)
        return crypto.open_sm4_cbc(_sm4_key(seed), raw[:_BLOCK], raw[_BLOCK:])
    except (binascii.Error, ValueError) as broken:
        raise SecretBroken from broken


def sign_tif(token: Secret, seconds: str, nonce: str) -> str:
    """Upper-case hex SHA-256 of time, token, nonce, time: the style of Guangdong."""
    digest = ids.RunningDigest()
    digest.add(f"{seconds}{token.reveal()}{nonce}{seconds}".encode())
    return digest.hex().upper()


def md5_sign(application: str, secret: Secret, time: str) -> str:
    """Hex MD5, for the one platform that knows nothing better."""
    return crypto.md5(f"{application}{secret.reveal()}{time}".encode()).hex()


def sign_lines(key: Secret, *lines: str) -> str:
    """Base64 of HMAC-SHA-256 over lines, each ended by a line feed."""
    return sign(key, "".join(f"{line}\n" for line in lines))


def _sm4_key(seed: Secret) -> bytes:
    return crypto.sm3(crypto.sm3(seed.reveal().encode()))[:_BLOCK]
