"""Reading a logout token: every check of OpenID Connect Back-Channel Logout 1.0 §2.6, in its order."""

import time
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from clients.kit.centre import ALGORITHM, LEEWAY, Centre

_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_REGISTRY = JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)


class InvalidLogoutToken(Exception):
    """The token is not one that this centre made for this site; the message says which check failed."""


@dataclass(frozen=True, slots=True)
class LogoutToken:
    """Whom to sign out: one session of the centre (`sid`), everything of one person (`subject`), or both at once."""

    jti: str
    expires_at: float
    sid: str | None
    subject: str | None


def read(sealed: str, *, centre: Centre) -> LogoutToken:
    token = _verified(sealed, centre)
    claims, now = token.claims, time.time()
    if str(token.header.get("typ", "")).lower().removeprefix("application/") != "logout+jwt":
        raise InvalidLogoutToken("typ")
    if claims.get("iss") != centre.issuer:
        raise InvalidLogoutToken("iss")
    audience = claims.get("aud")
    if centre.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise InvalidLogoutToken("aud")
    if not _is_time(claims.get("iat")) or claims["iat"] > now + LEEWAY:
        raise InvalidLogoutToken("iat")
    if not _is_time(claims.get("exp")) or claims["exp"] <= now - LEEWAY:
        raise InvalidLogoutToken("exp")
    sid, subject = claims.get("sid"), claims.get("sub")
    if not (_is_text(sid) or _is_text(subject)) or not all(v is None or _is_text(v) for v in (sid, subject)):
        raise InvalidLogoutToken("sid, sub")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(_EVENT), dict):
        raise InvalidLogoutToken("events")
    if "nonce" in claims:  # what keeps an ID token from being passed off as a logout token
        raise InvalidLogoutToken("nonce")
    if not _is_text(claims.get("jti")):
        raise InvalidLogoutToken("jti")
    return LogoutToken(claims["jti"], claims["exp"] + LEEWAY, sid, subject)


def _verified(sealed: str, centre: Centre) -> jwt.Token:
    try:
        try:
            return jwt.decode(sealed, KeySet.import_key_set(centre.fetch_jwk_set()), registry=_REGISTRY)
        except InvalidKeyIdError:  # the centre may have rotated its keys since we last looked
            return jwt.decode(sealed, KeySet.import_key_set(centre.fetch_jwk_set(force=True)), registry=_REGISTRY)
    except (JoseError, ValueError) as refusal:
        raise InvalidLogoutToken("signature") from refusal


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""
