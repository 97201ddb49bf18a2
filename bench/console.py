"""`python -m bench console`: every list, search and chart of the operators' console on a filled database, timed from inside.

Each is asked as the role that works with it: server time told as least, p50 and p95, the CPU of both
sides, and statements; more than 300 ms
fails.
"""

import argparse
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import flask
import pyotp
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from bench import desks, synthetic
from bench.accounting import on_cpu_ms
from bench.console_pages import Known, Page, Who, pages
from bench.populate import MASTER_KEY
from idp.app import create_app
from idp.audit.trail import SYSTEM
from idp.config import Settings
from idp.core import clock, ids
from idp.core.deadline import Deadline
from idp.core.secret import Secret
from idp.edge import described
from idp.edge.services import Services
from idp.realname.ports import Applicant, AssuranceLevel, Capability, Outcome, Source, SubjectKind, Unavailable
from idp.realname.sources import Sources
from idp.sites.tokens import Scope
from idp.staff import operators, tokens
from idp.staff.models import Operator, Role
from idp.staff.reach import EVERYWHERE
from idp.staff.sessions import SignedInOperator

ISSUER = "http://localhost:8000"
LIMIT_MS = 300.0
_STATEMENTS = 40


@dataclass(frozen=True)
class Timed:
    page: Page
    status: int
    ms: tuple[float, ...]
    cpu_ms: tuple[float, ...]
    statements: int

    @property
    def least(self) -> float:
        return min(self.ms)

    @property
    def cpu(self) -> float:
        """The work of this process and of the database, whatever else the machine does meanwhile; the median."""
        return sorted(self.cpu_ms)[len(self.cpu_ms) // 2]

    @property
    def p50(self) -> float:
        return sorted(self.ms)[len(self.ms) // 2]

    @property
    def p95(self) -> float:
        return sorted(self.ms)[max(0, round(len(self.ms) * 0.95) - 1)]

    @property
    def is_fine(self) -> bool:
        return self.status in self.page.answers and self.p95 <= LIMIT_MS and self.statements <= _STATEMENTS


def run(asked: argparse.Namespace) -> tuple[str, bool]:
    """The table of times, and whether every page was quick enough."""
    settings = Settings(
        issuer=ISSUER, database_url=asked.database, master_key=Secret(MASTER_KEY), log_level="ERROR", counter=True
    )
    quiet = tuple(Source(name, name, check=_Quiet(name)) for name in ("registry", "alipay", "wechat", "counter"))
    app = create_app(settings, Sources(quiet))
    described.PER_MINUTE = 1_000_000
    everything: Services = app.extensions["idp"]
    try:
        with everything.database.view() as db:
            wanted = [replace(page, path=_found(db, page.path)) for page in pages(_known(db))]
        visitors: dict[Role | Who, _Visitor] = {role: _Visitor(app, role) for role in Role}
        visitors |= {Who.PROGRAM: _Program(app), Who.DEVELOPER: _Developer(app), Who.PIPELINE: _Pipeline(app)}
        results = [_time(everything, visitors[page.role], page, asked.rounds) for page in wanted]
    finally:
        everything.database.engine.dispose()
    return table(results), all(each.is_fine for each in results)


def table(results: list[Timed]) -> str:
    lines = [f"{'role':11} {'least ms':>8} {'p50 ms':>8} {'p95 ms':>8} {'CPU ms':>8} {'SQL':>4}  page"]
    for each in results:
        mark = "" if each.is_fine else "   TOO MUCH" if each.status in each.page.answers else f"   STATUS {each.status}"
        typed = f" ({each.page.form.get('kind', 'form')})" if each.page.form is not None else ""
        times = f"{each.least:8.1f} {each.p50:8.1f} {each.p95:8.1f} {each.cpu:8.1f} {each.statements:4}"
        lines.append(f"{each.page.role:11} {times}  {each.page.path}{typed}{mark}")
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
        deep=_deep(db), key=db.execute(text("SELECT min(kid) FROM signing_keys")).scalar_one(),
    )  # fmt: skip


def _deep(db: Session) -> str:
    """Where the list of accounts goes on two years ago."""
    when = datetime.now(UTC) - timedelta(days=730)
    row = db.execute(
        text("SELECT created_at, id FROM accounts WHERE created_at < :at ORDER BY 1 DESC LIMIT 1"), {"at": when}
    )
    place = [each.isoformat() if isinstance(each, datetime) else each for each in row.one()]
    return ids.base64url(json.dumps(place).encode())


def _found(db: Session, path: str) -> str:
    """The path with what its questions in braces answer."""
    return re.sub(r"{(SELECT [^}]+)}", lambda found: str(db.execute(text(found[1])).scalar_one()), path)


@dataclass(frozen=True)
class _Quiet:
    """A registry that is shown and never asked."""

    source: str
    channel: str = "none"
    capability: Capability = Capability(
        SubjectKind.NATURAL_PERSON, frozenset({"name", "resident_id"}), AssuranceLevel.ON_RECORD, "electronic_record"
    )

    def verify(self, applicant: Applicant, deadline: Deadline) -> Outcome:
        return Unavailable("never asked")


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


class _Program(_Visitor):
    """An operator's program: by the token of the role that may ask, one of each role."""

    def __init__(self, app: flask.Flask) -> None:
        self.client, self.token = app.test_client(), ""
        everything: Services = app.extensions["idp"]
        self._tokens, self._fits = [], dict[str, str]()
        with everything.database.transaction() as db:
            for role in (Role.SYSTEM, Role.AUDIT, Role.SECURITY):
                login = f"bench.{ids.random_bytes(6).hex()}"
                made = operators.add(db, everything.keyring, everything.trail, login=login, role=role, actor=SYSTEM)
                who = SignedInOperator(made.id, "", login, role, EVERYWHERE, clock.now())
                scopes = {each.value for each in tokens.grantable(role)}
                self._tokens.append(tokens.make(db, everything.trail, who, name="bench", scopes=scopes, days=1).secret)

    def get(self, path: str) -> Any:
        for token in [self._fits[path]] if path in self._fits else self._tokens:
            answer = self.client.get(path, base_url=ISSUER, headers={"Authorization": f"Bearer {token}"})
            if answer.status_code != 403:
                self._fits[path] = token
                break
        return answer


class _Developer(_Visitor):
    """The browser of who manages the sites of the department that has the most."""

    def __init__(self, app: flask.Flask) -> None:
        self.client, self.token = app.test_client(), ""
        everything: Services = app.extensions["idp"]
        with everything.database.transaction() as db:
            account = db.execute(text(desks.WHO_MANAGES)).scalar_one()
            started = everything.sessions.start(
                db, account, aal=2, amr=("pwd", "otp"), device="bench", browser="Chrome", address="198.51.100.0"
            )
        self.client.set_cookie("idp_session", started.secret, domain="localhost")


class _Pipeline(_Visitor):
    """A program of the same department, by a token of the same person."""

    def __init__(self, app: flask.Flask) -> None:
        self.client = app.test_client()
        everything: Services = app.extensions["idp"]
        with everything.database.transaction() as db:
            account = db.execute(text(desks.WHO_MANAGES)).scalar_one()
            [department, *_] = everything.sites.owners.departments(db, account, clock.now())
            made = everything.sites.tokens.make(
                db, account, department.organisation_id, name="bench", scopes=list(Scope), days=1
            )
        self.token = made.secret

    def get(self, path: str) -> Any:
        return self.client.get(path, base_url=ISSUER, headers={"Authorization": f"Bearer {self.token}"})


def _time(everything: Services, visitor: _Visitor, page: Page, rounds: int) -> Timed:
    ask: Callable[[], Any] = (
        (lambda: visitor.get(page.path)) if page.form is None else (lambda: visitor.post(page.path, page.form or {}))
    )
    ask()
    with everything.database.view() as db:
        backends = db.scalars(text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")).all()
    taken, worked = [], []
    for _ in range(max(1, rounds)):
        began, at_work = time.perf_counter(), time.process_time() * 1000 + on_cpu_ms(backends)
        answer = ask()
        taken.append((time.perf_counter() - began) * 1000)
        worked.append(time.process_time() * 1000 + on_cpu_ms(backends) - at_work)
    with _counted(everything) as statements:
        ask()
    return Timed(page, answer.status_code, tuple(taken), tuple(worked), len(statements))


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
