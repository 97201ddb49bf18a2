"""What may be kept for a short time: frozen dataclasses that name their kind and their lifetime."""

import dataclasses
from typing import Any, ClassVar, Self

import orjson


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """The base of every short-lived record; `KIND` keeps the kinds apart, `SECONDS` is the default lifetime."""

    KIND: ClassVar[str]
    SECONDS: ClassVar[int]

    def to_bytes(self) -> bytes:
        """JSON of what differs from the defaults."""
        kept = {}
        for name, default in _members_of(type(self)):
            if (value := getattr(self, name)) is not default:
                kept[name] = value
        return orjson.dumps(kept)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self | None:
        """The record, or None when it was written by a release that shaped it otherwise."""
        try:
            known: dict[str, Any] = orjson.loads(raw)
            return cls(**known)
        except (orjson.JSONDecodeError, TypeError):
            return None


_members: dict[type[Record], tuple[tuple[str, Any], ...]] = {}


def _members_of(kind: type[Record]) -> tuple[tuple[str, Any], ...]:
    if (known := _members.get(kind)) is None:
        known = _members[kind] = tuple((field.name, field.default) for field in dataclasses.fields(kind))
    return known
