"""What every platform is given and gives back: one call of one service, and the bytes of its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from idp.core.deadline import Deadline


class ChannelUnavailable(Exception):
    """The platform did not let the call through; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent to a service: where it lies on the platform, and a body as the service wants it.

    `headers` are the service's own; those that sign the call are the platform's. An answer in JSON whose `code` is none of
    `answer_codes` is a refusal by the platform.
    """

    service: str
    body: bytes = field(repr=False)
    content_type: str = "application/json;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    answer_codes: frozenset[str] = frozenset({"0"})
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The same question as plain values, for platforms that carry a form instead of a body."""

    @property
    def is_soap(self) -> bool:
        return "xml" in self.content_type

    def with_soap_header(self, content: str) -> "Call":
        """The same SOAP message with something in its header, which is empty and the first thing in it."""
        filled = f"<soapenv:Header>{content}</soapenv:Header>".encode()
        return replace(self, body=self.body.replace(b"<soapenv:Header/>", filled, 1))


class Road(Protocol):
    """A platform with what it issued to us; one instance serves all threads and all its services."""

    name: str

    def call(self, call: Call, deadline: Deadline) -> bytes:
        """The service's answer; ChannelUnavailable when there is none, or when the platform itself refused."""
        ...
