"""The one door to randomness and digests: identifiers, bearer secrets, and what is stored of them."""

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime

from idp.core import clock

_HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}


def new_id() -> str:
    """An identifier ordered by time to the microsecond, 32 hex characters (UUID version 7, RFC 9562 §5.7, §6.2 method 3)."""
    ms, us = divmod(clock.epoch_us(), 1000)
    value = ms << 80 | 0x7 << 76 | (us << 12) // 1000 << 64 | 0b10 << 62 | secrets.randbits(62)
    return f"{value:032x}"


def first_at(instant: datetime) -> str:
    """The lowest identifier that `new_id` could make at that instant, to a millisecond: a bound for identifiers by time."""
    return f"{max(0, int(instant.timestamp() * 1000)):012x}" + "0" * 20


def time_of(identifier: str) -> datetime:
    """When `new_id` made it, to a millisecond; ValueError for what it never made."""
    return datetime.fromtimestamp(int(identifier[:12], 16) / 1000, UTC)


def new_secret() -> str:
    """A bearer secret of 256 random bits, 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def new_mac_secret() -> str:
    """A secret of 512 random bits, 86 URL-safe characters: long enough a key for HMAC-SHA-512 (RFC 7518 §3.2)."""
    return secrets.token_urlsafe(64)


def new_handle() -> str:
    """A short-lived reference of 144 random bits, 24 URL-safe characters."""
    return secrets.token_urlsafe(18)


def random_bytes(count: int) -> bytes:
    return secrets.token_bytes(count)


def numeric_code(digits: int = 6) -> str:
    """A one-time code for a person to type."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def letters_of(alphabet: str, count: int) -> str:
    """A code of random letters for a person to type."""
    return "".join(secrets.choice(alphabet) for _ in range(count))


def digest(secret: str) -> str:
    """What is stored of a random secret: SHA-256, 43 URL-safe characters. Not for passwords."""
    return base64url(hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest())


class RunningDigest:
    """SHA-256 over bytes that come piece by piece."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        self._hash.update(piece)

    def hex(self) -> str:
        return self._hash.hexdigest()


def base64url(raw: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104); 32 bytes."""
    return hmac.digest(key, message, "sha256")


def left_half_hash(token: str, algorithm: str = "sha256") -> str:
    """`at_hash` and `c_hash` with the hash of the ID token's algorithm (OpenID Connect Core §3.1.3.6, §3.3.2.11)."""
    whole = _HASHES[algorithm](token.encode("ascii")).digest()
    return base64url(whole[: len(whole) // 2])


def same(left: str, right: str) -> bool:
    """Compare two texts in a time that does not depend on where they differ."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))
