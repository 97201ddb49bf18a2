"""The registers of civil affairs and of the staffing office, which have one query and no comparison: the comparing is ours.

The shape of their answer is an assumption, and all of it stands in `record_of`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from idp.core import ids
from idp.core.deadline import Deadline
from idp.core.identifiers import Uscc
from idp.realname.adapters.business import answers, kinds, states
from idp.realname.adapters.business.answers import AnswerBroken
from idp.realname.adapters.business.options import CivilAffairsOptions, StaffingOfficeOptions
from idp.realname.adapters.exchange.road import Call, ChannelUnavailable, Road
from idp.realname.ports import (
    AssuranceLevel,
    Capability,
    Found,
    OrganisationRecord,
    OrganisationState,
    Outcome,
    Refutation,
    Refuted,
    SubjectKind,
    Unavailable,
    Verified,
)

_ATTESTED = frozenset({"name", "uscc", "legal_representative"})


@dataclass(frozen=True, slots=True)
class UnitRegister:
    """One of the two; `prefixes` are those of the codes that it answers for."""

    options: CivilAffairsOptions | StaffingOfficeOptions
    road: Road
    prefixes: frozenset[str]
    source: str
    new_request_number: Callable[[], str] = field(default=ids.new_id)

    capability = Capability(
        subject_kind=SubjectKind.LEGAL_PERSON,
        attests=_ATTESTED,
        assurance_level=AssuranceLevel.ON_RECORD,
        evidence="electronic_record",
    )

    @property
    def channel(self) -> str:
        return self.road.name

    def serves(self, uscc: Uscc) -> bool:
        return uscc.code[:2] in self.prefixes

    def look_up(self, uscc: Uscc, deadline: Deadline) -> Found | Refuted | Unavailable:
        return self._asked("", uscc, deadline)

    def verify(
        self, *, name: str, uscc: Uscc, legal_representative: str, deadline: Deadline, resident_id: str | None = None
    ) -> Outcome:
        match self._asked(name, uscc, deadline):
            case Found(record, request_number):
                return _compared(record, name, legal_representative, request_number)
            case other:
                return other

    def _asked(self, name: str, uscc: Uscc, deadline: Deadline) -> Found | Refuted | Unavailable:
        number = self.new_request_number()
        body = json.dumps({"org_name": name, "usc_code": uscc.code}, ensure_ascii=False, separators=(",", ":"))
        call = Call(self.options.query, body.encode(), headers=self.options.password_headers)
        try:
            return record_of(answers.records(self.road.call(call, deadline)), uscc, number)
        except (ChannelUnavailable, AnswerBroken) as trouble:
            return Unavailable(trouble.reason, number)


def record_of(found: list[dict[str, Any]], uscc: Uscc, request_number: str) -> Found | Refuted | Unavailable:
    """The one unit that was asked for."""
    if not found:
        return Refuted(Refutation.NOT_FOUND, request_number)
    if any(answers.text(each, "usc_code") != uscc.code for each in found):
        return Unavailable("other_subject", request_number)
    if len(found) > 1:
        return Refuted(Refutation.AMBIGUOUS, request_number)
    [record] = found
    name, head = answers.text(record, "org_name"), answers.text(record, "legal_person")
    if not name or not head:
        return Unavailable("half_record", request_number)
    state = states.read(record.get("org_status"))
    return Found(OrganisationRecord(uscc, name, kinds.kind_of(uscc), head, state), request_number)


def _compared(record: OrganisationRecord, name: str, head: str, request_number: str | None) -> Outcome:
    if not answers.same_name(record.name, name) or not answers.same_name(record.legal_representative, head):
        return Refuted(Refutation.MISMATCH, request_number)
    match record.state:
        case OrganisationState.ACTIVE:
            return Verified(_ATTESTED, request_number)
        case OrganisationState.UNKNOWN:
            return Unavailable("unknown_state", request_number)
        case _:
            return Refuted(Refutation.NOT_ACTIVE, request_number)
