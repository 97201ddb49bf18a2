"""What a certification checks of every answer, strictly: authorization responses, tokens, ID tokens, userinfo."""

import base64
import hashlib
import re
import time
from collections.abc import Mapping
from typing import Any

import requests
from joserfc import jws, jwt
from joserfc.jwk import KeySet

PROTOCOL_CLAIMS = {
    "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "c_hash", "sid", "jti",
}  # fmt: skip
"""What an ID token may hold without being asked."""

OF_SCOPE = {
    "profile": {
        "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
        "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
    },
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}  # fmt: skip
"""OpenID Connect Core §5.4."""

_KINDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(OF_SCOPE["profile"] | {"email", "phone_number", "sub"}, str),
    "updated_at": (int, float), "email_verified": bool, "phone_number_verified": bool, "address": dict,
}  # fmt: skip
_ADDRESS = {"formatted", "street_address", "locality", "region", "postal_code", "country"}
_HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}
_SKEW = 5


def left_half(value: str, alg: str) -> str:
    """`at_hash` and `c_hash` (OpenID Connect Core §3.1.3.6, §3.3.2.11)."""
    digest = _HASHES[alg[-3:]](value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def id_token(
    token: str, keys: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str | None, alg: str,
    hashed: Mapping[str, str], exactly: bool,
) -> dict[str, Any]:  # fmt: skip
    """The claims of an ID token that holds (Core §2, §3.1.3.7, §3.2.2.10, §3.3.2.10).

    `hashed` are the values it may have hashes of; `exactly` when it must have all of them, and no others.
    """
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token, re.ASCII)
    header = jws.extract_compact(token.encode()).headers()
    assert header["alg"] == alg
    published = [key for key in keys["keys"] if key["kid"] == header["kid"]]
    assert len(published) == 1, "kid names one published key"
    claims: dict[str, Any] = jwt.decode(token, KeySet.import_key_set({"keys": published}), algorithms=[alg]).claims
    now = time.time()
    assert claims["iss"] == issuer
    assert claims["aud"] in (client_id, [client_id])
    assert claims.get("azp", client_id) == client_id
    assert isinstance(claims["sub"], str)
    assert 0 < len(claims["sub"]) <= 255
    assert claims["sub"].isascii()
    assert isinstance(claims["iat"], int)
    assert isinstance(claims["exp"], int)
    assert now - 300 < claims["iat"] <= now + _SKEW < claims["exp"]
    assert claims.get("nonce") == nonce
    if "auth_time" in claims:
        assert isinstance(claims["auth_time"], int)
        assert claims["auth_time"] <= now + _SKEW
    assert isinstance(claims.get("acr", ""), str)
    assert all(isinstance(each, str) for each in claims.get("amr", []))
    wanted = {name: left_half(value, alg) for name, value in hashed.items()}
    given = {name: claims[name] for name in ("at_hash", "c_hash") if name in claims}
    assert given == (wanted if exactly else {name: wanted.get(name) for name in given})
    return claims


def refusal(parameters: Mapping[str, str], *errors: str, state: str | None, issuer: str) -> None:
    """An error response of the authorization endpoint (Core §3.1.2.6, RFC 6749 §4.1.2.1, RFC 9207 §2)."""
    assert parameters["error"] in errors, dict(parameters)
    assert set(parameters) <= {"error", "error_description", "error_uri", "state", "iss"}
    assert parameters.get("state") == state
    assert parameters["iss"] == issuer
    assert re.fullmatch(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*", parameters.get("error_description", ""))


def is_json(answer: requests.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    told: dict[str, Any] = answer.json()
    return told


def not_cached(answer: requests.Response) -> None:
    """RFC 6749 §5.1."""
    assert "no-store" in answer.headers["Cache-Control"]


def tokens(answer: requests.Response) -> dict[str, Any]:
    """A success of the token endpoint (RFC 6749 §5.1)."""
    told = is_json(answer)
    not_cached(answer)
    assert told["access_token"]
    assert told["token_type"].lower() == "bearer"
    assert isinstance(told["expires_in"], int)
    assert told["expires_in"] > 0
    assert re.fullmatch(r"[\x20-\x7E]*", told.get("refresh_token", ""))  # RFC 6749 appendix A.17
    return told


def error(answer: requests.Response, code: str, *statuses: int) -> dict[str, Any]:
    """An error as JSON (RFC 6749 §5.2, RFC 7591 §3.2.2)."""
    assert answer.status_code in (statuses or (400,)), answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    told: dict[str, Any] = answer.json()
    assert told["error"] == code, told
    assert set(told) <= {"error", "error_description", "error_uri"}
    assert re.fullmatch(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*", told.get("error_description", ""))
    return told


def userinfo(told: Mapping[str, Any], sub: str) -> None:
    """Standard claims have their kinds, and nothing stands there empty (Core §5.1, §5.3.2)."""
    assert told["sub"] == sub
    for name, value in told.items():
        kind = _KINDS.get(name.partition("#")[0])
        if kind is not None:
            assert isinstance(value, kind), name
            assert value not in ("", None, {}), name
    for name in ("picture", "website", "profile"):
        assert told.get(name, "https://").startswith(("https://", "http://"))
    if "birthdate" in told:
        assert re.fullmatch(r"\d{4}(-\d\d-\d\d)?", told["birthdate"])
    if "phone_number" in told:
        assert re.fullmatch(r"\+\d{8,15}", told["phone_number"])
    if "address" in told:
        assert set(told["address"]) <= _ADDRESS
        assert all(isinstance(value, str) and value for value in told["address"].values())


def discovered(metadata: Mapping[str, Any], issuer: str) -> None:
    """The provider metadata (Discovery §3, §4.3, RFC 8414 §2)."""
    assert metadata["issuer"] == issuer
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "registration_endpoint"):
        assert metadata[name].startswith(issuer)
    for name, value in metadata.items():
        if name.endswith(("_endpoint", "_uri", "_iframe")):
            assert value.startswith("https://" if issuer.startswith("https://") else issuer), name
            assert "#" not in value
        if name.endswith("_supported") and not isinstance(value, bool):
            assert isinstance(value, list), name
            assert value, name
            assert len(value) == len(set(value)), name
