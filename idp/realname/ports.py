"""The ports between the service and the authorities: what is asked of a source, and what it may answer.

A configured source (`Source`) is one authority over one road. It may offer several of these:

* `Check`: name and document compared with a register, answered at once;
* `PhotoCheck`: the same with a picture of the face;
* `Challenge`: the person does something on a phone (a face scan), which is started, asked about, and settled;
* `SignIn`: the person comes back signed in elsewhere; alone it proves an account, not a person;
* `OrganisationRegister`: whether an organisation exists, in what state, and who represents it;
* `LicenceSignIn`: somebody holds an organisation's electronic licence.

None of them retries, limits, records or decides: that is the engine's. None raises for trouble: that is `Unavailable`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any, Protocol

from idp.core.deadline import Deadline
from idp.core.identifiers import Document, DocumentKind, Uscc


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
    SIGNED_IN = "auth"  # signed in at the source


class Refutation(StrEnum):
    """Why an authority says no; kept for the audit, the citizen reads one neutral sentence for all."""

    MISMATCH = "mismatch"
    NOT_FOUND = "not_found"
    DECEASED = "deceased"
    FACE_MISMATCH = "face_mismatch"
    NO_PHOTO = "no_photo"
    ABANDONED = "abandoned"  # the person did not finish in time
    AMBIGUOUS = "ambiguous"
    NOT_ACTIVE = "not_active"
    NOT_ALLOWED = "not_allowed"


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


class Surface(StrEnum):
    """What the person holds in their hands."""

    DESK = "desk"  # a screen to scan from
    PHONE = "phone"
    IN_WECHAT = "in_wechat"
    IN_ALIPAY = "in_alipay"


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the person is, and where the source sends them back to (an absolute URL of ours, fixed for each source)."""

    surface: Surface
    return_url: str = field(repr=False)


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


class Conversation(Protocol):
    """A challenge whose application on the phone talks to our server while it is under way (a WeChat mini program)."""

    def converse(
        self, applicant: Applicant, progress: Progress, message: Mapping[str, Any], deadline: Deadline
    ) -> Said | Refuted | Unavailable: ...


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
    def verify(self, *, name: str, uscc: Uscc, legal_representative: str, deadline: Deadline) -> Outcome:
        """Compare; what the register holds instead is neither kept nor shown."""
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


@dataclass(frozen=True, slots=True)
class Source:
    """One configured source: `name` is that of its configuration block, and of its evidence."""

    name: str
    label: str
    """What people call it, in Chinese; pages translate it."""
    check: Check | None = None
    photo: PhotoCheck | None = None
    challenge: Challenge | None = None
    sign_in: SignIn | None = None
    register: OrganisationRegister | None = None
    licence: LicenceSignIn | None = None
    addresses: tuple[str, ...] = ()
    """The base URLs it calls or sends people to, for the check at start."""
