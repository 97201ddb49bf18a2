"""Sources that people sign in at: an account elsewhere, or another centre."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from idp.core.deadline import Deadline
from idp.realname.ports.challenges import Scene, Surface
from idp.realname.ports.outcomes import Applicant, AssuranceLevel, Capability, Refuted, Unavailable


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a browser goes to sign in at the source, and what must be kept for its return (sealed by the caller)."""

    url: str = field(repr=False)
    keep: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """Who signed in at the source. `key` never changes and is never shown; it is looked up by a keyed index.

    `aliases` are other keys by which the same person may have been linked before. `applicant` with `level` is set only when
    the source itself vouches for the person behind it.
    """

    source: str
    key: str = field(repr=False)
    aliases: tuple[str, ...] = field(default=(), repr=False)
    shown: str = field(default="", repr=False)
    applicant: Applicant | None = None
    level: AssuranceLevel = AssuranceLevel.REGISTERED
    request_number: str | None = None
    auth_time: datetime | None = None


class SignIn(Protocol):
    """Signing in with an account elsewhere."""

    @property
    def source(self) -> str: ...
    @property
    def capability(self) -> Capability: ...

    def suits(self, surface: Surface) -> bool:
        """Whether this can be used where the person is."""
        ...

    def begin(self, state: str, scene: Scene) -> Begun | Unavailable: ...
    def finish(
        self, answer: Mapping[str, str], keep: str, scene: Scene, deadline: Deadline
    ) -> ExternalIdentity | Refuted | Unavailable:
        """Read the browser's return and ask the source; `state` has been checked by the caller."""
        ...
