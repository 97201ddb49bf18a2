"""Short messages to test people: kept here instead of sent, shown to their department, forgotten after a week."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from idp.accounts.accounts import Accounts
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database
from idp.sites.models_checks import SyntheticMessage

KEPT: Final = timedelta(days=7)
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Text:
    """A short message that nobody sent."""

    text: str = field(repr=False)
    at: datetime


def of(database: Database, keyring: Keyring, accounts: Accounts) -> Callable[[str, str], None]:
    """Takes what would have been sent; a number that no test person has leaves no trace."""

    def keep(number: str, text: str) -> None:
        with database.transaction() as db:
            found = accounts.find_by_phone(db, number)
            if found is None:
                return
            message_id = ids.new_id()
            sealed = keyring.seal(text, bound_to=_place(message_id))
            db.add(SyntheticMessage(id=message_id, account_id=found.id, text_sealed=sealed, at=clock.now()))

    return keep


def read(db: Session, keyring: Keyring, account_id: str) -> list[Text]:
    """The last ones, the newest first."""
    rows = db.scalars(
        select(SyntheticMessage)
        .where(SyntheticMessage.account_id == account_id)
        .order_by(SyntheticMessage.id.desc())
        .limit(_SHOWN)
    )
    return [Text(keyring.open(row.text_sealed, bound_to=_place(row.id)), row.at) for row in rows]


def empty(db: Session, account_id: str) -> None:
    db.execute(delete(SyntheticMessage).where(SyntheticMessage.account_id == account_id))


def _place(message_id: str) -> str:
    return f"synthetic_messages.text:{message_id}"
