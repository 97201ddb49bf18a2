"""What a person wrote about themselves for sites to see: read, changed part by part, forgotten with the account.

One sealed JSON object for each account, its members named as the claims (OpenID Connect Core §5.1), `nickname#en` being
the English form of `nickname`. What may stand in them is told in `idp.accounts.details_rules`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from idp.accounts.models import Details as Row
from idp.audit.trail import Trail
from idp.core import clock
from idp.core.crypto import Keyring
from idp.db.prepared import Prepared, RawTransaction


@dataclass(frozen=True, slots=True)
class Details:
    """What was written, by claim name, and when it was changed last."""

    values: Mapping[str, Any] = field(repr=False)
    updated_at: datetime


COLUMNS: tuple[Any, ...] = (Row.sealed.label("details_sealed"), Row.updated_at.label("details_updated_at"))
"""What `opened` needs of a row."""

_read = Prepared(select(*COLUMNS).where(Row.account_id == bindparam("account")))


def read(db: RawTransaction | Session, keyring: Keyring, account_id: str) -> Details | None:
    """What this account's owner wrote; None when nothing ever was."""
    return opened(keyring, account_id, _read.first(db, account=account_id))


def ask(db: RawTransaction, keyring: Keyring, account_id: str) -> Callable[[], Details | None]:
    """The same, asked together with the question that comes next."""
    rows = _read.ask(db, account=account_id)
    return lambda: opened(keyring, account_id, found[0] if (found := rows()) else None)


def change(
    db: Session, keyring: Keyring, trail: Trail, account_id: str, changes: Mapping[str, Any], *, channel: str = "web"
) -> bool:
    """Write these members and leave the others as they are; an empty one is cleared. False when nothing changes.

    Two pages saved at once both count: the row is held while it is read and written.
    """
    now = clock.now()
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    empty = keyring.seal("{}", bound_to=_place(account_id))
    db.execute(
        insert(Row).values(account_id=account_id, sealed=empty, updated_at=now)
        .on_conflict_do_nothing(index_elements=["account_id"])
    )  # fmt: skip
    row = db.scalars(
        select(Row).where(Row.account_id == account_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    before: dict[str, Any] = json.loads(keyring.open(row.sealed, bound_to=_place(account_id)))
    after = {name: value for name, value in {**before, **changes}.items() if value}
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    if not changed:
        return False
    row.sealed = keyring.seal(json.dumps(after, ensure_ascii=False), bound_to=_place(account_id))
    row.updated_at = now
    db.flush()
    trail.record(db, "details.changed", account_id=account_id, channel=channel, members=changed)
    return True


def forget(db: Session, account_id: str) -> None:
    """The account has ended (PIPL art. 47)."""
    db.execute(delete(Row).where(Row.account_id == account_id))


def joined(statement: Select[Any], account: Any) -> Select[Any]:
    """Another statement with the table of COLUMNS beside its column that names the account."""
    return statement.outerjoin(Row, Row.account_id == account)


def opened(keyring: Keyring, account_id: str, row: Any | None) -> Details | None:
    """What a row with COLUMNS holds, if anything was written."""
    if row is None or row.details_sealed is None:
        return None
    values: dict[str, Any] = json.loads(keyring.open(row.details_sealed, bound_to=_place(account_id)))
    return Details(values, row.details_updated_at)


def _place(account_id: str) -> str:
    return f"account_details.sealed:{account_id}"
