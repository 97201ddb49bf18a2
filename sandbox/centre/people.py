"""Who has an account at the other centre, and by which of its grades it knows them: one is the highest, five the lowest."""

import base64
import hashlib
from typing import Any

from sandbox import registry

_FIRST, _MOST = 4, 8
GRADE = "urn:jinan:grade:"
LOWEST, UNKNOWN = f"{GRADE}5", f"{GRADE}x"


def users() -> list[dict[str, Any]]:
    """People of the demonstration with the grade that they have there."""
    alive = [person for person in registry.people() if person["phone"] and person["registry"] == "alive"]
    return [{**person, "grade": place % 4 + 1} for place, person in enumerate(alive[: _FIRST + _MOST])]


def user(key: str) -> dict[str, Any] | None:
    return next((person for person in users() if person["key"] == key), None)


def subject(key: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(f"centre:{key}".encode()).digest()).decode().rstrip("=")[:32]
