"""Whether what is known fits a template, and what of it the template asks for."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

NOTHING: Final = object()
"""What is asked for is not known."""


class Unmatched(Exception):
    """Something is demanded that is not so: the whole element is left out."""


def rfc3339(moment: datetime) -> str:
    """An instant as answers name it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fill(template: Any, known: Any, now: datetime) -> Any:
    """The part of `known` that is asked for, or NOTHING; Unmatched when a demand is not met.

    `known` is plain data like the answer, but holds instants as `datetime`.
    """
    match template:
        case None:
            return NOTHING if known is None else _told(known)
        case int():
            return _young_enough(template, known, now)
        case dict() | Mapping():
            held = known if isinstance(known, dict) else {}
            filled = ((name, fill(part, held.get(name), now)) for name, part in template.items())
            return {name: value for name, value in filled if value is not NOTHING} or NOTHING
        case [dict(), *_]:
            return _filtered(template, known or [], now)
        case _:
            if known not in template:
                raise Unmatched
            return _told(known)


def _filtered(filters: list[dict[str, Any]], known: list[Any], now: datetime) -> list[Any]:
    """Every entry that one of the filters fits, as that filter asks for it."""
    found = [made for each in known if (made := _first_fit(filters, each, now)) is not NOTHING]
    if not found:
        raise Unmatched
    return found


def _first_fit(filters: list[dict[str, Any]], known: Any, now: datetime) -> Any:
    for each in filters:
        try:
            return fill(each, known, now)
        except Unmatched:
            continue
    return NOTHING


def _young_enough(seconds: int, known: Any, now: datetime) -> Any:
    if not isinstance(known, datetime) or now - known > timedelta(seconds=seconds):
        raise Unmatched
    return _told(known)


def _told(known: Any) -> Any:
    return rfc3339(known) if isinstance(known, datetime) else known
