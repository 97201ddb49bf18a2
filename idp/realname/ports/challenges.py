"""Sources whose answer needs the person: something is done on a phone, and settled afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from idp.core.deadline import Deadline
from idp.realname.ports.outcomes import Applicant, Capability, Outcome, Refuted, Unavailable


class Surface(StrEnum):
    """What the person holds in their hands."""

    DESK = "desk"  # a screen to scan from
    PHONE = "phone"
    IN_WECHAT = "in_wechat"
    IN_ALIPAY = "in_alipay"


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the person is, and where the source sends them back to (an absolute URL of ours, fixed for each source).

    `app_url` is where an application of the source (a mini program) talks to us about this one challenge: see `Conversation`.
    """

    surface: Surface
    return_url: str = field(repr=False)
    app_url: str = field(default="", repr=False)
    anew: bool = False
    """To sign in there, the person shows who they are though they may be signed in there already, if the source can ask that."""


@dataclass(frozen=True, slots=True)
class Started:
    """A challenge under way. `ticket` is all that the source needs to be asked about it; the engine keeps it sealed.

    `open_url` is shown as a QR code on a desk and as a link on a phone; `app_url` opens the source's own application.
    """

    ticket: str = field(repr=False)
    open_url: str = field(repr=False)
    request_number: str
    lasts: timedelta
    app_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """What the engine knows of a challenge when it asks for the result."""

    ticket: str = field(repr=False)
    request_number: str
    has_returned: bool
    """The person's browser came back from the source: proves nothing, but they are done."""
    is_last: bool
    """The ticket has aged out: what is not yet passed will not be."""


class Challenge(Protocol):
    """Something the person does on a phone; the result is asked for server to server, and never read from a redirect."""

    @property
    def source(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def capability(self) -> Capability: ...

    def start(self, applicant: Applicant, scene: Scene, deadline: Deadline) -> Started | Refuted | Unavailable: ...
    def poll(self, applicant: Applicant, progress: Progress, deadline: Deadline) -> Outcome:
        """Pending until the source knows; asking again is harmless."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """What is answered to an application of the source (a mini program), and the ticket as it is from now on."""

    answer: Mapping[str, Any] = field(repr=False)
    ticket: str = field(repr=False)


@runtime_checkable
class Conversation(Protocol):
    """A challenge whose application on the phone talks to our server while it is under way (a WeChat mini program)."""

    def converse(
        self, applicant: Applicant, progress: Progress, message: Mapping[str, Any], deadline: Deadline
    ) -> Said | Refuted | Unavailable: ...
