"""The opening of JSON answers: plain, or in the wrapper that some provinces put around them."""

from datetime import date, datetime
from typing import Any

from idp.core import clock, strict_json
from idp.core.identifiers.text import half_width

_DAY = 10
_NAMELESS = frozenset({"", "*", "**", "***", "无字号", "无"})


class AnswerBroken(Exception):
    """The answer cannot be read; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def opened(body: bytes) -> Any:
    """What the service said, without the wrapper; AnswerBroken when it is no JSON, or says that it failed."""
    told = _json(body)
    if isinstance(told, dict) and "status" in told and "data" in told:
        if str(told["status"]) != "0":
            raise AnswerBroken("status_failed")
        inner = told["data"]
        return _json(inner) if isinstance(inner, str) else inner
    return told


def records(body: bytes) -> list[dict[str, Any]]:
    """The records of an answer that is an array of objects."""
    return objects(opened(body))


def objects(told: object) -> list[dict[str, Any]]:
    """The same of what was opened already."""
    if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
        raise AnswerBroken("no_records")
    return told


def text(record: dict[str, Any], member: str) -> str:
    """A member that is text, without stray spaces; empty when it is absent or something else."""
    value = record.get(member)
    return value.strip() if isinstance(value, str) else ""


def day(value: object) -> date | None:
    """The end of a term as registers write it, a date or milliseconds since 1970; None when there is no end."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, clock.BEIJING).date()
        if isinstance(value, str):
            found = date.fromisoformat(value.strip()[:_DAY])
            return found if found.year < 9999 else None
    except (ValueError, OverflowError, OSError):
        return None
    return None


def same_name(left: str, right: str) -> bool:
    """Whether two names are written alike; full-width and half-width signs are."""
    return bool(left) and half_width(left).strip() == half_width(right).strip()


def is_nameless(name: str, head: str) -> bool:
    """Whether this stands for no trade name at all, as individual businesses may have none."""
    return name.strip() in _NAMELESS or name.strip() == head


def _json(raw: bytes | str) -> Any:
    try:
        return strict_json.loads(raw)
    except ValueError:
        raise AnswerBroken("no_json") from None
