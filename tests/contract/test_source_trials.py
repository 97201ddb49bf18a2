"""Test calls against the sandbox with every wrong setting: each is named, nothing is proven, and nothing is counted."""

import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import gmalg
import pytest
from sqlalchemy import func, select

from idp.audit.models import AuditEntry
from idp.audit.trail import Actor
from idp.core import clock
from idp.core.http import HttpAnswer, HttpClient
from idp.realname.blocks import Block
from idp.realname.breaker import Breaker
from idp.realname.models import Evidence
from idp.realname.ports import Source
from idp.realname.sources import Tools, configured
from idp.realname.watch.last_answers import LastAnswer
from idp.realname.watch.trials import TooManyTrials, TrialResult, Trials
from idp.store.redis import open_store
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import House
from tests.sandbox import agreed, alipay_agreed
from tests.sandbox.served import ServedSandbox

OPERATOR = Actor("operator", "test")
ISSUER = "http://localhost:8000"
PLATFORM = {"app_id": "gw-app-001", "app_key": "gw-appkey-0001"}
LICENCES = agreed.PARTS["elicence"]

BLOCKS: dict[str, dict[str, Any]] = {
    "population": {
        "endpoint": "", **PLATFORM, "soap_user": "sandbox-user", "soap_password": "sandbox-pwd", "department_code": "370000",
        "department_name": "省政务服务用户认证中心", "person_number": "370199198503070025", "person_name": "测试乙",
        "photo_operation": "GK_GXFW_RKKRXBD",
    },
    "business": {
        "endpoint": "", **PLATFORM, "basic_user": "business-user", "basic_password": "business-pwd",
    },
    "alipay": {
        "app_id": alipay_agreed.APP_ID, "app_private_key": alipay_agreed.private_pem("app"),
        "alipay_public_key": alipay_agreed.public_pem("alipay"), "aes_key": alipay_agreed.AES_KEY,
        "gateway_url": "/gateway.do", "authorize_url": "/oauth2/publicAppAuthorize.htm",
    },
    "wechat": {
        **agreed.PARTS["wechat"], "page_url": "", "api_url": "",
        "mini_page": "/mini/sign-in", "face_link": "/mini/face",
    },
    "elicence": {
        "endpoint": "", "app_id": LICENCES["app_id"], "private_key": "44" * 32,
        "platform_public_key": gmalg.SM2().generate_pk(bytes.fromhex(LICENCES["platform_private_key"])).hex(),
    },
    "upstream_oidc": {
        "issuer": "/centre", "label": "别的中心", "client_id": "our-centre", "client_secret": "centre-secret-0001 +/%",
    },
}  # fmt: skip
_ADDRESSES = ("endpoint", "gateway_url", "authorize_url", "page_url", "api_url", "mini_page", "face_link", "issuer")


class Desk:
    def __init__(self, house: House, sandbox: ServedSandbox) -> None:
        self.house, self.sandbox = house, sandbox
        self.store, self.http = open_store(""), HttpClient()
        self.trials = Trials(house.database, self.store, house.trail, self.http, ISSUER)

    def source(self, adapter: str, *, name: str = "tried", **changed: Any) -> Source:
        members = {
            member: self.sandbox.url + value if member in _ADDRESSES else value
            for member, value in BLOCKS[adapter].items()
        }
        block = Block(name, adapter, members | changed, Path())
        [made] = configured((block,), Tools(self.http, self.store, ISSUER)).all
        return made

    def tried(self, source: Source) -> TrialResult:
        handle = self.trials.make(source, actor=OPERATOR)
        found = self.trials.find(handle, source.name)
        assert found is not None
        return found


@pytest.fixture
def desk(house: House, sandbox: ServedSandbox) -> Desk:
    return Desk(house, sandbox)


def blamed(result: TrialResult) -> dict[str, tuple[str, list[str]]]:
    """What each question blames, by what was asked."""
    return {each["asked"]: (each["fault"], each["members"]) for each in result.answers if each["fault"]}


@pytest.mark.parametrize(
    ("adapter", "asked"),
    [
        ("population", ["check", "photo"]),
        ("business", ["register:look_up", "register:verify"]),
        ("alipay", ["challenge", "sign_in"]),
        ("wechat", ["challenge", "sign_in:website", "sign_in:official"]),
        ("elicence", ["licence"]),
        ("upstream_oidc", ["sign_in"]),
    ],
)
def test_right_settings_are_found_right(desk: Desk, adapter: str, asked: list[str]) -> None:
    result = desk.tried(desk.source(adapter))

    assert [each["asked"] for each in result.answers] == asked
    assert result.is_well, result
    assert all(abs(each["skew"]) < 60 for each in result.machines)


