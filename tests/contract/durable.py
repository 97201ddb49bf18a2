"""An installation's durable half for tests: a database with all tables and keys, on SQLite or PostgreSQL."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import flask
from sqlalchemy import inspect

from idp.audit import chain
from idp.audit.models import AuditEntry
from idp.audit.trail import Trail
from idp.core import crypto
from idp.core.crypto import Keyring, Suite
from idp.db import engine, keyring, migrations
from idp.db.base import extension
from idp.db.stamps import Cached
from idp.db.unit_of_work import Database
from idp.outbox.outbox import Outbox

MASTER = bytes(range(32))
_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Durable:
    """What a service needs of the database."""

    url: str
    database: Database
    keyring: Keyring
    trail: Trail
    outbox: Outbox


@contextmanager
def durable(url: str, *, has_tables: bool = False, master_key: bytes = MASTER) -> Iterator[Durable]:
    """Open the database at `url`, making tables and keys when it has none.

    A new SQLite file begins as a copy of one that was furnished earlier in this process.
    """
    place = Path(url.removeprefix(_SQLITE))
    if url.startswith(_SQLITE) and not has_tables and master_key == MASTER and not place.exists():
        place.write_bytes(_furnished())
    with _opened(url, has_tables=has_tables, master_key=master_key) as made:
        yield made


@contextmanager
def _opened(url: str, *, has_tables: bool, master_key: bytes) -> Iterator[Durable]:
    app = flask.Flask("durable")
    database = engine.open_database(app, url, pool=20)
    master = crypto.master_key(master_key)
    if not has_tables and not inspect(database.engine).has_table(AuditEntry.__tablename__):
        migrations.import_models()
        extension.metadata.create_all(database.engine)
    with database.transaction() as db:
        keyring.complete(db, master, Suite.INTERNATIONAL)
    with database.view() as db:
        ring = keyring.load(db, master)
    with database.transaction() as db:
        chain.ensure_key(db, ring)
    try:
        yield Durable(url, database, ring, Trail(ring), Outbox(ring))
    finally:
        database.engine.dispose()


def sqlite_url(folder: Path) -> str:
    return f"{_SQLITE}{folder / 'idp.sqlite3'}"


@cache
def _furnished() -> bytes:
    """What a SQLite file with all tables and keys holds."""
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder))
        with _opened(url, has_tables=False, master_key=MASTER):
            pass
        return Path(url.removeprefix(_SQLITE)).read_bytes()


def look_again(*cached: Cached[Any]) -> None:
    """Have these read anew at the next use, without the half second that a process may wait."""
    for each in cached:
        with each._lock:
            each._look_at, each._seen = float("-inf"), None
