"""The platform's cryptography: SM2 over sorted members and over exact texts (raw r‖s in Base64), SM3 of numbers."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import gmalg
from cryptography.hazmat.primitives import hashes

_USER_ID = b"1234567812345678"
_SIZE = 32


def sorted_text(members: Mapping[str, Any]) -> str:
    """What is signed of a request: all members but the signature, by name."""
    return "&".join(f"{name}={members[name]}" for name in sorted(members) if name != "sign")


def sign(private_key: str, text: str) -> str:
    pair = gmalg.SM2(sk=bytes.fromhex(private_key), uid=_USER_ID).sign(text.encode())
    return base64.b64encode(b"".join(number.rjust(_SIZE, b"\0") for number in pair)).decode("ascii")


def verifies(public_key: str, text: str, signature: object) -> bool:
    """Whether the signature is of exactly this text."""
    try:
        raw = base64.b64decode(str(signature), validate=True)
    except (binascii.Error, ValueError):
        return False
    if len(raw) != 2 * _SIZE:
        return False
    verifier = gmalg.SM2(pk=bytes.fromhex(public_key), uid=_USER_ID)
    return bool(verifier.verify(text.encode(), raw[:_SIZE], raw[_SIZE:]))


def number_digest(resident_id: str) -> str:
    """Hexadecimal SM3 of a number in capitals, so that the number itself does not travel."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(resident_id.upper().encode())
    return digest.finalize().hex()
