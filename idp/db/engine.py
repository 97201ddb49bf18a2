"""Opens the database through Flask-SQLAlchemy with the settings that keep each engine safe and fast."""

from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from idp.core import clock, deadline
from idp.core.errors import ConfigurationError
from idp.db.base import extension
from idp.db.pipeline import PATIENCE_SECONDS, BoundedConnection
from idp.db.unit_of_work import BUSY_SECONDS, Database, begin_lite

_IDLE_SECONDS = 5.0
_PING_SECONDS = 1.0
# The server gives up a little before our own deadline (`pipeline.PATIENCE_SECONDS`), so that it says why.
# No statement here is so large that compiling it first (JIT) pays: where the planner expects much, that took a second.
_SESSION = "-c timezone=UTC -c datestyle=ISO -c statement_timeout=4500 -c lock_timeout=4000 -c jit=off"


class _PatientPool(QueuePool):
    """Waits for a free connection for some seconds, but no longer than the request in hand may.

    `borrow` and `give_back` pass the connection itself: SQLAlchemy's wrapping of it costs more than a statement.
    """

    _sqla_logger_namespace = "sqlalchemy.pool.QueuePool"

    @property
    def _timeout(self) -> float:
        return deadline.allowed(self._longest)

    @_timeout.setter
    def _timeout(self, seconds: float) -> None:
        self._longest = seconds

    def borrow(self) -> ConnectionPoolEntry:
        """An entry with a live connection; only for who leaves no transaction open on it."""
        entry = self._do_get()
        try:
            connection = entry.get_connection()  # type: ignore[attr-defined]
            if _was_idle(entry) and not _answers(self._dialect, connection):
                entry.invalidate()
                entry.get_connection()  # type: ignore[attr-defined]
        except BaseException:
            self._do_return_conn(entry)
            raise
        return entry

    def give_back(self, entry: ConnectionPoolEntry, *, is_usable: bool) -> None:
        if not is_usable:
            entry.invalidate()
        elif getattr(self._dialect, "name", "") != "sqlite":
            entry.info["idle_since"] = clock.monotonic()
        self._do_return_conn(entry)


def open_database(app: Flask, url: str, *, pool: int) -> Database:
    """Bind the models to `url` for this application; SQLite and PostgreSQL (psycopg) are known."""
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigurationError("IDP_DATABASE_URL: give sqlite:///path or postgresql://user:password@host/database")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "poolclass": _PatientPool,
        "pool_size": pool,
        "max_overflow": 0,
        "pool_timeout": 5,
        "pool_use_lifo": True,  # the connection used last has its plans at hand
        "hide_parameters": True,
        "connect_args": (
            {"timeout": BUSY_SECONDS} if url.startswith("sqlite") else {"connect_timeout": 4, "options": _SESSION}
        ),
    }
    extension.init_app(app)
    with app.app_context():
        engine = extension.engine
    if engine.dialect.name == "sqlite":
        _tame_sqlite(engine)
    else:
        _bound_waiting(engine)
        _ping_after_idleness(engine)
    return Database(engine)


def _tame_sqlite(engine: Engine) -> None:
    """Write-ahead log, foreign keys, and our own BEGIN: the driver's implicit one loses updates (read, then write)."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={round(BUSY_SECONDS * 1000)}",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        begin_lite(connection.exec_driver_sql, f"BEGIN {connection.get_execution_options().get('begin', 'IMMEDIATE')}")


def _bound_waiting(engine: Engine) -> None:
    """A frozen server honours no timeout of its own, so every wait for it ends on our side."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: ConnectionPoolEntry, given: Any, named: Any) -> BoundedConnection:
        # psycopg would DEALLOCATE ALL, ours too, to drop what it prepared by itself.
        return BoundedConnection.connect(*given, **named, prepare_threshold=None)


def _ping_after_idleness(engine: Engine) -> None:
    """A ping at every checkout costs a round trip; after some idle seconds only, a dead connection is still found."""

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = clock.monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if _was_idle(record) and not _answers(engine.dialect, connection):
            raise DisconnectionError


def _was_idle(entry: ConnectionPoolEntry) -> bool:
    since = entry.info.get("idle_since")
    return since is not None and clock.monotonic() - since > _IDLE_SECONDS


def _answers(dialect: Any, connection: Any) -> bool:
    """Whether a connection that nobody used for a while still has a server behind it."""
    connection.patience = _PING_SECONDS
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error:
        return False
    connection.patience = PATIENCE_SECONDS
    return True
