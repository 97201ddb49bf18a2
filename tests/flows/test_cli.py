"""The commands as an operator types them, on both databases, against a real server and a real worker process."""

import base64
import json
import logging
import os
import re
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import structlog
from click.testing import CliRunner

from idp.accounts.accounts import Accounts
from idp.cli import _COMMANDS, group
from idp.core import logging as core_logging
from tests.contract.durable import durable, sqlite_url
from tests.flows.browser import Browser, Page
from tests.services.postgres_server import libpq_url

METADATA = {
    "client_name": "样例门户",
    "client_uri": "http://localhost:8471",
    "initiate_login_uri": "http://localhost:8471/sign-in",
    "redirect_uris": ["http://localhost:8471/callback"],
    "scope": "openid profile",
}


class Shell:
    """Runs `python -m idp …` with settings of its own."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.database_url = database_url
        self.master_key = secrets.token_bytes(32)
        self.port = _free_port()
        self.settings = {
            "IDP_ISSUER": f"http://localhost:{self.port}",
            "IDP_LISTEN": f"127.0.0.1:{self.port}",
            "IDP_DATABASE_URL": database_url,
            "IDP_MASTER_KEY": base64.urlsafe_b64encode(self.master_key).decode().rstrip("="),
            "IDP_SANDBOX": "true",
        }

    def __call__(self, *arguments: str, code: int = 0, **more: str) -> str:
        """Run to the end in this process (starting Python costs more than the command); the output, the code checked."""
        result = CliRunner().invoke(group, arguments, env=self._environment(more))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert result.exit_code == code, result.output
        return result.output

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        log = (self.folder / f"{arguments[0]}.out").open("w")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", "idp", *arguments],
                env=self._environment(more),
                stdout=log,
                stderr=log,
                text=True,
            )

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        if self.database_url.startswith("sqlite"):
            with sqlite3.connect(self.database_url.removeprefix("sqlite:///")) as lite:
                rows = lite.execute(statement).fetchall()
            lite.close()
            return rows
        with psycopg.connect(libpq_url(self.database_url), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
        return {**kept, **self.settings, **more, "PYTHONPATH": os.getcwd()}


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands send the log to their own standard error, which is gone after them."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    yield
    if getattr(getattr(configured["logger_factory"], "_file", None), "closed", False):
        core_logging.configure(None)
        return
    root.handlers, root.level = handlers, level
    structlog.configure(**configured)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def idp(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    is_sqlite = request.param == "sqlite"
    return Shell(tmp_path, sqlite_url(tmp_path) if is_sqlite else request.getfixturevalue("fresh_postgres_database"))


@pytest.fixture
def lite(tmp_path: Path) -> Shell:
    return Shell(tmp_path, sqlite_url(tmp_path))


@pytest.fixture
def running() -> Iterator[Callable[[subprocess.Popen[str]], subprocess.Popen[str]]]:
    """Ends what a test started, whatever became of the test."""
    started: list[subprocess.Popen[str]] = []

    def keep(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
        started.append(process)
        return process

    yield keep
    for process in started:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def fields(said: str) -> dict[str, str]:
    return {parts[0]: parts[1] for line in said.splitlines() if len(parts := line.split("\t")) == 2}


@pytest.mark.parametrize("name", ["", *_COMMANDS])
def test_every_command_says_what_it_does(name):
    result = CliRunner().invoke(group, [name, "--help"] if name else ["--help"])

    assert result.exit_code == 0
    assert len(result.output.splitlines()[2].strip()) > 20


def test_a_new_master_key_needs_no_settings_and_is_32_bytes():
    result = CliRunner().invoke(group, ["init", "--new-master-key"], env={})

    assert len(base64.urlsafe_b64decode(result.output.strip() + "=")) == 32


def test_wrong_settings_are_named_without_a_traceback(lite):
    assert "IDP_NO_SUCH: no such setting" in lite("check", IDP_NO_SUCH="x", code=2)
    assert "IDP_DATABASE_URL: the folder" in lite("init", IDP_DATABASE_URL="sqlite:////no/such/folder/idp.db", code=2)
    assert "does not answer" in lite("init", IDP_DATABASE_URL="postgresql://idp@127.0.0.1:1/idp", code=2)


@pytest.mark.parametrize(
    "arguments",
    ["client list", "keys rotate", "audit verify", "operator list", "account show somebody", "worker --once"],
)
def test_a_command_before_init_says_to_run_it(idp, arguments):
    said = idp(*arguments.split(), code=2)

    assert (
        said.strip() == "IDP_DATABASE_URL: the database is not at this release's schema; run `python -m idp init` once"
    )


def test_an_installation_is_made_once_and_checked(idp):
    assert "run `python -m idp init` once" in idp("check", code=1)
    made = idp("init")
    assert made.count("data key") == 6
    assert (made.count(", key rs256-"), made.count(", key es256-"), made.count(", key enc-")) == (2, 2, 2)
    assert "All keys exist already" in idp("init")
    assert "may start" in idp("check")
    other = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    assert "IDP_MASTER_KEY" in idp("check", IDP_MASTER_KEY=other, code=1)


@pytest.mark.postgres
def test_machines_that_start_at_once_make_one_set_of_keys(fresh_postgres_database, tmp_path, running):
    shell = Shell(tmp_path, fresh_postgres_database)

    assert [p.wait(60) for p in [running(shell.start("init")) for _ in range(3)]] == [0, 0, 0]
    assert shell.sql("SELECT count(*), count(DISTINCT purpose) FROM data_keys") == [(6, 6)]
    assert shell.sql("SELECT count(*) FROM signing_keys") == [(6,)]


def test_keys_are_listed_rotated_and_revoked(idp):
    idp("init")
    before = {line.split("\t")[0]: line.split("\t")[2] for line in idp("keys", "list").splitlines()}
    assert sorted(before.values()) == ["active"] * 4 + ["next"] * 2  # what sites encrypt to has no next key
    idp("keys", "rotate")
    after = {line.split("\t")[0]: line.split("\t")[2] for line in idp("keys", "list").splitlines()}
    assert {after[kid] for kid, state in before.items() if state == "next"} == {"active"}
    assert {after[kid] for kid, state in before.items() if state == "active"} == {"retired"}
    active = next(kid for kid, state in after.items() if state == "active")
    idp("keys", "revoke", active, "--yes")
    assert f"{active}\t" in idp("keys", "list")
    assert "no key" in idp("keys", "revoke", "es256-nobody", "--yes", code=1)
    assert "whole" in idp("audit", "verify")


def test_a_site_is_registered_and_gets_a_new_secret(idp):
    idp("init")
    file = idp.folder / "portal.json"
    file.write_text(json.dumps({**METADATA, "redirect_uris": ["https://*.example.cn/"]}))
    assert "redirect_uris" in idp("client", "add", str(file), code=1)
    file.write_text(json.dumps(METADATA))
    made = fields(idp("client", "add", str(file), "--client-id", "portal"))
    assert (made["client_id"], len(made["client_secret"])) == ("portal", 43)
    assert "registered already" in idp("client", "add", str(file), "--client-id", "portal", code=1)
    for impossible in ("x" * 65, "门户", ""):
        assert "1 to 64 characters" in idp("client", "add", str(file), "--client-id", impossible, code=1)
    renewed = fields(idp("client", "secret", "portal"))
    assert renewed["client_secret"] != made["client_secret"]
    idp("client", "disable", "portal")
    assert "portal\tdisabled\toperator\t样例门户" in idp("client", "list")
    assert json.loads(idp("client", "show", "portal"))["client_name"] == "样例门户"
    assert "no client" in idp("client", "show", "nobody", code=1)
    assert idp.sql("SELECT count(*) FROM client_secrets") == [(2,)]


def test_an_api_is_registered_changed_and_removed(idp):
    idp("init")
    file = idp.folder / "portal.json"
    file.write_text(json.dumps({**METADATA, "scope": "openid cases:read"}))
    assert "not offered here: cases:read" in idp("client", "add", str(file), "--client-id", "portal", code=1)
    api = ["https://cases.example.gov.cn/v1", "--name", "办件接口", "--scope", "cases:read"]
    for wrong, said in (
        (["cases.example.gov.cn", *api[1:]], "absolute URI"),
        (["https://cases.example.gov.cn/#v1", *api[1:]], "absolute URI"),
        ([idp.settings["IDP_ISSUER"], *api[1:]], "the issuer is a resource"),
        ([*api, "--scope", "realname"], "issuer's own scopes"),
        ([*api, "--scope", "verified:name"], "look like a claim"),
        ([*api, "--scope", 'a"b'], "not a scope word"),
        ([*api, "--scope", "cases:read"], "named once"),
        ([*api, "--client", "portal"], "no client portal"),
    ):
        assert said in idp("resource", "add", *wrong, code=1)
    idp("resource", "add", *api, "--format", "jwt", "--alg", "PS256")
    assert "ps256" in idp("keys", "list")
    assert "registered already" in idp("resource", "add", *api, code=1)
    assert "cases:read belongs to" in idp("resource", "add", "urn:example:other", *api[1:], code=1)
    idp("client", "add", str(file), "--client-id", "portal")
    idp("resource", "update", api[0], "--client", "portal", "--scope", "cases:read", "--scope", "cases:write")
    idp("resource", "disable", api[0])
    shown = "https://cases.example.gov.cn/v1\tdisabled\tjwt:PS256\tportal\tcases:read cases:write\t办件接口"
    assert idp("resource", "list").strip() == shown
    idp("resource", "enable", api[0])
    idp("resource", "update", api[0], "--no-client", "--format", "opaque", "--name", "办件")
    assert idp("resource", "list").strip().split("\t")[1:4] == ["active", "opaque", "-"]
    idp("resource", "update", api[0], code=2)
    idp("resource", "remove", api[0], "--yes")
    assert idp("resource", "list") == ""
    for gone in ("remove --yes", "disable", "update --name x"):
        verb, *options = gone.split()
        assert "no resource server" in idp("resource", verb, api[0], *options, code=1)
    acts = [row[0] for row in idp.sql("SELECT act FROM audit_entries WHERE act LIKE 'resource.%' ORDER BY id")]
    assert acts == [
        f"resource.{done}" for done in ("registered", "updated", "disabled", "active", "updated", "removed")
    ]


def test_a_site_is_changed_as_a_whole_and_deleted_for_good(idp):
    idp("init")
    file = idp.folder / "portal.json"
    file.write_text(json.dumps(METADATA))
    idp("client", "add", str(file), "--client-id", "portal")
    file.write_text(json.dumps({**METADATA, "client_name": "另一门户", "scope": "openid"}))
    assert "portal is changed." in idp("client", "update", "portal", str(file))
    shown = json.loads(idp("client", "show", "portal"))
    assert (shown["client_name"], shown["scope"], shown["origin"]) == ("另一门户", "openid", "operator")
    file.write_text(json.dumps({**METADATA, "nonsense": 1}))
    assert "nonsense" in idp("client", "update", "portal", str(file), code=1)
    file.write_text(json.dumps({**METADATA, "sector_identifier_uri": "https://[fd00::1]/s"}))
    assert "sector_identifier_uri" in idp("client", "update", "portal", str(file), code=1)
    file.write_text(json.dumps(METADATA))
    assert "no client" in idp("client", "update", "nobody", str(file), code=1)
    assert "deleted" in idp("client", "delete", "portal")
    for refused in (("update", "portal", str(file)), ("delete", "portal"), ("enable", "portal"), ("secret", "portal")):
        assert "no client" in idp("client", *refused, code=1)
    assert "registered already" in idp("client", "add", str(file), "--client-id", "portal", code=1)
    assert "portal\tdeleted" in idp("client", "list")


def test_leave_to_register_is_given_listed_and_taken_back(idp):
    idp("init")
    made = fields(idp("client", "token", "add", "--label", "省大数据局", "--uses", "3"))
    assert len(made["initial_access_token"]) == 43
    listed = idp("client", "token", "list")
    assert f"{made['id']}\tgood\t3\t" in listed
    assert made["initial_access_token"] not in listed
    assert (
        "\tgood\tany\t"
        in (idp("client", "token", "add", "--label", "x", "--any-number"), idp("client", "token", "list"))[1]
    )
    idp("client", "token", "revoke", made["id"])
    assert f"{made['id']}\trevoked" in idp("client", "token", "list")
    assert "no token" in idp("client", "token", "revoke", made["id"], code=1)
    assert "64 characters" in idp("client", "token", "add", "--label", "x" * 65, code=1)
    assert made["initial_access_token"] not in str(idp.sql("SELECT * FROM initial_access_tokens"))


def test_the_first_three_administrators_get_links_until_they_are_enrolled(idp):
    first, second = idp("init"), idp("init")
    links = re.findall(r"role\t(\w+)\nlink\t(\S+/admin/enrol/[A-Za-z0-9_-]{43})\n", second)
    assert [role for role, _ in links] == ["system", "security", "audit"]
    assert not {address for _, address in links} & set(re.findall(r"link\t(\S+)", first))
    kept = str(idp.sql("SELECT * FROM operator_invitations"))
    assert not any(address.rpartition("/")[2] in kept for _, address in links)
    idp.sql("UPDATE operators SET enrolled_at = created_at, state = 'active'")
    assert idp.sql("SELECT count(*) FROM operator_invitations WHERE voided_at IS NULL") == [(3,)]


def test_an_operator_is_named_by_a_link_and_after_set_up_only_in_an_emergency(lite):
    lite("init")
    made = fields(lite("operator", "add", "li.wei", "--role", "audit"))
    assert "/admin/enrol/" in made["link"]
    assert "already" in lite("operator", "add", "li.wei", "--role", "system", code=1)
    assert "no default name" in lite("operator", "add", "admin", "--role", "system", code=1)
    assert "li.wei\taudit\tinvited" in lite("operator", "list")
    assert "work everywhere" in lite("operator", "add", "x.yz", "--role", "audit", "--region", "370100", code=1)
    assert "six digits" in lite("operator", "add", "x.yz", "--role", "department", "--region", "37", code=2)
    assert "no client" in lite("operator", "add", "x.yz", "--role", "department", "--client", "nobody", code=1)
    lite.sql("UPDATE operators SET enrolled_at = created_at, state = 'active'")
    assert "second person" in lite("operator", "add", "wang.fang", "--role", "audit", code=1)
    assert "without a second person" in lite("operator", "add", "wang.fang", "--role", "audit", "--emergency")
    assert "nobody holds two" in lite("operator", "add", "li.wei", "--role", "system", "--emergency", code=1)
    assert lite.sql("SELECT count(*) FROM audit_entries WHERE act = 'operator.emergency'") == [(1,)]
    shown = fields(lite("operator", "show", "li.wei"))
    assert (shown["role"], shown["state"], shown["region"], shown["factors"]) == (
        "audit",
        "active",
        "everywhere",
        "none",
    )
    assert "is the last audit operator" in lite("operator", "disable", "li.wei", code=1)
    lite.sql("UPDATE operators SET enrolled_at = created_at, state = 'active'")
    lite("operator", "disable", "li.wei")
    assert "li.wei\taudit\tdisabled" in lite("operator", "list")
    assert "no active operator" in lite("operator", "disable", "li.wei", code=1)
    assert "no operator" in lite("operator", "show", "nobody", code=1)


def test_accounts_are_shown_masked_frozen_and_unfrozen(idp):
    idp("init")
    with (
        durable(idp.database_url, has_tables=True, master_key=idp.master_key) as house,
        house.database.transaction() as db,
    ):
        account_id = Accounts(house.keyring, house.trail).register(
            db,
            phone="19900000001",
            username="sampleone",
            password_hash=None,
            agreements={},
            locale="zh_CN",
            channel="test",
        )
    shown = idp("account", "show", "199 0000 0001")
    assert fields(shown) == fields(idp("account", "show", "sampleone")) == fields(idp("account", "show", account_id))
    assert fields(shown)["phone"] == "199****0001"
    idp("account", "freeze", "sampleone", "--reason", "reported_stolen")
    assert fields(idp("account", "show", account_id))["state"] == "frozen"
    assert "only an active" in idp("account", "freeze", account_id, "--reason", "again", code=1)
    idp("account", "unfreeze", account_id, "--reason", "owner_verified")
    assert "no such account" in idp("account", "show", "19900000999", code=1)
    idp("account", "close", account_id, "--reason", "owner_asked", "--yes")
    assert fields(idp("account", "show", account_id)) | {"since": ""} == {
        "id": account_id, "state": "closed", "phone": "none", "since": "",
    }  # fmt: skip
    assert "closed already" in idp("account", "close", account_id, "--reason", "again", "--yes", code=1)
    assert "no such account" in idp("account", "show", "sampleone", code=1)


def test_a_tampered_trail_is_found_and_exports_are_written(idp):
    idp("init")
    for _ in range(2):
        idp("keys", "rotate")
    idp("worker", "--once")
    head = idp("audit", "verify").split("head ")[1].split()[0]
    out = idp.folder / "trail.jsonl"
    idp("audit", "export", "--output", str(out))
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["type"] for line in lines] == ["export", *["entry"] * (len(lines) - 2), "signature"]
    assert len(lines) >= 4
    assert "whole and unchanged" in idp("audit", "check-export", str(out))
    for odd in (out.read_bytes().replace(b"key.rotated", b"key.revoked", 1), b"", b'{"jws": 1}\n', b"[]\n"):
        (idp.folder / "odd.jsonl").write_bytes(odd)
        assert "is not an export" in idp("audit", "check-export", str(idp.folder / "odd.jsonl"), code=1)
    assert idp.sql("SELECT actor_kind, actor_id FROM audit_entries WHERE act = 'audit.exported'") == [
        ("operator", "command-line")
    ]
    ((victim,),) = idp.sql("SELECT id FROM audit_entries WHERE seq = 2")
    idp.sql("UPDATE audit_entries SET outcome = 'failure' WHERE seq = 2")
    assert f"altered\t{victim}\t#2" in idp("audit", "verify", code=1)
    idp.sql("DELETE FROM audit_entries WHERE seq = 2")
    assert "removed\t2" in idp("audit", "verify", "--head", head, code=1)


def test_a_backup_brings_everything_back(idp):
    idp("init")
    idp("operator", "add", "li.wei", "--role", "system")
    copy = idp.folder / "copy"
    idp("backup", str(copy))
    assert copy.stat().st_mode & 0o077 == 0
    assert "exists already" in idp("backup", str(copy), code=1)
    idp("operator", "add", "wang.fang", "--role", "audit")
    idp.sql("CREATE TABLE of_a_later_release (account_id varchar(32) REFERENCES accounts (id))")
    idp("restore", str(copy), "--yes")
    with pytest.raises(Exception, match="of_a_later_release"):
        idp.sql("SELECT 1 FROM of_a_later_release")
    assert [line.split("\t")[0] for line in idp("operator", "list").splitlines()] == ["li.wei"]
    assert "whole" in idp("audit", "verify")
    rubbish = idp.folder / "rubbish"
    rubbish.write_bytes(b"rubbish")
    idp("restore", str(rubbish), "--yes", code=1)
    assert "may start" in idp("check")


def test_no_export_leaves_without_its_entry(lite):
    """As in the console: what cannot be recorded is not written out."""
    lite("init")
    lite("worker", "--once")
    lite.sql("CREATE TRIGGER closed BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'closed'); END")
    out = lite.folder / "trail.jsonl"
    result = CliRunner().invoke(group, ["audit", "export", "--output", str(out)], env=lite._environment({}))

    assert result.exit_code != 0
    assert not out.exists() or out.read_bytes() == b""


def test_serve_refuses_everything_that_is_wrong_at_once(lite):
    lite("init")
    said = lite(
        "serve", IDP_ISSUER="http://id.example.gov.cn", IDP_WORKERS="2", IDP_TRUSTED_PROXIES="0.0.0.0/0", code=2
    )

    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "IDP_REDIS_URL",
        "IDP_ISSUER",
        "IDP_TRUSTED_PROXIES",
    ]


def test_serve_answers_seals_the_trail_and_ends_when_told(lite, running):
    lite("init")
    process = running(lite.start("serve"))
    document = json.loads(_get(f"http://localhost:{lite.port}/.well-known/openid-configuration", process))
    assert document["issuer"] == lite.settings["IDP_ISSUER"]
    _until(lambda: lite.sql("SELECT count(*) FROM audit_entries WHERE seq IS NULL") == [(0,)])
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


@pytest.mark.postgres
@pytest.mark.redis
def test_several_server_processes_and_a_worker_share_the_work(fresh_postgres_database, redis_url, tmp_path, running):
    shell = Shell(tmp_path, fresh_postgres_database)
    shell.settings |= {"IDP_REDIS_URL": redis_url, "IDP_WORKERS": "2", "IDP_EMBEDDED_WORKER": "false"}
    shell.settings["IDP_METRICS_LISTEN"] = f"127.0.0.1:{_free_port()}"
    block = ["[population]", 'endpoint = "http://127.0.0.1:1"']
    block += [f'{name} = "111111"' for name in (
        "app_id", "app_key", "soap_user", "soap_password", "person_number", "person_name", "department_code",
        "department_name",
    )]  # fmt: skip
    (tmp_path / "sources.toml").write_text("\n".join(block), encoding="utf-8")
    shell.settings["IDP_SOURCES_FILE"] = str(tmp_path / "sources.toml")
    shell("init")
    server = running(shell.start("serve"))
    _get(f"http://localhost:{shell.port}/.well-known/openid-configuration", server)
    (waiting,) = shell.sql("SELECT count(*) FROM audit_entries WHERE seq IS NULL")[0]
    assert waiting > 0
    assert f"idp_audit_unsealed {waiting}.0" in _get(f"http://{shell.settings['IDP_METRICS_LISTEN']}/metrics", server)
    worker = running(shell.start("worker", IDP_METRICS_LISTEN=""))
    _until(lambda: shell.sql("SELECT count(*) FROM audit_entries WHERE seq IS NULL") == [(0,)])
    figures = f"http://{shell.settings['IDP_METRICS_LISTEN']}/metrics"
    assert "idp_audit_unsealed 0.0" in _get(figures, server)
    _sign_in_in_vain(shell.settings["IDP_ISSUER"])
    shown = _get(figures, server)
    for line in (
        'idp_request_seconds_count{endpoint="sign_in.by_password",status="2xx"} 1.0',
        'idp_request_seconds_count{endpoint="sign_in.by_password",status="4xx"} 1.0',
        'idp_sign_ins_total{method="password",outcome="failure"} 1.0',
        'idp_breaker_open{source="population"} 0.0',
    ):
        assert line in shown
    for process in (worker, server):
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_no_command_imports_the_library_of_figures_before_it_knows_where_to_keep_them():
    asked = "import sys, idp.cli.serving, idp.cli.working; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked]).returncode == 0


def test_a_worker_of_its_own_is_refused_in_the_embedded_form(lite):
    lite("init")

    assert "IDP_REDIS_URL" in lite("worker", code=2)


def _sign_in_in_vain(issuer: str) -> None:
    browser = Browser(issuer)
    browser.get("/sign-in")
    page = browser.submit("continue", identifier="nobody-here", password="wrong-password-1")
    assert isinstance(page, Page)
    assert page.status >= 400
    browser.close()


def _get(url: str, process: subprocess.Popen[str]) -> str:
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            assert process.poll() is None, "the process ended"
            assert time.monotonic() < until, "no answer"
            time.sleep(0.1)


def _until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_what_sites_registered_goes_out_as_text_and_comes_back_whole_or_not_at_all(idp):
    idp("init")
    file, text = idp.folder / "site.json", idp.folder / "sites.json"
    for name in ("portal", "hall"):
        file.write_text(json.dumps(METADATA | {"client_name": name}))
        idp("client", "add", str(file), "--client-id", name)
    idp("client", "export", "--all", "--output", str(text))
    assert idp("client", "export", "--all") == text.read_text()
    assert "no change" in idp("client", "diff", str(text))
    document = json.loads(text.read_text())
    assert [each["client_id"] for each in document["clients"]] == ["hall", "portal"]
    document["clients"][0]["registration"]["client_name"] = "新大厅"
    text.write_text(json.dumps(document))
    assert "+ 新大厅" in idp("client", "diff", str(text), code=1)
    idp("client", "apply", str(text), "--dry-run")
    assert json.loads(idp("client", "show", "hall"))["client_name"] == "hall"
    file.write_text(json.dumps(METADATA | {"client_name": "改过"}))
    idp("client", "update", "portal", str(file))
    assert "changed after" in idp("client", "apply", str(text), code=1)
    assert json.loads(idp("client", "show", "hall"))["client_name"] == "hall"
    assert "2 changed" in idp("client", "apply", str(text), "--force")
    assert json.loads(idp("client", "show", "portal"))["client_name"] == "portal"
    document["clients"][0]["registration"]["redirect_uris"] = ["https://*.example.cn/"]
    text.write_text(json.dumps(document))
    assert "redirect_uris" in idp("client", "diff", str(text), code=1)
    assert idp.sql("SELECT count(*) FROM site_versions WHERE state = 'current'") == [(2,)]
    assert "no such client" in idp("client", "export", "nobody", code=1)


def test_a_live_site_is_changed_by_a_request_once_somebody_can_review_it_or_loudly(lite):
    lite("init")
    file, text = lite.folder / "site.json", lite.folder / "sites.json"
    for name in ("portal", "trial"):
        file.write_text(json.dumps(METADATA | {"client_name": name}))
        lite("client", "add", str(file), "--client-id", name)
    lite.sql("UPDATE clients SET mode = 'test' WHERE client_id = 'trial'")
    lite("operator", "add", "li.wei", "--role", "system")
    lite.sql("UPDATE operators SET enrolled_at = created_at, state = 'active'")
    document = json.loads(lite("client", "export", "--all"))
    for each in document["clients"]:
        each["registration"]["client_name"] = "新名称"
    text.write_text(json.dumps(document))
    said = lite("client", "apply", str(text), "--note", "省厅更名")
    assert "1 changed" in said
    assert "portal waits for a review" in said
    assert [json.loads(lite("client", "show", name))["client_name"] for name in ("portal", "trial")] == [
        "portal", "新名称",
    ]  # fmt: skip
    assert lite.sql("SELECT state, note, asked_by, organisation_id FROM site_releases") == [
        ("open", "省厅更名", None, None)
    ]
    assert "waits for a review already" in lite("client", "update", "portal", str(file), code=1)
    assert "two people allow it" in lite("client", "secret", "portal", code=1)
    lite.sql("UPDATE site_releases SET state = 'returned'")
    assert "waits for a review" in lite("client", "update", "portal", str(file))
    lite.sql("UPDATE site_releases SET state = 'returned'")
    assert "say why" in lite("client", "update", "portal", str(file), "--emergency", " ", code=2)
    assert "done without a review" in lite("client", "update", "portal", str(file), "--emergency", "域名被劫持")
    assert json.loads(lite("client", "show", "portal"))["client_name"] == "trial"
    assert lite.sql("SELECT note FROM site_releases WHERE state = 'emergency'") == [("域名被劫持",)]
    assert lite.sql("SELECT count(*) FROM audit_entries WHERE act = 'client.emergency'") == [(1,)]
    document["clients"][0]["registration"]["release_basis"] = "statutory_duty"
    text.write_text(json.dumps(document))
    assert "decided in the console" in lite("client", "apply", str(text), "--force", code=1)
