"""A register of organisations and a licence platform in one, which answer what the test wrote down."""

from __future__ import annotations

from datetime import timedelta

from idp.core import crypto
from idp.core.identifiers import Uscc
from idp.core.identifiers.uscc import uscc_check_character
from idp.realname.ports import (
    AssuranceLevel,
    Capability,
    Found,
    OrganisationRecord,
    OrganisationState,
    Pending,
    Refutation,
    Refuted,
    Started,
    SubjectKind,
    Unavailable,
    Verified,
)
from tests.flows import people as numbers

_LEGAL = Capability(
    SubjectKind.LEGAL_PERSON, frozenset({"name", "uscc"}), AssuranceLevel.IN_PERSON, "electronic_record"
)


class ScriptedBusiness:
    """A register, and a licence platform, that answer what the test wrote down."""

    source, channel, capability = "business", "scripted", _LEGAL

    def __init__(self):
        self.records, self.holder, self.is_down = {}, None, False

    def serves(self, uscc):
        return uscc.code.startswith("9")

    def look_up(self, uscc, deadline):
        return Found(self.records[uscc.code], "r-1")

    def verify(self, *, name, uscc, legal_representative, deadline, resident_id=None):
        if self.is_down:
            return Unavailable("scripted")
        found = self.records.get(uscc.code)
        agrees = found is not None and (found.name, found.legal_representative) == (name, legal_representative)
        return Verified(_LEGAL.attests) if agrees else Refuted(Refutation.MISMATCH)

    def start(self, scene, deadline):
        return Started("ticket", "https://licence.example/qr?qrcode_id=1", "q-1", timedelta(minutes=3))

    def poll(self, progress, deadline):
        return self.holder or Pending()

    def is_holder(self, holder, resident_id):
        return holder.holder_digest == crypto.sm3(resident_id.encode()).hex()

    def exists(self, representative):
        number = numbers.next_number()
        body = f"91370199MA4{number:06d}"
        uscc = Uscc.parse(body + uscc_check_character(body))
        record = OrganisationRecord(uscc, f"样例第{number}公司", "company", representative, OrganisationState.ACTIVE)
        self.records[uscc.code] = record
        return record
