"""The console's pages about sources: what is shown, what is changed and undone, and what a test call says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from idp.audit.models import AuditEntry
from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.http import HttpClient
from idp.realname import applicants
from idp.realname.blocks import Block
from idp.realname.breaker import Opened
from idp.realname.models import Evidence
from idp.realname.policy import Situation
from idp.realname.ports import Source, Surface
from idp.realname.sources import Tools, configured
from idp.realname.watch import settings
from idp.staff.models import Role
from idp.staff.permissions import MATRIX, Permission
from tests.console.house import ISSUER, Browser, Console
from tests.console.test_api import Program
from tests.console.test_asking import asked
from tests.contract.durable import look_again
from tests.contract.test_identity_proof import NAME, ScriptedAdapter, new_number
from tests.sandbox.served import ServedSandbox

POPULATION = {
    "app_id": "gw-app-001", "app_key": "gw-appkey-0001", "soap_user": "sandbox-user", "soap_password": "sandbox-pwd",
    "department_code": "370000", "department_name": "省政务服务用户认证中心", "person_number": "370199198503070025",
    "person_name": "测试乙",
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSandbox]:
    with ServedSandbox(tmp_path_factory.mktemp("sandbox"), hang_seconds=3) as running:
        yield running


@pytest.fixture
def watched(house: Console, sandbox: ServedSandbox) -> Console:
    """The registry of the sandbox, and another one that knows the same."""
    everything = house.services
    tools = Tools(HttpClient(), everything.store, ISSUER)
    block = Block("population", "population", {"endpoint": sandbox.url, **POPULATION}, Path())
    [registry] = configured((block,), tools).all
    second = ScriptedAdapter()
    second.source = "second"
    known = (registry, Source("second", "另一个库", check=second))
    object.__setattr__(everything.sources, "all", known)
    object.__setattr__(everything.sources, "_by_name", {each.name: each for each in known})
    return house


@pytest.fixture
def system(watched: Console, signed_in: dict[Role, Browser]) -> Browser:
    return signed_in[Role.SYSTEM]


def at_once(watched: Console) -> None:
    look_again(watched.services.sources.preferring.cached)  # type: ignore[attr-defined]


def ways(watched: Console) -> list[str]:
    at_once(watched)
    return [way.name for way in watched.services.identity_proof.ways(Situation(1, Surface.DESK))]


def change(watched: Console, browser: Browser, do: str, source: str = "", value: str = "", **more: str) -> int:
    """As a browser does it: look at the difference, then say yes to it."""
    seen = browser.get(f"/admin/sources/-/change?do={do}&source={source}&value={value}")
    assert seen.status_code == 200, seen.text
    base = re.search(r'name="base" value="(\d+)"', seen.text)
    assert base is not None
    form = {"do": do, "source": source, "value": value, "base": base[1], "reason": "source_maintenance", **more}
    return browser.post("/admin/sources/-/change", **form).status_code


def test_the_list_says_what_every_source_does(watched: Console, system: Browser) -> None:
    everything = watched.services
    everything.identity_proof.check(
        watched.account_id, applicants.read(NAME, new_number()), source="second", client_id=None, address="10.0.0.1",
        deadline=Deadline.after(5),
    )  # fmt: skip
    page = system.get("/admin/sources").text

    assert page.index("公安人口库") < page.index("另一个库")
    assert "核对姓名和号码" in page
    assert page.count("连通") == 2
    assert "一致 1 · 不一致 0" in page
    assert "现在有人办不了" not in page


def test_one_source_shows_its_week_and_its_reasons(watched: Console, system: Browser) -> None:
    everything = watched.services
    everything.identity_proof.check(
        watched.account_id, applicants.read(NAME, new_number()), source="second", client_id=None, address="10.0.0.1",
        deadline=Deadline.after(5),
    )  # fmt: skip
    with everything.database.transaction() as db:
        db.execute(update(Evidence).values(verdict="unavailable", reason="timeout", took_ms=9_995))
    page = system.get("/admin/sources/second").text

    assert "10000 / 10000" in page
    assert "<code>timeout</code>" in page
    assert "100.0%" in page
    assert page.count("尚未汇总") == 5  # of the week, the last two days are counted for whoever looks
    assert system.get("/admin/sources/nobody").status_code == 404


def test_a_source_is_switched_off_and_on_with_a_reason(watched: Console, system: Browser) -> None:
    assert ways(watched) == ["check:population", "check:second", "counter"]
    assert change(watched, system, "off", "population") == 303
    assert ways(watched) == ["check:second", "counter"]
    assert "停用" in system.get("/admin/sources").text
    assert change(watched, system, "on", "population") == 303
    assert ways(watched)[0] == "check:population"
    with watched.services.database.view() as db:
        entries = list(
            db.scalars(select(AuditEntry).where(AuditEntry.act == "sources.changed").order_by(AuditEntry.id))
        )
    assert [each.details["changes"] for each in entries] == [["off:  -> population"], ["off: population -> "]]


def test_the_last_way_to_a_level_is_not_switched_off_by_oversight(watched: Console, system: Browser) -> None:
    assert change(watched, system, "off", "second") == 303
    at_once(watched)
    seen = system.get("/admin/sources/-/change?do=off&source=population").text
    assert "没有线上方式可以达到：已实名（ial1）" in seen
    assert change(watched, system, "off", "population") == 400
    assert ways(watched) == ["check:population", "counter"]

    assert change(watched, system, "off", "population", understood="yes") == 303

    assert ways(watched) == ["counter"]
    assert "没有线上方式可以达到：已实名（ial1）" in system.get("/admin/sources").text


def test_who_confirms_for_a_program_reads_what_people_could_not_do_any_more(watched: Console, system: Browser) -> None:
    assert change(watched, system, "off", "second") == 303
    at_once(watched)
    off = {"base": 1, "do": "off", "source": "population", "reason": "source_cost"}
    _, made = asked(watched, Role.SYSTEM, "/sources/change", off)
    page = system.get(made["confirm_at"].removeprefix(ISSUER)).text
    assert "没有线上方式可以达到：已实名（ial1）" in page
    assert "我已经了解这项变更的后果。" in page
    _, made = asked(watched, Role.SYSTEM, "/keys/rotation", {"reason": "key_routine"})
    page = system.get(made["confirm_at"].removeprefix(ISSUER)).text
    assert "缓存较慢的应用可能还没有取到它" in page


def test_what_is_down_everywhere_stands_on_top_and_needs_somebody(watched: Console, system: Browser) -> None:
    for name in ("population", "second"):
        watched.services.store.put(name, Opened(clock.now().timestamp() + 30))

    assert "现在有人办不了" in system.get("/admin/sources").text
    assert "已熔断" in system.get("/admin/sources").text


def test_order_and_cost_are_changed_and_an_earlier_version_comes_back(watched: Console, system: Browser) -> None:
    assert change(watched, system, "down", "population") == 303
    assert ways(watched)[:2] == ["check:second", "check:population"]
    assert change(watched, system, "cost", "second", "35") == 303
    at_once(watched)
    assert "0.35" in system.get("/admin/sources/second").text
    history = system.get("/admin/sources/-/history").text
    assert "每次核验的费用（分） · 另一个库：— → 35" in history

    assert change(watched, system, "restore", value="1") == 303
    at_once(watched)
    assert watched.services.sources.preferring().costs == {}
    assert ways(watched)[:2] == ["check:second", "check:population"]
    assert change(watched, system, "restore", value="0") == 303
    assert ways(watched)[:2] == ["check:population", "check:second"]


def test_what_makes_no_sense_changes_nothing(watched: Console, system: Browser) -> None:
    for query in ("do=off&source=nobody", "do=cost&source=second&value=-1", "do=cost&source=second&value=999999",
                  "do=restore&value=7", "do=dance&source=second", ""):  # fmt: skip
        assert system.get(f"/admin/sources/-/change?{query}").status_code == 404, query
    system.get("/admin/sources/-/change?do=off&source=second")
    form = {"do": "off", "source": "second", "value": "", "base": "0"}
    assert system.post("/admin/sources/-/change", **form).status_code == 400
    assert system.post("/admin/sources/-/change", **form, reason="because").status_code == 400
    assert system.post("/admin/sources/-/change", **(form | {"base": "5"}), reason="source_undo").status_code == 409
    with watched.services.database.view() as db:
        assert settings.latest(db).version == 0


def test_a_test_call_says_that_all_is_well_and_proves_nothing(watched: Console, system: Browser) -> None:
    system.get("/admin/sources/population")
    answer = system.post("/admin/sources/population/test")
    assert answer.status_code == 303
    page = system.get(answer.location.partition("#")[0]).text
    assert "设置都是对的" in page
    assert "时钟差（秒）：" in page
    with watched.services.database.view() as db:
        assert db.scalars(select(Evidence)).all() == []
        acts = set(db.scalars(select(AuditEntry.act)))
    assert {"source.test_asked", "source.tested"} <= acts
    for _ in range(5):
        assert system.post("/admin/sources/population/test").status_code == 303
    assert system.post("/admin/sources/population/test").status_code == 429


def test_a_test_call_names_the_wrong_setting(watched: Console, system: Browser, sandbox: ServedSandbox) -> None:
    sandbox.switch("population", "wrong_signature")
    try:
        system.get("/admin/sources/population")
        answer = system.post("/admin/sources/population/test")
    finally:
        sandbox.switch("population", "none")
    page = system.get(answer.location.partition("#")[0]).text
    assert "签名、密钥或口令没有通过。" in page
    assert "<code>app_key</code>" in page


def test_a_program_tries_a_source_and_reads_its_week(watched: Console, system: Browser, sandbox: ServedSandbox) -> None:
    program = Program(watched, Role.SYSTEM)
    tried = program.call("POST", "/sources/population/test").json
    assert tried["is_well"]
    assert {each["address"] for each in tried["machines"]} == {f"{sandbox.url}/"}
    sandbox.switch("population", "wrong_signature")
    try:
        tried = program.call("POST", "/sources/population/test").json
    finally:
        sandbox.switch("population", "none")
    assert not tried["is_well"]
    assert {(each["fault"], *each["members"][:1]) for each in tried["answers"]} == {("secret", "app_key")}
    for _ in range(4):
        assert program.call("POST", "/sources/population/test").status_code == 200
    assert program.call("POST", "/sources/population/test").status_code == 429

    week = program.get("/sources/population").json
    assert week["source"]["name"] == "population"
    assert program.get("/sources/nothing").status_code == 404
    reader = Program(watched, Role.SECURITY)
    assert reader.get("/sources/population").status_code == 200
    assert reader.call("POST", "/sources/population/test").status_code == 403


def test_who_only_reads_is_shown_no_way_to_change(watched: Console, signed_in: dict[Role, Browser]) -> None:
    security = signed_in[Role.SECURITY]
    assert Permission.SOURCES_CHANGE not in MATRIX[Role.SECURITY]
    page = security.get("/admin/sources/population").text
    assert '<form class="card"' not in page
    assert "↓" not in security.get("/admin/sources").text
