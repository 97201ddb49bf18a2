"""What each source said last, seen by all processes; what a test call heard is no part of it."""

from dataclasses import dataclass
from typing import ClassVar

from idp.store.records import Record


@dataclass(frozen=True, slots=True)
class LastAnswer(Record):
    """When it was asked for the last time, and how that went; forgotten after a week."""

    KIND: ClassVar[str] = "source_answer"
    SECONDS: ClassVar[int] = 7 * 86_400

    at: float
    outcome: str
    """The kind of answer: Verified, Refuted, Started, Unavailable …"""
    reason: str
    took_ms: int
