"""What the service refuses to start with, and that it names the setting and says what to do instead."""

import base64
import tempfile
from dataclasses import replace
from pathlib import Path

import flask
import pytest

from idp import checks, config
from idp.checks import BootRefused, Problem
from idp.config import Settings, SmsSettings
from idp.core import crypto
from idp.core.crypto import Suite
from idp.core.errors import ConfigurationError
from idp.core.secret import Secret
from idp.db import engine, keyring, migrations
from idp.db.unit_of_work import Database
from idp.store.redis import open_store

_FOLDER = Path(tempfile.mkdtemp())
_POPULATION = """[population]
endpoint = "%s"
app_id = "a"
app_key = "b"
soap_user = "c"
soap_password = "d"
department_code = "370000"
department_name = "e"
person_number = "f"
person_name = "g"
"""


def sources_at(url: str) -> Path:
    """A sources file whose population registry is there."""
    path = _FOLDER / f"{len(list(_FOLDER.iterdir()))}.toml"
    path.write_text(_POPULATION % url, encoding="utf-8")
    return path


RANDOM = Secret("hV0Lr4c1Y0m8l8cY3m1uQ0iJwJm2yOqC0d3l9l8m0Zk")

DEMO = Settings(
    issuer="http://localhost:8000", database_url="sqlite:///idp.sqlite3", master_key=RANDOM, sandbox=True,
    sources_file=sources_at("http://localhost:8010/gateway"),
    sms=SmsSettings(url="http://localhost:8010/sms/v1/send", app_key=Secret("c")),
)  # fmt: skip
REAL = Settings(
    issuer="https://id.example.gov.cn", database_url="postgresql://idp@db/idp", master_key=RANDOM, redis_url="redis://store/0",
    listen="10.0.3.4:8000", trusted_proxies=("10.0.3.7/32",), workers=4, embedded_worker=False,
    sources_file=sources_at("https://gateway.example.gov.cn/"),
    sms=SmsSettings(url="http://10.1.2.3/sms", app_key=Secret("c")),
)  # fmt: skip


def key(material: bytes) -> Secret:
    return Secret(base64.urlsafe_b64encode(material).decode())


def named(settings: Settings, **kw: object) -> list[str]:
    return [problem.setting for problem in checks.problems(settings, **kw)]  # type: ignore[arg-type]


@pytest.mark.parametrize("settings", [DEMO, REAL])
def test_the_two_forms_of_the_documentation_are_sound(settings):
    assert checks.problems(settings) == []


