"""Name and resident number checked against the population registry, and a live photo compared with the one on file."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from idp.core import clock, ids
from idp.core.deadline import Deadline
from idp.core.identifiers import DocumentKind, IdentifierError, ResidentId
from idp.realname.adapters.exchange.road import ChannelUnavailable, Road
from idp.realname.adapters.population import portraits, reading
from idp.realname.adapters.population.messages import Answer, Envelope, EnvelopeBroken, Question
from idp.realname.adapters.population.reading import ATTESTED
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    Capability,
    CheckMethod,
    Outcome,
    Refutation,
    Refuted,
    SubjectKind,
    Unavailable,
)

ON_RECORD = Capability(
    subject_kind=SubjectKind.NATURAL_PERSON,
    attests=ATTESTED,
    assurance_level=AssuranceLevel.ON_RECORD,
    evidence="electronic_record",
)
SAME_FACE = replace(
    ON_RECORD,
    assurance_level=AssuranceLevel.REAL_PERSON,
    check_method=CheckMethod.BIOMETRIC_REMOTE,
    holds=timedelta(days=365),
    is_face=True,
)


@dataclass(frozen=True, slots=True)
class Registry:
    """One service of the registry, and the way to it; asks for one person at a time."""

    road: Road
    envelope: Envelope
    operation: str
    service: str
    new_request_number: Callable[[], str] = field(default=ids.new_id)

    def ask(self, applicant: Applicant, jpeg: bytes | None, deadline: Deadline) -> tuple[str, Answer | Unavailable]:
        """The request's number, and the answer."""
        number = self.new_request_number()
        question = Question(self.operation, self.service, applicant, number, clock.now(), jpeg)
        try:
            return number, self.envelope.open(self.road.call(self.envelope.wrap(question), deadline), question)
        except (ChannelUnavailable, EnvelopeBroken) as trouble:
            return number, Unavailable(trouble.reason, number)


@dataclass(frozen=True, slots=True)
class PopulationCheck:
    """The identity check; an impossible number is refuted here, it is worth no remote call."""

    registry: Registry
    source: str = "population"
    capability: Capability = ON_RECORD

    @property
    def channel(self) -> str:
        return self.registry.road.name

    def verify(self, applicant: Applicant, deadline: Deadline) -> Outcome:
        if not _is_possible(applicant):
            return Refuted(Refutation.NOT_FOUND)
        number, answer = self.registry.ask(applicant, None, deadline)
        if isinstance(answer, Unavailable):
            return answer
        return reading.judge(answer, applicant, request_number=number)


@dataclass(frozen=True, slots=True)
class PopulationPhoto:
    """The comparison with the photo on file; the picture goes to the registry and nowhere else."""

    registry: Registry
    source: str = "population"
    capability: Capability = SAME_FACE

    @property
    def channel(self) -> str:
        return self.registry.road.name

    def compare(self, applicant: Applicant, jpeg: bytes, deadline: Deadline) -> Outcome:
        if not _is_possible(applicant):
            return Refuted(Refutation.NOT_FOUND)
        if not portraits.is_comparable(jpeg):
            return Refuted(Refutation.PICTURE_UNUSABLE)
        number, answer = self.registry.ask(applicant, jpeg, deadline)
        if isinstance(answer, Unavailable):
            return answer
        return reading.judge_comparison(answer, applicant, request_number=number)


def _is_possible(applicant: Applicant) -> bool:
    number = applicant.document.number
    if applicant.document.kind is not DocumentKind.RESIDENT_ID:
        return False
    try:
        return ResidentId.parse(number, today=clock.now().astimezone(clock.BEIJING).date()).number == number
    except IdentifierError:
        return False
