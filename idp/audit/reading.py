"""Reads a table of the trail from end to end in pages, even when somebody left rows in it that nobody could have written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from idp.audit.models import AuditCheckpoint, AuditEntry
from idp.db.prepared import Prepared, Row
from idp.db.unit_of_work import Database, QuickTransaction

_PAGE = 1000
_NOT_READABLE = (ValueError, TypeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that is no entry any more: a column holds what never was a time, a number or JSON."""

    key: Any


class Source:
    """One table in the order of a key."""

    def __init__(self, columns: Any, key: Any, *conditions: Any) -> None:
        page = select(*columns).where(key > bindparam("after"), *conditions).order_by(key).limit(bindparam("size"))
        self._page = Prepared(page)
        self._keys = Prepared(page.with_only_columns(key))
        self._key = key.key

    def rows(self, database: Database, after: int | str) -> Iterator[Row | Unreadable]:
        """Every row, in constant memory."""
        while True:
            with database.glance() as db:
                rows = self._read(db, after)
            yield from rows
            if len(rows) < _PAGE:
                return
            last = rows[-1]
            after = last.key if isinstance(last, Unreadable) else getattr(last, self._key)

    def _read(self, db: QuickTransaction, after: int | str) -> list[Row | Unreadable]:
        try:
            return self._page(db, after=after, size=_PAGE)
        except _NOT_READABLE:
            return list(self._one_by_one(db, after))

    def _one_by_one(self, db: QuickTransaction, after: int | str) -> Iterator[Row | Unreadable]:
        for (key,) in self._keys(db, after=after, size=_PAGE):
            try:
                yield from self._page(db, after=after, size=1)
            except _NOT_READABLE:
                yield Unreadable(key)
            after = key


SEALED = Source(AuditEntry.__table__.columns, AuditEntry.seq)
UNSEALED = Source(AuditEntry.__table__.columns, AuditEntry.id, AuditEntry.seq.is_(None))
CHECKPOINTS = Source(AuditCheckpoint.__table__.columns, AuditCheckpoint.seq)
