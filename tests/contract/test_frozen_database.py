"""A server that is alive and says nothing: every wait ends on our side, that connection is dropped, and work goes on."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import flask
import psycopg
import pytest
import redis
from sqlalchemy import literal, select, text

import idp.models  # noqa: F401 - every table is needed
from idp.audit.trail import Trail
from idp.core import crypto
from idp.core.crypto import Suite
from idp.core.errors import DatabaseUnavailable, StoreUnavailable
from idp.db import keyring
from idp.db.base import extension
from idp.db.engine import open_database
from idp.db.prepared import Prepared
from idp.db.unit_of_work import Database
from idp.edge.wellknown import WellKnown
from idp.oidc.jwt import keys
from idp.oidc.jwt.keys import SigningKeys
from idp.store.redis import open_store
from tests.contract.durable import MASTER, look_again
from tests.services import postgres_server, redis_server
from tests.services.postgres_server import libpq_url

ONE = Prepared(select(literal(1).label("one")))


@contextmanager
def stopped(*pids: int) -> Iterator[None]:
    """Processes frozen as by a hanging disk or a paused machine: connections stay open, nothing is answered."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture
def fresh_postgres_database() -> Iterator[str]:
    with postgres_server.server_to_freeze().database() as url:
        yield url


@pytest.fixture
def redis_url() -> str:
    return redis_server.server_to_freeze().fresh()


@pytest.fixture
def database(fresh_postgres_database: str) -> Iterator[Database]:
    opened = open_database(flask.Flask("frozen"), fresh_postgres_database, pool=2)
    yield opened
    opened.engine.dispose()


def backend_of(database: Database) -> int:
    """The server process of the pool's one open connection."""
    with database.view() as db:
        return int(db.scalar(text("SELECT pg_backend_pid()")))


def postmaster_of(backend: int) -> int:
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


def took(began: float) -> float:
    return time.monotonic() - began


@pytest.mark.postgres
@pytest.mark.parametrize("way", ["glance", "quick", "transaction", "view"])
def test_a_frozen_database_fails_a_request_within_its_deadline_and_the_next_one_works(database: Database, way: str):
    backend, began = backend_of(database), time.monotonic()

    with stopped(backend), pytest.raises(DatabaseUnavailable), getattr(database, way)() as db:
        ONE(db)

    assert 4 < took(began) < 9
    assert backend_of(database) != backend
    with database.quick() as db:
        assert ONE.first(db).one == 1


@pytest.mark.postgres
def test_a_wholly_frozen_server_is_found_after_idleness_without_waiting_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("idp.db.engine._IDLE_SECONDS", -1.0)  # as if the connection had long been idle
    backend = backend_of(database)
    began = time.monotonic()

    with stopped(backend, postmaster_of(backend)), pytest.raises(DatabaseUnavailable), database.glance() as db:
        ONE(db)

    assert took(began) < 9


@pytest.mark.postgres
def test_a_connection_that_the_server_closed_is_replaced(database: Database, fresh_postgres_database: str):
    backend = backend_of(database)
    with psycopg.connect(libpq_url(fresh_postgres_database), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))

    with pytest.raises(DatabaseUnavailable), database.quick() as db:
        ONE(db)
    with database.quick() as db:
        assert ONE.first(db).one == 1


def keys_of(database: Database) -> SigningKeys:
    extension.metadata.create_all(database.engine)
    master = crypto.master_key(MASTER)
    with database.transaction() as db:
        keyring.complete(db, master, Suite.INTERNATIONAL)
        ring = keyring.load(db, master)
        keys.ensure(db, ring, Trail(ring))
    return SigningKeys(database, ring)


def ask_at_once(work: Callable[[], object], threads: int) -> list[tuple[object, float]]:
    """What each of several threads got, or the failure, and after how many seconds."""

    def timed(_n: int) -> tuple[object, float]:
        began = time.monotonic()
        try:
            got = work()
        except DatabaseUnavailable as refused:
            got = refused
        return got, took(began)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(timed, range(threads)))


@pytest.mark.postgres
def test_keys_stay_served_while_the_server_is_frozen_and_one_thread_waits(database: Database):
    signing_keys = keys_of(database)
    served = WellKnown(lambda _environ, _start: [], {"/jwks": lambda: (signing_keys.current().jwks, "tag")})
    statuses: list[str] = []

    def get() -> object:
        environ = {"PATH_INFO": "/jwks", "REQUEST_METHOD": "GET"}
        return list(served(environ, lambda status, _headers: statuses.append(status)))

    (before,) = get()
    backend = backend_of(database)
    look_again(signing_keys._current)
    with stopped(backend, postmaster_of(backend)):
        answers = ask_at_once(get, 6)
        again = ask_at_once(get, 6)

    assert {body for (body,), _ in answers + again} == {before}
    assert set(statuses) == {"200 OK"}
    assert sum(seconds > 3 for _, seconds in answers) == 1
    assert max(seconds for _, seconds in again) < 2  # nobody asks again for some seconds


@pytest.mark.postgres
def test_without_a_value_in_hand_the_others_do_not_queue_behind_the_one_that_waits(database: Database):
    signing_keys = keys_of(database)
    backend = backend_of(database)
    with stopped(backend, postmaster_of(backend)):
        answers = ask_at_once(signing_keys.current, 6)
        (again,) = ask_at_once(signing_keys.current, 1)

    assert all(isinstance(got, DatabaseUnavailable) for got, _ in [*answers, again])
    assert sorted(seconds for _, seconds in answers)[-2] < 3
    assert max(seconds for _, seconds in answers) < 6
    assert again[1] < 2
    look_again(signing_keys._current)
    assert signing_keys.current().signing


@pytest.mark.redis
def test_a_frozen_store_is_unavailable_within_its_deadline(redis_url: str):
    store = open_store(redis_url)
    store.ping()
    with redis.Redis.from_url(redis_url) as client:
        pid = int(client.info("server")["process_id"])
    began = time.monotonic()

    with stopped(pid), pytest.raises(StoreUnavailable):
        store.ping()

    assert took(began) < 8
    store.ping()
