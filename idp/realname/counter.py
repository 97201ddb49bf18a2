"""Proof at a counter (现场核验): the person comes with the card, one officer compares, a second one confirms.

The person opens a case on the web and brings its code. The first officer types the code and what the card in hand says; the
second, never the same, looks for themselves and types the end of the number once more. Only then is anything proven.

| state | means |
|---|---|
| waiting | the person has a code |
| seen | an officer has compared the card with the person |
| confirmed, refused | a second officer decided |
| expired, replaced | the code was not used in time, or the person took another one |
"""

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from idp.accounts.synthetic import hold_real
from idp.audit.trail import Actor, Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.core.identifiers import Document, DocumentKind, IdentifierError, normalise_name
from idp.db.unit_of_work import Database
from idp.realname.counter_errors import (
    CardExpired,
    EndDiffers,
    InvalidDocument,
    NoSuchCase,
    SameOfficer,
    TooManyCodes,
)
from idp.realname.errors import InvalidName, NotForThisAccount, TooManyTickets
from idp.realname.evidence import Query
from idp.realname.models import CounterCase
from idp.realname.ports import Applicant, AssuranceLevel, Capability, CheckMethod, SubjectKind, Verified
from idp.realname.service import IdentityProof
from idp.store.redis import Store

SOURCE: Final = "counter"
LEVEL: Final = AssuranceLevel.IN_PERSON
WAITING, SEEN, CONFIRMED, REFUSED, EXPIRED, REPLACED = (
    "waiting", "seen", "confirmed", "refused", "expired", "replaced",
)  # fmt: skip
REASONS: Final = ("not_the_person", "card_doubtful", "card_expired", "data_differs")
CODE_DIGITS: Final = 8
CODE_HOLDS, CASE_HOLDS = timedelta(days=7), timedelta(hours=12)
_LONGEST_PROOF = timedelta(days=5 * 365)
_WRONG_CODES, _HOUR = 20, 3600
_TICKETS_A_DAY, _DAY = 10, timedelta(days=1)
_ENDS = 4  # characters of the number that the second officer types

CAPABILITY: Final = Capability(
    subject_kind=SubjectKind.NATURAL_PERSON,
    attests=frozenset({"name", "document"}),
    assurance_level=LEVEL,
    evidence="document",
    check_method=CheckMethod.PRESENT,
    documents=frozenset(DocumentKind),
    holds=_LONGEST_PROOF,
)


@dataclass(frozen=True, slots=True)
class Card:
    """What the card in the officer's hand says; `valid_until` is None for a card without an end."""

    name: str = field(repr=False)
    kind: DocumentKind
    number: str = field(repr=False)
    valid_until: date | None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case as an officer sees it."""

    id: str
    account_id: str
    state: str
    seen_by: str | None
    seen_at: datetime | None
    card: Card | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the person brings to the counter."""

    code: str = field(repr=False)
    expires_at: datetime


