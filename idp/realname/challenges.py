"""Challenges: started, asked about and settled in one way, whatever source the person's phone talks to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.core import clock, ids
from idp.core.deadline import Deadline
from idp.db.unit_of_work import Database
from idp.realname import levels, limits
from idp.realname.attempts import Attempt, AttemptRows, AttemptState, Owner, phone_handle
from idp.realname.errors import AnotherPerson, BelongsToAnother, FaceNotProven, NotForThisAccount, NotProven
from idp.realname.evidence import EvidenceBook, Query, understood
from idp.realname.limits import Limits, SharedLimits
from idp.realname.models import Evidence, IdentityAttempt
from idp.realname.ports import (
    Challenge,
    Conversation,
    Outcome,
    Pending,
    Progress,
    Refutation,
    Refuted,
    Said,
    Scene,
    Started,
    Unavailable,
    Verified,
)
from idp.realname.results import SourceDown
from idp.realname.runner import Runner
from idp.realname.sources import Sources

LAST_WORD = timedelta(minutes=5)
"""How long after its end a challenge is still asked about for the last time."""


@dataclass(frozen=True, slots=True)
class Challenges:
    """The life of an `identity_attempts` row."""

    database: Database
    rows: AttemptRows
    book: EvidenceBook
    runner: Runner
    sources: Sources
    limits: Callable[[], Limits]
    shared: SharedLimits

    def start(
        self,
        challenge: Challenge,
        query: Query,
        scene: Scene,
        *,
        browser: str,
        address: str,
        issuer: str,
        deadline: Deadline,
    ) -> Attempt | SourceDown:
        """Begin one; NotProven when the source refuses the person at once, TooManyChecks at the limits."""
        handle, owner = ids.new_secret(), Owner(query.account_id, browser, query.client_id)
        taken = self.shared.take(address, self.book.index_of(query.applicant))
        try:
            evidence_id, row_id = self._committed(query, handle, owner, scene)
        except Exception:
            self.shared.nobody_was_asked(taken)
            raise
        told = Scene(scene.surface, scene.return_url, _app_url(issuer, handle))
        said = self.runner.timed(
            challenge.source,
            challenge.channel,
            lambda cut: challenge.start(query.applicant, told, cut),
            deadline,
        )
        match answer := said.answer:
            case Started():
                with self.database.transaction() as db:
                    self.rows.begin(db, row_id, answer)
                    evidence = db.get_one(Evidence, evidence_id)
                    evidence.request_number, evidence.took_ms = answer.request_number[:64], said.took_ms
                return self._seen(handle, owner)
            case Refuted():
                self._settle(row_id, evidence_id, query, answer, said.took_ms)
                raise FaceNotProven if query.capability.is_face else NotProven
            case Unavailable():
                self._settle(row_id, evidence_id, query, answer, said.took_ms)
                self.shared.give_back(taken)
                return SourceDown()

    def look(self, handle: str, owner: Owner, deadline: Deadline) -> Attempt | None:
        """How it stands, after asking the source where it is time to; None for whoever did not start it."""
        with self.database.view() as db:
            row = self.rows.find(db, handle, owner)
        if row is None:
            return None
        self._ask(row, deadline, clock.now())
        return self._seen(handle, owner)

    def returned(self, handle: str, owner: Owner) -> None:
        """The owner says it is done, or came back from the source: it proves nothing, and may be asked about."""
        with self.database.transaction() as db:
            if (row := self.rows.find(db, handle, owner)) is not None:
                self.rows.returned(db, row.id, clock.now())

    def release_phone(self, handle: str, owner: Owner) -> None:
        """The owner wants to go on with another phone."""
        with self.database.transaction() as db:
            if (row := self.rows.find(db, handle, owner)) is not None:
                self.rows.release_phone(db, row.id)

    def on_phone(self, phone_handle: str, browser: str) -> Attempt | None:
        """The challenge on the one phone that goes on with it; it sees the way to the source, and settles nothing."""
        with self.database.transaction() as db:
            if not self.rows.taken_up(db, phone_handle, browser):
                return None
            row = self.rows.of_phone(db, phone_handle)
            return self.rows.seen(row, "") if row is not None else None

    def returned_on_phone(self, phone_handle: str, browser: str) -> None:
        with self.database.transaction() as db:
            if self.rows.taken_up(db, phone_handle, browser) and (row := self.rows.of_phone(db, phone_handle)):
                self.rows.returned(db, row.id, clock.now())

    def converse(
        self, phone_handle: str, message: Mapping[str, Any], deadline: Deadline
    ) -> Mapping[str, Any] | Refuted | Unavailable | None:
        """Hand a message of the source's application on; None when there is no such challenge under way."""
        with self.database.view() as db:
            row = self.rows.of_phone(db, phone_handle)
        if row is None or row.settled_at is not None or row.ticket_sealed is None or row.expires_at <= clock.now():
            return None
        source = self.sources.find(row.source)
        challenge = source.challenge if source is not None else None
        if challenge is None or not isinstance(challenge, Conversation):
            return None
        applicant, progress = self.rows.applicant_of(row), self._progress(row, is_last=False)
        said = self.runner.ask(
            challenge.source,
            challenge.channel,
            lambda cut: challenge.converse(applicant, progress, message, cut),
            deadline,
        )
        if not isinstance(said, Said):
            return said
        if said.ticket != progress.ticket:
            with self.database.transaction() as db:
                if not self.rows.retold(db, row.id, row.ticket_sealed, said.ticket):
                    return Unavailable("said_twice")
        return said.answer

    def settle_open(self, now: datetime, *, most: int = 50) -> int:
        """What the worker does with those whose time is over: ask for the last time, or end them. How many there were."""
        with self.database.view() as db:
            over = self.rows.left_open(db, now, most)
        for row in over:
            self._ask(row, Deadline.after(5), now)
        return len(over)

    def _committed(self, query: Query, handle: str, owner: Owner, scene: Scene) -> tuple[str, str]:
        with self.database.transaction() as db:
            limits.hold_account(db, query.account_id, self.limits(), clock.now())
            limits.hold_starts(db, query.account_id, self.limits(), clock.now())
            evidence_id = self.book.begin(db, query, levels.STARTED)
            row_id = self.rows.add(db, handle, evidence_id, owner, query.source, query.applicant, scene.surface)
        return evidence_id, row_id

    def _ask(self, row: IdentityAttempt, deadline: Deadline, now: datetime) -> None:
        """Ask the source if it may be asked now, and settle what is decided or over."""
        if row.settled_at is not None:
            return
        is_last = now >= row.expires_at
        source = self.sources.find(row.source)
        challenge = source.challenge if source is not None else None
        if row.ticket_sealed is None or challenge is None or now >= row.expires_at + LAST_WORD:
            if is_last:  # the source was never reached, is no longer configured, or had no last word
                self._expire(row)
            return
        with self.database.transaction() as db:
            if not self.rows.may_ask(db, row.id, now):
                return
        applicant, progress = self.rows.applicant_of(row), self._progress(row, is_last=is_last)
        outcome = self.runner.ask(
            challenge.source, challenge.channel, lambda cut: challenge.poll(applicant, progress, cut), deadline
        )
        if isinstance(outcome, Pending) and is_last:
            outcome = Refuted(Refutation.ABANDONED, outcome.request_number)
        if isinstance(outcome, Verified | Refuted):
            with self.database.view() as db:
                query = self._query(db.get_one(Evidence, row.evidence_id), row, challenge)
            self._settle(row.id, row.evidence_id, query, understood(query, outcome))

    def _expire(self, row: IdentityAttempt) -> None:
        with self.database.transaction() as db:
            if self.rows.settle(db, row.id, AttemptState.ABANDONED):
                self.book.abandon(db, row.evidence_id)

    def _query(self, evidence: Evidence, row: IdentityAttempt, challenge: Challenge) -> Query:
        return Query(
            row.account_id, self.rows.applicant_of(row), row.source, challenge.channel, challenge.capability,
            evidence.purpose, row.client_id, evidence.cost,
        )  # fmt: skip

    def _settle(
        self, row_id: str, evidence_id: str, query: Query, outcome: Outcome, took_ms: int | None = None
    ) -> None:
        """End it once, with its evidence, in one transaction; whoever comes second changes nothing."""
        try:
            with self.database.transaction() as db:
                if not self.rows.settle(db, row_id, _state_of(outcome)):
                    return
                if isinstance(outcome, Verified):
                    self.book.accept(db, evidence_id, query, outcome, took_ms=took_ms)
                else:
                    self.book.refuse(db, evidence_id, query, outcome, took_ms=took_ms)
        except NotForThisAccount as refusal:
            with self.database.transaction() as db:
                if self.rows.settle(db, row_id, _refused(refusal)):
                    self.book.refuse(db, evidence_id, query, outcome, refusal.code)

    def _seen(self, handle: str, owner: Owner) -> Attempt:
        with self.database.view() as db:
            row = self.rows.find(db, handle, owner)
            if row is None:
                raise LookupError("an attempt is never deleted while it is looked at")
            return self.rows.seen(row, handle)

    def _progress(self, row: IdentityAttempt, *, is_last: bool) -> Progress:
        return Progress(self.rows.ticket_of(row), row.request_number or "", row.returned_at is not None, is_last)


def _refused(refusal: NotForThisAccount) -> AttemptState:
    return (
        AttemptState(refusal.code) if isinstance(refusal, BelongsToAnother | AnotherPerson) else AttemptState.NOT_PROVEN
    )


def _state_of(outcome: Outcome) -> AttemptState:
    match outcome:
        case Verified():
            return AttemptState.PROVEN
        case Refuted(Refutation.ABANDONED):
            return AttemptState.ABANDONED
        case Refuted():
            return AttemptState.NOT_PROVEN
        case _:
            return AttemptState.UNAVAILABLE


def _app_url(issuer: str, handle: str) -> str:
    return f"{issuer}/verify-identity/attempts/{phone_handle(handle)}/app"
