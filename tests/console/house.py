"""A console with its staff, for the tests of what each of them may see and do."""

import logging
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import flask
import pyotp
import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.accounts.accounts import Accounts
from idp.app import create_app
from idp.audit.models import AuditEntry
from idp.audit.trail import SYSTEM, Trail
from idp.config import Settings
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.core.secret import Secret
from idp.db.unit_of_work import Database
from idp.edge.services import Services
from idp.oidc.jwt import keys
from idp.staff import operators
from idp.staff.models import Role
from idp.staff.operators import NewOperator
from tests.contract.durable import MASTER, durable, sqlite_url

ISSUER = "http://localhost:8000"


@dataclass
class Console:
    """One application and its three operators."""

    app: flask.Flask
    staff: dict[Role, NewOperator]
    account_id: str

    @property
    def services(self) -> Services:
        everything: Services = self.app.extensions["idp"]
        return everything

    def acts(self) -> list[str]:
        with self.services.database.view() as db:
            return list(db.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))


class Browser:
    """A browser at the console: keeps cookies, finds the form token of the page it is on."""

    def __init__(self, house: Console) -> None:
        self.client: FlaskClient = house.app.test_client()
        self.issuer = house.services.settings.issuer
        self.token = ""

    def get(self, path: str) -> TestResponse:
        return self._seen(self.client.get(path, base_url=self.issuer))

    def post(self, path: str, **form: object) -> TestResponse:
        return self._seen(self.client.post(path, data={"csrf_token": self.token, **form}, base_url=self.issuer))

    def sign_in(self, who: NewOperator, *, password: str | None = None, otp: str | None = None) -> TestResponse:
        self.get("/admin/sign-in")
        otp = otp or pyotp.TOTP(who.totp_secret).generate_otp(clock.epoch() // 30)
        return self.post("/admin/sign-in", identifier=who.login, password=password or who.password, otp=otp)

    def _seen(self, answer: TestResponse) -> TestResponse:
        if found := re.search(r'name="csrf_token" value="([^"]+)"', answer.text):
            self.token = found[1]
        return answer


@dataclass(frozen=True)
class Furnished:
    """What a house begins with: a database file's bytes, and who is in it."""

    content: bytes
    staff: dict[Role, NewOperator]
    account_id: str


@cache
def furnished() -> Furnished:
    """Keys, an operator of each role and one account; made once, copied for every house."""
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder))
        with durable(url) as made:
            with made.database.transaction() as db:
                keys.ensure(db, made.keyring, made.trail)
            staff, account_id = people(made.database, made.keyring, made.trail)
        return Furnished(Path(folder, "idp.sqlite3").read_bytes(), staff, account_id)


def people(database: Database, keyring: Keyring, trail: Trail) -> tuple[dict[Role, NewOperator], str]:
    """An operator of each role, and the id of an account."""
    with database.transaction() as db:
        staff = {
            role: operators.add(db, keyring, trail, login=f"sample.{role}", role=role, actor=SYSTEM) for role in Role
        }
        account_id = Accounts(keyring, trail).register(
            db,
            phone="19900000001",
            username="sampleone",
            password_hash=None,
            agreements={},
            locale="zh_CN",
            channel="test",
        )
    return staff, account_id


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Console]:
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    begun = furnished()
    url = sqlite_url(tmp_path)
    Path(tmp_path, "idp.sqlite3").write_bytes(begun.content)
    app = create_app(
        Settings(
            issuer=ISSUER, database_url=url, master_key=Secret(ids.base64url(MASTER)), log_level="ERROR", counter=True
        )
    )
    everything: Services = app.extensions["idp"]
    yield Console(app, dict(begun.staff), begun.account_id)
    clock.travel_home()
    everything.database.engine.dispose()
    root.handlers, root.level = handlers, level
    structlog.configure(**configured)


@pytest.fixture
def signed_in(house: Console) -> dict[Role, Browser]:
    browsers = {role: Browser(house) for role in Role}
    for role, browser in browsers.items():
        assert browser.sign_in(house.staff[role]).status_code == 303
    return browsers
