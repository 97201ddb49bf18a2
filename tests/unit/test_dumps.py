"""PostgreSQL's programs reach the database as the service does: with all that the URL says, the password out of sight."""

import shutil
import stat
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from idp.cli import dumps
from idp.core.errors import ConfigurationError

TOLD = {"sslmode": "verify-full", "sslrootcert": "/etc/ssl/our ca's.pem"}
QUERY = "sslmode=verify-full&sslrootcert=/etc/ssl/our%20ca%27s.pem"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for pg_dump and pg_restore, and writes down how it was started; the folder of its notes."""
    script = tmp_path / "program"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/arguments\nenv > {tmp_path}/environment\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(shutil, "which", lambda _name: str(script))
    return tmp_path


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"postgresql://idp:s%40cret@db:6543/idp?{QUERY}", {"host": "db", "port": "6543", **TOLD}),
        ("postgresql+psycopg://idp:s%40cret@/idp?host=/var/run/our%20socket", {"host": "/var/run/our socket"}),
        ("postgresql://idp@/idp?password=s%40cret&host=a:1&host=b:2", {"host": "a,b", "port": "1,2"}),
    ],
)
@pytest.mark.parametrize("way", ["write", "read"])
def test_the_whole_url_reaches_the_program(program: Path, url: str, expected: dict[str, str], way: str) -> None:
    file = program / "copy"
    if way == "write":
        dumps.write(url, file)
    else:
        file.write_bytes(b"PGDMP")
        dumps.read(url, file)
    arguments = (program / "arguments").read_text()
    said = conninfo_to_dict(arguments.splitlines()[0].removeprefix("--dbname="))
    assert said == {"user": "idp", "dbname": "idp", **expected}
    assert "s@cret" not in arguments
    assert "PGPASSWORD=s@cret\n" in (program / "environment").read_text()


def test_what_libpq_does_not_know_is_named(program: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"IDP_DATABASE_URL.*no_such_option"):
        dumps.write("postgresql://idp@db/idp?no_such_option=1", program / "copy")
