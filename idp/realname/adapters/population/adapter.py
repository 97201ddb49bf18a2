"""Name and resident number, checked against the population registry (identity check GK_GXFW_SFHC)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from idp.core import clock, ids
from idp.core.deadline import Deadline
from idp.core.http import HttpClient
from idp.core.identifiers import IdentifierError, ResidentId
from idp.realname.adapters.exchange.provincial import ProvincialGateway
from idp.realname.adapters.exchange.road import Call, ChannelUnavailable, Road
from idp.realname.adapters.population import envelope
from idp.realname.adapters.population.envelope import Answer, EnvelopeBroken, Record
from idp.realname.adapters.population.options import Options
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    Capability,
    Outcome,
    Refutation,
    Refuted,
    SubjectKind,
    Unavailable,
    Verified,
)

_SUCCEEDED = frozenset({"10", "11"})
_NOT_IN_LIBRARY = "02"
_NOT_IN_LIBRARY_TEXT = "库中无此号"
_AGREES = "1"
_ATTESTED = frozenset({"name", "resident_id"})


@dataclass(frozen=True, slots=True)
class PopulationAdapter:
    """Asks for one person at a time and reads the answer by the registry's rules."""

    options: Options
    road: Road
    new_request_number: Callable[[], str] = field(default=ids.new_id)
    source: str = "population"

    capability = Capability(
        subject_kind=SubjectKind.NATURAL_PERSON,
        attests=_ATTESTED,
        assurance_level=AssuranceLevel.ON_RECORD,
        evidence="electronic_record",
    )

    @classmethod
    def over_provincial_gateway(cls, options: Options, http: HttpClient) -> "PopulationAdapter":
        return cls(options, ProvincialGateway(options, http))

    @property
    def channel(self) -> str:
        return self.road.name

    def verify(self, applicant: Applicant, deadline: Deadline) -> Outcome:
        """Ask the registry; an impossible number is refuted here, it is worth no remote call."""
        if not _is_possible(applicant.resident_id):
            return Refuted(Refutation.NOT_FOUND)
        number = self.new_request_number()
        body = envelope.build(self.options, applicant, request_number=number, now=clock.now())
        call = Call(self.options.service_path, body, "text/xml;charset=UTF-8", {"SOAPAction": '""'})
        try:
            answer = envelope.read(self.road.call(call, deadline), operation=self.options.operation)
        except (ChannelUnavailable, EnvelopeBroken) as trouble:
            return Unavailable(trouble.reason, number)
        return judge(answer, applicant, request_number=number)


def judge(answer: Answer, applicant: Applicant, *, request_number: str) -> Outcome:
    """The reading rules: a proof needs every sign to agree, a refusal needs the registry to have said so."""
    if answer.request_number != request_number:
        return Unavailable("request_number_differs", request_number)
    if answer.code not in _SUCCEEDED:
        return Unavailable(f"package_code:{answer.code}", request_number)
    if answer.record is None:
        return Unavailable("no_record", request_number)
    return _judge_record(answer.record, applicant, request_number)


def _judge_record(record: Record, applicant: Applicant, request_number: str) -> Outcome:
    if record.code == _NOT_IN_LIBRARY or (not record.code and record.message == _NOT_IN_LIBRARY_TEXT):
        return Refuted(Refutation.NOT_FOUND, request_number)
    if record.code or record.message:
        return Unavailable(f"record_code:{record.code}", request_number)
    if not record.number_code or not record.name_code:
        return Unavailable("no_match_code", request_number)  # silence is no refusal
    if record.number_code != _AGREES:
        return Refuted(Refutation.NOT_FOUND, request_number)
    if record.number != applicant.resident_id:
        return Unavailable("number_differs", request_number)
    if record.name_code != _AGREES:
        return Refuted(Refutation.MISMATCH, request_number)
    match record.cancelled:
        case "0":
            return Verified(_ATTESTED, request_number)
        case "1":
            return Refuted(Refutation.DECEASED, request_number)
        case _:
            return Unavailable("no_standing", request_number)


def _is_possible(resident_id: str) -> bool:
    try:
        return ResidentId.parse(resident_id, today=clock.now().astimezone(clock.BEIJING).date()).number == resident_id
    except IdentifierError:
        return False
