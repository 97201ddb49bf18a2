"""What a source declares, who it is asked about, and the four things it may answer."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum, StrEnum

from idp.core.identifiers import Document, DocumentKind


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


class CheckMethod(StrEnum):
    """How a source convinces itself (OpenID Connect for Identity Assurance §5.4.4, `check_method`)."""

    DATA = "data"  # compared with a register
    BIOMETRIC_REMOTE = "bvr"
    PRESENT = "pvp"  # physically, by a person
    IMAGE = "vri"  # an image of the document, by a person
    SIGNED_IN = "auth"  # signed in at the source


class Refutation(StrEnum):
    """Why an authority says no; kept for the audit, the citizen reads one neutral sentence for all."""

    MISMATCH = "mismatch"
    NOT_FOUND = "not_found"
    DECEASED = "deceased"
    FACE_MISMATCH = "face_mismatch"
    NO_PHOTO = "no_photo"
    PICTURE_UNUSABLE = "picture_unusable"  # no face can be read from it; another picture may do
    ABANDONED = "abandoned"  # the person did not finish in time
    AMBIGUOUS = "ambiguous"
    NOT_ACTIVE = "not_active"
    NOT_ALLOWED = "not_allowed"
    FAILED = "failed"  # a scan that came to nothing: light, picture, voice
    RATE_LIMITED = "rate_limited"  # the source has heard too often of this person


@dataclass(frozen=True, slots=True)
class Capability:
    """What a source can prove, declared before it is asked."""

    subject_kind: SubjectKind
    attests: frozenset[str]
    assurance_level: AssuranceLevel
    evidence: str  # the evidence type of OpenID Identity Assurance §5.4.4
    check_method: CheckMethod = CheckMethod.DATA
    documents: frozenset[DocumentKind] = frozenset({DocumentKind.RESIDENT_ID})
    holds: timedelta = timedelta(days=730)
    """How long a proof counts."""
    is_face: bool = False
    cost: int = 0
    """What one call costs the operator, in fen; cheaper ways are offered first."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """The natural person to be proven: a normalised name and a checked document."""

    name: str = field(repr=False)
    document: Document

    @property
    def resident_id(self) -> str:
        """The number of the document, for sources that know resident numbers only."""
        return self.document.number


@dataclass(frozen=True, slots=True)
class Verified:
    """The authority confirms the attested facts.

    `applicant` is set by sources that tell who it is instead of comparing; `level` lowers what the capability promises.
    """

    attested: frozenset[str]
    request_number: str | None = None
    applicant: Applicant | None = None
    level: AssuranceLevel | None = None


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
