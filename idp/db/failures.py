"""What an error of a driver means to a caller: the database cannot do it now, or nobody could store such a text."""

import re
import sqlite3

import psycopg
import sqlalchemy.exc

from idp.core.errors import DatabaseUnavailable, DomainError, ImpossibleText

# PostgreSQL, appendix A: no connection, serialization failure and deadlock, no resources (disk, memory, connections),
# a lock not to be had, a statement ended for its time, the server going down, a disk's fault, a read-only server.
_PASSING = re.compile(r"08...|40001|40P01|53...|55P03|57014|57P0[1-5]|58030|25006")
# SQLite, "Result and Error Codes": the low byte of the extended code.
_PASSING_LITE = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
     sqlite3.SQLITE_CANTOPEN}
)  # fmt: skip


def meaning(failure: BaseException, *, is_lost: bool = False) -> DomainError | None:
    """DatabaseUnavailable for what passes without our doing, ImpossibleText for odd input; None for a mistake of ours.

    `is_lost` says that the connection is gone. Nothing is tried again here, not even after a deadlock: the caller
    knows what may be done twice.
    """
    if isinstance(failure, sqlalchemy.exc.DBAPIError):
        is_lost = is_lost or failure.connection_invalidated
    if isinstance(failure, sqlalchemy.exc.StatementError):
        failure = failure.orig or failure
    if is_lost or isinstance(failure, sqlalchemy.exc.TimeoutError | sqlalchemy.exc.DisconnectionError):
        return DatabaseUnavailable()
    if isinstance(failure, psycopg.Error):
        return _of_postgresql(failure)
    if isinstance(failure, sqlite3.Error):
        return _of_sqlite(failure)
    return ImpossibleText() if isinstance(failure, UnicodeEncodeError | OverflowError) else None


def _of_postgresql(failure: psycopg.Error) -> DomainError | None:
    if isinstance(failure, psycopg.DataError):
        return ImpossibleText()
    # Without a code it was no statement that failed: the connection could not be made or kept.
    is_passing = (
        _PASSING.fullmatch(failure.sqlstate) if failure.sqlstate else isinstance(failure, psycopg.OperationalError)
    )
    return DatabaseUnavailable() if is_passing else None


def _of_sqlite(failure: sqlite3.Error) -> DomainError | None:
    if isinstance(failure, sqlite3.DataError):
        return ImpossibleText()
    return DatabaseUnavailable() if getattr(failure, "sqlite_errorcode", -1) & 0xFF in _PASSING_LITE else None
