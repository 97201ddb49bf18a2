"""Projects filed here: a code for each, once each, shown to those who act for whom they were filed, and to nobody else."""

import re
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clients.investment.projects import Project
from clients.kit import Company

KINDS = ("备案", "核准", "审批")
REGIONS = {"济南": "370199", "青岛": "370299", "烟台": "370699", "潍坊": "370799", "临沂": "371399"}
ROLES = {"legal_representative": "法定代表人", "administrator": "单位管理员", "agent": "经办人"}
_MOST = 99_999_999
_SCHEMA = """
CREATE TABLE IF NOT EXISTS filings (
    code TEXT PRIMARY KEY, once TEXT NOT NULL, principal TEXT NOT NULL, subject TEXT NOT NULL, filer TEXT NOT NULL,
    role TEXT NOT NULL, answer TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, region TEXT NOT NULL,
    amount INTEGER NOT NULL, filed_at INTEGER NOT NULL, UNIQUE (principal, once)
);
CREATE INDEX IF NOT EXISTS filings_by_principal ON filings (principal);
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, and what is wrong with it."""

    name: str = ""
    kind: str = ""
    region: str = ""
    amount: str = ""
    promise: bool = False

    @classmethod
    def of(cls, form: Mapping[str, str]) -> "Draft":
        typed = {name: " ".join(form.get(name, "").split()) for name in ("name", "kind", "region", "amount")}
        return cls(**typed, promise=form.get("promise") == "yes")

    @property
    def errors(self) -> dict[str, str]:
        wrong = {
            "name": None if 2 <= len(self.name) <= 60 and self.name.isprintable() else "请填写项目名称，2 至 60 个字",
            "kind": None if self.kind in KINDS else "请选择办理类型",
            "region": None if self.region in REGIONS else "请选择建设地区",
            "amount": None if self._has_amount else "请填写总投资，1 至 99999999 的整数",
            "promise": None if self.promise else "请阅读并勾选承诺",
        }
        return {field: text for field, text in wrong.items() if text is not None}

    @property
    def _has_amount(self) -> bool:
        return re.fullmatch(r"[0-9]{1,8}", self.amount, re.ASCII) is not None and 0 < int(self.amount) <= _MOST


@dataclass(frozen=True, slots=True)
class Filing:
    """A project that was filed for an organisation, who filed it, and the number of the centre's answer that allowed it."""

    project: Project
    filer: str
    role: str
    filed_on: str
    answer: str


class Filings:
    """The register of filings: under the id by which the centre names the organisation here."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "filings.sqlite3"
        with self._transaction() as db:
            db.executescript(_SCHEMA)

    def reserve(self) -> str:
        """A value for the form: however often that form is sent, it is one filing."""
        return secrets.token_urlsafe(16)

    def file(self, draft: Draft, company: Company, *, once: str, subject: str, filer: str, answer: str) -> str:
        """Keep it once; answers its code."""
        now = int(time.time())
        month = time.strftime("%y%m", time.gmtime(now + 8 * 3600))
        code = f"{month}-{REGIONS[draft.region]}-04-01-{secrets.randbelow(900_000) + 100_000}"
        row = (
            code, once, company.principal, subject, filer, company.role, answer, draft.name, draft.kind, draft.region,
            int(draft.amount), now,
        )  # fmt: skip
        with self._transaction() as db:
            db.execute(
                "INSERT INTO filings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (principal, once) DO NOTHING",
                row,
            )
            kept = db.execute("SELECT code FROM filings WHERE principal = ? AND once = ?", (company.principal, once))
            return str(kept.fetchone()[0])

    def of(self, principal: str) -> list[Filing]:
        """All projects of the organisation, whoever filed them, newest first."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT code, name, kind, region, amount, filed_at, filer, role, answer FROM filings WHERE principal = ?"
                " ORDER BY filed_at DESC, rowid DESC",
                (principal,),
            ).fetchall()
        return [_filing(*row) for row in rows]

    def find(self, code: str, principal: str) -> Filing | None:
        return next((filing for filing in self.of(principal) if filing.project.code == code), None)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=5)
        try:
            with db:
                yield db
        finally:
            db.close()


def _filing(
    code: str, name: str, kind: str, region: str, amount: int, filed_at: int, filer: str, role: str, answer: str
) -> Filing:
    at = time.gmtime(filed_at + 8 * 3600)  # Asia/Shanghai
    project = Project(code, name, kind, region, amount, "审核中", time.strftime("%Y-%m-%d", at))
    return Filing(project, filer, ROLES.get(role, role), time.strftime("%Y-%m-%d %H:%M", at), answer)
