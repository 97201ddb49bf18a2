"""A database that is alive and cannot do it now is "unavailable", whichever way it is asked; odd text is the caller's."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flask
import psycopg
import pytest
from sqlalchemy import bindparam, column, literal, select, table, text, update

from idp.core import deadline
from idp.core.deadline import Deadline
from idp.core.errors import DatabaseUnavailable, ImpossibleText
from idp.db.engine import open_database
from idp.db.prepared import Prepared
from idp.db.unit_of_work import Database
from tests.services.postgres_server import libpq_url

_rows = table("rows", column("id"), column("word"))
WRITE = Prepared(update(_rows).values(word=bindparam("said")).where(_rows.c.id == bindparam("wanted")))
READ = Prepared(select(_rows.c.word).where(_rows.c.word == bindparam("said")))
ONE = Prepared(select(literal(1).label("one")))
MAKE = "CREATE TABLE rows (id integer PRIMARY KEY, word text)"
FILL = "INSERT INTO rows VALUES (1, 'a'), (2, 'a')"


@pytest.fixture
def server(fresh_postgres_database: str) -> Iterator[Database]:
    opened = open_database(flask.Flask("busy"), fresh_postgres_database, pool=2)
    with psycopg.connect(libpq_url(fresh_postgres_database), autocommit=True) as db:
        db.execute(MAKE)
        db.execute(FILL)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(flask.Flask("busy"), f"sqlite:///{tmp_path / 'busy.sqlite3'}", pool=2)
    with opened.transaction() as db:
        db.execute(text(MAKE))
        db.execute(text(FILL))
    yield opened
    opened.engine.dispose()


@contextmanager
def other_writer(database: Database) -> Iterator[Any]:
    """Somebody else's transaction that holds row 1."""
    url = database.engine.url
    if url.drivername == "sqlite":
        lite = sqlite3.connect(str(url.database), isolation_level=None)
        lite.execute("BEGIN IMMEDIATE")
        yield lite
        lite.execute("ROLLBACK")
        lite.close()
        return
    with psycopg.connect(libpq_url(url.render_as_string(hide_password=False))) as held:
        held.execute("UPDATE rows SET word = 'held' WHERE id = 1")
        yield held
        held.rollback()


WAYS: dict[str, Callable[[Database], None]] = {}


def way(work: Callable[[Database], None]) -> Callable[[Database], None]:
    WAYS[work.__name__] = work
    return work


@way
def quick(database: Database) -> None:
    with database.quick() as db:
        WRITE(db, said="b", wanted=1)


@way
def glance(database: Database) -> None:
    with database.glance() as db:
        WRITE(db, said="b", wanted=1)


@way
def transaction(database: Database) -> None:
    with database.transaction() as db:
        db.execute(update(_rows).values(word="b").where(_rows.c.id == 1))


@way
def prepared_in_a_session(database: Database) -> None:
    with database.transaction() as db:
        WRITE(db, said="b", wanted=1)


@way
def view(database: Database) -> None:
    with database.view() as db:
        db.execute(update(_rows).values(word="b").where(_rows.c.id == 1))


def hurried(seconds: float) -> Any:
    return deadline.in_force(Deadline.after(seconds))


@pytest.mark.postgres
@pytest.mark.parametrize("name", WAYS)
def test_a_locked_row_on_postgresql_is_unavailable_and_the_connection_goes_on(server: Database, name: str) -> None:
    with server.transaction() as db:
        db.execute(text(f"ALTER DATABASE {server.engine.url.database} SET lock_timeout = 300"))
    began = time.monotonic()
    with other_writer(server), hurried(1), pytest.raises(DatabaseUnavailable):
        WAYS[name](server)
    assert time.monotonic() - began < 3.5
    WAYS[name](server)


@pytest.mark.parametrize("name", WAYS)
def test_a_busy_sqlite_is_unavailable_within_the_deadline(file: Database, name: str) -> None:
    began = time.monotonic()
    with other_writer(file), hurried(0.4), pytest.raises(DatabaseUnavailable):
        WAYS[name](file)
    assert time.monotonic() - began < (3.5 if name not in {"glance", "view"} else 6)
    WAYS[name](file)


