"""The QR codes under way: created, scanned, confirmed with a licence and a role, exchanged once."""

import secrets
from typing import Any

from sandbox.runtime import Runtime

LASTS_SECONDS, CODE_SECONDS = 180, 60
_KEPT_MS = 3_600_000
_CODES, _AUTH_CODES, _SPENT = "elicence_qr", "elicence_code", "elicence_spent"


def create(here: Runtime, sequence: str) -> str:
    """A new code that nobody scanned yet."""
    qrcode_id = secrets.token_hex(12)
    until_ms = here.now_ms() + LASTS_SECONDS * 1000
    keep(here, qrcode_id, {"status": "WAIT", "bizSeq": sequence, "until_ms": until_ms})
    return qrcode_id


def find(here: Runtime, qrcode_id: str) -> dict[str, Any] | None:
    """The code as it stands; one that aged out before it was confirmed has expired."""
    found = here.state.get(_CODES, qrcode_id, now_ms=here.now_ms())
    if found is not None and found["status"] in {"WAIT", "SCANNED"} and found["until_ms"] <= here.now_ms():
        found["status"] = "EXPIRED"
    return found


def keep(here: Runtime, qrcode_id: str, code: dict[str, Any]) -> None:
    here.state.put(_CODES, qrcode_id, code, expires_ms=here.now_ms() + _KEPT_MS)


def confirm(here: Runtime, qrcode_id: str, code: dict[str, Any], chosen: dict[str, Any]) -> str:
    """The holder confirmed: an authorisation code that is good for one exchange."""
    auth_code, now = secrets.token_urlsafe(24), here.now_ms()
    kept = chosen | {"bizSeq": code["bizSeq"], "auth_ms": now}
    here.state.put(_AUTH_CODES, auth_code, kept, expires_ms=now + CODE_SECONDS * 1000)
    keep(here, qrcode_id, code | {"status": "CONFIRMED", "authCode": auth_code})
    return auth_code


def spend(here: Runtime, auth_code: str) -> dict[str, Any] | None:
    """What the code stands for, once; None afterwards, and when there is no such code."""
    found = here.state.take(_AUTH_CODES, auth_code, now_ms=here.now_ms())
    if found is not None:
        here.state.put(_SPENT, auth_code, {}, expires_ms=here.now_ms() + _KEPT_MS)
    return found


def is_spent(here: Runtime, auth_code: str) -> bool:
    return here.state.get(_SPENT, auth_code, now_ms=here.now_ms()) is not None
