"""The other centre's answers to machines: discovery, keys, tokens, UserInfo."""

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import unquote_plus

import flask

from sandbox.centre import keys, people
from sandbox.centre.answers import Refused, machine
from sandbox.centre.authorize import issuer
from sandbox.centre.part import NAME, bp
from sandbox.runtime import runtime

_TOKEN_SECONDS = 300
_ELSEWHERE = "https://elsewhere.example"
_NO_ALGORITHM = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")


@bp.get("/.well-known/openid-configuration")
@machine
def discovery(fault: str) -> dict[str, Any]:
    own = issuer()
    return {
        "issuer": _ELSEWHERE if fault == "other_discovery" else own,
        "authorization_endpoint": f"{own}/authorize",
        "token_endpoint": f"{own}/token",
        "userinfo_endpoint": f"{own}/userinfo",
        "jwks_uri": f"{own}/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": [f"{people.GRADE}{grade}" for grade in range(1, 6)],
        "authorization_response_iss_parameter_supported": True,
    }


@bp.get("/jwks")
@machine
def jwks(fault: str) -> dict[str, Any]:
    return {"keys": [keys.published().as_dict(private=False)]}


@bp.post("/token")
@machine
def token(fault: str) -> dict[str, Any]:
    if fault == "bad_client" or not _is_authenticated():
        raise Refused("invalid_client", 401)
    form, here = flask.request.form, runtime()
    if form.get("grant_type") != "authorization_code":
        raise Refused("unsupported_grant_type")
    kept = here.state.take("centre_code", form.get("code", ""), now_ms=here.now_ms())
    if kept is None or form.get("redirect_uri") != kept["redirect_uri"]:
        raise Refused("invalid_grant")
    if _s256(form.get("code_verifier", "")) != kept["code_challenge"]:
        raise Refused("invalid_grant")
    access_token = secrets.token_urlsafe(32)
    here.state.put(
        "centre_token", access_token, {"user": kept["user"]}, expires_ms=here.now_ms() + _TOKEN_SECONDS * 1000
    )
    told = {"access_token": access_token, "token_type": "Bearer", "expires_in": _TOKEN_SECONDS}
    if fault != "no_id_token":
        told["id_token"] = _id_token(kept, access_token, fault)
    return told


@bp.get("/userinfo")
@machine
def userinfo(fault: str) -> dict[str, Any]:
    here = runtime()
    scheme, _, given = flask.request.headers.get("Authorization", "").partition(" ")
    kept = here.state.get("centre_token", given, now_ms=here.now_ms()) if scheme == "Bearer" else None
    if kept is None or (person := people.user(kept["user"])) is None:
        raise Refused("invalid_token", 401)
    subject = "somebody-else" if fault == "other_subject" else people.subject(person["key"])
    return {"sub": subject, "name": person["name"], "id_type": "10", "id_number": person["resident_id"]}


def _id_token(kept: dict[str, Any], access_token: str, fault: str) -> str:
    now, person = runtime().now_ms() // 1000, people.user(kept["user"]) or {}
    claims: dict[str, Any] = {
        "iss": issuer(),
        "sub": people.subject(kept["user"]),
        "aud": kept["client_id"],
        "exp": now + _TOKEN_SECONDS,
        "iat": now,
        "auth_time": kept["at"],
        "nonce": kept["nonce"],
        "acr": f"{people.GRADE}{person.get('grade', 5)}",
        "at_hash": _half(access_token),
    }
    spoiled: dict[str, dict[str, Any]] = {
        "wrong_nonce": {"nonce": "somebody-elses"},
        "expired": {"iat": now - 500, "exp": now - 100},
        "stale": {"iat": now - 7200},
        "wrong_audience": {"aud": "another-site"},
        "two_audiences": {"aud": [kept["client_id"], "another-site"], "azp": kept["client_id"]},
        "other_party": {"azp": "another-site"},
        "other_issuer": {"iss": _ELSEWHERE},
        "wrong_hash": {"at_hash": _half("another token")},
        "lower_level": {"acr": people.LOWEST},
        "unknown_level": {"acr": people.UNKNOWN},
    }
    claims |= spoiled.get(fault, {})
    signed = keys.signed(
        claims, typ="logout+jwt" if fault == "other_kind" else "JWT", with_unknown=fault == "unknown_key"
    )
    match fault:
        case "wrong_signature":
            head, _, signature = signed.rpartition(".")
            return f"{head}.{signature[:-6]}{'AAAAAA' if not signature.endswith('AAAAAA') else 'BBBBBB'}"
        case "no_signature":
            return f"{_NO_ALGORITHM}.{signed.split('.')[1]}."
    return signed


def _is_authenticated() -> bool:
    """Nothing but client_secret_basic (RFC 6749 §2.3.1)."""
    agreed = runtime().of(NAME)
    scheme, _, given = flask.request.headers.get("Authorization", "").partition(" ")
    try:
        client_id, _, secret = base64.b64decode(given, validate=True).decode("ascii").partition(":")
    except ValueError:
        return False
    is_known = bool(agreed) and unquote_plus(client_id) == agreed["client_id"]
    return scheme == "Basic" and is_known and secrets.compare_digest(unquote_plus(secret), agreed["client_secret"])


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _half(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).decode().rstrip("=")
