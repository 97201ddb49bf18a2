"""The natural person behind an account, as an authority confirmed it: sealed at rest, opened for who may know."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.accounts.models import Account, AccountState
from idp.core import clock
from idp.core.crypto import Keyring
from idp.core.identifiers import ADULT, Document, DocumentKind, Gender, age_on
from idp.db.prepared import Prepared, RawTransaction
from idp.realname import levels, listed
from idp.realname.errors import AccountIsOver, AnotherPerson, BelongsToAnother
from idp.realname.models import Person
from idp.realname.ports import Applicant


@dataclass(frozen=True, slots=True)
class HolderFacts:
    """What an authority said of the holder and the document's number does not."""

    birthdate: date | None = field(default=None, repr=False)
    gender: Gender | None = field(default=None, repr=False)
    nationality: str | None = field(default=None, repr=False)
    """ISO 3166-1 alpha-3."""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What is known of a proven person; birthdate, gender and nationality only where document or authority said so."""

    name: str = field(repr=False)
    document: Document
    birthdate: date | None = field(repr=False)
    gender: str | None = field(repr=False)
    nationality: str | None = field(repr=False)
    proven_at: datetime
    ial: int

    @property
    def resident_id(self) -> str | None:
        """The resident number, of somebody who has one."""
        return self.document.number if self.document.kind is DocumentKind.RESIDENT_ID else None

    def age(self, now: datetime) -> int | None:
        """Completed years on today's date in Beijing, where the birthdate is known."""
        return age_on(self.birthdate, now.astimezone(clock.BEIJING).date()) if self.birthdate is not None else None

    def is_minor(self, now: datetime) -> bool:
        """Whether the person is known to be under 18."""
        age = self.age(now)
        return age is not None and age < ADULT


COLUMNS: tuple[Any, ...] = (
    Person.name_sealed,
    Person.document_kind,
    Person.document_country,
    Person.document_sealed,
    Person.facts_sealed,
    Person.proven_at,
    levels.ial_by(Person.account_id),
)
"""What `opened` needs of a row; the level needs `now`."""

_person = Prepared(select(*COLUMNS).where(Person.account_id == bindparam("account")))


def facts(db: RawTransaction | Session, keyring: Keyring, account_id: str) -> PersonFacts | None:
    """The proven person, while the evidence holds; None before and after."""
    return opened(keyring, account_id, _person.first(db, account=account_id, now=clock.now()))


def known(db: RawTransaction | Session, keyring: Keyring, account_id: str) -> PersonFacts | None:
    """The person the account stands for, though the evidence may have expired: `ial` is 0 then."""
    row = _person.first(db, account=account_id, now=clock.now())
    return _person_of(keyring, account_id, row) if row is not None else None


def ask_facts(db: RawTransaction, keyring: Keyring, account_id: str) -> Callable[[], PersonFacts | None]:
    """The same, asked together with the question that comes next."""
    rows = _person.ask(db, account=account_id, now=clock.now())
    return lambda: opened(keyring, account_id, found[0] if (found := rows()) else None)


def joined(statement: Select[Any], account: Any) -> Select[Any]:
    """Another statement with the table of COLUMNS beside its column that names the account."""
    return statement.outerjoin(Person, Person.account_id == account)


def age_of(db: RawTransaction | Session, keyring: Keyring, account_id: str, now: datetime) -> int | None:
    """Completed years of whoever the account stands for, where the birthdate is known: that does not expire with the evidence."""
    row = _person.first(db, account=account_id, now=now)
    return _person_of(keyring, account_id, row).age(now) if row is not None else None


def opened(keyring: Keyring, account_id: str, row: Any | None) -> PersonFacts | None:
    """The person in a row with COLUMNS, while the evidence holds."""
    return _person_of(keyring, account_id, row) if row is not None and row.ial > 0 else None


def _person_of(keyring: Keyring, account_id: str, row: Any) -> PersonFacts:
    number = keyring.open(row.document_sealed, bound_to=f"persons.document:{account_id}")
    document = Document.of(DocumentKind(row.document_kind), number, country=row.document_country)
    said = _said(keyring, account_id, row.facts_sealed)
    gender = document.gender or said.gender
    return PersonFacts(
        name=keyring.open(row.name_sealed, bound_to=f"persons.name:{account_id}"),
        document=document,
        birthdate=document.birthdate or said.birthdate,
        gender=gender.value if gender is not None else None,
        nationality=said.nationality or document.country,
        proven_at=row.proven_at,
        ial=row.ial,
    )


def document_index(keyring: Keyring, document: Document) -> str:
    """What a document is found by; a number of one kind is never taken for the same number of another."""
    if document.kind is DocumentKind.RESIDENT_ID:
        return keyring.blind_index(DocumentKind.RESIDENT_ID, document.number)
    return keyring.blind_index(f"document:{document.kind.value}", document.key)


