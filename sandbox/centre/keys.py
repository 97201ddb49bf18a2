"""The other centre's signing keys: one that it publishes, and one that nobody knows."""

from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from sandbox.runtime import runtime

_FOR_EVER = 2**53


def published() -> ECKey:
    """Kept with the sandbox's state, so that it stays the same after a restart."""
    here = runtime()
    kept = here.state.get("centre_key", "current", now_ms=here.now_ms())
    if kept is None:
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
        kept = dict(key.as_dict(private=True))
        here.state.put("centre_key", "current", kept, expires_ms=_FOR_EVER)
    return ECKey.import_key(kept)


def rotate() -> None:
    """A new key from now on; the old one is no longer published."""
    here = runtime()
    here.state.take("centre_key", "current", now_ms=here.now_ms())


def signed(claims: dict[str, Any], *, typ: str = "JWT", with_unknown: bool = False) -> str:
    key = ECKey.generate_key("P-256", auto_kid=True) if with_unknown else published()
    return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": typ}, claims, key, algorithms=["ES256"])