def test_the_demonstration_may_stand_behind_somebody_elses_tls_front():
    assert named(replace(DEMO, issuer="https://demo.example.test:8443")) == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (replace(DEMO, workers=2), ["IDP_REDIS_URL"]),
        (replace(REAL, redis_url=""), ["IDP_REDIS_URL"]),
        (replace(DEMO, database_url="sqlite:///:memory:"), ["IDP_DATABASE_URL"]),
        (replace(REAL, issuer="http://id.example.gov.cn"), ["IDP_ISSUER"]),
        (replace(REAL, trusted_proxies=("0.0.0.0/0",)), ["IDP_TRUSTED_PROXIES"]),
        (replace(REAL, trusted_proxies=("10.0.3.7/32", "::/0")), ["IDP_TRUSTED_PROXIES"]),
        (replace(REAL, trusted_proxies=("0.0.0.0/1", "128.0.0.0/1")), ["IDP_TRUSTED_PROXIES"] * 2),
        (replace(REAL, trusted_proxies=("10.0.0.0/7", "2000::/15")), ["IDP_TRUSTED_PROXIES"] * 2),
        (replace(REAL, trusted_proxies=("10.0.0.0/8", "fd00::/16")), []),
        (replace(REAL, trusted_proxies=()), ["IDP_LISTEN"]),
        (replace(REAL, client_certificate_header="Client-Cert"), []),
        (replace(DEMO, client_certificate_header="Client-Cert"), ["IDP_CLIENT_CERTIFICATE_HEADER"]),
        (
            replace(REAL, client_certificate_header="Client-Cert", client_ca_file=Path("/nowhere.pem")),
            ["IDP_CLIENT_CA_FILE"],
        ),
        (replace(DEMO, listen="0.0.0.0:8000"), ["IDP_LISTEN"]),
        (replace(DEMO, listen="8000"), ["IDP_LISTEN"]),
        (replace(DEMO, listen="127.0.0.1:99999"), ["IDP_LISTEN"]),
        (replace(REAL, metrics_listen="0.0.0.0:9100"), ["IDP_METRICS_LISTEN"]),
        (replace(REAL, metrics_listen="8.8.8.8:9100"), ["IDP_METRICS_LISTEN"]),
        (replace(REAL, metrics_listen="10.0.3.4:8000"), ["IDP_METRICS_LISTEN"]),
        (replace(REAL, metrics_listen="10.0.3.4:9100"), []),
        (replace(REAL, metrics_listen="[::1]:9100"), []),
        (replace(REAL, sandbox=True), ["IDP_SANDBOX"] * 3),
        (
            replace(DEMO, sandbox=False, issuer="https://id.example.gov.cn"),
            ["IDP_SOURCES_FILE [population]", "IDP_SMS_URL"],
        ),
        (
            replace(REAL, sources_file=sources_at("http://gateway.example.gov.cn/")),
            ["IDP_SOURCES_FILE [population]"],
        ),
        (replace(REAL, sms=replace(REAL.sms, app_key=Secret(""))), ["IDP_SMS_APP_KEY"]),
        (replace(REAL, sms=SmsSettings()), ["IDP_SMS_URL"]),
        (replace(REAL, master_key=key(bytes(32))), ["IDP_MASTER_KEY"]),
        (replace(REAL, master_key=key(bytes(range(32)))), ["IDP_MASTER_KEY"]),
        (replace(REAL, master_key=key(b"changeme-changeme-changeme-12345")), ["IDP_MASTER_KEY"]),
    ],
)
def test_what_must_not_be_served_is_named(settings, expected):
    assert named(settings) == expected


def test_no_gateway_for_codes_stops_all_but_the_sandbox_and_single_commands():
    for role in ("serve", "worker"):
        with pytest.raises(BootRefused, match="IDP_SMS_URL"):
            checks.refuse_unless_sound(replace(REAL, sms=SmsSettings()), role=role)
    assert named(replace(REAL, sms=SmsSettings()), role="command") == []
    assert [(p.setting, p.is_fatal) for p in checks.problems(replace(DEMO, sms=SmsSettings()))] == [
        ("IDP_SMS_URL", False)
    ]


def test_who_may_register_sites_is_one_of_three_words():
    environment = {"IDP_ISSUER": "http://localhost:8000", "IDP_DATABASE_URL": "sqlite:///idp.sqlite3",
                   "IDP_MASTER_KEY": RANDOM.reveal()}  # fmt: skip
    assert config.from_environment(environment).client_registration == "closed"
    for word in ("open", "token", "closed"):
        assert config.from_environment({**environment, "IDP_CLIENT_REGISTRATION": word}).client_registration == word
    with pytest.raises(ConfigurationError, match=r"IDP_CLIENT_REGISTRATION: choose open, token or closed"):
        config.from_environment({**environment, "IDP_CLIENT_REGISTRATION": "yes"})


def test_a_door_that_is_open_to_all_is_said_aloud():
    told = checks.problems(replace(REAL, client_registration="open"))
    assert [(p.setting, p.is_fatal) for p in told] == [("IDP_CLIENT_REGISTRATION", False)]
    assert named(replace(REAL, client_registration="token")) == []


@pytest.mark.parametrize("entry", ["https://vendor.example", "=file", "https://vendor.example="])
def test_an_issuer_of_software_statements_comes_with_its_keys(entry):
    environment = {"IDP_ISSUER": "http://localhost:8000", "IDP_DATABASE_URL": "sqlite:///idp.sqlite3",
                   "IDP_MASTER_KEY": RANDOM.reveal(), "IDP_SOFTWARE_STATEMENT_ISSUERS": entry}  # fmt: skip
    with pytest.raises(ConfigurationError, match="IDP_SOFTWARE_STATEMENT_ISSUERS"):
        config.from_environment(environment)


