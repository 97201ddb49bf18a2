"""`python -m bench console`: every list, search and chart of the operators' console on a filled database, timed from inside.

Each is asked as the role that works with it: server time and statements, told as p50 and p95; more than 300 ms fails.
"""

import argparse
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import flask
import pyotp
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from bench import synthetic
from bench.populate import MASTER_KEY
from idp.app import create_app
from idp.audit.trail import SYSTEM
from idp.config import Settings
from idp.core import clock, ids
from idp.core.secret import Secret
from idp.edge.services import Services
from idp.staff import operators
from idp.staff.models import Operator, Role

ISSUER = "http://localhost:8000"
LIMIT_MS = 300.0
_STATEMENTS = 40


@dataclass(frozen=True)
class Page:
    """One thing to ask for: as whom, where, and with what typed into its form (None for a GET)."""

    role: Role
    path: str
    form: dict[str, str] | None = None


@dataclass(frozen=True)
class Timed:
    page: Page
    status: int
    ms: tuple[float, ...]
    statements: int

    @property
    def p50(self) -> float:
        return sorted(self.ms)[len(self.ms) // 2]

    @property
    def p95(self) -> float:
        return sorted(self.ms)[max(0, round(len(self.ms) * 0.95) - 1)]

    @property
    def is_fine(self) -> bool:
        return self.status in (200, 303) and self.p95 <= LIMIT_MS and self.statements <= _STATEMENTS


@dataclass(frozen=True)
class Known:
    """Ids that are in the database, to ask about."""

    account: str
    phone: str
    document: str
    operator: str
    trace: str
    entry: str
    year_ago: str
    last_month: str
    today: str


def pages(known: Known) -> list[Page]:
    """What operators do in lists, searches and charts."""
    audit, system, department = Role.AUDIT, Role.SYSTEM, Role.DEPARTMENT
    trail = "/admin/audit"
    old = f"since={known.year_ago}&until={known.last_month}"
    searches = (
        "", "act=account.frozen", "act=account", "act=sign_in", "act=oidc", "act=sign_in.failed&outcome=failure",
        "outcome=failure", f"account_id={known.account}", f"account_id={known.account}&act=sign_in",
        f"actor_id={known.operator}", f"actor_id={known.operator}&act=account.frozen", f"actor_id={known.account}",
        "client_id=site0001", "client_id=site0450", "client_id=site0450&act=consent.refused",
        "client_id=site0001&act=account.frozen", "client_id=site0450&outcome=failure", f"trace_id={known.trace}",
        f"since={known.today}&until={known.today}", old, f"{old}&act=account.frozen", f"{old}&outcome=failure",
        f"{old}&act=audit&outcome=failure", f"{old}&client_id=site0300&act=sign_in.failed", "act=no.such", "act=nothing",
        f"account_id={'0' * 32}", "since=1990-01-01&until=1990-01-02",
    )  # fmt: skip
    asked = [Page(audit, f"{trail}?{search}" if search else trail) for search in searches]
    asked += [Page(audit, f"{trail}/entries/{known.entry}"), Page(audit, f"{trail}/chain")]
    asked += [
        Page(audit, f"{trail}/find", {"kind": kind, "who": who})
        for kind, who in (
            ("phone", known.phone), ("document", known.document), ("uscc", "113701990000000070"),
            ("account", known.account), ("operator", "bench.01"), ("phone", "19900000000"),
        )
    ]  # fmt: skip
    charts = (
        "",
        "?days=7",
        "?days=365",
        "?days=365&region=370100",
        "?days=365&region=370102&site=site0001",
        "?days=365&site=site0001",
    )
    asked += [Page(role, f"/admin/statistics{chart}") for role in (audit, system) for chart in charts]
    asked += [
        Page(department, f"/admin/statistics?days=365{more}") for more in ("", "&region=370102", "&site=site0001")
    ]
    asked += [
        Page(system, f"/admin/statistics/{chart}.csv?days=365")
        for chart in ("sign_ins", "sites", "failures", "sources")
    ]
    lists = ("/admin/", "/admin/accounts", f"/admin/accounts/{known.account}", "/admin/clients", "/admin/approvals")
    asked += [Page(role, path) for role in (system, department) for path in lists]
    asked += [
        Page(system, path)
        for path in (
            "/admin/imports",
            "/admin/exports",
            "/admin/reviews",
            "/admin/sources",
            "/admin/staff",
            "/admin/releases",
            "/admin/keys",
        )
    ]
    asked += [Page(system, "/admin/accounts", {"identifier": known.phone}), Page(department, "/admin/reviews")]
    asked += [Page(role, "/admin/accounts", {"identifier": synthetic.name(7)}) for role in (system, department)]
    filters = (
        "state=frozen", "ial=3", "ial=0&region=370102", "region=370102&state=frozen", "since=2026-11-01",
        "seen_since=2026-11-20&ial=2", "seen_until=2025-01-01&region=370000",
    )  # fmt: skip
    asked += [Page(role, f"/admin/accounts?{each}") for role in (system, department) for each in filters]
    asked += [
        Page(Role.SECURITY, path)
        for path in ("/admin/", "/admin/policies", "/admin/auditors", "/admin/keys", "/admin/sources")
    ]
    asked += [Page(audit, "/admin/")]
    return asked


def run(asked: argparse.Namespace) -> tuple[str, bool]:
    """The table of times, and whether every page was quick enough. A page that this release does not have is left out."""
    settings = Settings(
        issuer=ISSUER, database_url=asked.database, master_key=Secret(MASTER_KEY), log_level="ERROR", counter=True
    )
    app = create_app(settings)
    everything: Services = app.extensions["idp"]
    try:
        with everything.database.view() as db:
            known = _known(db)
        visitors = {role: _Visitor(app, role) for role in Role}
        results = [
            each for page in pages(known) if (each := _time(everything, visitors[page.role], page, asked.rounds))
        ]
    finally:
        everything.database.engine.dispose()
    return table(results), all(each.is_fine for each in results)


def table(results: list[Timed]) -> str:
    lines = [f"{'role':11} {'p50 ms':>8} {'p95 ms':>8} {'SQL':>4}  page"]
    for each in results:
        mark = "" if each.is_fine else "   TOO MUCH" if each.status in (200, 303) else f"   STATUS {each.status}"
        typed = f" ({each.page.form.get('kind', 'form')})" if each.page.form is not None else ""
        lines.append(
            f"{each.page.role:11} {each.p50:8.1f} {each.p95:8.1f} {each.statements:4}  {each.page.path}{typed}{mark}"
        )
    return "\n".join(lines)


def _known(db: Session) -> Known:
    count = db.execute(text("SELECT reltuples::bigint FROM pg_class WHERE relname = 'accounts'")).scalar_one()
    number = int(count * 0.001) or 1
    row = db.execute(
        text(
            "SELECT account_id FROM account_identifiers WHERE id = (SELECT max(id) FROM account_identifiers WHERE id < :id)"
        ),
        {"id": "f" * 32},
    ).scalar_one()
    entry = db.execute(
        text(
            "SELECT id, account_id, trace_id FROM audit_entries WHERE account_id IS NOT NULL ORDER BY id DESC OFFSET 1000 LIMIT 1"
        )
    ).one()
    operator = db.execute(text("SELECT id FROM operators WHERE login = 'bench.01'")).scalar_one()
    today = datetime.now(UTC).astimezone(clock.BEIJING).date()
    return Known(
        account=entry.account_id or row, phone=synthetic.phone(number), document=synthetic.resident_number(number + 1),
        operator=operator, trace=entry.trace_id, entry=entry.id, today=today.isoformat(),
        year_ago=(today - timedelta(days=330)).isoformat(), last_month=(today - timedelta(days=120)).isoformat(),
    )  # fmt: skip


class _Visitor:
    """A browser signed in as an operator of its own; the one of a department looks after a city."""

    def __init__(self, app: flask.Flask, role: Role) -> None:
        self.client: FlaskClient = app.test_client()
        self.token = ""
        everything: Services = app.extensions["idp"]
        with everything.database.transaction() as db:
            login = f"bench.{ids.random_bytes(6).hex()}"
            made = operators.add(db, everything.keyring, everything.trail, login=login, role=role, actor=SYSTEM)
            if role is Role.DEPARTMENT:
                db.get_one(Operator, made.id).region = "370100"
        self.get("/admin/sign-in")
        code = pyotp.TOTP(made.totp_secret).generate_otp(clock.epoch() // 30)
        answer = self.post("/admin/sign-in", {"identifier": login, "password": made.password, "otp": code})
        if answer.status_code != 303:
            raise RuntimeError(f"{role} could not sign in: {answer.status_code}")

    def get(self, path: str) -> Any:
        return self._seen(self.client.get(path, base_url=ISSUER))

    def post(self, path: str, form: dict[str, str]) -> Any:
        return self._seen(self.client.post(path, data={"csrf_token": self.token, **form}, base_url=ISSUER))

    def _seen(self, answer: Any) -> Any:
        if found := re.search(r'name="csrf_token" value="([^"]+)"', answer.text):
            self.token = found[1]
        return answer


def _time(everything: Services, visitor: _Visitor, page: Page, rounds: int) -> Timed | None:
    ask: Callable[[], Any] = (
        (lambda: visitor.get(page.path)) if page.form is None else (lambda: visitor.post(page.path, page.form or {}))
    )
    first = ask()
    if first.status_code == 404 and page.form is None and not re.search(r"/(?:entries|accounts)/", page.path):
        return None
    taken = []
    for _ in range(max(1, rounds)):
        began = time.perf_counter()
        answer = ask()
        taken.append((time.perf_counter() - began) * 1000)
    with _counted(everything) as statements:
        ask()
    return Timed(page, answer.status_code, tuple(taken), len(statements))


@contextmanager
def _counted(everything: Services) -> Iterator[list[str]]:
    """The statements of a piece of work; those on the raw connection are beside these."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(everything.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(everything.database.engine, "before_cursor_execute", note)
