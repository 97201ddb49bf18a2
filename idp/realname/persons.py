"""The natural person behind an account, as an authority confirmed it: sealed at rest, opened for who may know."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, select
from sqlalchemy.orm import Session

from idp.accounts.models import Account, AccountState
from idp.core import clock
from idp.core.crypto import Keyring
from idp.core.identifiers import ResidentId
from idp.db.prepared import Prepared, RawTransaction
from idp.realname import levels
from idp.realname.errors import AnotherPerson, BelongsToAnother
from idp.realname.models import Person

RESIDENT_ID = "resident_id"


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What is known of a proven person."""

    name: str = field(repr=False)
    resident_id: str = field(repr=False)
    birthdate: date = field(repr=False)
    gender: str = field(repr=False)
    proven_at: datetime
    ial: int


COLUMNS: tuple[Any, ...] = (
    Person.name_sealed,
    Person.document_sealed,
    Person.proven_at,
    levels.ial_by(Person.account_id),
)
"""What `opened` needs of a row; the level needs `now`."""

_person = Prepared(select(*COLUMNS).where(Person.account_id == bindparam("account")))


def facts(db: RawTransaction | Session, keyring: Keyring, account_id: str) -> PersonFacts | None:
    """The proven person, while the evidence holds; None before and after."""
    return opened(keyring, account_id, _person.first(db, account=account_id, now=clock.now()))


def ask_facts(db: RawTransaction, keyring: Keyring, account_id: str) -> Callable[[], PersonFacts | None]:
    """The same, asked together with the question that comes next."""
    rows = _person.ask(db, account=account_id, now=clock.now())
    return lambda: opened(keyring, account_id, found[0] if (found := rows()) else None)


def joined(statement: Select[Any], account: Any) -> Select[Any]:
    """Another statement with the table of COLUMNS beside its column that names the account."""
    return statement.outerjoin(Person, Person.account_id == account)


def opened(keyring: Keyring, account_id: str, row: Any | None) -> PersonFacts | None:
    """The person in a row with COLUMNS, while the evidence holds."""
    if row is None or row.ial == 0:
        return None
    number = ResidentId(keyring.open(row.document_sealed, bound_to=f"persons.document:{account_id}"))
    return PersonFacts(
        name=keyring.open(row.name_sealed, bound_to=f"persons.name:{account_id}"),
        resident_id=number.number,
        birthdate=number.birthdate,
        gender=number.gender.value,
        proven_at=row.proven_at,
        ial=row.ial,
    )


def document_index(keyring: Keyring, number: str) -> str:
    """What a resident number is found by."""
    return keyring.blind_index(RESIDENT_ID, number)


def forget(db: Session, account_id: str) -> None:
    """The account has ended: its person may be proven elsewhere. The evidence of each query stays (PIPL art. 47)."""
    db.execute(delete(Person).where(Person.account_id == account_id))


def remember(db: Session, keyring: Keyring, account_id: str, *, name: str, number: str) -> None:
    """Keep the proven person, one person for one account: BelongsToAnother or AnotherPerson when that would break.

    Of two accounts that prove the same person at once, the unique document index lets one win.
    """
    now, index = clock.now(), document_index(keyring, number)
    holder = db.execute(
        select(Person.account_id, Account.state)
        .join(Account, Account.id == Person.account_id)
        .where(Person.document_index == index)
    ).first()
    if holder is not None and holder.account_id != account_id:
        if holder.state != AccountState.CLOSED:
            raise BelongsToAnother
        forget(db, holder.account_id)  # proven in the moment in which it was closed
    person = db.get(Person, account_id)
    if person is not None and person.document_index != index:
        raise AnotherPerson
    sealed_name = keyring.seal(name, bound_to=f"persons.name:{account_id}")
    if person is not None:
        person.name_sealed, person.proven_at = sealed_name, now
        return
    db.add(
        Person(
            account_id=account_id,
            document_kind=RESIDENT_ID,
            document_index=index,
            document_sealed=keyring.seal(number, bound_to=f"persons.document:{account_id}"),
            name_sealed=sealed_name,
            proven_at=now,
        )
    )
    db.flush()