class Counter:
    """Cases from the code in the person's hand to the second officer's word."""

    def __init__(self, database: Database, store: Store, keyring: Keyring, trail: Trail, proof: IdentityProof) -> None:
        self._database = database
        self._store = store
        self._keyring = keyring
        self._trail = trail
        self._proof = proof

    def open(self, account_id: str, *, client_id: str | None) -> Ticket:
        """A new code for this account, which replaces an earlier one that nobody has used; TooManyTickets at the limit."""
        now = clock.now()
        with self._database.transaction() as db:
            self._hold(db, account_id, now)
            code = self._unused_code(db)
            db.execute(
                update(CounterCase)
                .where(CounterCase.account_id == account_id, CounterCase.state == WAITING)
                .values(state=REPLACED)
            )
            case = CounterCase(
                id=ids.new_id(), account_id=account_id, client_id=client_id, code_index=self._index(code), state=WAITING,
                created_at=now, expires_at=now + CODE_HOLDS,
            )  # fmt: skip
            db.add(case)
            self._trail.record(db, "counter.opened", account_id=account_id, client_id=client_id, case=case.id)
        return Ticket(code, now + CODE_HOLDS)

    def state_of(self, account_id: str) -> CounterCase | None:
        """The newest case of the account, for the person's page."""
        with self._database.view() as db:
            return db.scalars(
                select(CounterCase).where(CounterCase.account_id == account_id).order_by(CounterCase.id.desc()).limit(1)
            ).first()

    def see(self, code: str, card: Card, *, officer: str, actor: Actor) -> str:
        """The first officer has compared the card with the person; the case's id, for the second one.

        NoSuchCase, TooManyCodes, CardExpired, InvalidName, InvalidDocument or MinorNeedsGuardian, and nothing is changed.
        """
        applicant = _applicant(card)
        counter, at = f"counter:codes:{officer}", clock.now().timestamp()
        if wait := self._store.hit(counter, limit=_WRONG_CODES, period=_HOUR, now=at):
            raise TooManyCodes(retry_after=wait)
        now = clock.now()
        with self._database.transaction() as db:
            row = db.execute(
                update(CounterCase)
                .where(
                    CounterCase.code_index == self._index(code),
                    CounterCase.state == WAITING,
                    CounterCase.expires_at > now,
                )
                .values(state=SEEN, seen_by=officer, seen_at=now, expires_at=now + CASE_HOLDS)
                .returning(CounterCase.id, CounterCase.account_id)
            ).first()
            if row is None:
                raise NoSuchCase
            self._proof.may_be_recorded(db, row.account_id, applicant)
            case = db.get_one(CounterCase, row.id)
            case.applicant_sealed = self._keyring.seal(_told(card, applicant), bound_to=_place(row.id))
            self._trail.record(db, "counter.seen", actor=actor, account_id=row.account_id, case=row.id)
        self._store.give_back(counter, period=_HOUR, now=at)
        return str(row.id)

    def waiting(self) -> list[CounterCase]:
        """Cases for a second officer, the oldest first."""
        with self._database.view() as db:
            return list(
                db.scalars(
                    select(CounterCase)
                    .where(CounterCase.state == SEEN, CounterCase.expires_at > clock.now())
                    .order_by(CounterCase.seen_at, CounterCase.id)
                    .limit(50)
                )
            )

    def find(self, case_id: str) -> Case:
        """A case that waits for its second officer; NoSuchCase otherwise."""
        with self._database.view() as db:
            row = db.get(CounterCase, case_id)
            if row is None or row.state != SEEN or row.expires_at <= clock.now() or row.applicant_sealed is None:
                raise NoSuchCase
            card = _card(self._keyring.open(row.applicant_sealed, bound_to=_place(row.id)))
            return Case(row.id, row.account_id, row.state, row.seen_by, row.seen_at, card)

    def confirm(self, case_id: str, number_end: str, *, officer: str, actor: Actor) -> None:
        """The second officer agrees: person, evidence, case and audit are one transaction.

        SameOfficer and EndDiffers change nothing. NotForThisAccount closes the case as refused, and keeps what was proven.
        """
        case = self.find(case_id)
        if case.seen_by == officer:
            raise SameOfficer
        if case.card is None or number_end.strip().upper() != case.card.number[-_ENDS:]:
            raise EndDiffers
        capability = replace(CAPABILITY, holds=_holds(case.card))
        query = Query(case.account_id, _applicant(case.card), SOURCE, SOURCE, capability, SOURCE, client_id=None)
        compared = Verified(capability.attests, case.id)
        try:
            with self._database.transaction() as db:
                self._decide(db, case, CONFIRMED, officer, None)
                self._proof.record(db, query, compared)
                self._trail.record(db, "counter.confirmed", actor=actor, account_id=case.account_id, case=case.id)
        except NotForThisAccount as refusal:
            with self._database.transaction() as db:
                self._refuse(db, case, officer, actor, refusal.code)
                self._proof.record_refusal(db, query, compared, refusal)
            raise

    def refuse(self, case_id: str, reason: str, *, officer: str, actor: Actor) -> None:
        """Either officer says no, with one of REASONS; the person may come again with a new code."""
        if reason not in REASONS:
            raise ValueError(reason)
        case = self.find(case_id)
        with self._database.transaction() as db:
            self._refuse(db, case, officer, actor, reason)

    def _refuse(self, db: Session, case: Case, officer: str, actor: Actor, reason: str) -> None:
        self._decide(db, case, REFUSED, officer, reason)
        self._trail.record(
            db, "counter.refused", outcome="failure", actor=actor, account_id=case.account_id, case=case.id,
            reason=reason,
        )  # fmt: skip

    def _decide(self, db: Session, case: Case, state: str, officer: str, reason: str | None) -> None:
        now = clock.now()
        decided = db.execute(
            update(CounterCase)
            .where(CounterCase.id == case.id, CounterCase.state == SEEN, CounterCase.expires_at > now)
            .values(state=state, decided_by=officer, decided_at=now, reason=reason, applicant_sealed=None)
            .returning(CounterCase.id)
        ).first()
        if decided is None:
            raise NoSuchCase

    def _hold(self, db: Session, account_id: str, now: datetime) -> None:
        """Lock the account's row, so that parallel ones are counted: each is a row, and a number nobody else can have."""
        hold_real(db, account_id)
        mine = (CounterCase.account_id == account_id, CounterCase.created_at > now - _DAY)
        if (db.scalar(select(func.count()).where(*mine)) or 0) >= _TICKETS_A_DAY:
            raise TooManyTickets

    def _unused_code(self, db: Session) -> str:
        code = ids.numeric_code(CODE_DIGITS)
        while db.scalar(select(CounterCase.id).where(CounterCase.code_index == self._index(code))) is not None:
            code = ids.numeric_code(CODE_DIGITS)
        return code

    def _index(self, code: str) -> str:
        return self._keyring.blind_index("counter_code", "".join(code.split()))


