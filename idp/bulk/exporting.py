"""Accounts taken out as a table: masked unless a second person allowed more, a few hundred at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from idp.accounts import profiles
from idp.accounts.models import Account, Identifier
from idp.core import clock
from idp.core.crypto import Keyring
from idp.core.identifiers import Document, DocumentKind, mask_document, mask_mobile, mask_name
from idp.db.unit_of_work import Database
from idp.realname import levels
from idp.realname.models import Person
from idp.staff.reach import Reach

PLAIN = ("account_id", "state", "level", "region", "registered_at", "last_sign_in_at", "document_kind")
PERSONAL = ("phone", "username", "name", "document_number")
MOST = 200_000
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which accounts and what of them: `unmasked` are personal fields that are written in full."""

    fields: tuple[str, ...]
    unmasked: frozenset[str] = frozenset()
    state: str = ""
    region: str = ""
    since: datetime | None = None
    until: datetime | None = None
    reach: Reach = field(default_factory=Reach)

    def where(self) -> ColumnElement[bool]:
        """The accounts meant, none of them synthetic, all within the operator's reach."""
        asked = [self.reach.of_region(Account.region), Account.is_synthetic.is_(False)]
        if self.state:
            asked.append(Account.state == self.state)
        if self.region:
            asked.append(Reach(self.region).of_region(Account.region))
        if self.since is not None:
            asked.append(Account.created_at >= self.since)
        if self.until is not None:
            asked.append(Account.created_at < self.until)
        return and_(*asked)


def count(db: Session, wanted: Wanted) -> int:
    """How many accounts that is, counted no further than one beyond `MOST`."""
    some = select(Account.id).where(wanted.where()).limit(MOST + 1).subquery()
    return int(db.scalar(select(func.count()).select_from(some)) or 0)


def chunks(database: Database, keyring: Keyring, wanted: Wanted) -> Iterator[list[tuple[str, list[object]]]]:
    """Account id and cells in the order of `wanted.fields`, by the hundred, the newest first; at most `MOST`."""
    before, left = "", MOST
    while left > 0:
        with database.view() as db:
            accounts = _next(db, wanted, before, min(_CHUNK, left))
            if not accounts:
                return
            named = _identifiers(db, keyring, [row.id for row in accounts])
            people = _persons(db, [row.id for row in accounts])
        yield [
            (
                row.id,
                [
                    _cell(name, row, named.get(row.id, {}), people.get(row.id), keyring, wanted)
                    for name in wanted.fields
                ],
            )
            for row in accounts
        ]
        before, left = accounts[-1].id, left - len(accounts)


def _next(db: Session, wanted: Wanted, before: str, size: int) -> Sequence[Any]:
    query = select(
        Account.id,
        Account.state,
        Account.region,
        Account.created_at,
        Account.last_sign_in_at,
        levels.ial_by(Account.id),
    )
    query = query.where(wanted.where()).order_by(Account.id.desc()).limit(size)
    if before:
        query = query.where(Account.id < before)
    return db.execute(query, {"now": clock.now()}).all()


def _identifiers(db: Session, keyring: Keyring, ids: list[str]) -> dict[str, dict[str, str]]:
    """Kind and value of what each account is called by."""
    found: dict[str, dict[str, str]] = {}
    live = select(Identifier).where(
        Identifier.account_id.in_(ids), Identifier.released_at.is_(None), Identifier.merged_from.is_(None)
    )
    for row in db.scalars(live.order_by(Identifier.created_at)):
        found.setdefault(row.account_id, {})[row.kind] = keyring.open(row.value_sealed, bound_to=profiles.place(row.id))
    return found


def _persons(db: Session, ids: list[str]) -> dict[str, Person]:
    return {row.account_id: row for row in db.scalars(select(Person).where(Person.account_id.in_(ids)))}


def _cell(
    name: str, row: Any, named: Mapping[str, str], person: Person | None, keyring: Keyring, wanted: Wanted
) -> object:  # fmt: skip
    is_full = name in wanted.unmasked
    match name:
        case "account_id":
            return row.id
        case "level":
            return int(row.ial)
        case "registered_at":
            return _day(row.created_at)
        case "last_sign_in_at":
            return _day(row.last_sign_in_at)
        case "state" | "region":
            return getattr(row, name)
        case "phone":
            said = named.get("phone", "")
            return said if is_full or not said else mask_mobile(said)
        case "username":
            said = named.get("username", "")
            return said if is_full or not said else f"{said[:2]}***"
        case "document_kind":
            return person.document_kind if person is not None else None
    if person is None:
        return None
    if name == "name":
        said = keyring.open(person.name_sealed, bound_to=f"persons.name:{person.account_id}")
        return said if is_full else mask_name(said)
    said = keyring.open(person.document_sealed, bound_to=f"persons.document:{person.account_id}")
    return (
        said
        if is_full
        else mask_document(Document.of(DocumentKind(person.document_kind), said, country=person.document_country))
    )


def _day(at: datetime | None) -> str:
    return at.astimezone(clock.BEIJING).strftime("%Y-%m-%d") if at is not None else ""
