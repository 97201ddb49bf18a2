"""Health and figures: every dependency by name, and figures only for callers on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask
import pytest
from flask.testing import FlaskClient

from idp.core import clock
from idp.core.errors import DatabaseUnavailable
from idp.edge import metrics, observability
from idp.store.redis import open_store
from tests.contract.durable import Durable, durable, sqlite_url


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Durable]:
    with durable(sqlite_url(tmp_path)) as made:
        yield made


def client(house: Durable, store_url: str = "", **kw: object) -> FlaskClient:
    app = flask.Flask("observed")

    @app.before_request
    def begin() -> None:
        flask.g.began = clock.monotonic()

    app.register_blueprint(observability.blueprint(house.database, open_store(store_url), **kw))  # type: ignore[arg-type]
    return app.test_client()


def test_an_alive_service_says_so(house):
    assert client(house).get("/healthz").text == "ok\n"


def test_readiness_names_each_dependency_and_says_embedded(house):
    answer = client(house).get("/readyz")

    assert answer.status_code == 200
    assert answer.json["status"] == "ready"
    assert answer.json["dependencies"]["database"]["kind"] == "sqlite"
    assert answer.json["dependencies"]["store"]["kind"] == "embedded"
    assert answer.json["dependencies"]["store"]["ms"] >= 0


def test_a_dependency_that_is_down_makes_the_service_unready(house):
    answer = client(house, "redis://127.0.0.1:1/0").get("/readyz")

    assert answer.status_code == 503
    assert answer.json["dependencies"]["store"]["state"] == "down"
    assert answer.json["dependencies"]["database"]["state"] == "ok"


def test_figures_count_requests_acts_deliveries_and_show_what_stands(house):
    browser = client(house, breakers={"population": lambda: "open", "other": lambda: "closed"})
    metrics.observe_act("sign_in.failed", "failure", {"method": "password"})
    metrics.observe_act("identity.not_proven", "failure", {"source": "population", "verdict": "mismatch"})
    metrics.observe_delivery("sms", "delivered", 0.2)
    with house.database.transaction() as db:
        house.outbox.post(db, "sms", recipient="gateway", payload={})
        house.trail.record(db, "code.sent")
    browser.get("/healthz")

    shown = browser.get("/metrics").text

    for line in (
        'idp_request_seconds_count{endpoint="observability.alive",status="2xx"}',
        'idp_sign_ins_total{method="password",outcome="failure"}',
        'idp_identity_checks_total{source="population",verdict="mismatch"}',
        'idp_outbox_tries_total{kind="sms",outcome="delivered"}',
        'idp_outbox_messages{state="waiting"} 1.0',
        "idp_audit_unsealed 1.0",
        'idp_breaker_open{source="population"} 1.0',
        'idp_breaker_open{source="other"} 0.0',
    ):
        assert line in shown


def test_figures_are_shown_while_the_database_is_away(house, monkeypatch):
    @contextmanager
    def away() -> Iterator[None]:
        raise DatabaseUnavailable
        yield

    browser = client(house, breakers={"population": lambda: "open"})
    browser.get("/healthz")
    monkeypatch.setattr(house.database, "glance", away)
    answer = browser.get("/metrics")
    assert answer.status_code == 200
    assert "idp_request_seconds_count" in answer.text
    assert 'idp_breaker_open{source="population"} 1.0' in answer.text
    assert "idp_outbox_messages{" not in answer.text


@pytest.mark.parametrize(
    "environ",
    [
        {"REMOTE_ADDR": "10.1.2.3"},
        {"REMOTE_ADDR": "127.0.0.1", "idp.peer": "10.1.2.3"},
        {"REMOTE_ADDR": "203.0.113.9", "idp.peer": "127.0.0.1"},
        {"HTTP_HOST": "id.example.gov.cn"},
    ],
)
def test_figures_are_not_for_strangers_nor_through_a_proxy(house, environ):
    assert client(house).get("/metrics", environ_overrides=environ).status_code == 404
    assert client(house).get("/metrics").status_code == 200
    assert client(house, shows_metrics=False).get("/metrics").status_code == 404
