"""Invalidation stamps: a counter in SQL that tells every process that something it caches has changed."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.core import clock
from idp.core.errors import DatabaseUnavailable
from idp.db.base import Code, Model
from idp.db.prepared import Prepared
from idp.db.unit_of_work import Database

T = TypeVar("T")
_LOOK_AGAIN_SECONDS = 0.5


class Stamp(Model):
    __tablename__ = "stamps"

    name: Mapped[Code] = mapped_column(primary_key=True)
    value: Mapped[int]


_values = Prepared(select(Stamp.value).where(Stamp.name == bindparam("wanted")))


def touch(db: Session, name: str) -> None:
    """Tell all processes that `name` changed; seen by each within a second of the commit."""
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    db.execute(insert(Stamp).values(name=name, value=0).on_conflict_do_nothing())
    db.execute(update(Stamp).where(Stamp.name == name).values(value=Stamp.value + 1))


class Cached(Generic[T]):
    """A value read from SQL and kept until its stamp moves; the stamp is looked at twice a second at most."""

    def __init__(self, database: Database, stamp: str, read: Callable[[], T]) -> None:
        self._database = database
        self._stamp = stamp
        self._read = read
        self._lock = threading.Lock()
        self._seen: int | None = None
        self._value: T | None = None
        self._looked_at = float("-inf")

    def get(self) -> T:
        if clock.monotonic() - self._looked_at < _LOOK_AGAIN_SECONDS and self._value is not None:
            return self._value
        with self._lock:
            if clock.monotonic() - self._looked_at >= _LOOK_AGAIN_SECONDS or self._value is None:
                self._refresh()
            return cast(T, self._value)

    def forget(self) -> None:
        """Read anew at the next use, in this process."""
        self._value = None

    def _refresh(self) -> None:
        """While SQL is away the value in hand is kept: nobody can have changed it there either."""
        try:
            with self._database.glance() as db:
                row = _values.first(db, wanted=self._stamp)
            stamp = row.value if row is not None else 0
            if self._value is None or stamp != self._seen:
                self._value = self._read()
                self._seen = stamp
        except DatabaseUnavailable:
            if self._value is None:
                raise
        self._looked_at = clock.monotonic()