WRONG = [
    ("population", {"app_id": "somebody"}, "check", "app_id", "app_id"),
    ("population", {"app_key": "another-key"}, "check", "secret", "app_key"),
    ("population", {"app_key": "another-key"}, "photo", "secret", "app_key"),
    ("population", {"photo_service": "/nowhere"}, "photo", "address", "photo_service"),
    ("population", {"soap_password": "another"}, "check", "secret", "soap_user"),
    ("population", {"service": "/proxy/api/GK_NOBODY"}, "check", None, "service"),
    ("population", {"token_path": "/nowhere"}, "check", "address", "token_path"),
    ("business", {"app_key": "another-key"}, "register:look_up", "secret", "app_key"),
    ("business", {"basic_password": "another"}, "register:look_up", "secret", "basic_user"),
    ("alipay", {"app_id": "2021000000009999"}, "challenge", "app_id", "app_id"),
    ("alipay", {"app_private_key": alipay_agreed.private_pem("stranger")}, "challenge", "secret", "app_private_key"),
    (
        "alipay",
        {"alipay_public_key": alipay_agreed.public_pem("stranger")},
        "sign_in",
        "their_key",
        "alipay_public_key",
    ),
    ("alipay", {"aes_key": "AQECAwQFBgcICQoLDA0ODw=="}, "challenge", "unexpected", "aes_key"),
    ("wechat", {"website_secret": "another"}, "sign_in:website", "secret", "website_secret"),
    ("wechat", {"official_appid": "wx-nobody"}, "sign_in:official", "app_id", "official_appid"),
    ("wechat", {"mini_secret": "another"}, "challenge", "secret", "mini_secret"),
    ("elicence", {"app_id": "nobody"}, "licence", "app_id", "app_id"),
    ("elicence", {"private_key": "55" * 32}, "licence", "secret", "private_key"),
    ("elicence", {"path": "/nowhere"}, "licence", "address", "path"),
    ("upstream_oidc", {"client_secret": "another"}, "sign_in", "secret", "client_id"),
    ("upstream_oidc", {"client_id": "nobody"}, "sign_in", "secret", "client_id"),
]


@pytest.mark.parametrize(("adapter", "changed", "asked", "fault", "member"), WRONG)
def test_a_wrong_setting_is_named(
    desk: Desk, adapter: str, changed: dict[str, Any], asked: str, fault: str | None, member: str
) -> None:
    found = blamed(desk.tried(desk.source(adapter, **changed)))

    assert found[asked][0] == fault or fault is None
    assert member in found[asked][1][:1]


FAULTS = [
    ("population", "population", "stale_time", "check", "clock"),
    ("population", "population", "quota", "check", "quota"),
    ("population", "population", "not_granted", "check", "grant"),
    ("population", "population", "closed", "check", "down"),
    ("population", "population", "server_error", "check", "down"),
    ("population", "population", "token_garbage", "check", "secret"),
    ("population", "population", "garbage", "check", "unexpected"),
    ("alipay", "alipay", "limited", "challenge", "quota"),
    ("alipay", "alipay", "not_granted", "challenge", "grant"),
    ("alipay", "alipay", "stale_time", "challenge", "clock"),
    ("wechat", "wechat", "not_on_the_list", "sign_in:website", "allow_list"),
    ("wechat", "wechat", "too_frequent", "sign_in:website", "quota"),
    ("wechat", "wechat", "garbage", "sign_in:website", "unexpected"),
    ("elicence", "elicence", "server_error", "licence", "down"),
]


@pytest.mark.parametrize(("adapter", "part", "fault", "asked", "found"), FAULTS)
def test_what_is_no_setting_is_told_apart(
    desk: Desk, adapter: str, part: str, fault: str, asked: str, found: str
) -> None:
    desk.sandbox.switch(part, fault)
    try:
        assert blamed(desk.tried(desk.source(adapter)))[asked][0] == found
    finally:
        desk.sandbox.switch(part, "none")


def test_a_machine_that_is_not_there_is_blamed_on_its_address(desk: Desk) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        result = desk.tried(desk.source("population", endpoint=url))
    assert [(each["member"], each["fault"]) for each in result.machines] == [("endpoint", "refused")]
    assert blamed(result)["check"] == ("refused", ["endpoint"])

    result = desk.tried(desk.source("elicence", endpoint="http://nobody.invalid"))
    assert [(each["member"], each["fault"]) for each in result.machines] == [("endpoint", "unresolved")]
    assert blamed(result)["licence"] == ("unresolved", ["endpoint"])

    result = desk.tried(desk.source("elicence", endpoint=desk.sandbox.url.replace("http:", "https:")))
    assert blamed(result)["licence"] == ("tls", ["endpoint"])


class LateHttp(HttpClient):
    """The other side's clock is ten minutes behind."""

    def request(self, method: str, url: str, **kwargs: Any) -> HttpAnswer:
        answer = super().request(method, url, **kwargs)
        return HttpAnswer(answer.status, {**answer.headers, "date": "Mon, 01 Jan 2001 00:00:00 GMT"}, answer.body)


def test_a_clock_that_is_wrong_is_told_by_both_clocks(desk: Desk) -> None:
    desk.trials = Trials(desk.house.database, desk.store, desk.house.trail, LateHttp(), ISSUER)
    desk.sandbox.switch("elicence", "stale_time")

    result = desk.tried(desk.source("elicence"))

    assert result.machines[0]["fault"] == "clock"
    assert result.machines[0]["skew"] < -600
    assert blamed(result)["licence"] == ("clock", ["private_key"])


def test_a_test_call_is_in_the_trail_and_nowhere_else(desk: Desk) -> None:
    def rows() -> int:
        with desk.house.database.view() as db:
            return db.scalar(select(func.count()).select_from(Evidence)) or 0

    before, source = rows(), desk.source("population", name="counted", app_key="another-key")
    for _ in range(6):
        desk.tried(source)

    assert rows() == before
    assert desk.store.get(LastAnswer, "counted") is None
    assert Breaker(desk.store, "counted").state == "closed"
    with desk.house.database.view() as db:
        entries = list(db.scalars(select(AuditEntry).where(AuditEntry.act == "source.tested").order_by(AuditEntry.id)))
    assert entries[-1].outcome == "failure"
    assert entries[-1].actor_id == OPERATOR.id
    assert entries[-1].details["troubles"] == ["secret:app_key"]
    with pytest.raises(TooManyTrials):
        _all_of(lambda: desk.tried(source), times=7)  # a new minute may have begun meanwhile, two cannot
    clock.travel(timedelta(seconds=121))  # the window slides: what the minute before counted still weighs
    desk.tried(source)


def _all_of(act: Callable[[], object], *, times: int) -> None:
    for _ in range(times):
        act()
