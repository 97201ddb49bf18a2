"""Client assertions as sites make them (RFC 7523 §3), honest ones and others."""

import base64
import hashlib
import hmac
import json
import secrets
import warnings
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from idp.core import clock

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALL = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "HS256",
    "HS384",
    "HS512",
]
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_kept: dict[str, Key] = {}


def key_for(alg: str, kid: str = "k1") -> Key:
    """A private key of the kind that `alg` needs; RSA keys are slow to make, so each name has one for good."""
    if alg in _CURVES:
        return ECKey.generate_key(_CURVES[alg], {"kid": kid})
    if alg == "EdDSA":
        return OKPKey.generate_key("Ed25519", {"kid": kid})
    if kid not in _kept:
        _kept[kid] = RSAKey.generate_key(2048, {"kid": kid})
    return _kept[kid]


def jwks(*keys: Key) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def claims(client_id: str, audience: object, **changes: Any) -> dict[str, Any]:
    """The claims of an honest assertion; a change of None leaves one out."""
    now = clock.epoch()
    said = {
        "iss": client_id, "sub": client_id, "aud": audience, "iat": now, "exp": now + 60, "jti": secrets.token_urlsafe(16),
        **changes,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}


def signed(
    said: Mapping[str, Any], key: Key, alg: str, *, header: Mapping[str, Any] | None = None
) -> str:  # fmt: skip
    head = {"alg": alg, **({"kid": key.kid} if key.kid else {}), **(header or {})}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # the library would rather see EdDSA named Ed25519 (RFC 9864)
        return jwt.encode(head, dict(said), key, algorithms=[alg])


def maced(said: Mapping[str, Any], secret: str | bytes, alg: str = "HS256") -> str:
    """An HMAC over whatever key, made by hand: libraries refuse the odd ones."""

    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    key = secret.encode() if isinstance(secret, str) else secret
    message = f"{part(json.dumps({'alg': alg}).encode())}.{part(json.dumps(dict(said)).encode())}"
    return f"{message}.{part(hmac.new(key, message.encode(), getattr(hashlib, f'sha{alg[2:]}')).digest())}"


def secret_key(secret: str) -> Key:
    return OctKey.import_key(secret)


def form(assertion: str, **more: str) -> dict[str, str]:
    """The parameters of a request that carries it (RFC 7521 §4.2)."""
    return {"client_assertion_type": TYPE, "client_assertion": assertion, **more}
