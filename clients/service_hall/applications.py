"""Applications received: a number for each, once each, shown to the person who made it and to nobody else."""

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS applications (
    number TEXT PRIMARY KEY, once TEXT NOT NULL, subject TEXT NOT NULL, service TEXT NOT NULL,
    answers TEXT NOT NULL, accepted_at INTEGER NOT NULL, UNIQUE (subject, once)
);
"""


@dataclass(frozen=True, slots=True)
class Application:
    number: str
    service: str
    answers: dict[str, str]
    accepted_at: int

    @property
    def accepted_on(self) -> str:
        return time.strftime("%Y-%m-%d %H:%M", time.gmtime(self.accepted_at + 8 * 3600))  # Asia/Shanghai


class Applications:
    """The register. It keeps the subject the centre gave and the answers, not the name and number behind them."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "applications.sqlite3"
        with self._transaction() as db:
            db.executescript(_SCHEMA)

    def reserve(self) -> str:
        """A value for the form: however often that form is sent, it is one application."""
        return secrets.token_urlsafe(16)

    def accept(self, *, once: str, subject: str, service: str, answers: dict[str, str]) -> str:
        now = int(time.time())
        number = f"{time.strftime('%Y%m%d', time.gmtime(now + 8 * 3600))}{secrets.randbelow(10**8):08d}"
        row = (number, once, subject, service, json.dumps(answers, ensure_ascii=False), now)
        with self._transaction() as db:
            db.execute("INSERT INTO applications VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (subject, once) DO NOTHING", row)
            kept = db.execute("SELECT number FROM applications WHERE subject = ? AND once = ?", (subject, once))
            return str(kept.fetchone()[0])

    def find(self, number: str, *, subject: str) -> Application | None:
        return next((one for one in self.of(subject) if one.number == number), None)

    def of(self, subject: str) -> list[Application]:
        """Newest first."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT number, service, answers, accepted_at FROM applications WHERE subject = ?"
                " ORDER BY accepted_at DESC, rowid DESC",
                (subject,),
            ).fetchall()
        return [Application(number, service, json.loads(answers), at) for number, service, answers, at in rows]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=5)
        try:
            with db:
                yield db
        finally:
            db.close()
