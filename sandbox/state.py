"""What the sandbox remembers, in one SQLite file: session secrets, seen requests, fault switches, messages."""

import json
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS secrets (secret TEXT PRIMARY KEY, expires_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS requests (number TEXT PRIMARY KEY, at_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS faults (service TEXT PRIMARY KEY, fault TEXT NOT NULL, remaining INTEGER);
CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, expires_ms INTEGER NOT NULL, PRIMARY KEY (kind, key)
);
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT UNIQUE NOT NULL, content_digest TEXT NOT NULL,
    recipient TEXT NOT NULL, text TEXT NOT NULL, at_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_of_recipient ON messages (recipient, id);
"""
_KEPT_MESSAGES = 5000
_LIVE_SECRETS = 64


@dataclass(frozen=True, slots=True)
class Message:
    """One text message in the inbox."""

    message_id: int
    recipient: str = field(repr=False)
    text: str = field(repr=False)
    at_ms: int


@dataclass(frozen=True, slots=True)
class Switch:
    """A fault that is on; `remaining` uses, or until somebody switches it off."""

    fault: str
    remaining: int | None


class State:
    """One connection shared by the threads of this process; every method is one short transaction."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            folder / "sandbox.sqlite3", check_same_thread=False, isolation_level=None, timeout=5.0
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def add_secret(self, owner: str, secret: str, *, expires_ms: int, now_ms: int) -> None:
        """A session secret of one application; `owner` names the application and the platform, without a space."""
        self._run("DELETE FROM secrets WHERE expires_ms <= ?", now_ms)
        self._run("INSERT INTO secrets VALUES (?, ?)", f"{owner} {secret}", expires_ms)

    def live_secrets(self, owner: str, *, now_ms: int) -> list[str]:
        """Newest first: several processes of one application hold secrets at the same time."""
        rows = self._run(
            "SELECT substr(secret, length(?) + 2) FROM secrets WHERE secret >= ? || ' ' AND secret < ? || '!'"
            " AND expires_ms > ? ORDER BY expires_ms DESC LIMIT ?",
            owner,
            owner,
            owner,
            now_ms,
            _LIVE_SECRETS,
        )
        return [row[0] for row in rows]

    def claim_request(self, number: str, *, now_ms: int) -> bool:
        """Whether this request number is seen for the first time."""
        return bool(
            self._run("INSERT INTO requests VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING number", number, now_ms)
        )

    def switches(self) -> dict[str, Switch]:
        return {row[0]: Switch(row[1], row[2]) for row in self._run("SELECT service, fault, remaining FROM faults")}

    def switch_on(self, service: str, fault: str, remaining: int | None) -> None:
        self._run("INSERT OR REPLACE INTO faults VALUES (?, ?, ?)", service, fault, remaining)

    def switch_off(self, service: str) -> None:
        self._run("DELETE FROM faults WHERE service = ?", service)

    def use_switch(self, service: str, fault: str) -> bool:
        """Take one use of a fault that is on; False when its uses are spent."""
        used = self._run(
            "UPDATE faults SET remaining = remaining - 1 WHERE service = ? AND fault = ?"
            " AND (remaining IS NULL OR remaining > 0) RETURNING remaining",
            service,
            fault,
        )
        self._run("DELETE FROM faults WHERE service = ? AND remaining = 0", service)
        return bool(used)

    def put(self, kind: str, key: str, value: Mapping[str, Any], *, expires_ms: int) -> None:
        """Keep something of a part until a time: a code, a token, a case under way; replaces what had this key."""
        self._run("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", kind, key, json.dumps(value), expires_ms)

    def get(self, kind: str, key: str, *, now_ms: int) -> dict[str, Any] | None:
        """What was kept, or None when it is unknown or past its time."""
        rows = self._run("SELECT value FROM records WHERE kind = ? AND key = ? AND expires_ms > ?", kind, key, now_ms)
        return json.loads(rows[0][0]) if rows else None

    def take(self, kind: str, key: str, *, now_ms: int) -> dict[str, Any] | None:
        """The same, once: of several who ask at the same time, one gets it."""
        rows = self._run(
            "DELETE FROM records WHERE kind = ? AND key = ? AND expires_ms > ? RETURNING value", kind, key, now_ms
        )
        return json.loads(rows[0][0]) if rows else None

    def add_message(self, request_id: str, content_digest: str, recipient: str, text: str, *, at_ms: int) -> int | None:
        """The number of the message, the first one's when sent again, or None when the id was used for another text."""
        self._run(
            "INSERT INTO messages (request_id, content_digest, recipient, text, at_ms) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            request_id,
            content_digest,
            recipient,
            text,
            at_ms,
        )
        [(message_id, digest)] = self._run("SELECT id, content_digest FROM messages WHERE request_id = ?", request_id)
        self._run("DELETE FROM messages WHERE id <= ?", message_id - _KEPT_MESSAGES)
        return int(message_id) if digest == content_digest else None

    def messages(self, *, recipient: str = "", limit: int) -> list[Message]:
        """Newest first; of one recipient when given."""
        rows = self._run(
            "SELECT id, recipient, text, at_ms FROM messages WHERE ? IN ('', recipient) ORDER BY id DESC LIMIT ?",
            recipient,
            limit,
        )
        return [Message(*row) for row in rows]

    def _run(self, statement: str, *values: str | int | None) -> Sequence[Any]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()
