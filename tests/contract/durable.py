"""An installation's durable half for tests: a database with all tables and keys, on SQLite or PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flask

from idp.audit import chain
from idp.audit.trail import Trail
from idp.core import crypto
from idp.core.crypto import Keyring, Suite
from idp.db import engine, keyring, migrations
from idp.db.base import extension
from idp.db.stamps import Cached
from idp.db.unit_of_work import Database
from idp.outbox.outbox import Outbox

MASTER = bytes(range(32))


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
    """Open the database at `url`, making tables and keys when it has none."""
    app = flask.Flask("durable")
    database = engine.open_database(app, url, pool=20)
    master = crypto.master_key(master_key)
    if not has_tables:
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
    return f"sqlite:///{folder / 'idp.sqlite3'}"


def look_again(*cached: Cached[Any]) -> None:
    """Have these read anew at the next use, without the half second that a process may wait."""
    for each in cached:
        with each._lock:
            each._look_at, each._seen = float("-inf"), None
