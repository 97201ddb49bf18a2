"""Reading a logout token: every check of OpenID Connect Back-Channel Logout 1.0 §2.6, in its order."""

from dataclasses import dataclass
from typing import Any

from clients.kit import signed
from clients.kit.centre import LEEWAY, Centre
from clients.kit.signed import NotFromOurCentre

_EVENT = "http://schemas.openid.net/event/backchannel-logout"


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
    try:
        claims = signed.read(sealed, "logout+jwt", centre=centre)
    except NotFromOurCentre as refusal:
        raise InvalidLogoutToken(str(refusal)) from refusal
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


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""
