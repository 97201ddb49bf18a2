"""A throw-away Redis: the one named in TEST_REDIS_URL, or the machine's redis-server (or Valkey)."""

import itertools
import os
import subprocess
import time
from pathlib import Path

import redis

from launcher import machine
from tests.services import once

DATABASES = 512


class RedisServer:
    """One server of a test run; hands out emptied databases, never the same one to two workers."""

    def __init__(self, url: str) -> None:
        self.url = url
        with redis.Redis.from_url(url) as client:
            databases = int(client.config_get("databases")["databases"])  # type: ignore[index]
        workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        mine = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        share = max(1, (databases - 1) // workers)  # database 0 is nobody's: it may hold something
        self._numbers = itertools.cycle(range(1 + mine * share, 1 + (mine + 1) * share))

    def fresh(self) -> str:
        """The URL of an empty database; a worker's databases come round again after its whole share was used."""
        url = f"{self.url.rstrip('/')}/{next(self._numbers)}"
        self.empty(url)
        return url

    def empty(self, url: str) -> None:
        """Forget everything in the database behind the URL."""
        with redis.Redis.from_url(url) as client:
            client.flushdb()


def server() -> RedisServer:
    """The server of this run; skips when there is none to be had."""
    if given := os.environ.get("TEST_REDIS_URL"):
        return RedisServer("redis://" + given.removeprefix("redis://").partition("/")[0])
    return RedisServer(once.url_of("redis", _start))


def server_to_freeze() -> RedisServer:
    """A further server of this run, for tests that stop it: the tests beside them must not wait."""
    return RedisServer(once.url_of("redis-to-freeze", _start))


def _start(folder: Path) -> once.Started:
    program = machine.find_redis()
    if program is None:
        raise once.Unavailable("no redis-server on this machine")
    port = machine.free_port()
    with (folder / "redis.log").open("ab") as log:
        process = subprocess.Popen(
            [program, "--port", str(port), "--bind", machine.LOOPBACK, "--dir", folder, "--databases", str(DATABASES)]
            + ["--save", "", "--appendonly", "no"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
        )
    url = f"redis://{machine.LOOPBACK}:{port}"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with redis.Redis.from_url(url, socket_connect_timeout=1) as client:
                client.ping()
        except redis.RedisError:
            time.sleep(0.02)
        else:
            return once.Started(url, process)
    process.kill()
    raise once.Unavailable("redis-server did not start: " + (folder / "redis.log").read_text(errors="replace")[-400:])
