"""The two pairs the service runs on, made for one run: SQLite with the embedded store, PostgreSQL with Redis."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

from bench.accounting import Party, parent_of
from bench.turns import TurnCounter


@dataclass(frozen=True)
class Pair:
    """Where durable and short-lived state of one installation lies."""

    name: str
    database_url: str
    redis_url: str
    parties: tuple[Party, ...] = ()
    counters: dict[str, TurnCounter] = field(default_factory=dict)

    def counted(self) -> "Pair":
        """The same pair seen through proxies that count round trips; the embedded pair has none to count."""
        if not self.redis_url:
            return self
        sql, sql_url = _through_proxy(self.database_url, 5432)
        store, store_url = _through_proxy(self.redis_url, 6379)
        return Pair(self.name, sql_url, store_url, self.parties, {"sql": sql, "store": store})


def embedded(folder: Path) -> Pair:
    return Pair("embedded", f"sqlite:///{folder / 'bench.sqlite3'}", "")


@contextmanager
def production() -> Iterator[Pair]:
    """PostgreSQL and Redis from TEST_DATABASE_URL and TEST_REDIS_URL, else started for this run by the tests' own means."""
    from tests.services import once, postgres_server, redis_server

    if once.FOLDER not in os.environ:
        once.begin_run()
    postgres, store = postgres_server.server(), redis_server.server()
    url, redis_url = postgres.create(), store.fresh()
    try:
        parties = (Party("postgresql", (_postmaster(url),)), Party("redis", (_redis(redis_url),)))
        yield Pair("production", url, redis_url, parties)
    finally:
        postgres.drop(url)
        store.empty(redis_url)


def _postmaster(url: str) -> int:
    with psycopg.connect(_libpq(url)) as connection:
        return parent_of(connection.info.backend_pid)


def _redis(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.info("server")["process_id"])


def _libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _through_proxy(url: str, port: int) -> tuple[TurnCounter, str]:
    parts = urlsplit(url)
    counter = TurnCounter((parts.hostname or "127.0.0.1", parts.port or port))
    login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return counter, urlunsplit(parts._replace(netloc=f"{login}127.0.0.1:{counter.port}"))
