"""The electronic business licence: shown as a QR code, confirmed in the licence application, asked about until it is settled.

What is under way is a short-lived record bound to the account: losing it costs one scan. It is settled by whoever takes the
record away. The licence makes its holder the legal representative only when it names that role and is held by the number of
the person who is signed in; it says nothing of how surely that person is known otherwise.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.core.deadline import Deadline
from idp.core.errors import DomainError
from idp.core.identifiers import IdentifierError, normalise_name
from idp.db.unit_of_work import Database
from idp.mandates import errors, people
from idp.mandates.organisations import Recognised, names
from idp.mandates.queries import Asked, Queries
from idp.mandates.representing import Representing
from idp.realname import levels
from idp.realname.models import Evidence
from idp.realname.persons import PersonFacts
from idp.realname.ports import (
    LicenceHolder,
    LicenceRole,
    LicenceSignIn,
    OrganisationState,
    Pending,
    Progress,
    Refuted,
    Scene,
    Started,
    Unavailable,
)
from idp.realname.results import SourceDown
from idp.realname.runner import Runner
from idp.realname.sources import Sources
from idp.store.records import Record
from idp.store.redis import Store

_PACE_SECONDS: Final = 2
_LAST_WORD_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class LicenceAttempt(Record):
    """A licence that is being shown; the ticket is sealed."""

    KIND: ClassVar[str] = "licence"
    SECONDS: ClassVar[int] = 600

    account_id: str = ""
    source: str = ""
    ticket: str = field(default="", repr=False)
    open_url: str = field(default="", repr=False)
    request_number: str = ""
    evidence_id: str = ""
    network: str = ""
    at: float = 0.0
    until: float = 0.0
    asked_at: float = 0.0


@dataclass(frozen=True, slots=True)
class LicenceOutcome(Record):
    """What came of one, for whoever looks once more: a reload, or the page behind the script that looked."""

    KIND: ClassVar[str] = "licence_outcome"
    SECONDS: ClassVar[int] = 600

    account_id: str = ""
    organisation_id: str = ""
    refusal: str = ""


_REFUSALS: Final = {
    each.code: each
    for each in (
        errors.LicenceNotYours,
        errors.LicenceRefused,
        errors.OrganisationNotActive,
        errors.HasRepresentative,
        errors.NotAPerson,
        errors.IsMinor,
    )
}


@dataclass(frozen=True, slots=True)
class Showing:
    """What the page shows: the code to scan, and until when."""

    handle: str = field(repr=False)
    open_url: str = field(repr=False)
    until: datetime


class Licences:
    """Starts and settles; each account sees only its own."""

    def __init__(
        self,
        database: Database,
        store: Store,
        keyring: Keyring,
        queries: Queries,
        representing: Representing,
        runner: Runner,
        sources: Sources,
    ) -> None:
        self._database = database
        self._store = store
        self._keyring = keyring
        self._queries = queries
        self._representing = representing
        self._runner = runner
        self._sources = sources
        self._licences = {source.name: source.licence for source in sources if source.licence is not None}

    @property
    def is_offered(self) -> bool:
        return self._preferred() is not None

    def _preferred(self) -> LicenceSignIn | None:
        """Where a code is asked for now; what was begun elsewhere goes on there."""
        return next((source.licence for source in self._sources.offered if source.licence is not None), None)

    def start(self, account_id: str, scene: Scene, *, address: str, deadline: Deadline) -> Showing | SourceDown:
        """Ask for a code to show; LicenceRefused when the platform will not, TooManyOrganisations at the limits."""
        licence = self._preferred()
        if licence is None:
            return SourceDown()
        with self._database.view() as db:
            person = people.adult(db, self._keyring, account_id, clock.now())
        taken = self._queries.take(address)
        with self._database.transaction() as db:
            asked = self._queries.begin(
                db, account_id, person, None, source=licence.source, channel=licence.channel,
                capability=licence.capability, cost=self._sources.cost_of(licence.source, licence.capability), taken=taken,
            )  # fmt: skip
        said = self._runner.timed(licence.source, licence.channel, lambda cut: licence.start(scene, cut), deadline)
        match answer := said.answer:
            case Started():
                with self._database.transaction() as db:
                    db.get_one(Evidence, asked.evidence_id).took_ms = said.took_ms
                return self._keep(asked, licence, answer)
            case Refuted(reason, request_number):
                self._conclude(asked, levels.REFUTED, reason.value, request_number, said.took_ms)
                raise errors.LicenceRefused
            case Unavailable(reason, request_number):
                self._queries.give_back(asked)
                self._conclude(asked, levels.UNAVAILABLE, reason, request_number, said.took_ms)
                return SourceDown()

    def look(self, account_id: str, handle: str, deadline: Deadline) -> Showing | Recognised | None:
        """How it stands, or what came of it; a refusal is raised. None when there is nothing by this handle."""
        key = ids.digest(handle)
        attempt = self._store.get(LicenceAttempt, key)
        if attempt is None:
            return self._came_to(account_id, key)
        if attempt.account_id != account_id:
            return None
        now = clock.now()
        showing = Showing(handle, attempt.open_url, datetime.fromtimestamp(attempt.until, now.tzinfo))
        licence = self._licences.get(attempt.source)
        if licence is None or now.timestamp() < attempt.asked_at + _PACE_SECONDS:
            return showing
        if not self._store.replace(key, replace(attempt, asked_at=now.timestamp())):
            return self._came_to(account_id, key)  # another look settled it
        is_last = now.timestamp() >= attempt.until
        ticket = self._keyring.open(attempt.ticket, bound_to=f"licence.ticket:{attempt.evidence_id}")
        progress = Progress(ticket, attempt.request_number, has_returned=False, is_last=is_last)
        answer = self._runner.ask(licence.source, licence.channel, lambda cut: licence.poll(progress, cut), deadline)
        if isinstance(answer, Pending | Unavailable) and not is_last:
            return showing
        if self._store.take(LicenceAttempt, key) is None:
            return self._came_to(account_id, key)
        try:
            settled = self._settle(attempt, licence, answer)
        except DomainError as refusal:
            self._store.put(key, LicenceOutcome(account_id, refusal=refusal.code))
            raise
        self._store.put(key, LicenceOutcome(account_id, settled.organisation_id))
        return settled

    def _came_to(self, account_id: str, key: str) -> Recognised | None:
        outcome = self._store.get(LicenceOutcome, key)
        if outcome is None or outcome.account_id != account_id:
            return None
        if outcome.refusal:
            raise _REFUSALS.get(outcome.refusal, errors.LicenceRefused)
        return Recognised(outcome.organisation_id)

    def _keep(self, asked: Asked, licence: LicenceSignIn, started: Started) -> Showing:
        handle, until = ids.new_secret(), clock.now() + started.lasts
        attempt = LicenceAttempt(
            account_id=asked.account_id, source=licence.source,
            ticket=self._keyring.seal(started.ticket, bound_to=f"licence.ticket:{asked.evidence_id}"),
            open_url=started.open_url, request_number=started.request_number, evidence_id=asked.evidence_id,
            network=asked.network, at=asked.at, until=until.timestamp(),
        )  # fmt: skip
        seconds = int(started.lasts.total_seconds()) + _LAST_WORD_SECONDS
        self._store.put(ids.digest(handle), attempt, seconds=seconds)
        return Showing(handle, started.open_url, until)

    def _settle(
        self, attempt: LicenceAttempt, licence: LicenceSignIn, answer: LicenceHolder | Pending | Refuted | Unavailable
    ) -> Recognised:
        asked = Asked(attempt.evidence_id, attempt.account_id, attempt.network, attempt.at)
        if not isinstance(answer, LicenceHolder):
            reason = answer.reason if isinstance(answer, Unavailable) else "refused"
            reason = answer.reason.value if isinstance(answer, Refuted) else reason
            is_down = isinstance(answer, Unavailable)
            self._conclude(asked, levels.UNAVAILABLE if is_down else levels.REFUTED, reason, answer.request_number)
            raise errors.LicenceRefused
        return self._recognise(asked, licence, answer)

    def _recognise(self, asked: Asked, licence: LicenceSignIn, holder: LicenceHolder) -> Recognised:
        now = clock.now()
        try:
            with self._database.view() as db:
                person = people.adult(db, self._keyring, asked.account_id, now)
        except (errors.NotAPerson, errors.IsMinor) as lapsed:  # the evidence expired, or the account ended, meanwhile
            self._conclude(asked, levels.REFUTED, lapsed.code, holder.request_number)
            raise
        refusal = _refusal(licence, holder, person)
        if refusal is not None:
            self._conclude(asked, levels.REFUTED, refusal.code, holder.request_number)
            raise refusal
        try:
            with self._database.transaction() as db:
                organisation_id = self._representing.recognise(
                    db, asked.account_id, holder.record, source=licence.source, request_number=holder.request_number,
                    licence_until=now + (licence.capability.holds or timedelta()),
                )  # fmt: skip
                self._queries.conclude(db, asked, verdict=levels.VERIFIED, request_number=holder.request_number)
        except errors.HasRepresentative as taken:
            self._conclude(asked, levels.REFUTED, taken.code, holder.request_number)
            raise
        return Recognised(organisation_id)

    def _conclude(
        self, asked: Asked, verdict: str, reason: str, request_number: str | None, took_ms: int | None = None
    ) -> None:
        with self._database.transaction() as db:
            self._queries.conclude(
                db, asked, verdict=verdict, reason=reason, request_number=request_number, took_ms=took_ms
            )


def _refusal(
    licence: LicenceSignIn, holder: LicenceHolder, person: PersonFacts
) -> errors.LicenceNotYours | errors.OrganisationNotActive | None:
    """Why this licence does not make this person the legal representative."""
    number = person.resident_id
    if (
        holder.role is not LicenceRole.LEGAL_REPRESENTATIVE
        or number is None
        or not licence.is_holder(holder, number)
        or _normal(holder.holder_name) != person.name
        or not names(holder.record, person)
    ):
        return errors.LicenceNotYours()
    return errors.OrganisationNotActive() if holder.record.state is not OrganisationState.ACTIVE else None


def _normal(name: str) -> str:
    try:
        return normalise_name(name)
    except IdentifierError:
        return ""
