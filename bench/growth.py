"""Fills an installation with accounts, clients and live sessions by the hundred thousand, by SQL that copies what is there."""

from dataclasses import dataclass

import psycopg

_TABLES = (
    "accounts, account_identifiers, account_passwords, account_agreements, sso_sessions, sso_session_sites, clients,"
    " client_secrets"
)


@dataclass(frozen=True)
class Size:
    """How many there are of each."""

    accounts: int
    clients: int
    sessions: int

    def __str__(self) -> str:
        return f"{self.accounts} accounts, {self.clients} clients, {self.sessions} live sessions"


BASE = Size(64, 1, 64)
"""What the service's own rooms make; the people of these sessions are the ones that ask."""
SMALL, LARGE = Size(1_000, 10, 64), Size(1_000_000, 10_000, 100_000)


def grow(url: str, after: Size) -> None:
    """Bring the tables from `BASE` to this size; each new row is a copy of a real one under an id and digest of its own."""
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1)) as db:
        accounts, clients, sessions = (
            (before, now) for before, now in zip(_numbers(BASE), _numbers(after), strict=True)
        )
        owner = f"md5('a' || ({BASE.accounts + 1} + n % {after.accounts - BASE.accounts}))"
        _copy(db, "accounts", accounts, {"id": _ID})
        _copy(db, "account_identifiers", accounts, {"id": "md5('i' || n)", "account_id": _ID, "value_index": _DIGEST})
        _copy(db, "account_passwords", accounts, {"account_id": _ID})
        _copy(db, "account_agreements", accounts, {"id": "md5('g' || n)", "account_id": _ID})
        session = {"id": "md5('s' || n)", "account_id": owner, "secret_digest": _DIGEST}
        _copy(db, "sso_sessions", sessions, session)
        _copy(db, "sso_session_sites", sessions, {"sid": "md5('t' || n)", "session_id": "md5('s' || n)"})
        _copy(db, "clients", clients, {"client_id": "'c' || n"})
        _copy(db, "client_secrets", clients, {"client_id": "'c' || n", "digest": _DIGEST})
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True) as db:
        db.execute(f"ANALYZE {_TABLES}".encode())


def _numbers(size: Size) -> tuple[int, int, int]:
    return size.accounts, size.clients, size.sessions


_ID = "md5('a' || n)"
_DIGEST = "left(encode(sha256(('d' || n)::bytea), 'base64'), 43)"


def _copy(
    db: "psycopg.Connection[tuple[object, ...]]", table: str, span: tuple[int, int], changed: dict[str, str]
) -> None:
    """Rows `span[0] + 1` to `span[1]` as copies of the table's first one, with these columns by number `n`."""
    found = db.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s", (table,)
    ).fetchall()
    columns = [str(name) for (name,) in found]
    values = ", ".join(changed.get(column, f'one."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    statement = (
        f"INSERT INTO {table} ({names}) SELECT {values}"
        f" FROM (SELECT * FROM {table} LIMIT 1) AS one, generate_series({span[0] + 1}, {span[1]}) AS n"
    )
    db.execute(statement.encode())
