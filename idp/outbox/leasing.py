"""The statements by which workers share the messages: each is leased by one of them at a time, and settled once."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, update

from idp.core import ids
from idp.db.prepared import Prepared, Row
from idp.db.unit_of_work import Database, QuickTransaction
from idp.outbox.models import OutboxMessage as M

_LOOK_AHEAD = 500

_ANY_DUE = Prepared(select(M.id).where(M.state == "waiting", M.next_at <= bindparam("now")).limit(1))
_SETTLE = Prepared(
    update(M)
    .where(M.id == bindparam("wanted"), M.lease == bindparam("held"), M.state == "waiting")
    .values(
        state=bindparam("state"),
        settled_at=bindparam("settled_at"),
        next_at=bindparam("next_at"),
        last_error=bindparam("last_error"),
        payload_sealed=bindparam("payload_sealed"),
        lease=None,
    )
    .returning(M.id)
)


def any_due(database: Database, now: datetime) -> bool:
    """Whether a look is worth a write transaction."""
    with database.glance() as db:
        return _ANY_DUE.first(db, now=now) is not None


def lease(
    database: Database,
    now: datetime,
    *,
    kinds: Collection[str],
    without: Collection[str],
    each: int,
    at_most: int,
    term: timedelta,
) -> list[Row]:
    """Take due messages for `term`: at most `each` of one recipient, none for the recipients `without`.

    One statement. A lease is a due time in the future: when it passes without a result, the message is due again.
    A try counts when it begins, so that a message which kills its worker does not live for ever.
    """
    due = (
        select(M.id, M.recipient, M.next_at)
        .where(M.state == "waiting", M.next_at <= now, M.kind.in_(kinds), M.recipient.not_in(without))
        .order_by(M.next_at)
        .limit(_LOOK_AHEAD)
        .subquery()
    )
    place = func.row_number().over(partition_by=due.c.recipient, order_by=(due.c.next_at, due.c.id))
    ranked = select(due.c.id, due.c.next_at, place.label("place")).subquery()
    chosen = select(ranked.c.id).where(ranked.c.place <= each).order_by(ranked.c.next_at).limit(at_most)
    free = (
        select(M.id)
        .where(M.id.in_(chosen), M.state == "waiting", M.next_at <= now)
        .with_for_update(skip_locked=True)  # nothing on SQLite, where one writer is alone anyway
    )
    claim = (
        update(M)
        .where(M.id.in_(free), M.state == "waiting", M.next_at <= now)
        .values(lease=ids.new_id(), next_at=now + term, tries=M.tries + 1)
        .returning(*M.__table__.columns)
        .execution_options(synchronize_session=False)
    )
    with database.transaction() as db:
        return sorted(db.execute(claim).all(), key=lambda row: str(row.id))


def settle(
    db: QuickTransaction, row: Row, *, state: str, at: datetime | None, next_at: datetime, error: str | None
) -> bool:
    """Write the result of a try; False when the lease had passed to somebody else. A delivered payload is forgotten."""
    changed = _SETTLE(
        db,
        wanted=row.id,
        held=row.lease,
        state=state,
        settled_at=at,
        next_at=next_at,
        last_error=error[:64] if error is not None else None,
        payload_sealed="" if state == "delivered" else row.payload_sealed,
    )
    return bool(changed)


def purge(database: Database, before: datetime) -> int:
    """Delete messages that were settled before `before`; answers how many."""
    with database.transaction() as db:
        gone = db.execute(
            delete(M).where(M.state != "waiting", M.settled_at < before).returning(M.id),
            execution_options={"synchronize_session": False},
        )
        return len(gone.all())
