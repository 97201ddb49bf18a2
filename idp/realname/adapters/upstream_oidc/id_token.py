"""What must hold of an ID token before anything in it is believed (OpenID Connect Core §3.1.3.7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from idp.core import clock, ids, signing
from idp.core.jwt import jose
from idp.core.jwt.jose import JoseRefused, KeySource
from idp.realname.adapters.upstream_oidc.exchange import CodeRefused, UpstreamTrouble

_CLOCKS_DIFFER = 30
_OLDEST = 600
_TYPES = frozenset({None, "JWT", "jwt"})
_LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Expected:
    """What we know beforehand."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)
    access_token: str = field(repr=False)
    algorithms: frozenset[str]


@dataclass(frozen=True, slots=True)
class IdToken:
    """One that held."""

    subject: str = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)
    auth_time: datetime | None


def read(token: str, keys: KeySource, expected: Expected) -> IdToken:
    """UpstreamTrouble names what did not hold; CodeRefused is for an answer to somebody else's question."""
    try:
        signed = jose.read_signed(token, keys, algorithms=expected.algorithms)
    except JoseRefused as refused:
        raise UpstreamTrouble(f"id_token:{refused.reason}") from refused
    claims = signed.claims
    for name, holds in (
        ("typ", signed.header.get("typ") in _TYPES),
        ("iss", claims.get("iss") == expected.issuer),
        ("aud", claims.get("aud") in (expected.client_id, [expected.client_id])),  # no other audience is known to us
        ("azp", claims.get("azp", expected.client_id) == expected.client_id),
        ("nonce", _is_same(claims.get("nonce"), expected.nonce)),
        ("exp", _is_time(claims.get("exp")) and claims["exp"] > clock.epoch() - _CLOCKS_DIFFER),
        ("iat", _is_time(claims.get("iat")) and -_CLOCKS_DIFFER <= clock.epoch() - claims["iat"] <= _OLDEST),
        ("nbf", _is_no_later_than_now(claims.get("nbf"))),
        ("auth_time", _is_no_later_than_now(claims.get("auth_time"))),
        ("at_hash", _is_hash_of(claims.get("at_hash"), expected.access_token, str(signed.header["alg"]))),
        ("sub", _is_subject(claims.get("sub"))),
    ):
        if not holds and name == "nonce":  # a code of another browser, brought to this one
            raise CodeRefused
        if not holds:
            raise UpstreamTrouble(f"id_token:{name}")
    auth_time = claims.get("auth_time")
    return IdToken(claims["sub"], claims, datetime.fromtimestamp(auth_time, UTC) if auth_time is not None else None)


def _is_subject(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_SUBJECT and value.isascii() and value.isprintable()


def _is_same(value: object, expected: str) -> bool:
    return isinstance(value, str) and ids.same(value, expected)


def _is_time(value: object) -> bool:
    return type(value) in (int, float) and 0 < value < 1e11  # type: ignore[operator]


def _is_no_later_than_now(value: object) -> bool:
    return value is None or (_is_time(value) and value <= clock.epoch() + _CLOCKS_DIFFER)  # type: ignore[operator]


def _is_hash_of(value: object, token: str, alg: str) -> bool:
    """Only where it is there: the code flow does not require it (§3.1.3.6)."""
    if value is None:
        return True
    return _is_same(value, ids.left_half_hash(token, signing.hash_of("EdDSA" if alg == "Ed25519" else alg)))