@pytest.mark.parametrize(
    ("more", "refused"),
    [
        ({"HEADER": "Client-Cert", "URL": "https://id.example:8444"}, None),
        ({"HEADER": "X-SSL-Client-Cert"}, None),
        ({"HEADER": "Authorization"}, "HEADER"),
        ({"HEADER": "X_Client_Cert"}, "HEADER"),
        ({"HEADER": "Client-Cert\r\n"}, "HEADER"),
        ({"URL": "https://id.example:8444"}, "HEADER"),
        ({"HEADER": "Client-Cert", "URL": "http://id.example:8444"}, "URL"),
        ({"HEADER": "Client-Cert", "URL": "https://id.example:8444/x"}, "URL"),
    ],
)
def test_how_sites_show_their_certificates_is_said_in_full(more, refused):
    environment = {"IDP_ISSUER": "http://localhost:8000", "IDP_DATABASE_URL": "sqlite:///idp.sqlite3",
                   "IDP_MASTER_KEY": RANDOM.reveal(),
                   **{f"IDP_CLIENT_CERTIFICATE_{name}": value for name, value in more.items()}}  # fmt: skip
    if refused is None:
        assert config.from_environment(environment).client_certificate_header == more["HEADER"]
        return
    with pytest.raises(ConfigurationError, match=f"IDP_CLIENT_CERTIFICATE_{refused}"):
        config.from_environment(environment)


def test_a_worker_of_its_own_needs_a_store_of_its_own():
    assert named(DEMO, role="worker") == ["IDP_REDIS_URL"]
    assert named(REAL, role="worker") == []


def test_all_problems_are_said_at_once_each_with_a_way_out():
    wrong = replace(REAL, issuer="http://id.example.gov.cn", redis_url="", trusted_proxies=("0.0.0.0/0",), sandbox=True)

    with pytest.raises(BootRefused) as refused:
        checks.refuse_unless_sound(wrong, role="serve")

    lines = str(refused.value).splitlines()
    assert {line.partition(":")[0] for line in lines} == {
        "IDP_REDIS_URL", "IDP_ISSUER", "IDP_TRUSTED_PROXIES", "IDP_SANDBOX",
    }  # fmt: skip
    assert all(word in "\n".join(lines) for word in ("give", "set", "redis://"))


@pytest.fixture
def empty(tmp_path: Path) -> tuple[flask.Flask, Database]:
    app = flask.Flask("checks")
    return app, engine.open_database(app, f"sqlite:///{tmp_path / 'idp.sqlite3'}", pool=2)


def test_a_database_without_the_schema_or_the_keys_or_with_other_keys_is_refused(empty):
    app, database = empty
    try:
        assert "init" in checks.problems(DEMO, database=database)[0].sentence
        migrations.attach(app)
        migrations.upgrade(app)
        assert "data key" in checks.problems(DEMO, database=database)[0].sentence
        with database.transaction() as db:
            keyring.complete(db, crypto.master_key(bytes(range(100, 132))), Suite.INTERNATIONAL)
        assert named(DEMO, database=database) == ["IDP_MASTER_KEY"]
    finally:
        database.engine.dispose()


def test_a_database_that_does_not_answer_is_refused():
    app = flask.Flask("checks")
    database = engine.open_database(app, "postgresql://idp:secret@127.0.0.1:1/idp", pool=1)

    (problem,) = checks.problems(REAL, database=database)

    assert problem.setting == "IDP_DATABASE_URL"
    assert "does not answer" in problem.sentence
    assert "secret" not in problem.sentence


def test_a_store_that_does_not_answer_is_said_but_does_not_stop_the_boot():
    problems = checks.problems(REAL, store=open_store("redis://127.0.0.1:1/0"))

    assert [(p.setting, p.is_fatal) for p in problems] == [("IDP_REDIS_URL", False)]
    checks.refuse_unless_sound(REAL, role="serve", store=open_store("redis://127.0.0.1:1/0"))
    assert str(Problem("IDP_X", "y")) == "IDP_X: y"
