"""The `Signer` port and its software keys: RS256 and ES256 (RFC 7518 §3.3, §3.4) as compact JWS (RFC 7515 §7.1)."""

import base64
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from idp.core import ids

ALGORITHMS = ("ES256", "RS256")


class Signer(Protocol):
    """A private key somewhere: in memory here, in an HSM or a national-cryptography module by the same door."""

    @property
    def kid(self) -> str: ...

    @property
    def alg(self) -> str: ...

    def sign(self, message: bytes) -> bytes:
        """The raw JWS signature over `message` (for ES256: r ‖ s, 64 bytes)."""
        ...


@dataclass(frozen=True, slots=True)
class Es256Signer:
    kid: str
    key: ec.EllipticCurvePrivateKey
    alg: str = "ES256"

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@dataclass(frozen=True, slots=True)
class Rs256Signer:
    kid: str
    key: rsa.RSAPrivateKey
    alg: str = "RS256"

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def new_private_key(alg: str) -> str:
    """A new private key for `alg` as PKCS#8 PEM; ValueError for an algorithm we do not offer."""
    if alg == "ES256":
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = ec.generate_private_key(ec.SECP256R1())
    elif alg == "RS256":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        raise ValueError(f"no such signing algorithm: {alg}")
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def load_signer(kid: str, alg: str, pem: str) -> Es256Signer | Rs256Signer:
    """The software signer for a PEM made by `new_private_key`. Importing an RSA key costs 30 ms: keep the signer."""
    key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    if alg == "ES256" and isinstance(key, ec.EllipticCurvePrivateKey):
        return Es256Signer(kid, key)
    if alg == "RS256" and isinstance(key, rsa.RSAPrivateKey):
        return Rs256Signer(kid, key)
    raise ValueError(f"the key {kid} is not an {alg} key")


def public_jwk(signer: Es256Signer | Rs256Signer) -> dict[str, str]:
    """The public half as a JWK for publication (RFC 7517)."""
    common = {"kid": signer.kid, "use": "sig", "alg": signer.alg}
    if isinstance(signer, Es256Signer):
        point = signer.key.public_key().public_numbers()
        return {**common, "kty": "EC", "crv": "P-256", "x": _number(point.x, 32), "y": _number(point.y, 32)}
    numbers = signer.key.public_key().public_numbers()
    return {**common, "kty": "RSA", "n": _number(numbers.n, 256), "e": _number(numbers.e, 3)}


def compact(signer: Signer, claims: dict[str, Any], *, typ: str | None = None) -> str:
    """A signed JWT in compact serialization."""
    header = {"alg": signer.alg, "kid": signer.kid} | ({"typ": typ} if typ else {})
    signing_input = b".".join((_part(orjson.dumps(header)), _part(orjson.dumps(claims))))
    return (signing_input + b"." + _part(signer.sign(signing_input))).decode("ascii")


def _part(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _number(value: int, length: int) -> str:
    return ids.base64url(value.to_bytes(length, "big"))
