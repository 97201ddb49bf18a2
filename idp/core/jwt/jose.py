"""The one door for every JOSE object from outside: bounded before it is decoded, and refused in one way only.

Compact serialization alone (RFC 7515 §7.1, RFC 7516 §7.1). A header decides nothing but which of the keys that the caller
offers is tried: `jku`, `x5u`, `jwk` and `x5c` are never followed, what would change the meaning (`crit`, `b64`, `zip`, `p2c`)
is refused, and the algorithm must be one that the caller named and that the key is for (RFC 8725 §3.1, §3.2, §3.5).
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwe
from joserfc.jwe import JWERegistry
from joserfc.jwk import Key, OctKey
from joserfc.jws import JWSRegistry

from idp.core import signing, strict_json
from idp.core.jwt import jwks

KeySource = Callable[[Mapping[str, Any]], Iterable[Key]]
"""From a header to the keys that may be meant, the likeliest first."""

SIGNATURES = (*signing.ALGORITHMS, "Ed25519")
"""The signature algorithms that we verify; `Ed25519` is the fully-specified name of EdDSA on that curve (RFC 9864 §2.2)."""
MACS = ("HS256", "HS384", "HS512")
KEY_WRAPS = ("RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
CONTENT_ENCRYPTIONS = ("A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512")

MAX_SIGNED, MAX_ENCRYPTED = 16_384, 32_768
_MAX_HEADER = 4096
_MOST_TRIES = 10
_OTHER_NAME = {"Ed25519": "EdDSA", "EdDSA": "Ed25519"}
_KNOWN = frozenset((*SIGNATURES, *MACS))
_FORBIDDEN = frozenset({"crit", "b64", "zip", "p2s", "p2c"})
_TEXTS = {"alg": 32, "enc": 32, "kid": 255, "typ": 100, "cty": 100, "apu": 512, "apv": 512}
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


class JoseRefused(Exception):
    """Not a token that we accept; `reason` is a short ASCII word for logs, never shown as it is."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Signed:
    """A JWT whose signature held: its header, and its claims, of which nothing has been checked yet."""

    header: Mapping[str, Any]
    claims: dict[str, Any] = field(repr=False)


class _Encryptions(JWERegistry):
    """The library's limits, wide enough for what passed our own."""

    max_protected_header_length = _MAX_HEADER
    max_encrypted_key_length = 2048
    max_ciphertext_length = 131_072


def peek(token: str, *, max_bytes: int = MAX_ENCRYPTED) -> Mapping[str, Any]:
    """The header of a signed or encrypted token, unverified."""
    return _taken_apart(token, (3, 5), max_bytes)[0]


def is_encrypted(token: str) -> bool:
    """Whether it looks like a JWE rather than a JWS."""
    return token.count(".") == 4


def unverified_claims(token: str, *, max_bytes: int = MAX_SIGNED) -> dict[str, Any]:
    """What a signed token says of itself, to find out whose keys to ask; proves nothing."""
    return _claims(_taken_apart(token, (3,), max_bytes)[1][1])


def read_signed(
    token: str, keys: KeySource, *, algorithms: Collection[str], max_bytes: int = MAX_SIGNED
) -> Signed:  # fmt: skip
    """The content of a JWS that one of the keys signed by one of the algorithms; JoseRefused for anything else."""
    header, parts = _taken_apart(token, (3,), max_bytes)
    alg = header["alg"]
    if alg not in _KNOWN or (alg not in algorithms and _OTHER_NAME.get(alg) not in algorithms):
        raise JoseRefused("algorithm")
    signature, message = _decoded(parts[2]), token[: token.rindex(".")].encode("ascii")
    tries = 0
    for key in keys(header):
        if not jwks.can_verify(key, alg):
            continue
        if _holds(alg, key, message, signature):
            return Signed(header, _claims(parts[1]))
        tries += 1
        if tries == _MOST_TRIES:
            break
    raise JoseRefused("signature" if tries else "no_key")


