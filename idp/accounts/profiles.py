"""An account with its name and number opened, as its owner and a site they allow may see it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
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


_profile = Prepared(
    select(
        Account.state, Account.locale, Account.created_at, Account.updated_at,
        Identifier.id.label("identifier_id"), Identifier.kind, Identifier.value_sealed,
    )
    .outerjoin(Identifier, (Identifier.account_id == Account.id) & Identifier.released_at.is_(None))
    .where(Account.id == bindparam("wanted"))
)  # fmt: skip


def read(db: RawTransaction | Session, keyring: Keyring, account_id: str) -> Profile | None:
    """The account, whatever its state: one statement."""
    return _opened(keyring, account_id, _profile(db, wanted=account_id))


def ask(db: RawTransaction, keyring: Keyring, account_id: str) -> Callable[[], Profile | None]:
    """The same, asked together with the question that comes next."""
    rows = _profile.ask(db, wanted=account_id)
    return lambda: _opened(keyring, account_id, rows())


def place(identifier_id: str) -> str:
    """What the envelope of an identifier is bound to."""
    return f"account_identifiers.value:{identifier_id}"


def _opened(keyring: Keyring, account_id: str, rows: list[Any]) -> Profile | None:
    if not rows:
        return None
    shown = {
        row.kind: keyring.open(row.value_sealed, bound_to=place(row.identifier_id))
        for row in rows
        if row.identifier_id is not None
    }
    phone, first = shown.get(IdentifierKind.PHONE), rows[0]
    return Profile(
        account_id=account_id,
        state=AccountState(first.state),
        username=shown.get(IdentifierKind.USERNAME),
        phone=MobileNumber(phone).e164 if phone is not None else None,
        locale=first.locale,
        created_at=first.created_at,
        updated_at=first.updated_at,
    )
