"""SM2 signatures (GB/T 32918, used as GB/T 35276 says) over gmalg, a library of the extra `gm`: in Python, not in constant time.

Keys are read from hexadecimal digits or from PEM (SEC1, PKCS#8, SPKI); signatures are raw `r ‖ s` or DER, never guessed.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric import utils as signatures

from idp.core import ids
from idp.core.errors import ConfigurationError

try:
    import gmalg
except ImportError:  # a source that needs it stops the boot
    gmalg = None

USER_ID = b"1234567812345678"  # GB/T 35276 §10: where the parties agreed on nothing else
_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_SIZE = 32
_POINT = 2 * _SIZE + 1

# Keys on this one curve differ in nothing but the numbers: everything before them is always the same DER.
_CURVE = bytes.fromhex("06082a811ccf5501822d")
_SPKI = bytes.fromhex("3059301306072a8648ce3d0201") + _CURVE + bytes.fromhex("034200")
_PKCS8 = bytes.fromhex("308187020100301306072a8648ce3d0201") + _CURVE + bytes.fromhex("046d306b0201010420")
_SEC1 = bytes.fromhex("30770201010420")
_PEM = re.compile(r"-----BEGIN ((?:EC |SM2 )?PRIVATE KEY|PUBLIC KEY)-----([A-Za-z0-9+/=\s]+)-----END \1-----")


class Encoding(StrEnum):
    """How a signature travels."""

    RAW = "raw"  # r ‖ s, 64 bytes
    DER = "der"


class KeyBroken(ValueError):
    """No key of this curve."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point of the curve, `04 ‖ x ‖ y`."""

    point: bytes

    @classmethod
    def parse(cls, text: str) -> "PublicKey":
        """From 128 hexadecimal digits, with `04` before them or not, or from an SPKI PEM; KeyBroken for anything else."""
        if (der := _pem(text, "PUBLIC KEY")) is not None:
            if not der.startswith(_SPKI):
                raise KeyBroken("not a public key on the SM2 curve")
            point = der[len(_SPKI) :]
        else:
            raw = _hex(text)
            point = b"\x04" + raw if len(raw) == 2 * _SIZE else raw
        if len(point) != _POINT or point[0] != 4:
            raise KeyBroken("an SM2 public key is 04 and two numbers of 32 bytes")
        if not _library().SM2(pk=point).verify_pk(point):
            raise KeyBroken("the point is not on the SM2 curve")
        return cls(point)

    def verifies(self, signature: bytes, message: bytes, *, encoding: Encoding, user_id: bytes = USER_ID) -> bool:
        """Whether the holder of the private key signed exactly this message."""
        try:
            pair = _split(signature, encoding)
        except ValueError:
            return False
        return bool(_library().SM2(pk=self.point, uid=user_id).verify(message, *pair))


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A number that signs; the public half is computed."""

    _number: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "PrivateKey":
        """From 64 hexadecimal digits, or from a PEM as OpenSSL writes it; KeyBroken for anything else."""
        if (der := _pem(text, "PRIVATE KEY")) is not None:
            number = _after(der, _PKCS8)
        elif (der := _pem(text, "EC PRIVATE KEY") or _pem(text, "SM2 PRIVATE KEY")) is not None:  # as OpenSSL 3 says
            number = _after(der, _SEC1)
        else:
            number = _hex(text)
        if len(number) != _SIZE or not 1 <= int.from_bytes(number) <= _ORDER - 2:  # GB/T 32918.1 §6.1
            raise KeyBroken("an SM2 private key is a number of 32 bytes below the order of the curve")
        return cls(number)

    @property
    def public_key(self) -> PublicKey:
        return PublicKey(_library().SM2().generate_pk(self._number))

    def sign(
        self,
        message: bytes,
        *,
        encoding: Encoding,
        user_id: bytes = USER_ID,
        nonce: Callable[[int], int] | None = None,
    ) -> bytes:
        """Sign one message; `nonce` is for check vectors only and is otherwise random."""
        signer = _library().SM2(sk=self._number, uid=user_id, rnd_fn=nonce or _random_bits)
        raw = b"".join(number.rjust(_SIZE, b"\0") for number in signer.sign(message))  # gmalg drops leading zeros
        return raw if encoding is Encoding.RAW else to_der(raw)


def require(who: str) -> None:
    """ConfigurationError when the library is absent: `who` would need it."""
    if gmalg is None:
        raise ConfigurationError(f"{who}: it signs with SM2, which needs the extra [gm]: install gmalg")


def to_der(raw: bytes) -> bytes:
    """`r ‖ s` as SEQUENCE { r, s }; ValueError when it is not 64 bytes."""
    if len(raw) != 2 * _SIZE:
        raise ValueError("a raw SM2 signature has 64 bytes")
    return signatures.encode_dss_signature(int.from_bytes(raw[:_SIZE]), int.from_bytes(raw[_SIZE:]))


def to_raw(der: bytes) -> bytes:
    """SEQUENCE { r, s } as `r ‖ s`; ValueError when it is anything else."""
    r, s = signatures.decode_dss_signature(der)
    if not (0 <= r < 1 << 256 and 0 <= s < 1 << 256):
        raise ValueError("no SM2 signature")
    return r.to_bytes(_SIZE) + s.to_bytes(_SIZE)


def _split(signature: bytes, encoding: Encoding) -> tuple[bytes, bytes]:
    raw = to_raw(signature) if encoding is Encoding.DER else signature
    if len(raw) != 2 * _SIZE:
        raise ValueError("no SM2 signature")
    return raw[:_SIZE], raw[_SIZE:]


def _pem(text: str, kind: str) -> bytes | None:
    found = _PEM.search(text)
    if found is None or found[1] != kind:
        return None
    try:
        return base64.b64decode("".join(found[2].split()), validate=True)
    except binascii.Error:
        raise KeyBroken("the PEM is damaged") from None


def _after(der: bytes, prefix: bytes) -> bytes:
    if not der.startswith(prefix) or _CURVE not in der:
        raise KeyBroken("not a private key on the SM2 curve")
    return der[len(prefix) : len(prefix) + _SIZE]


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise KeyBroken("neither hexadecimal digits nor PEM") from None


def _random_bits(count: int) -> int:
    whole = int.from_bytes(ids.random_bytes((count + 7) // 8))
    return whole >> (-count % 8)


def _library() -> Any:  # untyped
    require("SM2")
    return gmalg