@pytest.mark.postgres
def test_the_servers_own_limits_are_named_the_same(server: Database) -> None:
    """The server gives up before we do: lock_timeout, statement_timeout; and a deadlock it ends, which nobody retries."""
    with other_writer(server), pytest.raises(DatabaseUnavailable), server.quick() as db:  # noqa: PT012
        db.execute_raw("SET LOCAL lock_timeout = 100", ())
        WRITE(db, said="b", wanted=1)
    with pytest.raises(DatabaseUnavailable), server.transaction() as orm:  # noqa: PT012
        orm.execute(text("SET LOCAL statement_timeout = 100"))
        orm.execute(text("SELECT pg_sleep(2)"))
    with pytest.raises(DatabaseUnavailable), server.quick() as db:  # noqa: PT012
        db.execute_raw("SET LOCAL transaction_read_only = on", ())
        WRITE(db, said="b", wanted=1)


@pytest.mark.postgres
def test_a_deadlock_ends_one_of_the_two_and_is_not_tried_again(server: Database) -> None:
    met, tries, ends = threading.Barrier(2), [], []

    def work(first: int, second: int) -> None:
        tries.append(first)
        try:
            with server.transaction() as db:
                WRITE(db, said="c", wanted=first)
                met.wait(5)
                WRITE(db, said="c", wanted=second)
            ends.append("kept")
        except DatabaseUnavailable:
            ends.append("refused")

    threads = [threading.Thread(target=work, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["kept", "refused"]
    assert sorted(tries) == [1, 2]


@pytest.mark.postgres
def test_no_connection_left_is_unavailable(server: Database) -> None:
    with server.transaction() as db:
        db.execute(text(f"ALTER DATABASE {server.engine.url.database} CONNECTION LIMIT 0"))
        db.execute(text("CREATE ROLE nobody_special LOGIN"))
        db.execute(text("GRANT ALL ON rows TO nobody_special"))
    try:
        url = server.engine.url.set(username="nobody_special").render_as_string(hide_password=False)
        full = open_database(flask.Flask("full"), url, pool=1)
        with pytest.raises(DatabaseUnavailable):
            quick(full)
        with pytest.raises(DatabaseUnavailable):
            transaction(full)
    finally:
        with server.transaction() as db:
            db.execute(text("DROP OWNED BY nobody_special"))
            db.execute(text("DROP ROLE nobody_special"))


def test_a_read_only_file_is_unavailable(file: Database) -> None:
    with pytest.raises(DatabaseUnavailable), file.transaction() as db:  # noqa: PT012
        db.execute(text("PRAGMA query_only=ON"))
        WRITE(db, said="b", wanted=1)


def test_a_full_disk_is_unavailable(file: Database) -> None:
    with file.view() as db:
        pages = db.scalar(text("PRAGMA page_count"))
    with pytest.raises(DatabaseUnavailable), file.transaction() as db:  # noqa: PT012
        db.execute(text(f"PRAGMA max_page_count={pages}"))
        db.execute(text("INSERT INTO rows SELECT 9, hex(zeroblob(100000))"))


@pytest.mark.parametrize("odd", ["\x00", "a\x00b", "\ud800"])
@pytest.mark.parametrize("database", ["file", pytest.param("server", marks=pytest.mark.postgres)])
def test_odd_text_is_refused_or_found_nowhere(request: pytest.FixtureRequest, database: str, odd: str) -> None:
    opened: Database = request.getfixturevalue(database)
    for ask in (opened.glance, opened.quick, opened.view, opened.transaction):
        try:
            with ask() as db:
                assert READ(db, said=odd) == []
        except ImpossibleText:
            pass  # PostgreSQL has no NUL, and neither has lone surrogates
        with ask() as db:
            assert ONE.first(db).one == 1
    for more in (opened.view, opened.transaction):
        try:
            with more() as orm:
                assert orm.scalars(select(_rows.c.word).where(_rows.c.word == odd)).all() == []
        except ImpossibleText:
            pass


def test_a_mistake_of_ours_stays_a_mistake(file: Database) -> None:
    from sqlalchemy.exc import OperationalError

    with pytest.raises(OperationalError), file.view() as db:
        db.execute(text("SELECT * FROM no_such_table"))
    with pytest.raises(sqlite3.OperationalError), file.glance() as raw:
        raw.execute_raw("SELECT * FROM no_such_table", ())


@pytest.mark.parametrize("database", ["file", pytest.param("server", marks=pytest.mark.postgres)])
def test_no_wait_outlasts_the_request(request: pytest.FixtureRequest, database: str) -> None:
    """Waits for a connection, for a lock and for an answer share one deadline."""
    opened: Database = request.getfixturevalue(database)
    began = time.monotonic()
    with hurried(0.5), opened.view() as one, opened.view() as two:
        for each in (one, two):
            each.execute(text("SELECT 1"))
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable), opened.glance() as db:
                ONE(db)
    assert time.monotonic() - began < 1.5
