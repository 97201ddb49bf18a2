"""Organisations that a person adds: the register that serves the code is asked whether it is live and who represents it."""

from dataclasses import dataclass
from functools import partial

from idp.core import clock
from idp.core.crypto import Keyring
from idp.core.deadline import Deadline
from idp.core.identifiers import IdentifierError, Uscc, normalise_name
from idp.db.unit_of_work import Database
from idp.mandates import errors, people
from idp.mandates.queries import Asked, Queries
from idp.mandates.representing import Representing
from idp.realname import levels
from idp.realname.persons import PersonFacts
from idp.realname.ports import (
    LEGAL_REPRESENTATIVE_NUMBER,
    Found,
    OrganisationRecord,
    OrganisationRegister,
    OrganisationState,
    Refutation,
    Refuted,
    Unavailable,
    Verified,
)
from idp.realname.registers import register_for
from idp.realname.results import SourceDown
from idp.realname.runner import NOT_ASKED, Runner
from idp.realname.sources import Sources

_LONGEST_NAME = 200
_INDIVIDUAL_BUSINESS = "92"


@dataclass(frozen=True, slots=True)
class Recognised:
    """The person is known as the legal representative of this organisation."""

    organisation_id: str


@dataclass(frozen=True, slots=True)
class Compared:
    """The register agreed, to the person's number too if it knows numbers."""

    found: Found
    by_number: bool


class Organisations:
    """The registers of organisations, as people use them."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        queries: Queries,
        representing: Representing,
        runner: Runner,
        sources: Sources,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._queries = queries
        self._representing = representing
        self._runner = runner
        self._sources = sources

    def register_of(self, uscc: Uscc) -> OrganisationRegister | None:
        """The register that answers for this code, of those that are on."""
        return register_for(self._sources.registers, uscc)

    def _is_off(self, uscc: Uscc) -> bool:
        """Whether a register that would answer for this code is switched off."""
        return register_for((each.register for each in self._sources if each.register is not None), uscc) is not None

    def has_register(self, uscc: Uscc) -> bool:
        """Whether one does."""
        return self.register_of(uscc) is not None

    def add(
        self, account_id: str, *, name: str, uscc: str, address: str, deadline: Deadline
    ) -> Recognised | SourceDown:
        """Recognise the person as the legal representative of a live organisation, by its register.

        Four factors: name, code and the person's own proven name and number, the last by registers that know numbers; the
        population registry has agreed to both before. The record is read only after all of them agreed. Raises one
        neutral NotRecognised for every kind of no, OrganisationNotActive, NeedsManualReview, TooManyOrganisations.
        """
        code = _code(uscc)
        said = _name(name, code)
        register = self.register_of(code)
        if register is None:
            if self._is_off(code):
                return SourceDown()
            raise errors.NeedsManualReview
        with self._database.view() as db:
            person = people.adult(db, self._keyring, account_id, clock.now())
        taken = self._queries.take(address)
        with self._database.transaction() as db:
            asked = self._queries.begin(
                db, account_id, person, code, source=register.source, channel=register.channel,
                capability=register.capability, cost=self._sources.cost_of(register.source, register.capability),
                taken=taken,
            )  # fmt: skip
        began = clock.monotonic()
        answer = self._ask(register, said, code, person, deadline)
        took = round((clock.monotonic() - began) * 1000)
        match answer:
            case Compared(found, by_number):
                return self._settle(asked, register.source, found, by_number, took)
            case Refuted(reason, request_number):
                self._conclude(asked, levels.REFUTED, reason.value, request_number, took)
                raise errors.OrganisationNotActive if reason is Refutation.NOT_ACTIVE else errors.NotRecognised
            case Unavailable(why, request_number):
                self._queries.give_back(asked)
                self._conclude(asked, levels.UNAVAILABLE, why, request_number, None if why in NOT_ASKED else took)
                return SourceDown()

    def look_up(self, register: OrganisationRegister, uscc: Uscc, deadline: Deadline) -> Found | Refuted | Unavailable:
        """What the register says of an organisation; its breaker is asked first."""
        return self._runner.ask(register.source, register.channel, partial(register.look_up, uscc), deadline)

    def _ask(
        self, register: OrganisationRegister, name: str, uscc: Uscc, person: PersonFacts, deadline: Deadline
    ) -> Compared | Refuted | Unavailable:
        """Compare first; read the record only for whom it names."""

        def compared(cut: Deadline) -> Verified | Refuted | Unavailable:
            outcome = register.verify(
                name=name, uscc=uscc, legal_representative=person.name, resident_id=person.resident_id, deadline=cut
            )
            return outcome if isinstance(outcome, Verified | Refuted | Unavailable) else Unavailable("pending")

        verdict = self._runner.ask(register.source, register.channel, compared, deadline)
        if not isinstance(verdict, Verified):
            return verdict
        found = self.look_up(register, uscc, deadline)
        if not isinstance(found, Found):
            return found
        if found.record.state is not OrganisationState.ACTIVE:
            return Refuted(Refutation.NOT_ACTIVE, found.request_number)
        if found.record.uscc != uscc or not names(found.record, person):
            return Refuted(Refutation.MISMATCH, found.request_number)
        return Compared(found, LEGAL_REPRESENTATIVE_NUMBER in verdict.attested)

    def _settle(self, asked: Asked, source: str, found: Found, by_number: bool, took: int) -> Recognised:
        record, request_number = found.record, found.request_number
        try:
            with self._database.transaction() as db:
                organisation_id = self._representing.recognise(
                    db, asked.account_id, record, source=source, request_number=request_number, by_number=by_number
                )
                self._queries.conclude(db, asked, verdict=levels.VERIFIED, request_number=request_number, took_ms=took)
        except errors.HasRepresentative as refusal:
            self._conclude(asked, levels.REFUTED, refusal.code, request_number, took)
            raise
        return Recognised(organisation_id)

    def _conclude(
        self, asked: Asked, verdict: str, reason: str, request_number: str | None, took_ms: int | None
    ) -> None:
        with self._database.transaction() as db:
            self._queries.conclude(
                db, asked, verdict=verdict, reason=reason, request_number=request_number, took_ms=took_ms
            )


def names(record: OrganisationRecord, person: PersonFacts) -> bool:
    """Whether the record's legal representative bears the person's proven name."""
    try:
        return normalise_name(record.legal_representative) == person.name
    except IdentifierError:
        return False


def _code(text: str) -> Uscc:
    try:
        return Uscc.parse(text)
    except IdentifierError as odd:
        raise errors.InvalidUscc from odd


def _name(text: str, uscc: Uscc) -> str:
    """As it was typed, in its one form; an individual business may have no trade name."""
    name = " ".join(text.split())
    if (not name and not uscc.code.startswith(_INDIVIDUAL_BUSINESS)) or len(name) > _LONGEST_NAME:
        raise errors.InvalidOrganisationName
    return name
