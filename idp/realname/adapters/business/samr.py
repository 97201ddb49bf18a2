"""The register of market regulation: companies, individual businesses and cooperatives."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.core import ids
from idp.core.deadline import Deadline
from idp.core.identifiers import Uscc
from idp.realname.adapters.business import answers, kinds, proof, states
from idp.realname.adapters.business.answers import AnswerBroken
from idp.realname.adapters.business.options import SamrOptions
from idp.realname.adapters.exchange.road import Call, ChannelUnavailable, Road
from idp.realname.ports import (
    LEGAL_REPRESENTATIVE_NUMBER,
    Found,
    OrganisationRecord,
    Outcome,
    Refutation,
    Refuted,
    Unavailable,
)

_REFUSALS = {"01": Refutation.NOT_FOUND, "02": Refutation.AMBIGUOUS, "04": Refutation.MISMATCH}
_TROUBLE = {"05": "bad_request", "06": "query_failed"}
_AGREES = "03"


@dataclass(frozen=True, slots=True)
class SamrRegister:
    """Asks about one organisation at a time; what the register holds instead of a wrong value is dropped unread."""

    options: SamrOptions
    road: Road
    new_request_number: Callable[[], str] = field(default=ids.new_id)
    source: str = "business"

    capability = proof.CAPABILITY

    @property
    def channel(self) -> str:
        return self.road.name

    def serves(self, uscc: Uscc) -> bool:
        return uscc.code[:2] in kinds.MARKET_REGULATION

    def look_up(self, uscc: Uscc, deadline: Deadline) -> Found | Refuted | Unavailable:
        number = self.new_request_number()
        try:
            body = self._ask(self.options.query, {"entname": "", "uniscid": uscc.code}, deadline)
            found = answers.records(body)
        except (ChannelUnavailable, AnswerBroken) as trouble:
            return Unavailable(trouble.reason, number)
        return record_of(found, uscc, number)

    def verify(
        self, *, name: str, uscc: Uscc, legal_representative: str, deadline: Deadline, resident_id: str | None = None
    ) -> Outcome:
        number = self.new_request_number()
        given = {"uniscid": uscc.code, "name": legal_representative}
        if not (kinds.kind_of(uscc) == kinds.INDIVIDUAL_BUSINESS and answers.is_nameless(name, legal_representative)):
            given = {"entname": name, **given}
        attested = proof.ATTESTED
        if resident_id is not None and self.options.legal_id_field:
            given[self.options.legal_id_field] = resident_id
            attested = proof.ATTESTED | {LEGAL_REPRESENTATIVE_NUMBER}
        try:
            told = answers.opened(self._ask(self.options.verification, given, deadline))
        except (ChannelUnavailable, AnswerBroken) as trouble:
            return Unavailable(trouble.reason, number)
        return judge(told, uscc, attested=attested, request_number=number)

    def _ask(self, service: str, given: Mapping[str, str], deadline: Deadline) -> bytes:
        body = json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode()
        return self.road.call(Call(service, body, headers=self.options.password_headers), deadline)


def record_of(found: list[dict[str, Any]], uscc: Uscc, request_number: str) -> Found | Refuted | Unavailable:
    """The one subject that was asked for; an empty array says that there is none."""
    if not found:
        return Refuted(Refutation.NOT_FOUND, request_number)
    if any(answers.text(each, "uniscid") != uscc.code for each in found):
        return Unavailable("other_subject", request_number)
    if len(found) > 1:
        return Refuted(Refutation.AMBIGUOUS, request_number)
    [record] = found
    name, head = answers.text(record, "entname"), answers.text(record, "name")
    kind = kinds.kind_of(uscc)
    if not head or not (name or kind == kinds.INDIVIDUAL_BUSINESS):
        return Unavailable("half_record", request_number)
    known = OrganisationRecord(
        uscc=uscc,
        name="" if kind == kinds.INDIVIDUAL_BUSINESS and answers.is_nameless(name, head) else name,
        kind=kind,
        legal_representative=head,
        state=states.read(record.get("regstateCn")),
        until=answers.day(record.get("opto")),
    )
    return Found(known, request_number)


def judge(told: Any, uscc: Uscc, *, attested: frozenset[str], request_number: str) -> Outcome:
    """The verdict of a comparison: a proof needs the code, the very subject, no difference, and a live state."""
    code = told.get("entchk_checkres_key") if isinstance(told, dict) else None
    if not isinstance(code, str):
        return Unavailable("no_code", request_number)
    if code in _REFUSALS:
        return Refuted(_REFUSALS[code], request_number)
    if code != _AGREES:
        return Unavailable(_TROUBLE.get(code, "unknown_code"), request_number)
    subject = told.get("ent_idx")
    if not isinstance(subject, dict) or answers.text(subject, "uniscid") != uscc.code:
        return Unavailable("other_subject", request_number)
    if told.get("diff_list"):
        return Unavailable("contradictory", request_number)
    return proof.if_live(states.read(told.get("regstateCn")), attested, request_number)