def forget(db: Session, account_id: str) -> None:
    """The account has ended: its person may be proven elsewhere. The evidence of each query stays (PIPL art. 47)."""
    db.execute(delete(Person).where(Person.account_id == account_id))
    listed.weigh(db, [account_id])


def holder_of(db: Session, keyring: Keyring, document: Document) -> str | None:
    """The account that stands for the document's holder; None when there is none, or it is closed."""
    held = _holder(db, document_index(keyring, document))
    return held.account_id if held is not None and held.state != AccountState.CLOSED else None


def hold(db: Session, account_id: str) -> None:
    """Hold the account as it is until the transaction is over, one holder at a time; AccountIsOver after its end."""
    state = db.scalar(select(Account.state).where(Account.id == account_id).with_for_update(key_share=True))
    if state in (AccountState.CLOSED, AccountState.MERGED):
        raise AccountIsOver


def remember(
    db: Session, keyring: Keyring, account_id: str, *, applicant: Applicant, facts: HolderFacts | None = None
) -> None:
    """Keep the proven person, one person for one account: BelongsToAnother or AnotherPerson when that would break.

    Of two accounts that prove the same person at once, the unique document index lets one win.
    """
    document = applicant.document
    now, index = clock.now(), document_index(keyring, document)
    held = _holder(db, index)
    if held is not None and held.account_id != account_id:
        if held.state != AccountState.CLOSED:
            raise BelongsToAnother
        forget(db, held.account_id)  # proven in the moment in which it was closed
    person = db.get(Person, account_id)
    if person is not None and person.document_index != index:
        raise AnotherPerson
    if person is None:
        person = Person(account_id=account_id, document_index=index)
        db.add(person)
    person.document_kind, person.document_country = document.kind.value, document.country
    person.document_sealed = keyring.seal(document.number, bound_to=f"persons.document:{account_id}")
    person.name_sealed = keyring.seal(applicant.name, bound_to=f"persons.name:{account_id}")
    person.name_index = listed.name_index(keyring, applicant.name)
    if facts is not None:
        person.facts_sealed = keyring.seal(_written(facts), bound_to=f"persons.facts:{account_id}")
    person.proven_at = now
    db.flush()
    listed.place(db, account_id, document)


def replace(db: Session, keyring: Keyring, account_id: str, applicant: Applicant) -> None:
    """The same person by another document or name; what the old document said of the holder stays known.

    BelongsToAnother while another account stands for the holder of the new one. The person must be there.
    """
    was = known(db, keyring, account_id)
    if was is None:
        raise AnotherPerson
    document, index = applicant.document, document_index(keyring, applicant.document)
    held = _holder(db, index)
    if held is not None and held.account_id != account_id:
        if held.state != AccountState.CLOSED:
            raise BelongsToAnother
        forget(db, held.account_id)
    person = db.get_one(Person, account_id)
    said = HolderFacts(
        document.birthdate or was.birthdate,
        document.gender or (Gender(was.gender) if was.gender is not None else None),
        document.country or was.nationality,
    )
    person.document_kind, person.document_country, person.document_index = document.kind.value, document.country, index
    person.document_sealed = keyring.seal(document.number, bound_to=f"persons.document:{account_id}")
    person.name_sealed = keyring.seal(applicant.name, bound_to=f"persons.name:{account_id}")
    person.name_index = listed.name_index(keyring, applicant.name)
    person.facts_sealed = keyring.seal(_written(said), bound_to=f"persons.facts:{account_id}")
    person.proven_at = clock.now()
    try:
        db.flush()
    except IntegrityError as lost_race:  # proven on another account at the same moment
        raise BelongsToAnother from lost_race
    listed.place(db, account_id, document)


def _holder(db: Session, index: str) -> Any | None:
    return db.execute(
        select(Person.account_id, Account.state)
        .join(Account, Account.id == Person.account_id)
        .where(Person.document_index == index)
    ).first()


def _written(facts: HolderFacts) -> str:
    known = {
        "birthdate": facts.birthdate.isoformat() if facts.birthdate is not None else None,
        "gender": facts.gender,
        "nationality": facts.nationality,
    }
    return json.dumps({name: value for name, value in known.items() if value is not None})


def _said(keyring: Keyring, account_id: str, sealed: str | None) -> HolderFacts:
    if sealed is None:
        return HolderFacts()
    known = json.loads(keyring.open(sealed, bound_to=f"persons.facts:{account_id}"))
    return HolderFacts(
        birthdate=date.fromisoformat(known["birthdate"]) if "birthdate" in known else None,
        gender=Gender(known["gender"]) if "gender" in known else None,
        nationality=known.get("nationality"),
    )