def read_encrypted(
    token: str,
    opener: KeySource,
    *,
    algorithms: Collection[str] = KEY_WRAPS,
    encryptions: Collection[str] = CONTENT_ENCRYPTIONS,
    max_bytes: int = MAX_ENCRYPTED,
) -> str:
    """The text inside a JWE that was encrypted to one of the opener's private keys; JoseRefused for anything else.

    What is inside is read through `read_signed`, which takes no second envelope: nesting ends there.
    """
    header, _ = _taken_apart(token, (5,), max_bytes)
    alg, enc = header["alg"], header.get("enc")
    if alg not in algorithms or alg not in KEY_WRAPS or enc not in encryptions or enc not in CONTENT_ENCRYPTIONS:
        raise JoseRefused("algorithm")
    tries = 0
    for key in opener(header):
        if not jwks.can_encrypt_to(key, alg) or not _is_sound_ephemeral(header, key, alg):
            continue
        if (opened := _opened(token, key, alg, enc)) is not None:
            return opened
        tries += 1
        if tries == _MOST_TRIES:
            break
    raise JoseRefused("encryption" if tries else "no_key")


def secret_keys(secrets: Iterable[str]) -> KeySource:
    """The keys of a client that authenticates with a MAC over its secret (OpenID Core §10.1)."""
    keys = [OctKey.import_key(secret) for secret in secrets if secret]
    return lambda _header: keys


def _taken_apart(token: str, counts: Collection[int], max_bytes: int) -> tuple[Mapping[str, Any], list[str]]:
    """The header and the parts of a compact serialization of bounded size."""
    if len(token) > max_bytes:
        raise JoseRefused("too_large")
    if token.count(".") + 1 not in counts:
        raise JoseRefused("parts")
    parts = token.split(".")
    if len(parts[0]) > _MAX_HEADER:
        raise JoseRefused("header_too_large")
    if not all(_BASE64URL.fullmatch(part) for part in parts):
        raise JoseRefused("base64url")
    try:
        header = strict_json.load_object(_decoded(parts[0]), depth=4, nodes=200)
    except ValueError as odd:
        raise JoseRefused("header") from odd
    if _FORBIDDEN & header.keys() or not isinstance(header.get("alg"), str):
        raise JoseRefused("header")
    for name, longest in _TEXTS.items():
        if name in header and not (isinstance(header[name], str) and len(header[name]) <= longest):
            raise JoseRefused("header")
    return header, parts


def _decoded(part: str) -> bytes:
    """Base64url without padding, in the one way that the bytes are written in (RFC 7515 §2, RFC 4648 §3.5)."""
    try:
        raw = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError as odd:
        raise JoseRefused("base64url") from odd
    if urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") != part:
        raise JoseRefused("base64url")
    return raw


def _claims(part: str) -> dict[str, Any]:
    try:
        return strict_json.load_object(_decoded(part))
    except ValueError as odd:
        raise JoseRefused("claims") from odd


def _holds(alg: str, key: Key, message: bytes, signature: bytes) -> bool:
    try:
        return JWSRegistry.algorithms[alg].verify(message, signature, key)
    except Exception:  # noqa: BLE001 - whatever the library stumbles over, it has not verified the signature
        return False


def _opened(token: str, key: Key, alg: str, enc: str) -> str | None:
    registry = _Encryptions(algorithms=[alg, enc], strict_check_header=False)
    try:
        plain = jwe.decrypt_compact(token, key, registry=registry).plaintext
        return plain.decode("utf-8") if plain is not None else None
    except Exception:  # noqa: BLE001 - whatever the library stumbles over, it has not opened the envelope
        return None


def _is_sound_ephemeral(header: Mapping[str, Any], key: Key, alg: str) -> bool:
    """Whether the sender's one-time key is a public one on the curve of ours (RFC 7518 §4.6.1.1)."""
    if not alg.startswith("ECDH-ES"):
        return True
    epk = header.get("epk")
    if not isinstance(epk, dict) or "d" in epk:
        return False
    return epk.get("kty") == key.key_type and epk.get("crv") == key.get("crv")
