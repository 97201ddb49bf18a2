"""The revisions and the models say the same, on both databases, for any number of processes that start at once."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import flask
import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, inspect, text
from sqlalchemy.exc import IntegrityError

from idp.db import engine, migrations
from idp.db.base import extension
from idp.db.unit_of_work import Database
from tests.contract.durable import sqlite_url

Installation = tuple[flask.Flask, Database]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    is_sqlite = request.param == "sqlite"
    return sqlite_url(tmp_path) if is_sqlite else str(request.getfixturevalue("fresh_postgres_database"))


@pytest.fixture
def opened() -> Iterator[list[Installation]]:
    made: list[Installation] = []
    yield made
    for _, database in made:
        database.engine.dispose()


def install(url: str, opened: list[Installation]) -> Installation:
    app = flask.Flask("migrations")
    database = engine.open_database(app, url, pool=2)
    migrations.attach(app)
    opened.append((app, database))
    return app, database


def test_the_migrated_schema_is_the_one_of_the_models(url, opened):
    app, database = install(url, opened)
    assert not migrations.is_current(database)

    migrations.upgrade(app)

    assert migrations.is_current(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, extension.metadata) == []


def test_every_room_has_its_tables(url, opened):
    app, database = install(url, opened)
    migrations.upgrade(app)

    tables = set(inspect(database.engine).get_table_names())

    assert tables == set(extension.metadata.tables) | {"alembic_version"}
    assert {"accounts", "sso_sessions", "authorizations", "audit_entries", "outbox_messages", "data_keys"} <= tables


def test_an_upgrade_may_be_repeated_and_undone(url, opened):
    app, database = install(url, opened)
    migrations.upgrade(app)
    migrations.upgrade(app)
    with app.app_context():
        flask_migrate.downgrade(revision="base")

    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    migrations.upgrade(app)
    assert migrations.is_current(database)


_UPGRADE = """
import sys, flask
from idp.db import engine, migrations
app = flask.Flask("migrations")
engine.open_database(app, sys.argv[1], pool=2)
migrations.attach(app)
migrations.upgrade(app)
"""


@pytest.mark.postgres
def test_processes_that_start_at_once_upgrade_once(fresh_postgres_database, opened):
    processes = [subprocess.Popen([sys.executable, "-c", _UPGRADE, fresh_postgres_database]) for _ in range(3)]

    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert migrations.is_current(install(fresh_postgres_database, opened)[1])


FAMILY = {
    "accounts": {"id": "a1"},
    "clients": {"client_id": "portal", "metadata": {"client_name": "门户", "scope": "openid"}},
    "client_secrets": {"client_id": "portal"},
    "consents": {"account_id": "a1", "client_id": "portal", "scope": ["phone"]},
    "sso_sessions": {"id": "s1", "account_id": "a1"},
    "authorizations": {"id": "z1", "account_id": "a1", "client_id": "portal", "session_id": "s1"},
    "refresh_tokens": {"digest": "r1", "authorization_id": "z1"},
}


def fill(connection: Connection, tables: dict[str, Table]) -> None:
    """A row in each table of a family of tokens, in an order that the foreign keys allow."""
    samples = {str: "x", int: 1, bool: False, datetime: datetime.now(UTC), dict: [], object: []}
    for name, given in FAMILY.items():
        needed = {
            column.name: samples[column.type.python_type]
            for column in tables[name].columns
            if not column.nullable and column.server_default is None
        }
        connection.execute(tables[name].insert().values({**needed, **given}))


def test_an_installation_in_use_is_brought_to_this_release_with_all_its_rows(url, opened):
    app, database = install(url, opened)
    with app.app_context():
        flask_migrate.upgrade(revision="0001")
    tables = MetaData()
    tables.reflect(database.engine)
    with database.engine.begin() as connection:
        fill(connection, dict(tables.tables))

    migrations.upgrade(app)

    with database.engine.begin() as connection:
        for name in FAMILY:
            assert connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() == 1, name
    now = MetaData()
    now.reflect(database.engine)
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(now.tables["authorizations"].delete())  # what refers to it still counts


def test_names_of_sites_move_to_their_standard_form_and_back(url, opened):
    app, database = install(url, opened)
    with app.app_context():
        flask_migrate.upgrade(revision="0002")
    insert = text(
        "INSERT INTO clients (client_id, state, release_basis, metadata, created_at, updated_at)"
        " VALUES ('portal', 'active', 'consent', :kept, :now, :now)"
    )
    with database.engine.begin() as connection:
        kept = json.dumps({"client_name": "门户", "client_name_en": "Portal", "scope": "openid"})
        connection.execute(insert, {"kept": kept, "now": datetime.now(UTC)})

    def names() -> dict[str, str]:
        with database.engine.connect() as connection:
            row = connection.execute(text("SELECT metadata FROM clients")).scalar_one()
        return json.loads(row) if isinstance(row, str) else row

    migrations.upgrade(app)
    assert names() == {"client_name": "门户", "client_name#en": "Portal", "scope": "openid"}
    with app.app_context():
        flask_migrate.downgrade(revision="0002")
    assert names() == {"client_name": "门户", "client_name_en": "Portal", "scope": "openid"}