def forget_expired(db: Session, now: datetime) -> int:
    """Close what was not finished in time, and forget what the card said; how many cases."""
    closed = db.execute(
        update(CounterCase)
        .where(CounterCase.state.in_((WAITING, SEEN)), CounterCase.expires_at <= now)
        .values(state=EXPIRED, applicant_sealed=None)
        .returning(CounterCase.id)
    )
    return len(closed.all())


def _applicant(card: Card) -> Applicant:
    today = clock.now().astimezone(clock.BEIJING).date()
    try:
        name = normalise_name(card.name)
    except IdentifierError as odd:
        raise InvalidName from odd
    try:
        document = Document.parse(card.kind, card.number, today=today, country=card.country)
    except IdentifierError as odd:
        raise InvalidDocument from odd
    if card.valid_until is not None and card.valid_until < today:
        raise CardExpired
    return Applicant(name, document)


def _holds(card: Card) -> timedelta:
    """The proof holds as long as the card, and no longer than five years."""
    if card.valid_until is None:
        return _LONGEST_PROOF
    end = datetime.combine(card.valid_until, datetime.max.time(), tzinfo=clock.BEIJING)
    return min(end - clock.now(), _LONGEST_PROOF)


def _told(card: Card, applicant: Applicant) -> str:
    until = card.valid_until.isoformat() if card.valid_until is not None else None
    document = applicant.document
    return json.dumps([applicant.name, document.kind.value, document.number, until, document.country])


def _card(told: str) -> Card:
    given: list[Any] = json.loads(told)
    name, kind, number, until, country = given
    return Card(name, DocumentKind(kind), number, date.fromisoformat(until) if until else None, country)


def _place(case_id: str) -> str:
    return f"counter_cases.applicant:{case_id}"
