"""The `Signer` port and its software keys (RFC 7518 §3, RFC 8037 §3.1) as compact JWS (RFC 7515 §7.1).

Everything above asks for a `Signer` and signs with it; which key stands behind is decided in `load_signer` alone. A key in a
hardware module or of a national algorithm comes by the same door: another row in the table, told apart by its algorithm.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, Protocol

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from idp.core import ids

ALWAYS = ("RS256", "ES256")
"""What every installation signs with; the keys of the other algorithms are made when a client asks for one."""

ENCRYPTION = ("RSA-OAEP", "ECDH-ES")
"""The families of keys that others encrypt to us with; one key serves all algorithms of its family."""

_RSA_BITS = 2048
_PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_Sign = Callable[[bytes], bytes]


class Signer(Protocol):
    """A private key somewhere: in memory here, in an HSM or a national-cryptography module by the same door."""

    @property
    def kid(self) -> str: ...

    @property
    def alg(self) -> str: ...

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public half as a JWK for publication (RFC 7517)."""
        ...

    @property
    def sign(self) -> _Sign:
        """Makes the raw JWS signature over a message (for ECDSA: r ‖ s)."""
        ...


@dataclass(frozen=True, slots=True)
class SoftwareSigner:
    """A key in the memory of this process."""

    kid: str
    alg: str
    public_jwk: dict[str, str]
    sign: _Sign = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Algorithm:
    """How the key of one algorithm is made and how it signs, and the hash that goes with it (OpenID Core §3.1.3.6)."""

    make: Callable[[], _PrivateKey]
    fits: Callable[[Any], bool]
    signing: Callable[[Any], _Sign]
    hash: str


def _make_rsa() -> _PrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)


def _is_rsa(key: Any) -> bool:
    return isinstance(key, rsa.RSAPrivateKey)


def _pkcs1(digest: hashes.HashAlgorithm) -> _Algorithm:
    def signing(key: rsa.RSAPrivateKey) -> _Sign:
        return partial(key.sign, padding=padding.PKCS1v15(), algorithm=digest)

    return _Algorithm(_make_rsa, _is_rsa, signing, digest.name)


def _pss(digest: hashes.HashAlgorithm) -> _Algorithm:
    scheme = padding.PSS(padding.MGF1(digest), salt_length=digest.digest_size)  # RFC 7518 §3.5

    def signing(key: rsa.RSAPrivateKey) -> _Sign:
        return partial(key.sign, padding=scheme, algorithm=digest)

    return _Algorithm(_make_rsa, _is_rsa, signing, digest.name)


def _ecdsa(curve: ec.EllipticCurve, digest: hashes.HashAlgorithm) -> _Algorithm:
    scheme, size = ec.ECDSA(digest), (curve.key_size + 7) // 8

    def signing(key: ec.EllipticCurvePrivateKey) -> _Sign:
        def sign(message: bytes) -> bytes:
            r, s = decode_dss_signature(key.sign(message, scheme))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")

        return sign

    return _Algorithm(partial(ec.generate_private_key, curve), partial(_is_on, curve), signing, digest.name)


def _is_on(curve: ec.EllipticCurve, key: Any) -> bool:
    return isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == curve.name


def _eddsa() -> _Algorithm:
    def signing(key: ed25519.Ed25519PrivateKey) -> _Sign:
        return key.sign

    return _Algorithm(
        ed25519.Ed25519PrivateKey.generate,
        lambda key: isinstance(key, ed25519.Ed25519PrivateKey),
        signing,
        "sha512",  # Ed25519 hashes with SHA-512 (RFC 8032 §5.1)
    )


_TABLE = {
    "RS256": _pkcs1(hashes.SHA256()),
    "RS384": _pkcs1(hashes.SHA384()),
    "RS512": _pkcs1(hashes.SHA512()),
    "PS256": _pss(hashes.SHA256()),
    "PS384": _pss(hashes.SHA384()),
    "PS512": _pss(hashes.SHA512()),
    "ES256": _ecdsa(ec.SECP256R1(), hashes.SHA256()),
    "ES384": _ecdsa(ec.SECP384R1(), hashes.SHA384()),
    "ES512": _ecdsa(ec.SECP521R1(), hashes.SHA512()),
    "EdDSA": _eddsa(),
}
ALGORITHMS = tuple(_TABLE)
_MAKE_ENCRYPTION: dict[str, Callable[[], _PrivateKey]] = {
    "RSA-OAEP": _make_rsa,
    "ECDH-ES": partial(ec.generate_private_key, ec.SECP256R1()),
}
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def hash_of(alg: str) -> str:
    """The name of the hash that belongs to a signing algorithm; KeyError for one that we do not offer."""
    return _TABLE[alg].hash


def new_private_key(alg: str) -> str:
    """A new private key for a signing algorithm or an encryption family, as PKCS#8 PEM; ValueError for any other."""
    make = _TABLE[alg].make if alg in _TABLE else _MAKE_ENCRYPTION.get(alg)
    if make is None:
        raise ValueError(f"no such algorithm: {alg}")
    return _pem(make())


def load_signer(kid: str, alg: str, pem: str) -> Signer:
    """The signer for a key made by `new_private_key`. Importing an RSA key costs 30 ms: keep the signer."""
    algorithm, key = _TABLE.get(alg), _load(pem)
    if algorithm is None or not algorithm.fits(key):
        raise ValueError(f"the key {kid} is not an {alg} key")
    public = {"kid": kid, "use": "sig", "alg": alg, **_public(key)}
    return SoftwareSigner(kid, alg, public, algorithm.signing(key))


def public_jwk(signer: Signer) -> dict[str, str]:
    """The public half of a signer as a JWK for publication (RFC 7517)."""
    return signer.public_jwk


def public_encryption_jwk(kid: str, pem: str) -> dict[str, str]:
    """The public half of an encryption key; without `alg`, because it serves every algorithm of its family."""
    return {"kid": kid, "use": "enc", **_public(_load(pem))}


def compact(signer: Signer, claims: dict[str, Any], *, typ: str | None = None) -> str:
    """A signed JWT in compact serialization."""
    signing_input = b".".join((_header(signer.alg, signer.kid, typ), _part(orjson.dumps(claims))))
    return (signing_input + b"." + _part(signer.sign(signing_input))).decode("ascii")


@lru_cache(maxsize=256)
def _header(alg: str, kid: str, typ: str | None) -> bytes:
    return _part(orjson.dumps({"alg": alg, "kid": kid} | ({"typ": typ} if typ else {})))


def _pem(key: _PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def _load(pem: str) -> Any:
    return serialization.load_pem_private_key(pem.encode("ascii"), password=None)


def _public(key: _PrivateKey) -> dict[str, str]:
    """The public members of a key (RFC 7518 §6.2.1, §6.3.1; RFC 8037 §2)."""
    match key.public_key():
        case rsa.RSAPublicKey() as public:
            numbers = public.public_numbers()
            return {"kty": "RSA", "n": _number(numbers.n, (public.key_size + 7) // 8), "e": _number(numbers.e, 3)}
        case ec.EllipticCurvePublicKey() as public:
            point, size = public.public_numbers(), (public.curve.key_size + 7) // 8
            curve = _CURVES[public.curve.name]
            return {"kty": "EC", "crv": curve, "x": _number(point.x, size), "y": _number(point.y, size)}
        case public:
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {"kty": "OKP", "crv": "Ed25519", "x": ids.base64url(raw)}


def _part(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _number(value: int, length: int) -> str:
    return ids.base64url(value.to_bytes(length, "big"))
