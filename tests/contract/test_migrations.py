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
from sqlalchemy import Connection, MetaData, Table, insert, inspect, text
from sqlalchemy.exc import IntegrityError

from idp.db import engine, migrations
from idp.db.base import extension
from idp.db.unit_of_work import Database
from idp.staff.models import Invitation
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


PERSON = {
    "persons": {"account_id": "a1", "document_index": "d1"},
    "evidence": {"id": "e1", "account_id": "a1", "document_index": "d1"},
    "account_identifiers": {"id": "i1", "account_id": "a1"},
    "sso_session_sites": {"sid": "x1", "session_id": "s1"},
}
SINCE_0006 = {
    "organisations": {"id": "o1"},
    "representations": {"id": "p1", "organisation_id": "o1", "account_id": "a1"},
    "mandates": {"id": "m1", "organisation_id": "o1", "given_by": "a1", "agent_account_id": "a1"},
    "organisation_uses": {"id": "u1", "organisation_id": "o1", "account_id": "a1", "mandate_id": "m1"},
    "known_principals": {"organisation_id": "o1"},
    "known_as": {"account_id": "a1", "as_account_id": "a1"},
    "account_merges": {"id": "g1", "kept_account_id": "a1", "merged_account_id": "a1"},
    "guardianships": {"id": "w1", "guardian_account_id": "a1", "child_account_id": "a1"},
    "guardian_requests": {"id": "q1", "child_account_id": "a1"},
    "external_links": {"id": "l1", "account_id": "a1"},
    "face_consents": {"id": "f1", "account_id": "a1"},
    "counter_cases": {"id": "c1", "account_id": "a1"},
    "identity_attempts": {"id": "t1", "account_id": "a1", "evidence_id": "e1"},
}


def fill(connection: Connection, tables: dict[str, Table], rows: dict[str, dict[str, object]] = FAMILY) -> None:
    """A row in each of these tables, in an order that the foreign keys allow."""
    samples = {str: "x", int: 1, bool: False, datetime: datetime.now(UTC), dict: [], object: []}
    for name, given in rows.items():
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


def test_months_are_made_of_the_days_that_were_counted(url, opened):
    app, database = install(url, opened)
    migrations.upgrade(app)
    with app.app_context():
        flask_migrate.downgrade(revision="0016")
    days = [("2026-01-31", 9), ("2026-02-01", 4), ("2026-02-28", 13), ("2027-02-01", 5)]
    with database.transaction() as db:
        for day, times in days:
            db.execute(text(f"INSERT INTO statistics_days VALUES ('sign_in', '', '', '{day}', 'sms', {times})"))

    migrations.upgrade(app)

    with database.view() as db:
        rows = db.execute(text("SELECT day, key, count, told FROM statistics_months ORDER BY day")).all()
    assert [(str(day), *rest) for day, *rest in rows] == [
        ("2026-01-01", "sms", 9, 5), ("2026-02-01", "sms", 17, 10), ("2027-02-01", "sms", 5, 5),
    ]  # fmt: skip


def test_a_link_for_two_people_opens_to_none_of_them_in_the_release_before(url, opened):
    app, database = install(url, opened)
    migrations.upgrade(app)
    now = datetime.now(UTC)
    with database.transaction() as db:
        for name, half in (("alone", None), ("together", "x" * 43)):
            db.execute(insert(Invitation).values(
                id=name, secret_digest=name, kind="first", role="audit", made_at=now, expires_at=now, second_half=half
            ))  # fmt: skip

    with app.app_context():
        flask_migrate.downgrade(revision="0019")

    with database.view() as db:
        left = db.execute(text("SELECT id FROM operator_invitations WHERE voided_at IS NULL")).scalars().all()
    assert left == ["alone"]


def test_names_of_sites_move_to_their_standard_form_and_back(url, opened):
    app, database = install(url, opened)
    with app.app_context():
        flask_migrate.upgrade(revision="0002")
    made = text(
        "INSERT INTO clients (client_id, state, release_basis, metadata, created_at, updated_at)"
        " VALUES ('portal', 'active', 'consent', :kept, :now, :now)"
    )
    with database.engine.begin() as connection:
        kept = json.dumps({"client_name": "门户", "client_name_en": "Portal", "scope": "openid"})
        connection.execute(made, {"kept": kept, "now": datetime.now(UTC)})

    def names() -> dict[str, str]:
        with database.engine.connect() as connection:
            row = connection.execute(text("SELECT metadata FROM clients")).scalar_one()
        return json.loads(row) if isinstance(row, str) else row

    migrations.upgrade(app)
    assert names() == {"client_name": "门户", "client_name#en": "Portal", "scope": "openid"}
    with app.app_context():
        flask_migrate.downgrade(revision="0002")
    assert names() == {"client_name": "门户", "client_name_en": "Portal", "scope": "openid"}


def test_proofs_and_organisations_come_and_go_around_the_rows_in_use(url, opened):
    app, database = install(url, opened)
    with app.app_context():
        flask_migrate.upgrade(revision="0005")
    before = MetaData()
    before.reflect(database.engine)
    with database.engine.begin() as connection:
        fill(connection, dict(before.tables), FAMILY | PERSON)

    with app.app_context():
        flask_migrate.upgrade(revision="0006")

    now = MetaData()
    now.reflect(database.engine)
    assert now.tables.keys() - before.tables.keys() == set(SINCE_0006)
    with database.engine.begin() as connection:
        told = connection.execute(
            text("SELECT purpose, evidence_type, check_method, document_kind FROM evidence")
        ).one()
        assert tuple(told) == ("self", "electronic_record", "data", "resident_id")
        fill(connection, dict(now.tables), SINCE_0006)
    with app.app_context():
        flask_migrate.downgrade(revision="0005")

    after = MetaData()
    after.reflect(database.engine)
    assert {name: set(table.columns.keys()) for name, table in after.tables.items()} == {
        name: set(table.columns.keys()) for name, table in before.tables.items()
    }
    with database.engine.begin() as connection:
        for name in FAMILY | PERSON:
            assert connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() == 1, name
