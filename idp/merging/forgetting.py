"""What is kept of a merged account for its undoing, and forgotten when that can no longer come: its password and details."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from idp.accounts.models import Details, Merge, Password
from idp.db.unit_of_work import Database
from idp.realname import persons

_AT_ONCE = 500


def account_closed(db: Session, account_id: str) -> None:
    """The account has ended for good, and with it its person and what was merged into it (PIPL art. 47)."""
    persons.forget(db, account_id)
    _forget(db, Merge.kept_account_id == account_id)


def purge(database: Database, now: datetime) -> int:
    """The windows that have passed; answers how many rows went."""
    with database.transaction() as db:
        return _forget(db, Merge.undo_until < now)


def _forget(db: Session, which: ColumnElement[bool]) -> int:
    gone = 0
    for model in (Password, Details):
        over = (
            select(model.account_id)
            .join(Merge, Merge.merged_account_id == model.account_id)
            .where(which, Merge.undone_at.is_(None))
            .limit(_AT_ONCE)
        )
        doomed = list(db.scalars(over))
        db.execute(delete(model).where(model.account_id.in_(doomed)).execution_options(synchronize_session=False))
        gone += len(doomed)
    return gone
