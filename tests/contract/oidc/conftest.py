"""A house on each database, and a store on each server, for the protocol's contracts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from idp.accounts.accounts import Accounts
from idp.audit.trail import Actor
from idp.authn.sessions import Lifetimes, Sessions
from idp.core import clock
from idp.db.unit_of_work import Database
from idp.oidc.registration import clients
from idp.oidc.tokens import authorizations
from idp.oidc.tokens.authorizations import Granted
from idp.policies.built_in import CURRENT
from idp.store.redis import Store, open_store
from tests.contract.durable import Durable, durable, sqlite_url
from tests.flows.people import next_number

OPERATOR = Actor("operator", "test")
METADATA = {
    "client_name": "测试网站",
    "client_uri": "https://rp.example/",
    "initiate_login_uri": "https://rp.example/sign-in",
    "redirect_uris": ["https://rp.example/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "openid profile phone realname offline_access",
}


@dataclass(frozen=True)
class House:
    """The durable rooms below the protocol, a client, and short ways to what a contract asks of them."""

    base: Durable
    sessions: Sessions
    client_id: str

    @property
    def database(self) -> Database:
        return self.base.database

    def account(self) -> str:
        with self.database.quick() as db:
            return Accounts(self.base.keyring, self.base.trail).register(
                db, phone=f"1990002{next_number():04d}", username=None, password_hash=None, agreements=CURRENT,
                locale="zh_CN", channel="web",
            )  # fmt: skip

    def session(self, account_id: str) -> str:
        with self.database.transaction() as db:
            return self.sessions.start(
                db, account_id, aal=1, amr=("pwd",), device="d", browser="b", address="10.0.0.1"
            ).session_id

    def code(
        self, account_id: str | None = None, *, lifetime: timedelta = timedelta(minutes=1), with_code: bool = True
    ) -> tuple[str, Any]:
        """An authorization and its code."""
        account_id = account_id or self.account()
        session_id, now = self.session(account_id), clock.now()
        granted = Granted(
            account_id=account_id, client_id=self.client_id, session_id=session_id, sid="s", subject="sub",
            scope="openid offline_access", redirect_uri="https://rp.example/callback", code_challenge="x" * 43,
            nonce=None, acr="ial0.aal1", amr=("pwd",), auth_time=now,
        )  # fmt: skip
        with self.database.quick() as db:
            return authorizations.issue(
                db, granted, now=now, code_lifetime=lifetime, family_lifetime=timedelta(days=30), with_code=with_code
            )


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield sqlite_url(tmp_path_factory.mktemp("oidc"))
    else:
        with request.getfixturevalue("postgres").database() as url:
            yield url


@pytest.fixture(scope="module")
def opened(database_url: str) -> Iterator[House]:
    with durable(database_url) as base:
        sessions = Sessions(base.trail, base.outbox, lambda: Lifetimes(timedelta(minutes=30), timedelta(hours=8)))
        with base.database.transaction() as db:
            client_id, _secret = clients.register(db, base.trail, METADATA, keyring=base.keyring, actor=OPERATOR)
        yield House(base, sessions, client_id)


@pytest.fixture
def house(opened: House) -> Iterator[House]:
    yield opened
    clock.travel_home()


@pytest.fixture(params=["embedded", pytest.param("redis", marks=pytest.mark.redis)])
def store(request: pytest.FixtureRequest) -> Store:
    return open_store("" if request.param == "embedded" else request.getfixturevalue("redis_url"))
