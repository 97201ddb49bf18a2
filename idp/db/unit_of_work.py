"""The one door to a commit: a transaction that is kept whole or not at all."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
from sqlalchemy import Dialect, Engine
from sqlalchemy.orm import Session

from idp.core import deadline
from idp.db import companions, failures, pipeline
from idp.db.pipeline import BoundedConnection, Statement
from idp.db.prepared import Compiled

BUSY_SECONDS = 5.0
"""How long a writer of SQLite waits for another one."""


def begin_lite(execute: Callable[[str], Any], word: str) -> None:
    """Begin on SQLite, and wait for another writer no longer than the request in hand may."""
    if (allowed := deadline.allowed(BUSY_SECONDS)) == BUSY_SECONDS:
        execute(word)
        return
    execute(f"PRAGMA busy_timeout={round(allowed * 1000)}")
    try:
        execute(word)
    finally:
        execute(f"PRAGMA busy_timeout={round(BUSY_SECONDS * 1000)}")


class QuickTransaction:
    """A transaction on the raw driver connection, for prepared statements only."""

    __slots__ = ("_driver", "_is_open", "dialect")

    def __init__(self, driver: Any, dialect: Dialect) -> None:
        self._driver = driver
        self._is_open = False
        self.dialect = dialect

    def run(self, statement: Compiled, values: dict[str, Any]) -> Sequence[Sequence[Any]]:
        """The rows of one prepared statement, unprocessed."""
        cursor = self.execute_raw(statement.sql, statement.parameters(values))
        rows = cursor.fetchall() if statement.make_row is not None else ()
        cursor.close()
        return rows

    def ask(self, statement: Compiled, values: dict[str, Any]) -> Callable[[], Sequence[Sequence[Any]]]:
        """Run it, and read its rows by calling what is returned."""
        rows = self.run(statement, values)
        return lambda: rows

    def execute_raw(self, sql: str, parameters: Any) -> Any:
        """A cursor that ran this; for what is no prepared statement."""
        cursor = self._driver.cursor()
        try:
            cursor.execute(sql, parameters)
        except BaseException:
            cursor.close()
            raise
        return cursor

    def begin(self) -> None:
        begin_lite(self._end, "BEGIN IMMEDIATE")
        self._is_open = True

    def commit(self) -> None:
        self._end("COMMIT")
        self._is_open = False

    def rollback(self) -> None:
        if self._is_open:
            self._end("ROLLBACK")

    def end(self, failure: BaseException | None) -> None:
        """Keep the work, or drop it when `failure` was raised in it or is raised now."""
        if failure is None:
            try:
                self.commit()
            except BaseException:
                self.rollback()
                raise
        else:
            self.rollback()

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is left open on the connection."""
        return not self._driver.in_transaction

    def _end(self, word: str) -> None:
        self.execute_raw(word, ()).close()


class PipelinedTransaction(QuickTransaction):
    """The same on PostgreSQL: what returns no rows waits, with BEGIN and COMMIT, for the next flush that is needed."""

    __slots__ = ("_asked", "_lane", "_waiting")

    _driver: BoundedConnection

    def __init__(self, driver: BoundedConnection, dialect: Dialect) -> None:
        super().__init__(driver, dialect)
        self._lane = driver.lane
        self._waiting: list[Statement] = []
        self._asked: dict[int, Any] = {}

    def run(self, statement: Compiled, values: dict[str, Any]) -> Sequence[Sequence[Any]]:
        self._waiting.append(Statement(statement.wire_sql, pipeline.dump(statement.wire_parameters(values))))
        if statement.make_row is None and self._is_open:
            return ()
        result = self._flush()[-1]
        return pipeline.load(result, statement.wire_sql) if statement.make_row is not None else ()

    def ask(self, statement: Compiled, values: dict[str, Any]) -> Callable[[], Sequence[Sequence[Any]]]:
        asked = Statement(statement.wire_sql, pipeline.dump(statement.wire_parameters(values)))
        self._waiting.append(asked)
        self._asked[id(asked)] = asked

        def answer() -> Sequence[Sequence[Any]]:
            if self._asked[id(asked)] is asked:
                self._flush()
            return pipeline.load(self._asked.pop(id(asked)), statement.wire_sql)

        return answer

    def execute_raw(self, sql: str, parameters: Any) -> Any:
        if self._waiting:
            self._flush()
        return super().execute_raw(sql, parameters)

    def begin(self) -> None:
        self._waiting.append(pipeline.BEGIN)
        self._is_open = True

    def commit(self) -> None:
        if self._waiting and self._waiting[0] is pipeline.BEGIN:
            self._is_open = False
            del self._waiting[0]
            if self._waiting:  # all of it goes in one batch, which is a transaction of its own (PostgreSQL, 34.5)
                self._flush()
        else:
            self._waiting.append(pipeline.COMMIT)
            if self._flush()[-1].command_status != b"COMMIT":  # the server turns it into ROLLBACK after an error
                raise psycopg.errors.InFailedSqlTransaction("the transaction had failed before")
        self._is_open = False

    def rollback(self) -> None:
        never_began = bool(self._waiting) and self._waiting[0] is pipeline.BEGIN
        self._waiting.clear()
        if self._is_open and not never_began and not self._driver.closed:
            self._lane.run([pipeline.ROLLBACK])

    @property
    def is_at_rest(self) -> bool:
        return self._lane.is_at_rest

    def _flush(self) -> list[Any]:
        batch, self._waiting = self._waiting, []
        results = self._lane.run(batch)
        if self._asked:
            self._asked |= {
                id(each): result for each, result in zip(batch, results, strict=True) if id(each) in self._asked
            }
        return results


