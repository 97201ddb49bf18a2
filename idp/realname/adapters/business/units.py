"""Registers that have one query and no comparison: civil affairs, the staffing office, a city's legal-entity library.

The comparing is ours. What differs between them is the shape of question and answer, which for each is an assumption.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from idp.core import ids
from idp.core.deadline import Deadline
from idp.core.identifiers import Uscc
from idp.realname.adapters.business import answers, kinds, proof, states
from idp.realname.adapters.business.answers import AnswerBroken
from idp.realname.adapters.business.shapes import Shape
from idp.realname.adapters.exchange.road import ChannelUnavailable, Road
from idp.realname.ports import (
    Found,
    OrganisationRecord,
    Outcome,
    Refutation,
    Refuted,
    Unavailable,
)


@dataclass(frozen=True, slots=True)
class UnitRegister:
    """One of them; `prefixes` are those of the codes that it answers for."""

    shape: Shape
    road: Road
    prefixes: frozenset[str]
    source: str
    new_request_number: Callable[[], str] = field(default=ids.new_id)

    capability = proof.CAPABILITY

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
        try:
            found = self.shape.records(self.road.call(self.shape.question(name, uscc), deadline))
        except (ChannelUnavailable, AnswerBroken) as trouble:
            return Unavailable(trouble.reason, number)
        return self._record_of(found, uscc, number)

    def _record_of(self, found: list[dict[str, Any]], uscc: Uscc, number: str) -> Found | Refuted | Unavailable:
        """The one unit that was asked for."""
        members = self.shape.members
        if not found:
            return Refuted(Refutation.NOT_FOUND, number)
        if any(answers.text(each, members.uscc) != uscc.code for each in found):
            return Unavailable("other_subject", number)
        if len(found) > 1:
            return Refuted(Refutation.AMBIGUOUS, number)
        [record] = found
        name, head = answers.text(record, members.name), answers.text(record, members.head)
        kind = kinds.kind_of(uscc)
        is_nameless = kind == kinds.INDIVIDUAL_BUSINESS and answers.is_nameless(name, head)
        if not head or not (name or is_nameless):
            return Unavailable("half_record", number)
        state = states.read(record.get(members.state))
        return Found(OrganisationRecord(uscc, "" if is_nameless else name, kind, head, state), number)


def _compared(record: OrganisationRecord, name: str, head: str, request_number: str | None) -> Outcome:
    is_same = answers.same_name(record.name, name) or (not record.name and answers.is_nameless(name, head))
    if not is_same or not answers.same_name(record.legal_representative, head):
        return Refuted(Refutation.MISMATCH, request_number)
    return proof.if_live(record.state, proof.ATTESTED, request_number)
