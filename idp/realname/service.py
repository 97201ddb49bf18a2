"""Proving who somebody is: limits, one source asked, evidence written, and an answer that is no oracle for strangers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.accounts.models import Account
from idp.audit.trail import Trail
from idp.core import clock, ids
from idp.core.addresses import network_of
from idp.core.crypto import Keyring
from idp.core.deadline import Deadline
from idp.core.identifiers import Document, DocumentKind, IdentifierError, ResidentId, normalise_name
from idp.db.unit_of_work import Database
from idp.realname import levels, persons, runner
from idp.realname.breaker import Breaker
from idp.realname.errors import (
    AnotherPerson,
    BelongsToAnother,
    InvalidName,
    InvalidResidentId,
    MinorNeedsGuardian,
    NotProven,
    TooManyChecks,
)
from idp.realname.models import Evidence
from idp.realname.ports import Applicant, Check, Outcome, Refuted, Unavailable, Verified
from idp.store.redis import Store

DAY = timedelta(days=1)
# The account's three bound what one account asks about one number. All accounts together get several times as many, so
# that it takes a crowd of accounts, each with a phone of its own, to stop the owner of a number for a day.
PER_ACCOUNT_A_DAY, PER_NUMBER_A_DAY, PER_NETWORK_AN_HOUR = 3, 20, 10
HOUR_SECONDS, DAY_SECONDS = 3600, 86_400


@dataclass(frozen=True, slots=True)
class Limits:
    """How many decided checks there may be."""

    per_account_day: int = PER_ACCOUNT_A_DAY
    per_number_day: int = PER_NUMBER_A_DAY
    per_network_hour: int = PER_NETWORK_AN_HOUR


_MINIMUM_AGE = 14
_COUNTED = ("asked", levels.VERIFIED, "refuted")


@dataclass(frozen=True, slots=True)
class Proven:
    """The person now stands at this level."""

    ial: int


@dataclass(frozen=True, slots=True)
class SourceDown:
    """No source could answer; nothing was decided, and nothing was used up."""


class IdentityProof:
    """Name and resident number against the sources that are configured."""

    def __init__(
        self,
        database: Database,
        store: Store,
        keyring: Keyring,
        trail: Trail,
        adapters: tuple[Check, ...],
        limits: Limits = Limits(),
    ) -> None:
        self._database = database
        self._store = store
        self._keyring = keyring
        self._trail = trail
        self._adapters = adapters
        self._limits = limits

    def prove(
        self, account_id: str, *, name: str, resident_id: str, client_id: str | None, address: str, deadline: Deadline
    ) -> Proven | SourceDown:
        """Ask one source about one person.

        Raises InvalidIdentity for input that no registry could know, NotProven for every kind of no,
        BelongsToAnother or AnotherPerson when the proof stands but not for this account, TooManyChecks at the limits.
        """
        applicant = _applicant(name, resident_id)
        index = persons.document_index(self._keyring, applicant.document)
        if not self._adapters:
            return SourceDown()
        adapter = self._adapters[0]
        at = clock.now().timestamp()
        of_network, of_number = f"identity:network:{network_of(address)}", f"identity:number:{index}"
        self._take(of_network, self._limits.per_network_hour, HOUR_SECONDS, at)
        self._take(of_number, self._limits.per_number_day, DAY_SECONDS, at)
        try:
            evidence_id = self._begin(account_id, client_id, adapter, index)
        except Exception:  # nobody was asked about this number
            self._store.give_back(of_number, period=DAY_SECONDS, now=at)
            raise
        outcome = runner.run(self._store, adapter, applicant, deadline)
        result = self._settled(evidence_id, account_id, client_id, adapter, applicant, outcome)
        if isinstance(result, SourceDown):  # only what was decided counts
            self._store.give_back(of_network, period=HOUR_SECONDS, now=at)
            self._store.give_back(of_number, period=DAY_SECONDS, now=at)
        return result

    def breakers(self) -> dict[str, Callable[[], str]]:
        """How each source's breaker stands, to be asked when it is wanted."""
        return {adapter.source: partial(Breaker.state_of, self._store, adapter.source) for adapter in self._adapters}

    def _take(self, counter: str, limit: int, period: int, at: float) -> None:
        if wait := self._store.hit(counter, limit=limit, period=period, now=at):
            raise TooManyChecks(retry_after=wait)

    def _begin(self, account_id: str, client_id: str | None, adapter: Check, index: str) -> str:
        """Write the attempt before it is made; the account's row is locked, so that parallel attempts are counted."""
        now = clock.now()
        with self._database.transaction() as db:
            db.execute(select(Account.id).where(Account.id == account_id).with_for_update())
            used = db.scalar(
                select(func.count()).where(
                    Evidence.account_id == account_id, Evidence.at > now - DAY, Evidence.verdict.in_(_COUNTED)
                )
            )
            if (used or 0) >= self._limits.per_account_day:
                raise TooManyChecks
            row = Evidence(
                id=ids.new_id(), account_id=account_id, client_id=client_id, source=adapter.source, channel=adapter.channel,
                verdict="asked", document_index=index, ial=0, at=now,
            )  # fmt: skip
            db.add(row)
            self._trail.record(
                db, "identity.attempted", account_id=account_id, client_id=client_id, source=adapter.source
            )
            return row.id

    def _settled(
        self,
        evidence_id: str,
        account_id: str,
        client_id: str | None,
        adapter: Check,
        applicant: Applicant,
        outcome: Outcome,
    ) -> Proven | SourceDown:
        """What the outcome comes to for this account, written down whatever it is."""
        try:
            return self._settle(evidence_id, account_id, client_id, adapter, applicant, outcome)
        except (BelongsToAnother, AnotherPerson) as refusal:
            self._conclude(evidence_id, account_id, client_id, outcome, verdict="refuted", reason=refusal.code)
            raise
        except IntegrityError as lost_race:  # the same person was proven on another account at the same moment
            self._conclude(evidence_id, account_id, client_id, outcome, verdict="refuted", reason=BelongsToAnother.code)
            raise BelongsToAnother from lost_race

    def _settle(
        self,
        evidence_id: str,
        account_id: str,
        client_id: str | None,
        adapter: Check,
        applicant: Applicant,
        outcome: Outcome,
    ) -> Proven | SourceDown:
        match outcome:
            case Verified():
                return self._accept(evidence_id, account_id, client_id, adapter, applicant, outcome)
            case Refuted(reason):
                self._conclude(evidence_id, account_id, client_id, outcome, verdict="refuted", reason=reason.value)
                raise NotProven
            case Unavailable(reason):
                self._conclude(evidence_id, account_id, client_id, outcome, verdict="unavailable", reason=reason)
                return SourceDown()
            case _:
                self._conclude(evidence_id, account_id, client_id, outcome, verdict="unavailable", reason="pending")
                return SourceDown()

    def _accept(
        self,
        evidence_id: str,
        account_id: str,
        client_id: str | None,
        adapter: Check,
        applicant: Applicant,
        outcome: Verified,
    ) -> Proven:
        with self._database.transaction() as db:
            persons.remember(db, self._keyring, account_id, applicant=applicant)
            ial = int(adapter.capability.assurance_level)
            evidence = self._write(db, evidence_id, outcome, levels.VERIFIED, None, ial=ial)
            evidence.expires_at = clock.now() + levels.HOLDS[adapter.source]
            self._trail.record(
                db, "identity.proven", account_id=account_id, client_id=client_id, source=adapter.source, ial=ial
            )
        return Proven(ial)

    def _conclude(
        self, evidence_id: str, account_id: str, client_id: str | None, outcome: Outcome, *, verdict: str, reason: str
    ) -> None:
        with self._database.transaction() as db:
            self._write(db, evidence_id, outcome, verdict, reason, ial=0)
            self._trail.record(
                db, "identity.not_proven", outcome="failure", account_id=account_id, client_id=client_id,
                verdict=verdict, reason=reason,
            )  # fmt: skip

    def _write(
        self, db: Session, evidence_id: str, outcome: Outcome, verdict: str, reason: str | None, *, ial: int
    ) -> Evidence:
        row = db.get_one(Evidence, evidence_id)
        row.verdict, row.reason, row.ial = verdict, reason[:64] if reason else None, ial
        row.request_number = outcome.request_number
        return row


def _applicant(name: str, resident_id: str) -> Applicant:
    today = clock.now().astimezone(clock.BEIJING).date()
    try:
        normal = normalise_name(name)
    except IdentifierError as odd:
        raise InvalidName from odd
    try:
        number = ResidentId.parse(resident_id, today=today)
    except IdentifierError as odd:
        raise InvalidResidentId from odd
    if number.age_on(today) < _MINIMUM_AGE:
        raise MinorNeedsGuardian
    return Applicant(normal, Document.parse(DocumentKind.RESIDENT_ID, number.number, today=today))
