"""An account with its name and number opened, as its owner and a site they allow may see it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from idp.accounts.models import Account, AccountState, Identifier, IdentifierKind
from idp.core.crypto import Keyring
from idp.core.identifiers import MobileNumber
from idp.db.prepared import Prepared, RawTransaction


@dataclass(frozen=True, slots=True)
class Profile:
    """The account as its owner, and a site they allow, may see it; `phone` is E.164."""

    account_id: str
    state: AccountState
    username: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    locale: str
    created_at: datetime
    updated_at: datetime
    is_synthetic: bool = False


COLUMNS: tuple[Any, ...] = (
    Account.state, Account.locale, Account.created_at, Account.updated_at,
    Identifier.id.label("identifier_id"), Identifier.kind, Identifier.value_sealed, Identifier.released_at,
    Identifier.merged_from, Account.is_synthetic,
)  # fmt: skip
"""What `opened` needs of the rows of an account, one for each identifier it has or had.

Which are released is seen there, not asked: until a new table was analysed, PostgreSQL would answer that from the index
of all that are live, whoever they belong to.
"""


def joined(statement: Select[Any]) -> Select[Any]:
    """A statement over accounts with the tables of COLUMNS beside them."""
    return statement.outerjoin(Identifier, Identifier.account_id == Account.id)


_profile = Prepared(joined(select(*COLUMNS)).where(Account.id == bindparam("wanted")))


def read(db: RawTransaction | Session, keyring: Keyring, account_id: str) -> Profile | None:
    """The account, whatever its state: one statement."""
    return opened(keyring, account_id, _profile(db, wanted=account_id))


def ask(db: RawTransaction, keyring: Keyring, account_id: str) -> Callable[[], Profile | None]:
    """The same, asked together with the question that comes next."""
    rows = _profile.ask(db, wanted=account_id)
    return lambda: opened(keyring, account_id, rows())


def place(identifier_id: str) -> str:
    """What the envelope of an identifier is bound to."""
    return f"account_identifiers.value:{identifier_id}"


def opened(keyring: Keyring, account_id: str, rows: list[Any], *, with_phone: bool = True) -> Profile | None:
    """The profile in rows with COLUMNS; `with_phone` False leaves the number sealed where there is a name."""
    if not rows:
        return None
    live = [row for row in rows if row.identifier_id is not None and row.released_at is None]
    # Its own name and number, not what a merged account brought along, unless there is nothing else.
    sealed = {row.kind: row for row in sorted(live, key=_is_own)}
    username = _open(keyring, sealed.get(IdentifierKind.USERNAME))
    phone = _open(keyring, sealed.get(IdentifierKind.PHONE)) if with_phone or username is None else None
    first = rows[0]
    return Profile(
        account_id=account_id,
        state=AccountState(first.state),
        username=username,
        phone=MobileNumber(phone).e164 if phone is not None else None,
        locale=first.locale,
        created_at=first.created_at,
        updated_at=first.updated_at,
        is_synthetic=first.is_synthetic,
    )


def _is_own(row: Any) -> tuple[bool, str]:
    return row.merged_from is None, row.identifier_id


def _open(keyring: Keyring, row: Any | None) -> str | None:
    return keyring.open(row.value_sealed, bound_to=place(row.identifier_id)) if row is not None else None
