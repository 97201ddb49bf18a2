"""Sources that compare with a register, and answer at once."""

from typing import Protocol

from idp.core.deadline import Deadline
from idp.realname.ports.outcomes import Applicant, Capability, Outcome


class Check(Protocol):
    """Compares name and document with a register, at once."""

    @property
    def source(self) -> str:
        """Which authority, as evidence and audit name it."""
        ...

    @property
    def channel(self) -> str:
        """Over which road the authority was reached."""
        ...

    @property
    def capability(self) -> Capability: ...

    def verify(self, applicant: Applicant, deadline: Deadline) -> Outcome: ...


class PhotoCheck(Protocol):
    """Compares a live picture of the face with the one on record; the picture is kept nowhere."""

    @property
    def source(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def capability(self) -> Capability: ...

    def compare(self, applicant: Applicant, jpeg: bytes, deadline: Deadline) -> Outcome: ...
