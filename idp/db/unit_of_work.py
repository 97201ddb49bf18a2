"""The one door to a commit: a transaction that is kept whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Dialect, Engine
from sqlalchemy.orm import Session


class QuickTransaction:
    """A transaction on the raw driver connection, for prepared statements only."""

    __slots__ = ("_driver", "dialect")

    def __init__(self, driver: Any, dialect: Dialect) -> None:
        self._driver = driver
        self.dialect = dialect

    def execute_raw(self, sql: str, parameters: Any) -> Any:
        cursor = self._driver.cursor()
        try:
            cursor.execute(sql, parameters)
        except BaseException:
            cursor.close()
            raise
        return cursor


class Database:
    """The durable store of one installation, as the services see it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._begin = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "BEGIN"
        self._reader = engine.execution_options(begin="DEFERRED")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed at the end, or rolled back when anything is raised."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def view(self) -> Iterator[Session]:
        """A session for reading only; it takes no write lock and keeps nothing."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def quick(self) -> Iterator[QuickTransaction]:
        """A transaction for prepared statements: begin, run, commit; rolled back when anything is raised."""
        with self._checked_out() as work:
            work.execute_raw(self._begin, ()).close()
            try:
                yield work
            except BaseException:
                work.execute_raw("ROLLBACK", ()).close()
                raise
            work.execute_raw("COMMIT", ()).close()

    @contextmanager
    def glance(self) -> Iterator[QuickTransaction]:
        """Single reads outside any transaction; each sees what is committed at that moment."""
        with self._checked_out() as work:
            yield work

    @contextmanager
    def _checked_out(self) -> Iterator[QuickTransaction]:
        pooled = self.engine.raw_connection()
        try:
            driver: Any = pooled.driver_connection
            if self.engine.dialect.name == "postgresql" and not driver.autocommit:
                driver.autocommit = True
            yield QuickTransaction(driver, self.engine.dialect)
        except BaseException as failure:
            if self._is_disconnect(failure):
                pooled.invalidate()
            raise
        finally:
            self._give_back(pooled)

    def _give_back(self, pooled: Any) -> None:
        if pooled.is_valid and self.engine.dialect.name == "postgresql" and not pooled.driver_connection.closed:
            pooled.driver_connection.autocommit = False
        pooled.close()

    def _is_disconnect(self, failure: BaseException) -> bool:
        dbapi = self.engine.dialect.loaded_dbapi
        return isinstance(failure, dbapi.Error) and self.engine.dialect.is_disconnect(failure, None, None)
