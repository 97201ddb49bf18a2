"""The provincial gateway's cryptography: request signatures and the encrypted session secret."""

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

_IV = b"AESCBCPKCS5Paddi"


def sign(key: str, message: str) -> str:
    """Base64 of HMAC-SHA-256."""
    return base64.b64encode(hmac.digest(key.encode(), message.encode(), "sha256")).decode("ascii")


def secret_key(seed: str) -> bytes:
    """What Java's SHA1PRNG yields for a seed: the first 16 bytes of SHA-1(SHA-1(seed))."""
    once = hashlib.sha1(seed.encode(), usedforsecurity=False).digest()
    return hashlib.sha1(once, usedforsecurity=False).digest()[:16]


def encrypt_secret(seed: str, plain: str) -> str:
    """Base64 of AES-128-CBC with PKCS#5 padding and the fixed IV of the platform."""
    padder = PKCS7(128).padder()
    padded = padder.update(plain.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(secret_key(seed)), modes.CBC(_IV)).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode("ascii")


def same(left: str, right: str) -> bool:
    """Compare in a time that does not tell where they differ."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))
