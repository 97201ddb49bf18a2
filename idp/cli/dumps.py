"""Copies of a whole database: SQLite's online backup, PostgreSQL's own programs."""

import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import conninfo
from sqlalchemy import URL, make_url

from idp.core.errors import ConfigurationError

_HEADER = b"SQLite format 3\x00"
_DROP_TABLES = """
DO $$ DECLARE found text; BEGIN
  FOR found IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname = ANY (current_schemas(false)) AND pg_has_role(tableowner, 'USAGE')
  LOOP EXECUTE 'DROP TABLE ' || found || ' CASCADE'; END LOOP;
END $$
"""


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
    """Replace the database by a copy, with all that a later release may have added to it; on PostgreSQL in one transaction."""
    url = make_url(database_url)
    with source.open("rb") as opened:
        is_sqlite = opened.read(len(_HEADER)) == _HEADER
    if is_sqlite != (url.get_backend_name() == "sqlite"):
        raise NotDone("the copy is of another kind of database than IDP_DATABASE_URL names")
    if is_sqlite:
        _copy(source, _sqlite_file(url))
    else:
        _restore(url, source)


def _restore(url: URL, source: Path) -> None:
    """As SQL through psql: `pg_restore --clean` would leave tables that the copy does not know, and stumble over their keys."""
    with tempfile.NamedTemporaryFile(dir=source.parent, suffix=".sql") as script:
        _run("pg_restore", f"--file={script.name}", "--no-owner", "--no-privileges", str(source))
        _program("psql", url, "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1",
                 f"--command={_DROP_TABLES}", f"--file={script.name}")  # fmt: skip


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
    """Run a program on the database; the password goes through its environment, not its arguments."""
    target, password = _libpq(url)
    _run(name, f"--dbname={target}", *arguments, password=password)


def _run(name: str, *arguments: str, password: str = "") -> None:
    """Run a program of PostgreSQL's client package; NotDone with its own words when it fails."""
    if (path := shutil.which(name)) is None:
        raise NotDone(f"{name} is not on this machine; install PostgreSQL's client programs (postgresql-client)")
    done = subprocess.run(  # noqa: S603 - a program found by name, arguments of our own
        [path, *arguments],
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
