"""Whatever is typed into an address or a form of the console or its API: a clear refusal, no failure of ours."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from werkzeug.test import TestResponse

from idp.admin import console
from idp.admin.api import door
from idp.app import create_app
from idp.config import Settings
from idp.core import clock, ids
from idp.core.secret import Secret
from idp.edge import described
from idp.oidc.jwt import keys
from idp.staff.models import Role
from idp.staff.permissions import MATRIX
from tests.console.house import ISSUER, Browser, Console, people
from tests.console.test_api import Program
from tests.console.test_asking import BODIES
from tests.contract.durable import MASTER, durable, sqlite_url

NASTY = ("\x00", "9" * 40, "汉字'\"><script>")
ADDRESS = (
    "after", "before", "state", "region", "since", "until", "seen_since", "seen_until", "ial", "login", "role", "name",
    "department", "mode", "origin", "kind", "age", "act", "outcome", "actor_id", "account_id", "client_id", "trace_id",
    "site", "days", "do", "source", "value", "done", "back", "approval", "auditor", "trial", "q",
)  # fmt: skip
FORM = (
    "action", "reason", "ticket", "field", "session", "merge", "identifier", "login", "role", "region", "clients", "networks",
    "remark", "waiver", "scope", "level", "subject", "uscc", "number", "shown", "release_basis", "serves", "level_scale",
    "overlap", "approval", "kid", "understood", "base", "undoes", "do", "source", "value", "kind", "who", "since", "until",
    "code", "label", "fields", "unmasked", "state", "name", "scopes", "days", "password", "new_password", "password_again",
    "otp", "totp_state", "passkey_state", "passkey_answer", "zh", "en", "ial", "compared", "message", "back",
)  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Console]:
    """The console with its staff, on either database."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    is_sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path) if is_sqlite else request.getfixturevalue("furnished_postgres_database")
    with durable(url) as made, made.database.transaction() as db:
        keys.ensure(db, made.keyring, made.trail)
    app = create_app(
        Settings(
            issuer=ISSUER,
            database_url=url,
            master_key=Secret(ids.base64url(MASTER)),
            log_level="ERROR",
            counter=True,
            database_pool=4,
        )
    )
    everything = app.extensions["idp"]
    staff, account_id = people(everything.database, everything.keyring, everything.trail)
    yield Console(app, staff, account_id)
    clock.travel_home()
    everything.database.engine.dispose()
    root.handlers, root.level = handlers, level
    structlog.configure(**configured)


def routes(house: Console, blueprint: str, method: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Endpoint, address and names of its parts."""
    return [
        (rule.endpoint, rule.rule, tuple(sorted(rule.arguments)))
        for rule in house.app.url_map.iter_rules()
        if rule.endpoint.startswith(f"{blueprint}.") and method in (rule.methods or ())
    ]


def address(rule: str, arguments: tuple[str, ...], nasty: str) -> str:
    made = rule
    for part in rule.split("/"):
        if part.startswith("<") and part.rstrip(".csv").endswith(">"):
            made = made.replace(part, nasty if "any(" not in part else "problems.csv", 1)
    return made


def test_nothing_typed_breaks_the_console(anywhere):
    browsers = {role: Browser(anywhere) for role in Role}
    for role, browser in browsers.items():
        assert browser.sign_in(anywhere.staff[role]).status_code == 303
        browser.get("/admin/confirm")
    failed = []
    for nasty in NASTY:
        for method in ("GET", "POST"):
            for endpoint, rule, arguments in routes(anywhere, "admin", method):
                permission = console.RULES[endpoint].permission
                able = [r for r in Role if permission is not None and permission.value in _held(r)]
                if not able or endpoint in {"admin.sign_out", "admin.static"}:
                    continue
                for plain in {nasty, anywhere.account_id} if arguments else {nasty}:
                    answer = _sent(browsers[able[0]], method, address(rule, arguments, plain), nasty)
                    if answer.status_code >= 500:
                        failed.append((method, rule, nasty[:20], plain[:20]))
    assert not failed, failed


def test_nothing_sent_breaks_the_api(anywhere, monkeypatch):
    monkeypatch.setattr(described, "PER_MINUTE", 1_000_000)
    programs = {role: Program(anywhere, role) for role in (Role.SYSTEM, Role.SECURITY, Role.AUDIT)}
    failed = []
    for nasty in NASTY:
        for method in ("GET", "POST"):
            for endpoint, rule, arguments in routes(anywhere, "admin_api", method):
                if endpoint not in door.RULES:
                    continue
                needed = door.RULES[endpoint].permission
                program = next((p for r, p in programs.items() if needed is None or needed.value in _held(r)), None)
                if program is None:
                    continue
                path = address(rule, arguments, nasty).removeprefix(door.PREFIX)
                body = dict.fromkeys((*FORM, "identifier"), nasty) if method == "POST" else None
                fitting = BODIES.get(endpoint.partition(".")[2])
                if arguments and fitting is not None and program.call(method, path, fitting).status_code >= 500:
                    failed.append((method, rule, nasty[:20], "a fitting body"))
                for asked in ({}, *({name: nasty} for name in ADDRESS)):
                    answer = program.call(method, path, body, query_string=asked)
                    if answer.status_code >= 500:
                        failed.append((method, rule, nasty[:20], asked and next(iter(asked))))
    assert not failed, failed


def _held(role: Role) -> set[str]:
    return {each.value for each in MATRIX[role]}


def _sent(browser: Browser, method: str, path: str, nasty: str) -> TestResponse:
    if method == "GET":
        return browser.client.get(path, query_string=dict.fromkeys(ADDRESS, nasty), base_url=ISSUER)
    form = dict.fromkeys(FORM, nasty)
    return browser.client.post(path, data={"csrf_token": browser.token, **form}, base_url=ISSUER)
