"""The phone of an account: when its owner last showed to hold it, and letting go of one that has another owner now.

Carriers give numbers that were given up to somebody else after some months: a number that was not shown for long may be a
stranger's by now. An account that another one was merged into may have several, each with a time of its own; which one is
meant is said by its keyed index (`Accounts.phone_index`).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from idp.accounts.models import Identifier, IdentifierKind, Password
from idp.core import clock
from idp.db.base import Utc
from idp.db.prepared import Prepared, RawTransaction


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an account's phone without opening it; `confirmed_at` is None for one that never was."""

    confirmed_at: datetime | None
    has_password: bool


_mine = (
    (Identifier.account_id == bindparam("account"))
    & (Identifier.kind == IdentifierKind.PHONE)
    & (Identifier.value_index == bindparam("phone"))
    & Identifier.released_at.is_(None)
)
_STANDING = Prepared(
    select(Identifier.verified_at, Password.account_id.label("with_password"))
    .outerjoin(Password, Password.account_id == Identifier.account_id)
    .where(_mine)
)
_CONFIRM = Prepared(update(Identifier).where(_mine).values(verified_at=bindparam("now")).returning(Identifier.id))
_RELEASE = Prepared(
    update(Identifier)
    .where(
        _mine, or_(Identifier.verified_at.is_(None), Identifier.verified_at <= bindparam("not_since", type_=Utc))
    )
    .values(released_at=bindparam("now"))
    .returning(Identifier.id)
)  # fmt: skip


def standing(db: RawTransaction | Session, account_id: str, phone: str) -> Standing | None:
    """None for an account without this phone."""
    row = _STANDING.first(db, account=account_id, phone=phone)
    return Standing(row.verified_at, row.with_password is not None) if row is not None else None


def confirm(db: RawTransaction | Session, account_id: str, phone: str) -> bool:
    """The owner has just shown to hold it; False when the account has let go of it meanwhile."""
    return _CONFIRM.first(db, account=account_id, phone=phone, now=clock.now()) is not None


def release(db: RawTransaction | Session, account_id: str, phone: str, *, not_since: datetime) -> bool:
    """Let go of the phone, unless its owner has shown it since; one statement decides, whoever asks at once."""
    row = _RELEASE.first(db, account=account_id, phone=phone, now=clock.now(), not_since=not_since)
    return row is not None
