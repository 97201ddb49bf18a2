"""Runs the revisions on the application's own engine; on PostgreSQL under a lock, so that two starts do not meet."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

_LOCK = 0x1D90_5C4E


def run() -> None:
    if context.is_offline_mode():
        raise SystemExit("migrations run against a database; printing SQL is not supported")
    migrate = current_app.extensions["migrate"]
    with migrate.db.engine.connect() as connection:
        is_postgresql = connection.dialect.name == "postgresql"
        if is_postgresql:
            _prepare(connection)
        context.configure(connection=connection, target_metadata=migrate.db.metadata, **migrate.configure_args)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


def _prepare(connection: Connection) -> None:
    """Wait for another upgrade as long as it takes; the lock ends with the connection's transaction."""
    connection.connection.driver_connection.patience = None  # type: ignore[union-attr]
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


run()
