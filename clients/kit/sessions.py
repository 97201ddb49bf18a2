"""Who is signed in here: server-side sessions in one SQLite file, so that the centre can end them without the browser."""

import hashlib
import json
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIFETIME = 2 * 60 * 60  # afterwards a silent trip to the centre renews it

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    id_digest TEXT PRIMARY KEY, subject TEXT NOT NULL, sid TEXT, scope TEXT NOT NULL, acr TEXT NOT NULL,
    claims TEXT NOT NULL, id_token TEXT NOT NULL, expires_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_by_subject ON sessions (subject);
CREATE TABLE IF NOT EXISTS logout_tokens (jti TEXT PRIMARY KEY, expires_at REAL NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. Access tokens are not kept: they are spent on UserInfo and forgotten."""

    id_digest: str
    subject: str
    sid: str | None
    scope: str
    acr: str
    claims: dict[str, Any]
    id_token: str

    @property
    def display_name(self) -> str:
        """The verified name where it was released, else the name of the account."""
        claims = self.claims
        return claims.get("name") or claims.get("preferred_username") or claims.get("nickname") or "已登录用户"


class Sessions:
    """The session table. A cookie holds the id, the table only its digest: a copy of the file signs nobody in."""

    def __init__(self, folder: Path, *, now: Callable[[], float] = time.time) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "site.sqlite3"
        self._now = now
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        with self.transaction() as db:
            db.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=5)
        db.row_factory = sqlite3.Row
        try:
            db.execute("PRAGMA journal_mode=WAL")
            with db:
                yield db
        finally:
            db.close()

    def begin(
        self, *, subject: str, sid: str | None, scope: str, acr: str, claims: dict[str, Any], id_token: str
    ) -> str:
        """Open a session under a new id and return the id for the cookie."""
        session_id = secrets.token_urlsafe(32)
        row = (_digest(session_id), subject, sid, scope, acr, json.dumps(claims), id_token, self._now() + LIFETIME)
        with self.transaction() as db:
            db.execute("DELETE FROM sessions WHERE expires_at <= ?", (self._now(),))
            db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return session_id

    def find(self, session_id: str) -> Session | None:
        with self.transaction() as db:
            row = db.execute(
                "SELECT id_digest, subject, sid, scope, acr, claims, id_token FROM sessions"
                " WHERE id_digest = ? AND expires_at > ?",
                (_digest(session_id), self._now()),
            ).fetchone()
        return Session(**{**dict(row), "claims": json.loads(row["claims"])}) if row else None

    def end(self, session_id: str) -> None:
        with self.transaction() as db:
            db.execute("DELETE FROM sessions WHERE id_digest = ?", (_digest(session_id),))

    def end_by_logout_token(self, *, jti: str, expires_at: float, sid: str | None, subject: str | None) -> int:
        """End what a logout token names; a token seen before ends nothing (OIDC Back-Channel Logout §2.6)."""
        with self.transaction() as db:
            db.execute("DELETE FROM logout_tokens WHERE expires_at <= ?", (self._now(),))
            fresh = db.execute("INSERT OR IGNORE INTO logout_tokens VALUES (?, ?)", (jti, expires_at)).rowcount
            if not fresh:
                return 0
            return db.execute(
                "DELETE FROM sessions WHERE (:sid IS NULL OR sid = :sid) AND (:subject IS NULL OR subject = :subject)",
                {"sid": sid, "subject": subject},
            ).rowcount


def _digest(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
