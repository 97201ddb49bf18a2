"""What lists of accounts choose by, kept beside the account: its division, the index of its person's name, and its level.

The level is derived from evidence (`idp.realname.levels`), and that is what everything decides by and every page shows. Over a
million accounts a list cannot derive it, so each has what it came to when its evidence last changed, and until when that holds:
whoever writes evidence calls `weigh` in the same transaction, and the worker weighs anew what has run out.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from idp.accounts.models import Account
from idp.core import clock, regions
from idp.core.crypto import Keyring
from idp.core.identifiers import Document, DocumentKind, IdentifierError, normalise_name
from idp.db.unit_of_work import Database
from idp.realname import levels
from idp.realname.models import Evidence, Person

_BATCH: Final = 200


def region_of(document: Document) -> str:
    """The division that a resident number names; no other document says where its holder belongs."""
    if document.kind is not DocumentKind.RESIDENT_ID:
        return ""
    code = document.number[:6]
    return code if regions.is_division(code) else ""


def name_index(keyring: Keyring, name: str) -> str:
    """What everybody of this name is found by."""
    try:
        told = normalise_name(name)
    except IdentifierError:  # as an authority wrote it, once
        told = name
    return keyring.blind_index("person_name", told)


def weigh(db: Session, account_ids: Sequence[str], now: datetime | None = None) -> None:
    """Keep for the lists what the evidence of these accounts comes to; the caller's changes are flushed before."""
    if not account_ids:
        return
    db.flush()
    at = now or clock.now()
    best = levels.counting(levels.highest(), Account.id, at).scalar_subquery()
    ends = (
        levels.counting(func.max(Evidence.expires_at), Account.id, at)
        .where(Evidence.ial > 0, Evidence.ial == best)
        .scalar_subquery()
    )
    change = update(Account).where(Account.id.in_(sorted(account_ids))).values(listed_ial=best, listed_until=ends)
    db.execute(change.execution_options(synchronize_session=False))


def is_at(ial: int, now: datetime) -> ColumnElement[bool]:
    """Accounts at exactly this level, as far as the lists know."""
    if ial == 0:
        return Account.listed_ial == 0
    return and_(Account.listed_ial == ial, or_(Account.listed_until.is_(None), Account.listed_until > now))


def weigh_run_out(database: Database) -> int:
    """Weigh anew what holds no longer, in small transactions; answers how many accounts that were."""
    done = 0
    while True:
        with database.transaction() as db:
            now = clock.now()
            over = select(Account.id).where(Account.listed_until <= now).order_by(Account.listed_until).limit(_BATCH)
            found = list(db.scalars(over.with_for_update(skip_locked=True, key_share=True)))
            weigh(db, found, now)
        done += len(found)
        if len(found) < _BATCH:
            return done


def complete(database: Database, keyring: Keyring) -> int:
    """List the persons who were proven before there were lists: what is left has no `name_index` yet, wherever this stopped."""
    done = 0
    while True:
        with database.transaction() as db:
            rows = db.scalars(
                select(Person)
                .where(Person.name_index.is_(None))
                .order_by(Person.account_id)
                .limit(_BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            for row in rows:
                _list(db, keyring, row)
            weigh(db, [row.account_id for row in rows])
        done += len(rows)
        if len(rows) < _BATCH:
            return done


def _list(db: Session, keyring: Keyring, person: Person) -> None:
    number = keyring.open(person.document_sealed, bound_to=f"persons.document:{person.account_id}")
    name = keyring.open(person.name_sealed, bound_to=f"persons.name:{person.account_id}")
    person.name_index = name_index(keyring, name)
    document = Document.of(DocumentKind(person.document_kind), number, country=person.document_country)
    place(db, person.account_id, document)


def place(db: Session, account_id: str, document: Document) -> None:
    """The account is looked after where its person's number says."""
    if region := region_of(document):
        mine = update(Account).where(Account.id == account_id, Account.region != region).values(region=region)
        db.execute(mine.execution_options(synchronize_session=False))
