"""The one door to a commit: a transaction that is kept whole or not at all."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Dialect, Engine
from sqlalchemy.orm import Session

from idp.core import deadline
from idp.db import failures, pipeline
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
        return pipeline.load(result) if statement.make_row is not None else ()

    def ask(self, statement: Compiled, values: dict[str, Any]) -> Callable[[], Sequence[Sequence[Any]]]:
        asked = Statement(statement.wire_sql, pipeline.dump(statement.wire_parameters(values)))
        self._waiting.append(asked)
        self._asked[id(asked)] = asked

        def answer() -> Sequence[Sequence[Any]]:
            if self._asked[id(asked)] is asked:
                self._flush()
            return pipeline.load(self._asked.pop(id(asked)))

        return answer

    def execute_raw(self, sql: str, parameters: Any) -> Any:
        if self._waiting:
            self._flush()
        return super().execute_raw(sql, parameters)

    def begin(self) -> None:
        self._waiting.append(pipeline.BEGIN)
        self._is_open = True

    def commit(self) -> None:
        if self._waiting == [pipeline.BEGIN]:  # nothing was asked: there is nothing to commit
            self._waiting.clear()
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
        with _understood(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def view(self) -> Iterator[Session]:
        """A session for reading only; it takes no write lock and keeps nothing."""
        with _understood(), Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def quick(self) -> Iterator[QuickTransaction]:
        """A transaction for prepared statements: begin, run, commit; rolled back when anything is raised."""
        with self._checked_out() as work:
            work.begin()
            try:
                yield work
                work.commit()
            except BaseException:
                work.rollback()
                raise

    @contextmanager
    def glance(self) -> Iterator[QuickTransaction]:
        """Single reads outside any transaction; each sees what is committed at that moment."""
        with self._checked_out() as work:
            yield work

    @contextmanager
    def _checked_out(self) -> Iterator[QuickTransaction]:
        with _understood():
            pooled = self.engine.raw_connection()
        driver: Any = pooled.driver_connection
        try:
            yield self._kind(driver, self.engine.dialect)
        except Exception as failure:
            is_lost = getattr(driver, "closed", False) and isinstance(failure, self.engine.dialect.loaded_dbapi.Error)
            if is_lost:
                pooled.invalidate(failure)
            if (meaning := failures.meaning(failure, is_lost=is_lost)) is not None:
                raise meaning from failure
            raise
        finally:
            pooled.close()


@contextmanager
def _understood() -> Iterator[None]:
    """What a driver raises inside is raised as what it means, where it means something to the caller."""
    try:
        yield
    except Exception as failure:
        if (meaning := failures.meaning(failure)) is not None:
            raise meaning from failure
        raise
