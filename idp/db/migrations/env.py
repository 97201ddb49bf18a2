"""Runs the revisions on the application's own engine; on PostgreSQL under a lock, so that two starts do not meet."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

_LOCK = 0x1D90_5C4E


def run() -> None:
    if context.is_offline_mode():
        raise SystemExit("migrations run against a database; printing SQL is not supported")
    migrate = current_app.extensions["migrate"]
    with migrate.db.engine.connect() as connection:
        prepared = _locked if connection.dialect.name == "postgresql" else _without_references
        with prepared(connection):
            context.configure(connection=connection, target_metadata=migrate.db.metadata, **migrate.configure_args)
            with context.begin_transaction():
                context.run_migrations()


@contextmanager
def _without_references(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew: what refers to it must bear its absence (SQLite, "ALTER TABLE", 7)."""
    driver = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
    try:
        yield
        if lost := driver.execute("PRAGMA foreign_key_check").fetchall():  # type: ignore[union-attr]
            raise RuntimeError(f"rows that refer to nothing: {lost[:5]}")
        connection.commit()
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]


@contextmanager
def _locked(connection: Connection) -> Iterator[None]:
    """Wait for another upgrade as long as it takes; the lock ends with the connection's transaction."""
    connection.connection.driver_connection.patience = None  # type: ignore[union-attr]
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    yield
    connection.commit()


run()
