"""Registers of organisations, and electronic licences of those who hold one."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

from idp.core.deadline import Deadline
from idp.core.identifiers import Uscc
from idp.realname.ports.challenges import Progress, Scene, Started
from idp.realname.ports.outcomes import Capability, Outcome, Pending, Refuted, Unavailable

LEGAL_REPRESENTATIVE_NUMBER: Final = "legal_representative_number"
"""What a register attests that compared the representative's number too."""


class OrganisationState(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"  # 吊销
    CLOSED = "closed"  # 注销, 撤销
    MOVED = "moved"  # 迁出
    SUSPENDED = "suspended"  # 停业
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OrganisationRecord:
    """What a register says about one organisation."""

    uscc: Uscc
    name: str
    kind: str
    """company, individual_business, cooperative, social_group, institution, organ, foundation, … as the register classes it."""
    legal_representative: str = field(repr=False)
    state: OrganisationState
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The register knows the organisation."""

    record: OrganisationRecord
    request_number: str | None = None


class OrganisationRegister(Protocol):
    """A register of organisations; which ones it answers for is decided by the unified social credit code."""

    @property
    def source(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def capability(self) -> Capability: ...

    def serves(self, uscc: Uscc) -> bool: ...
    def look_up(self, uscc: Uscc, deadline: Deadline) -> Found | Refuted | Unavailable: ...
    def verify(
        self, *, name: str, uscc: Uscc, legal_representative: str, deadline: Deadline, resident_id: str | None = None
    ) -> Outcome:
        """Compare; what the register holds instead is neither kept nor shown. Verified is said of live organisations only.

        `name` may be empty for an individual business without a trade name. `resident_id` is the representative's number: a
        register that knows numbers compares it too and then attests LEGAL_REPRESENTATIVE_NUMBER; the others leave it out.
        """
        ...


class LicenceRole(StrEnum):
    LEGAL_REPRESENTATIVE = "legal_representative"
    MANAGER = "manager"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class LicenceHolder:
    """Who holds an organisation's electronic licence; `holder_digest` is hex SM3 of the holder's resident number."""

    record: OrganisationRecord
    role: LicenceRole
    holder_name: str = field(repr=False)
    holder_digest: str = field(repr=False)
    licence_number: str
    request_number: str


class LicenceSignIn(Protocol):
    """An electronic business licence, shown as a QR code and confirmed in the licence application."""

    @property
    def source(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def capability(self) -> Capability: ...

    def start(self, scene: Scene, deadline: Deadline) -> Started | Refuted | Unavailable: ...
    def poll(self, progress: Progress, deadline: Deadline) -> LicenceHolder | Pending | Refuted | Unavailable: ...
    def is_holder(self, holder: LicenceHolder, resident_id: str) -> bool:
        """Whether the licence is held by the person with this resident number."""
        ...
