"""Public keys of others: read from a JWK Set within bounds (RFC 7517), and matched to what an algorithm needs (RFC 7518)."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OctKey, OKPKey, RSAKey

MAX_KEYS = 50
MIN_RSA_BITS, MAX_RSA_BITS = 2048, 8192
_SECRET = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_READ = ("kty", "use", "key_ops", "alg", "kid", "crv", "x", "y", "n", "e")
_LONGEST = {"n": 1400, "e": 12, "kid": 255}
_CERTIFICATE_BYTES = 8192

_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519", "Ed25519": "Ed25519"}
_KTY = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP", "HS": "oct"}
_AGREEMENT_CURVES = frozenset({"P-256", "P-384", "P-521", "X25519"})
_WRAPPING, _AGREEING = {"encrypt", "wrapKey", "decrypt", "unwrapKey"}, {"deriveKey", "deriveBits"}
_SAME = {"Ed25519": "EdDSA"}  # the fully-specified name of the same algorithm (RFC 9864 §2.2)


class KeySetRefused(Exception):
    """Not a set of public keys that we read; `reason` is a short ASCII word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """The keys of one set that we understand, in its order, and the certificates that it shows (`x5c`)."""

    keys: tuple[Key, ...] = ()
    certificates: tuple[bytes, ...] = ()

    def named(self, kid: str | None) -> Iterable[Key]:
        """The keys that a header means: those of its `kid`, or else those that have none; all when it names none."""
        if kid is None:
            return self.keys
        return [key for key in self.keys if key.kid == kid] or [key for key in self.keys if key.kid is None]


def read_set(document: Any) -> PublicKeys:
    """The keys of a JWK Set. What we do not understand is passed over (RFC 7517 §5); a secret in it refuses the set."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise KeySetRefused("not_a_key_set")
    if len(entries) > MAX_KEYS:
        raise KeySetRefused("too_many_keys")
    jwks = [entry for entry in entries if isinstance(entry, dict)]
    if any(_SECRET & jwk.keys() or jwk.get("kty") == "oct" for jwk in jwks):
        raise KeySetRefused("private_key")
    keys = [key for jwk in jwks if (key := _read(jwk)) is not None]
    certificates = [der for jwk in jwks if (der := _certificate(jwk)) is not None]
    return PublicKeys(tuple(keys), tuple(certificates))


def can_verify(key: Key, alg: str) -> bool:
    """Whether this key is one for this signature algorithm, by kind, curve, size and what its owner says of it."""
    if key.key_type != _KTY.get(alg[:2]) or not _is_meant_for(key, "sig", {"verify"}, alg):
        return False
    match key:
        case RSAKey():
            return MIN_RSA_BITS <= key.public_key.key_size <= MAX_RSA_BITS
        case OctKey():
            return len(key.raw_value) * 8 >= int(alg[2:])  # RFC 7518 §3.2
        case ECKey() | OKPKey():
            return key.curve_name == _CURVES[alg]


def can_encrypt_to(key: Key, alg: str) -> bool:
    """Whether a content key may be encrypted to this key by this algorithm."""
    if alg.startswith("RSA-OAEP"):
        return isinstance(key, RSAKey) and _is_meant_for(key, "enc", _WRAPPING, alg)
    return (
        isinstance(key, ECKey | OKPKey)
        and key.curve_name in _AGREEMENT_CURVES
        and _is_meant_for(key, "enc", _AGREEING, alg)
    )


def _is_meant_for(key: Key, use: str, operations: set[str], alg: str) -> bool:
    said_use, said_alg, said_operations = key.get("use"), key.get("alg"), key.get("key_ops")
    return (
        said_use in {None, use}
        and (said_alg is None or _SAME.get(str(said_alg), said_alg) == _SAME.get(alg, alg))
        and (said_operations is None or bool(operations & set(said_operations)))
    )


def _read(jwk: Mapping[str, Any]) -> Key | None:
    """One public key; None for a kind, curve or size that we do not take."""
    members = {name: jwk[name] for name in _READ if name in jwk}
    texts = {name: value for name, value in members.items() if name != "key_ops"}
    operations = members.get("key_ops", [])
    if not all(isinstance(value, str) and len(value) <= _LONGEST.get(name, 128) for name, value in texts.items()):
        return None
    if not isinstance(operations, list) or not all(isinstance(each, str) for each in operations):
        return None
    try:
        if not _is_of_known_kind(texts):
            return None
        return JWKRegistry.import_key(members)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _is_of_known_kind(members: Mapping[str, str]) -> bool:
    match members.get("kty"):
        case "RSA":  # measured before it is imported
            modulus = base64.urlsafe_b64decode(members.get("n", "") + "==")
            return MIN_RSA_BITS <= int.from_bytes(modulus, "big").bit_length() <= MAX_RSA_BITS
        case "EC":
            return members.get("crv") in {"P-256", "P-384", "P-521"}
        case "OKP":
            return members.get("crv") in {"Ed25519", "X25519"}
    return False


def _certificate(jwk: Mapping[str, Any]) -> bytes | None:
    """The certificate of a key: the first of its chain, DER (RFC 7517 §4.7: base64, not base64url)."""
    chain = jwk.get("x5c")
    if not isinstance(chain, list) or not chain or not isinstance(chain[0], str):
        return None
    if len(chain[0]) > _CERTIFICATE_BYTES:
        return None
    try:
        return base64.b64decode(chain[0], validate=True)
    except (binascii.Error, ValueError):
        return None
