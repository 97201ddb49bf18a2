"""Imports as an operator handles them: a list handed in, looked at, let go ahead or dropped."""

import json
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Trail
from idp.bulk import lists, work
from idp.bulk.errors import NotInThatState
from idp.bulk.models import Import, ImportRow
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database
from idp.staff.sessions import SignedInOperator

KEPT = timedelta(days=30)
"""How long the rows of an import that is over are kept for its report."""
_WAITS = timedelta(days=7)
_CHUNK = 500


class Imports:
    """Every change is one conditional statement with its entry in the trail, in the caller's transaction."""

    def __init__(self, keyring: Keyring, trail: Trail) -> None:
        self._keyring = keyring
        self._trail = trail

    def receive(self, db: Session, who: SignedInOperator, content: bytes, *, label: str) -> str:
        """Keep the rows of a file, sealed, for the worker to check; BulkError for what cannot be read. The import's id.

        `label` names the system that the list comes from.
        """
        columns, rows = lists.read(content)
        import_id, now = ids.new_id(), clock.now()
        db.add(
            Import(
                id=import_id, label=label, state=work.RECEIVED, columns=columns, rows=len(rows), trusts_proofs=False,
                brought_by=who.id, created_at=now,
            )
        )  # fmt: skip
        db.flush()
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            db.execute(insert(ImportRow), [self._kept(import_id, number, row) for number, row in chunk])
        self._trail.record(db, "import.received", actor=who.actor, batch=import_id, rows=len(rows), label=label)
        return import_id

    def _kept(self, import_id: str, number: int, row: lists.Row) -> dict[str, object]:
        """`number` is where the row stands in the file."""
        sealed = self._keyring.seal(json.dumps(row, ensure_ascii=False), bound_to=work.place_of(import_id, number))
        return {"import_id": import_id, "number": number, "state": work.NEW, "sealed": sealed, "problems": []}

    def ask(self, db: Session, who: SignedInOperator, import_id: str) -> None:
        """It waits for a second person, because its proofs of identity are to count; only who brought it asks."""
        self._move(db, import_id, (work.CHECKED, work.ASKED), work.ASKED, is_mine=Import.brought_by == who.id)

    def start(self, db: Session, who: SignedInOperator, import_id: str, *, trusts_proofs: bool) -> None:
        """Let the worker make accounts of the right rows; with their proofs only once a second person allowed that."""
        states = (work.ASKED,) if trusts_proofs else (work.CHECKED, work.ASKED)
        self._move(db, import_id, states, work.RUNNING, trusts_proofs=trusts_proofs, started_at=clock.now())
        self._trail.record(db, "import.started", actor=who.actor, batch=import_id, trusts_proofs=trusts_proofs)

    def cancel(self, db: Session, who: SignedInOperator, import_id: str) -> None:
        """Stop where it is and forget what was not made; accounts that were made stay."""
        going = (work.RECEIVED, work.CHECKED, work.ASKED, work.RUNNING)
        self._move(db, import_id, going, work.CANCELLED, ended_at=clock.now(), leased_until=None)
        db.execute(update(ImportRow).where(ImportRow.import_id == import_id).values(sealed=None))
        self._trail.record(db, "import.cancelled", actor=who.actor, batch=import_id)

    def _move(
        self, db: Session, import_id: str, states: tuple[str, ...], to: str, *, is_mine: ColumnElement[bool] | None = None,
        **values: object,
    ) -> None:  # fmt: skip
        which = [Import.id == import_id, Import.state.in_(states), *([is_mine] if is_mine is not None else [])]
        if db.scalar(update(Import).where(*which).values(state=to, **values).returning(Import.id)) is None:
            raise NotInThatState


def rows_in(database: Database, import_id: str, states: tuple[str, ...]) -> Iterator[ImportRow]:
    """The rows in these states in the order of the file, a few at a time."""
    after = 0
    while True:
        with database.view() as db:
            rows = db.scalars(
                select(ImportRow)
                .where(ImportRow.import_id == import_id, ImportRow.state.in_(states), ImportRow.number > after)
                .order_by(ImportRow.number)
                .limit(_CHUNK)
            ).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].number


def forget(database: Database) -> int:
    """Drop the rows of imports that are over for long, and imports that nobody started."""
    now = clock.now()
    with database.transaction() as db:
        left = db.scalars(
            update(Import)
            .where(Import.state.in_((work.CHECKED, work.ASKED)), Import.created_at < now - _WAITS)
            .values(state=work.CANCELLED, ended_at=now)
            .returning(Import.id)
        ).all()
        if left:
            db.execute(update(ImportRow).where(ImportRow.import_id.in_(left)).values(sealed=None))
        over = select(Import.id).where(Import.ended_at < now - KEPT)
        gone = db.scalars(delete(ImportRow).where(ImportRow.import_id.in_(over)).returning(ImportRow.number)).all()
    return len(left) + len(gone)
