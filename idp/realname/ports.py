"""The port between the service and the authorities: what is asked of an adapter, and the four things it may answer."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Protocol

from idp.core.deadline import Deadline


class SubjectKind(StrEnum):
    """Whom a source can say something about."""

    NATURAL_PERSON = "natural_person"
    LEGAL_PERSON = "legal_person"


class AssuranceLevel(IntEnum):
    """Identity assurance (IAL): how surely we know who this is."""

    REGISTERED = 0  # a reachable phone
    ON_RECORD = 1  # name and number agree with the registry
    REAL_PERSON = 2  # face, Alipay, WeChat, photo
    IN_PERSON = 3  # counter with the card, certificate, electronic licence


class Refutation(StrEnum):
    """Why an authority says no; kept for the audit, the citizen reads one neutral sentence for all."""

    MISMATCH = "mismatch"
    NOT_FOUND = "not_found"
    DECEASED = "deceased"


@dataclass(frozen=True, slots=True)
class Capability:
    """What a source can prove, declared before it is asked."""

    subject_kind: SubjectKind
    attests: frozenset[str]
    assurance_level: AssuranceLevel
    evidence: str  # the evidence type of OpenID Identity Assurance §5.4.4


@dataclass(frozen=True, slots=True)
class Applicant:
    """The natural person to be proven: a normalised name and a normalised resident number."""

    name: str = field(repr=False)
    resident_id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """The authority confirms the attested facts."""

    attested: frozenset[str]
    request_number: str | None = None


@dataclass(frozen=True, slots=True)
class Refuted:
    """The authority answered, and the answer is no."""

    reason: Refutation
    request_number: str | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """The authority will answer later."""

    request_number: str | None = None


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No answer that counts: neither a proof nor a refusal. `reason` is a stable code without personal data."""

    reason: str
    request_number: str | None = None


Outcome = Verified | Refuted | Pending | Unavailable


class Adapter(Protocol):
    """One source of proof. It retries nothing; the runner owns deadline, breaker and audit."""

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