class Database:
    """The durable store of one installation, as the services see it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reader = engine.execution_options(begin="DEFERRED")
        self._kind = QuickTransaction if engine.dialect.name == "sqlite" else PipelinedTransaction

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed at the end, or rolled back when anything is raised."""
        session = Session(self.engine, expire_on_commit=False)
        with _understood(), session, session.begin(), companions.along(session):
            yield session

    @contextmanager
    def view(self) -> Iterator[Session]:
        """A session for reading only; it takes no write lock and keeps nothing."""
        with _understood(), Session(self._reader, expire_on_commit=False) as session:
            yield session

    def quick(self) -> AbstractContextManager[QuickTransaction]:
        """A transaction for prepared statements: begin, run, commit; rolled back when anything is raised."""
        return _Work(self._borrowed, is_whole=True)

    def glance(self) -> AbstractContextManager[QuickTransaction]:
        """Single reads outside any transaction; each sees what is committed at that moment."""
        return _Work(self._borrowed, is_whole=False)

    def _borrowed(self) -> "_Borrowed":
        pool: Any = self.engine.pool
        return _Borrowed(pool, pool.borrow(), self._kind, self.engine.dialect)


class _Borrowed:
    """A connection of the pool, and the transaction on it."""

    __slots__ = ("_dialect", "_driver", "_entry", "_pool", "work")

    def __init__(self, pool: Any, entry: Any, kind: type[QuickTransaction], dialect: Any) -> None:
        self._pool = pool
        self._entry = entry
        self._dialect = dialect
        self._driver: Any = entry.dbapi_connection
        self.work = kind(self._driver, dialect)

    def give_back(self) -> None:
        self._pool.give_back(self._entry, is_usable=self.work.is_at_rest)

    def is_lost_by(self, failure: BaseException) -> bool:
        return getattr(self._driver, "closed", False) and isinstance(failure, self._dialect.loaded_dbapi.Error)


class _Work(AbstractContextManager[QuickTransaction]):
    """The length of one piece of work; `is_whole` is a transaction. What a driver raises leaves as what it means."""

    __slots__ = ("_borrow", "_borrowed", "_is_whole")

    def __init__(self, borrow: Callable[[], _Borrowed], *, is_whole: bool) -> None:
        self._borrow = borrow
        self._is_whole = is_whole

    def __enter__(self) -> QuickTransaction:
        with _understood():
            self._borrowed = self._borrow()
        if self._is_whole:
            try:
                self._borrowed.work.begin()
            except BaseException as failure:
                self._leave(failure)
                raise
        return self._borrowed.work

    def __exit__(self, kind: object, failure: BaseException | None, trace: object) -> None:
        self._leave(failure)

    def _leave(self, failure: BaseException | None) -> None:
        """End the transaction and give the connection back; raises what `failure`, or the end itself, means."""
        borrowed, raised = self._borrowed, failure
        try:
            if self._is_whole:
                borrowed.work.end(failure)
        except BaseException as at_the_end:  # noqa: BLE001 - it is raised again below, after the connection is back
            raised = at_the_end
        is_lost = raised is not None and borrowed.is_lost_by(raised)
        borrowed.give_back()
        if isinstance(raised, Exception) and (meaning := failures.meaning(raised, is_lost=is_lost)) is not None:
            raise meaning from raised
        if raised is not failure and raised is not None:
            raise raised


@contextmanager
def _understood() -> Iterator[None]:
    """What a driver raises inside is raised as what it means, where it means something to the caller."""
    try:
        yield
    except Exception as failure:
        if (meaning := failures.meaning(failure)) is not None:
            raise meaning from failure
        raise
