"""Invalidation stamps: a counter in SQL that tells every process that something it caches has changed."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.core import clock, deadline, logging
from idp.core.errors import DatabaseUnavailable
from idp.db.base import Code, Model
from idp.db.prepared import Prepared
from idp.db.unit_of_work import Database

T = TypeVar("T")
_log = logging.get("db.stamps")
_LOOK_AGAIN_SECONDS = 0.5
_RECOVERY_SECONDS = 3.0
_FIRST_SECONDS = 2.0


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
    """A value read from SQL and kept until its stamp moves; the stamp is looked at twice a second at most.

    One thread looks; the others go on with the value in hand, and where there is none yet they wait for the first look
    for a moment only. While SQL is away the value in hand is kept: nobody can have changed it there either.
    """

    def __init__(self, database: Database, stamp: str, read: Callable[[], T]) -> None:
        self._database = database
        self._stamp = stamp
        self._read = read
        self._lock = threading.Lock()
        self._seen: int | None = None
        self._value: T | None = None
        self._look_at = float("-inf")

    def get(self) -> T:
        if clock.monotonic() >= self._look_at and self._lock.acquire(
            timeout=0 if self._value is not None else deadline.allowed(_FIRST_SECONDS)
        ):
            try:
                if clock.monotonic() >= self._look_at:
                    self._look()
            finally:
                self._lock.release()
        if self._value is None:
            raise DatabaseUnavailable
        return self._value

    def renewed(self) -> T:
        """The value after a look at the stamp now, for what must have been changed by somebody a moment ago."""
        with self._lock:
            self._look_at = float("-inf")
        return self.get()

    def _look(self) -> None:
        pause = _RECOVERY_SECONDS  # after a failure of any kind
        try:
            with self._database.glance() as db:
                row = _values.first(db, wanted=self._stamp)
            stamp = row.value if row is not None else 0
            if self._value is None or stamp != self._seen:
                self._value = self._read()
                self._seen = stamp
            pause = _LOOK_AGAIN_SECONDS
        except DatabaseUnavailable as away:
            _log.warning("stamp_unread", stamp=self._stamp, has_value=self._value is not None, error=away.code)
        finally:
            self._look_at = clock.monotonic() + pause
