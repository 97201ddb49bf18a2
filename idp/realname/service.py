"""Proving who somebody is: the one door to the sources of proof, and an answer that is no oracle for strangers."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar, cast

from sqlalchemy.orm import Session

from idp.audit.trail import Trail
from idp.core import clock
from idp.core.crypto import Keyring
from idp.core.deadline import Deadline
from idp.db.unit_of_work import Database
from idp.realname import applicants, face_consents, limits, persons, policy
from idp.realname.attempts import Attempt, AttemptRows, Owner
from idp.realname.breaker import Breaker
from idp.realname.challenges import Challenges
from idp.realname.errors import (
    FaceConsentMissing,
    FaceNotProven,
    MinorNeedsGuardian,
    NotForThisAccount,
    NotProven,
    WayUnsuitable,
)
from idp.realname.evidence import EvidenceBook, Query, purpose_of, understood
from idp.realname.limits import SharedLimits
from idp.realname.policy import Situation, Way
from idp.realname.ports import (
    Applicant,
    Challenge,
    Check,
    Outcome,
    PhotoCheck,
    Refuted,
    Scene,
    Verified,
)
from idp.realname.results import Proven, SourceDown
from idp.realname.rules import ORDINARY, Rules
from idp.realname.runner import Runner
from idp.realname.sources import Sources
from idp.store.redis import Store

P = TypeVar("P", Check, PhotoCheck)


class IdentityProof:
    """Persons against the sources that are configured."""

    def __init__(
        self,
        database: Database,
        store: Store,
        keyring: Keyring,
        trail: Trail,
        sources: Sources,
        *,
        rules: Rules = ORDINARY,
        runner: Runner | None = None,
    ) -> None:
        self.sources = sources
        self.rules = rules
        self.runner = runner or Runner(store)
        self._database = database
        self._keyring = keyring
        self._book = EvidenceBook(keyring, trail)
        self._shared = SharedLimits(store, rules.limits)
        self._challenges = Challenges(
            database, AttemptRows(keyring), self._book, self.runner, sources, rules.limits, self._shared
        )

    def prove(
        self, account_id: str, *, name: str, resident_id: str, client_id: str | None, address: str, deadline: Deadline
    ) -> Proven | SourceDown:
        """Ask one source about one citizen.

        Raises InvalidIdentity for input that no registry could know, NotProven for every kind of no,
        NotForThisAccount when the proof stands but not for this account, TooManyChecks at the limits.
        """
        applicant = applicants.read(name, resident_id)
        return self.check(account_id, applicant, client_id=client_id, address=address, deadline=deadline)

    def check(
        self,
        account_id: str,
        applicant: Applicant,
        *,
        source: str | None = None,
        jpeg: bytes | None = None,
        purpose: str | None = None,
        behind: Callable[[Session], str] | None = None,
        client_id: str | None,
        address: str,
        deadline: Deadline,
    ) -> Proven | SourceDown:
        """Ask a register, at once; with `jpeg` whether the face agrees too. Raises as `prove` does.

        Without `source` it is the first that is up and knows the kind of document. `behind` makes the account whose person this
        is, where it is not the one that asks (a guardian's), in the transaction that keeps the proof.
        """
        asked = self._photo_check(source, applicant) if jpeg is not None else self._check(source, applicant)
        if asked is None:
            return SourceDown()
        query = self._query(account_id, applicant, asked, purpose, client_id)
        taken = self._shared.take(address, self._book.index_of(applicant))
        try:
            with self._database.transaction() as db:
                limits.hold_account(db, account_id, self.rules.limits(), clock.now())
                evidence_id = self._book.begin(db, query)
        except Exception:
            self._shared.nobody_was_asked(taken)
            raise
        said = self.runner.timed(asked.source, asked.channel, _question(asked, applicant, jpeg), deadline)
        result = self._settled(evidence_id, query, understood(query, said.answer), behind, said.took_ms)
        if isinstance(result, SourceDown):
            self._shared.give_back(taken)
        return result

    def start(
        self,
        account_id: str,
        applicant: Applicant,
        *,
        source: str,
        scene: Scene,
        browser: str,
        purpose: str | None = None,
        client_id: str | None,
        address: str,
        deadline: Deadline,
    ) -> Attempt | SourceDown:
        """Begin something that the person does on a phone; raises as `prove` does, FaceConsentMissing, WayUnsuitable.

        `browser` is the secret of the browser that may see how it goes on.
        """
        found = self.sources.find(source)
        challenge = found.challenge if found is not None else None
        if challenge is None or not self.sources.is_offered(source):
            raise WayUnsuitable
        if applicant.document.kind not in challenge.capability.documents:
            raise WayUnsuitable
        query = self._query(account_id, applicant, challenge, purpose, client_id)
        return self._challenges.start(
            challenge, query, scene, browser=browser, address=address, issuer=self.rules.issuer, deadline=deadline
        )

    def look(
        self, handle: str, *, account_id: str, browser: str, client_id: str | None, deadline: Deadline
    ) -> Attempt | None:
        """How a challenge stands; asks its source at most every two seconds, and settles it once.

        None for whoever did not start it.
        """
        return self._challenges.look(handle, Owner(account_id, browser, client_id), deadline)

    @property
    def challenges(self) -> Challenges:
        """What goes on with a challenge elsewhere: on a phone, in an application of the source, in the worker."""
        return self._challenges

    def record(self, db: Session, query: Query, outcome: Verified) -> Proven:
        """Write down a proof that came another way (a counter, another centre), in the caller's transaction.

        NotForThisAccount where it does not stand for this account: drop the transaction then, and `record_refusal` in the next.
        """
        self.may_be_recorded(db, query.account_id, query.applicant)
        return self._book.accept(db, self._book.begin(db, query), query, outcome)

    def may_be_recorded(self, db: Session, account_id: str, applicant: Applicant) -> None:
        """MinorNeedsGuardian for a child, unless the account stands for that child already: its guardian opened it."""
        if applicants.needs_guardian(applicant) and (
            persons.holder_of(db, self._keyring, applicant.document) != account_id
        ):
            raise MinorNeedsGuardian

    def record_refusal(self, db: Session, query: Query, outcome: Verified, refusal: NotForThisAccount) -> None:
        """Write down the proof that `record` refused: where another account stands for the person, a merge is offered by it."""
        self._book.refuse(db, self._book.begin(db, query), query, outcome, refusal.code)

    def ways(self, situation: Situation) -> tuple[Way, ...]:
        """The ways that are open to a person, the best first."""
        on = self.sources.offered
        is_up = {source.name: self.runner.breaker(source.name).state != "open" for source in on}
        now = self.sources.preferring()
        offered = policy.offered_by(on, is_up, has_counter=self.rules.has_counter, preferences=now)
        return policy.ways(situation, offered, today=applicants.today(), minors_by_face=self.rules.minors_by_face)

    @property
    def source_names(self) -> tuple[str, ...]:
        """All that are configured, on or off."""
        return tuple(source.name for source in self.sources)

    def breakers(self) -> dict[str, Callable[[], str]]:
        """How each source's breaker stands, to be asked when it is wanted."""
        return {source.name: partial(Breaker.state_of, self.runner.store, source.name) for source in self.sources}

    def _check(self, source: str | None, applicant: Applicant) -> Check | None:
        checks = [each.check for each in self.sources.offered if each.check is not None and source in {None, each.name}]
        return self._first(source, applicant, checks)

    def _photo_check(self, source: str | None, applicant: Applicant) -> PhotoCheck | None:
        photos = [each.photo for each in self.sources.offered if each.photo is not None and source in {None, each.name}]
        return self._first(source, applicant, photos)

    def _first(self, source: str | None, applicant: Applicant, all_of_them: list[P]) -> P | None:
        """The first that is up, else the first at all; WayUnsuitable when those there are do not know the document."""
        fitting = [each for each in all_of_them if applicant.document.kind in each.capability.documents]
        if not fitting and (all_of_them or source is not None):
            raise WayUnsuitable
        up = (each for each in fitting if len(fitting) > 1 and self.runner.breaker(each.source).state != "open")
        return next(up, fitting[0] if fitting else None)

    def _query(
        self,
        account_id: str,
        applicant: Applicant,
        asked: Check | PhotoCheck | Challenge,
        purpose: str | None,
        client_id: str | None,
    ) -> Query:
        """The question, once it may be asked: about this person, and about their face."""
        why = purpose_of(purpose, client_id)
        applicants.may_be_asked_about(applicant, asked.capability, why, minors_by_face=self.rules.minors_by_face)
        if asked.capability.is_face:
            with self._database.glance() as db:
                if not face_consents.is_given(db, account_id, self.rules.face_text()):
                    raise FaceConsentMissing
        cost = self.sources.cost_of(asked.source, asked.capability)
        return Query(account_id, applicant, asked.source, asked.channel, asked.capability, why, client_id, cost)

    def _settled(
        self,
        evidence_id: str,
        query: Query,
        outcome: Outcome,
        behind: Callable[[Session], str] | None,
        took_ms: int | None,
    ) -> Proven | SourceDown:
        """What the outcome comes to for this account, written down whatever it is."""
        try:
            with self._database.transaction() as db:
                if isinstance(outcome, Verified):
                    theirs = query if behind is None else replace(query, account_id=behind(db))
                    return self._book.accept(db, evidence_id, theirs, outcome, took_ms=took_ms)
                self._book.refuse(db, evidence_id, query, outcome, took_ms=took_ms)
        except NotForThisAccount as refusal:
            with self._database.transaction() as db:
                self._book.refuse(db, evidence_id, query, outcome, refusal.code, took_ms=took_ms)
            raise
        if isinstance(outcome, Refuted):
            raise FaceNotProven if query.capability.is_face else NotProven
        return SourceDown()


def _question(asked: Check | PhotoCheck, applicant: Applicant, jpeg: bytes | None) -> Callable[[Deadline], Outcome]:
    def question(deadline: Deadline) -> Outcome:
        if jpeg is not None:
            photo = cast(PhotoCheck, asked)
            return photo.compare(applicant, jpeg, deadline)
        return cast(Check, asked).verify(applicant, deadline)

    return question
