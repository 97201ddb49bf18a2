"""What is asked and answered, whatever the envelope: a question about one person, and what the registry says of them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from idp.realname.adapters.exchange.road import Call
from idp.realname.ports import Applicant

_SOAP_CODES = frozenset({"10", "11"})


class EnvelopeBroken(Exception):
    """The answer cannot be opened; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Question:
    """One person, and the live photo where it is to be compared; `operation` is its name."""

    operation: str
    service: str
    """Where the platform keeps it: a path, or a service code."""
    applicant: Applicant
    request_number: str
    at: datetime
    jpeg: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Record:
    """What the registry says of the person; empty where it says nothing."""

    code: str
    message: str
    number: str = field(repr=False)
    number_code: str
    name_code: str
    cancelled: str
    photo_code: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One opened answer: its head, and its only record, if it has one.

    `request_number` is None where the envelope echoes none; `good_codes` are those by which it says that it succeeded.
    """

    request_number: str | None
    code: str
    record: Record | None
    good_codes: frozenset[str] = _SOAP_CODES


class Envelope(Protocol):
    """How a question is wrapped and an answer opened."""

    def wrap(self, question: Question) -> Call: ...
    def open(self, body: bytes, question: Question) -> Answer:
        """EnvelopeBroken for what is no answer."""
        ...
