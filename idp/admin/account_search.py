"""Finding accounts: exactly, by anything that names one person or a few, and by state, level, division and time.

What an operator's duty does not reach is not found. A page is at most six statements, whatever is asked; the filters are served
within bounds (`account_scan`), and what is exact by keyed indexes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, Select, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from idp.accounts import naming, profiles
from idp.accounts.models import Account, AccountState, Identifier, IdentifierKind
from idp.admin import account_scan
from idp.core import clock, regions
from idp.core.crypto import Keyring
from idp.core.identifiers import Document, DocumentKind, IdentifierError, Uscc, mask_document, mask_mobile, mask_name
from idp.db import keyset
from idp.db.keyset import Slice
from idp.mandates.models import Mandate, Organisation, Representation
from idp.realname import levels, listed, persons
from idp.realname.models import Person
from idp.staff.reach import Reach

DATES: Final = ("since", "until", "seen_since", "seen_until")
LEVELS: Final = ("0", "1", "2", "3")
_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_FOREIGN: Final = re.compile(r"([A-Za-z]{3})[ :]+(\S+)", re.ASCII)  # a foreign passport is its country's


@dataclass(frozen=True, slots=True)
class Filters:
    """The filter bar, which is the address; days are those of Beijing, the last one included."""

    state: str = ""
    ial: int | None = None
    region: str = ""
    since: date | None = None
    until: date | None = None
    seen_since: date | None = None
    seen_until: date | None = None
    test_people: bool = False

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Filters | None":
        """None when one of them cannot be read."""
        state, ial, region = (given.get(name, "").strip() for name in ("state", "ial", "region"))
        if (state and state not in set(AccountState)) or (ial and ial not in LEVELS):
            return None
        if region and not regions.is_division(region):
            return None
        try:
            days = {name: date.fromisoformat(text) for name in DATES if (text := given.get(name, "").strip())}
            for day in days.values():
                _midnight(day, days=1)
        except (ValueError, OverflowError):
            return None
        test_people = given.get("test_people", "") == "yes"
        return cls(state=state, ial=int(ial) if ial else None, region=region, test_people=test_people, **days)

    def conditions(self, now: datetime) -> list[ColumnElement[bool]]:
        wanted: list[ColumnElement[bool]] = []
        if self.state:
            wanted.append(Account.state == self.state)
        if self.ial is not None:
            wanted.append(listed.is_at(self.ial, now))
        if self.region:
            wanted.append(Reach(self.region).of_region(Account.region))
        return [*wanted, *self.created(), *self.seen()]

    def created(self) -> list[ColumnElement[bool]]:
        return _period(Account.created_at, self.since, self.until)

    def seen(self) -> list[ColumnElement[bool]]:
        return _period(Account.last_sign_in_at, self.seen_since, self.seen_until)


@dataclass(frozen=True, slots=True)
class Row:
    """One account in a list, masked."""

    id: str
    state: str
    ial: int
    region: str
    created_at: datetime
    last_sign_in_at: datetime | None
    is_synthetic: bool
    name: str = field(repr=False)
    document_kind: str = ""
    document: str = field(repr=False, default="")
    phone: str = field(repr=False, default="")


def search(
    db: Session, keyring: Keyring, reach: Reach, filters: Filters, *, exactly: str | None = None, after: str = ""
) -> Slice[Row]:
    """A page of the accounts within reach, the newest first; `exactly` is what was typed to name one of them."""
    now = clock.now()
    wanted = [reach.of_region(Account.region), *filters.conditions(now)]
    if exactly is None:
        wanted.append(Account.is_synthetic.is_(filters.test_people))  # nobody is listed among people unless asked for
        found = account_scan.page(
            db, wanted, reach=reach, state=filters.state, ial=filters.ial, region=filters.region,
            created=filters.created(), seen=filters.seen(), test_people=filters.test_people, after=after,
        )  # fmt: skip
    else:
        named = named_by(keyring, exactly)
        if named is None:
            return Slice([], None)
        query = select(Account).where(*wanted, Account.id.in_(named))
        found = keyset.page(db, query, account_scan.BY_CREATION, after=after)
    return Slice(_rows(db, keyring, found.rows, now), found.next, found.is_cut)


def find(db: Session, reach: Reach, account_id: str) -> Account | None:
    """One account by its id; None when there is none within reach."""
    if not _ID.fullmatch(account_id):
        return None
    row: Account | None = db.scalar(select(Account).where(Account.id == account_id, reach.of_region(Account.region)))
    return row


def named_by(keyring: Keyring, text: str) -> Select[Any] | CompoundSelect[Any] | None:
    """The ids of the accounts that the text may mean: id, phone, account name, document, credit code or real name."""
    text = text.strip()
    if _ID.fullmatch(text):
        return select(Account.id).where(Account.id == text)
    ways: list[Select[Any]] = []
    if (lookup := naming.lookup(keyring, text)) is not None:
        live = (Identifier.kind == lookup.kind, Identifier.value_index == lookup.index)
        ways.append(select(Identifier.account_id).where(*live, Identifier.released_at.is_(None)))
    if documents := [persons.document_index(keyring, each) for each in _documents(text)]:
        ways.append(select(Person.account_id).where(Person.document_index.in_(documents)))
    ways += _acting_for(text)
    if text and not any(letter.isdecimal() for letter in text):
        ways.append(select(Person.account_id).where(Person.name_index == listed.name_index(keyring, text)))
    return union(*ways) if ways else None


def _documents(text: str) -> list[Document]:
    """Every document that the text may be the number of; a foreign passport with its country in front, `USA E1234567`."""
    today, found = clock.now().astimezone(clock.BEIJING).date(), []
    for kind in DocumentKind:
        number, country = text, None
        if kind is DocumentKind.FOREIGN_PASSPORT:
            if (named := _FOREIGN.fullmatch(text)) is None:
                continue
            country, number = named.groups()
        try:
            found.append(Document.parse(kind, number, today=today, country=country))
        except IdentifierError:
            continue
    return found


def _acting_for(text: str) -> list[Select[Any]]:
    """Who represents the organisation of this credit code, or holds a mandate of it."""
    try:
        code = Uscc.parse(text).code
    except IdentifierError:
        return []
    its = select(Organisation.id).where(Organisation.uscc == code).scalar_subquery()
    return [
        select(Representation.account_id).where(
            Representation.organisation_id == its, Representation.ended_at.is_(None)
        ),
        select(Mandate.agent_account_id).where(
            Mandate.organisation_id == its, Mandate.accepted_at.is_not(None), Mandate.ended_at.is_(None)
        ),
    ]


def _rows(db: Session, keyring: Keyring, accounts: list[Account], now: datetime) -> list[Row]:
    """Names, documents and phones of these accounts, masked: two statements."""
    wanted = [account.id for account in accounts]
    if not wanted:
        return []
    level = levels.counting(levels.highest(), Person.account_id, now).scalar_subquery().label("ial")
    known = {
        row.account_id: row
        for row in db.execute(
            select(
                Person.account_id, Person.name_sealed, Person.document_kind, Person.document_country,
                Person.document_sealed, level,
            ).where(Person.account_id.in_(wanted))
        )
    }  # fmt: skip
    phones: dict[str, str] = {}
    for row in db.execute(
        select(Identifier.id, Identifier.account_id, Identifier.value_sealed)
        .where(Identifier.account_id.in_(wanted), Identifier.kind == IdentifierKind.PHONE)
        .where(Identifier.released_at.is_(None))
        .order_by(Identifier.merged_from.is_(None), Identifier.id)  # the account's own comes last, and counts
    ):
        phones[row.account_id] = keyring.open(row.value_sealed, bound_to=profiles.place(row.id))
    return [_row(keyring, account, known.get(account.id), phones.get(account.id, "")) for account in accounts]


def _row(keyring: Keyring, account: Account, person: Any | None, phone: str) -> Row:
    name = document = kind = ""
    if person is not None:
        name = mask_name(keyring.open(person.name_sealed, bound_to=f"persons.name:{account.id}"))
        kind = person.document_kind
        number = keyring.open(person.document_sealed, bound_to=f"persons.document:{account.id}")
        document = mask_document(Document.of(DocumentKind(kind), number, country=person.document_country))
    return Row(
        id=account.id, state=account.state, ial=person.ial if person is not None else 0, region=account.region,
        created_at=account.created_at, last_sign_in_at=account.last_sign_in_at, is_synthetic=account.is_synthetic,
        name=name, document_kind=kind, document=document, phone=mask_mobile(phone) if phone else "",
    )  # fmt: skip


def _period(column: InstrumentedAttribute[Any], first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """From the first day to the last one, whole; what never happened is in no period."""
    period: list[ColumnElement[bool]] = []
    if first is not None:
        period.append(column >= _midnight(first))
    if last is not None:
        period.append(column < _midnight(last, days=1))
    return period


def _midnight(day: date, *, days: int = 0) -> datetime:
    """The first instant of the day in Beijing."""
    return datetime.combine(day, datetime.min.time(), clock.BEIJING) + timedelta(days=days)
