"""The provincial gateway's profile of national cryptography: HMAC-SM3, and SM4-CBC with a random IV sent in front.

The key of SM4 is the first half of SM3(SM3(seed)), as the first profile makes its own of SHA-1.
"""

import base64
import binascii
import secrets

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

_BLOCK = 16


def sign(key: str, message: str) -> str:
    """Base64 of HMAC-SM3."""
    mac = hmac.HMAC(key.encode(), hashes.SM3())
    mac.update(message.encode())
    return base64.b64encode(mac.finalize()).decode("ascii")


def seal_text(seed: str, plain: str) -> str:
    return seal_bytes(seed, plain.encode()).decode("ascii")


def seal_bytes(seed: str, plain: bytes) -> bytes:
    """Base64 of IV and ciphertext."""
    iv = secrets.token_bytes(_BLOCK)
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.SM4(_key(seed)), modes.CBC(iv)).encryptor()
    sealed = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    return base64.b64encode(iv + sealed)


def open_bytes(seed: str, sealed: bytes) -> bytes:
    """ValueError for what was not sealed under this seed."""
    try:
        raw = base64.b64decode(sealed, validate=True)
    except binascii.Error as broken:
        raise ValueError("no Base64") from broken
    decryptor = Cipher(algorithms.SM4(_key(seed)), modes.CBC(raw[:_BLOCK])).decryptor()
    unpadder = PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(raw[_BLOCK:]) + decryptor.finalize()) + unpadder.finalize()


def _key(seed: str) -> bytes:
    return _sm3(_sm3(seed.encode()))[:_BLOCK]


def _sm3(message: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(message)
    return digest.finalize()
