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
        return orjson.dumps({f.name: getattr(self, f.name) for f in dataclasses.fields(self)})

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self | None:
        """The record, or None when it was written by a release that shaped it otherwise."""
        try:
            known: dict[str, Any] = orjson.loads(raw)
            return cls(**known)
        except (orjson.JSONDecodeError, TypeError):
            return None
