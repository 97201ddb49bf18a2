"""The fixtures by which tests ask for a real service; nothing starts before the first test that asks."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.services import postgres_server, redis_server
from tests.services.postgres_server import PostgresServer
from tests.services.redis_server import RedisServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def postgres() -> PostgresServer:
    """The PostgreSQL server of the run: `create(template=None)`, `drop(url)`, `database()`."""
    return postgres_server.server()


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """One empty database for this worker's whole session."""
    with postgres.database() as url:
        yield url


@pytest.fixture
def fresh_postgres_database(postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty database for one test."""
    with postgres.database() as url:
        yield url


@pytest.fixture(scope="session")
def furnished_template(postgres: PostgresServer) -> Iterator[str]:
    """A database with all tables and keys that nobody is connected to, for others to be copies of."""
    from tests.contract.durable import durable  # most runs of a few tests need none of what it imports

    with postgres.database() as url:
        with durable(url):
            pass
        yield url


@pytest.fixture
def furnished_postgres_database(postgres: PostgresServer, furnished_template: str) -> Iterator[str]:
    """The URL of a database for one test that has all tables and keys and nothing else."""
    with postgres.database(furnished_template) as url:
        yield url


@pytest.fixture(scope="session")
def redis_server_of_run() -> RedisServer:
    """The Redis server of the run: `fresh()` answers the URL of an empty database."""
    return redis_server.server()


@pytest.fixture(scope="session")
def fresh_redis(redis_server_of_run: RedisServer) -> Callable[[], str]:
    """A maker of empty Redis databases, for fixtures that live longer than a test."""
    return redis_server_of_run.fresh


@pytest.fixture
def redis_url(redis_server_of_run: RedisServer) -> str:
    """The URL of an empty Redis database for one test."""
    return redis_server_of_run.fresh()


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """A running Chromium of this worker; open a context of your own in it."""
    from tests.services import chromium_browser  # Playwright is slow to import, and most runs of a few tests need none

    with chromium_browser.browser() as running:
        yield running
