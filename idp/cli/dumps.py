"""Copies of a whole database: SQLite's online backup, PostgreSQL's own programs."""

import shutil
import sqlite3
import subprocess
from pathlib import Path

import psycopg
from psycopg import conninfo
from sqlalchemy import URL, make_url

from idp.core.errors import ConfigurationError

_HEADER = b"SQLite format 3\x00"


class NotDone(Exception):
    """The copy failed; the text says why."""


def write(database_url: str, target: Path) -> None:
    """A consistent copy of the database as of one moment, while the service goes on; `target` must not exist."""
    url = make_url(database_url)
    target.touch(mode=0o600, exist_ok=False)
    try:
        if url.get_backend_name() == "sqlite":
            _copy(_sqlite_file(url), target)
        else:
            _program("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
    except BaseException:
        target.unlink()
        raise


def read(database_url: str, source: Path) -> None:
    """Replace the database by a copy; on PostgreSQL in one transaction."""
    url = make_url(database_url)
    with source.open("rb") as opened:
        is_sqlite = opened.read(len(_HEADER)) == _HEADER
    if is_sqlite != (url.get_backend_name() == "sqlite"):
        raise NotDone("the copy is of another kind of database than IDP_DATABASE_URL names")
    if is_sqlite:
        _copy(source, _sqlite_file(url))
    else:
        _program("pg_restore", url, "--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction",
                 "--exit-on-error", str(source))  # fmt: skip


def _copy(source: Path, target: Path) -> None:
    origin, copy = sqlite3.connect(f"file:{source}?mode=ro", uri=True), sqlite3.connect(target)
    try:
        origin.backup(copy)
        (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            raise NotDone(f"the copy is damaged: {verdict}")
    except sqlite3.Error as failed:
        raise NotDone(str(failed)) from failed
    finally:
        origin.close()
        copy.close()


def _sqlite_file(url: URL) -> Path:
    if not url.database:
        raise ConfigurationError("IDP_DATABASE_URL: a database in memory cannot be copied")
    return Path(url.database)


def _program(name: str, url: URL, *arguments: str) -> None:
    """Run a program of PostgreSQL's client package; the password goes through its environment, not its arguments."""
    if (path := shutil.which(name)) is None:
        raise NotDone(f"{name} is not on this machine; install PostgreSQL's client programs (postgresql-client)")
    target, password = _libpq(url)
    done = subprocess.run(  # noqa: S603 - a program found by name, arguments of our own
        [path, f"--dbname={target}", *arguments],
        env={"PGPASSWORD": password} if password else {},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotDone(f"{name}: {done.stderr.strip()}")


def _libpq(url: URL) -> tuple[str, str]:
    """The URL as libpq reads it, with all that its query says (sslmode, a socket's folder …) but the password; and that."""
    url = url.set(drivername="postgresql+psycopg")
    _, given = url.get_dialect()().create_connect_args(url)
    password = str(given.pop("password", ""))
    try:
        return conninfo.make_conninfo("", **given), password
    except psycopg.Error as odd:
        raise ConfigurationError(f"IDP_DATABASE_URL: {str(odd).strip()}") from odd
