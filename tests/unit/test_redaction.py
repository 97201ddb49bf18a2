"""Log records lose secrets and personal numbers wherever they stand: deep inside, and in the texts of exceptions."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flask
import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from idp.core import logging, redaction
from idp.db.engine import open_database
from tests.contract.durable import sqlite_url

PHONE, NUMBER = "19900001234", "37019919900101100X"


@pytest.mark.parametrize(
    "event",
    [
        {"answer": {"deep": {"resident_id": "x-ray"}}},
        {"answer": [{"password": "x-ray"}]},
        {"answer": ({"access_token": "x-ray", "a": 1},)},
        {"answer": {"text": f"call {PHONE}"}},
        {"answer": [f"of {NUMBER}", f"+86{PHONE}"]},
        {"answer": {1: {f"{PHONE} "}}},
        {"answer": int(PHONE)},
        {"answer": ValueError(f"no such number: {NUMBER}")},
        {"answer": "GET /callback?code=x-ray&state=x-ray failed"},
        {"answer": "postgresql://idp:x-ray@db/idp is not there"},
        {"answer": 'DETAIL:  Key (holder, value)=(x-ray, 1) already exists.'},
        {"answer": "DETAIL:  Failing row contains (1, x-ray, (2))."},
    ],
)  # fmt: skip
def test_nothing_personal_or_secret_is_left(event: dict[str, Any]) -> None:
    left = str(redaction.clean_event(event))
    assert "x-ray" not in left
    assert PHONE not in left
    assert NUMBER not in left
    assert redaction.HIDDEN in left


def test_what_is_harmless_stays_as_it_is() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    event = {"event": "adapter_called", "ms": 12, "at": at, "share": 0.5, "done": True, "none": None, "kinds": ["a", 1]}
    assert redaction.clean_event(event) == event


def test_an_exception_is_logged_without_what_it_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.format_exc_info, logging._clean, logging._render],
        logger_factory=structlog.BytesLoggerFactory(file=written),
    )
    try:
        try:
            raise LookupError(f"{PHONE} at https://rp.example/cb?code=x-ray")
        except LookupError as lost:
            logging.get("test").error("failed", exc_info=lost, cause=lost, parts=[lost])
    finally:
        structlog.configure(**before)
    line = json.loads(written.getvalue())
    assert "LookupError" in line["exception"]
    assert "x-ray" not in str(line)
    assert PHONE not in str(line)


def test_errors_of_the_database_do_not_quote_the_values(tmp_path: Path) -> None:
    database = open_database(flask.Flask("test"), sqlite_url(tmp_path), pool=1)
    try:
        with pytest.raises(DBAPIError) as failed, database.engine.connect() as connection:
            connection.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": "x-ray"})
        assert "x-ray" not in str(failed.value)
    finally:
        database.engine.dispose()
