"""The auditor's work: finding a person's acts, looking at one, proving the chain, and leaving traces of all of it."""

import re

import pytest
from sqlalchemy import select, text

from idp.accounts.accounts import Accounts
from idp.admin import console
from idp.admin.api import door
from idp.audit.models import AuditEntry
from idp.audit.trail import SYSTEM, Actor
from idp.staff.models import Role
from tests.console.house import Console


@pytest.fixture
def auditor(signed_in):
    browser = signed_in[Role.AUDIT]
    browser.get("/admin/audit")
    return browser


def entry_of(house: Console, act: str) -> AuditEntry:
    with house.services.database.view() as db:
        return db.scalars(select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.id.desc())).first()


@pytest.mark.parametrize(("kind", "who"), [("phone", "199 0000 0001"), ("username", "sampleone"), ("account", "")])
def test_a_person_is_found_by_what_they_are_called_and_the_address_holds_the_id(house, auditor, kind, who):
    answer = auditor.post("/admin/audit/find", kind=kind, who=who or house.account_id)

    assert answer.location == f"/admin/audit?account_id={house.account_id}"
    page = auditor.get(answer.location).text
    assert "注册账户" in page
    assert "19900000001" not in page
    assert entry_of(house, "audit.person_sought").account_id == house.account_id


def test_a_number_that_changed_hands_leads_to_all_who_held_it(house, auditor):
    everything = house.services
    with everything.database.transaction() as db:
        db.execute(text("UPDATE account_identifiers SET released_at = created_at WHERE kind = 'phone'"))
        second = Accounts(everything.keyring, everything.trail).register(
            db, phone="19900000001", username=None, password_hash=None, agreements={}, locale="zh_CN", channel="test"
        )

    page = auditor.post("/admin/audit/find", kind="phone", who="19900000001").text

    assert page.index(second) < page.index(house.account_id)


def test_an_operator_is_found_by_login_and_nobody_by_nonsense(house, auditor):
    system = house.staff[Role.SYSTEM]

    found = auditor.post("/admin/audit/find", kind="operator", who=system.login)

    assert found.location == f"/admin/audit?actor_id={system.id}"
    assert "管理人员登录" in auditor.get(found.location).text
    for kind, who in (
        ("phone", "1"),
        ("document", "x"),
        ("uscc", "0"),
        ("name", "测试"),
        ("", ""),
        ("account", "' OR 1=1"),
    ):
        assert "没有找到" in auditor.post("/admin/audit/find", kind=kind, who=who).text
    assert entry_of(house, "audit.person_sought").outcome == "failure"


def test_an_entry_shows_what_changed_and_what_happened_with_it(house, auditor):
    with house.services.database.transaction() as db:
        house.services.trail.record(
            db, "account.frozen", actor=Actor("operator", "o1"), account_id=house.account_id, reason="owner_request"
        )
        house.services.trail.record(
            db, "policy.changed", actor=SYSTEM, before=["length=8", "same=1"], after=["length=10", "same=1"]
        )
        house.services.trail.record(db, "sources.changed", actor=SYSTEM, changes=["registry.on: true -> false"])
    frozen = auditor.get(f"/admin/audit/entries/{entry_of(house, 'account.frozen').id}").text
    policy = auditor.get(f"/admin/audit/entries/{entry_of(house, 'policy.changed').id}").text
    source = auditor.get(f"/admin/audit/entries/{entry_of(house, 'sources.changed').id}").text

    def changes(page: str) -> list[tuple[str, ...]]:
        cell = r"<td>(?:<code>)?([^<]*)(?:</code>)?</td>"
        return re.findall(rf"<tr>{cell}{cell}{cell}</tr>", page)

    assert changes(frozen) == [("state", "active", "frozen")]
    assert changes(policy) == [("length", "8", "10")]
    assert changes(source) == [("registry.on", "true", "false")]
    assert auditor.get("/admin/audit/entries/" + "0" * 32).status_code == 404
    assert entry_of(house, "audit.entry_viewed").details["entry"] == entry_of(house, "sources.changed").id


def test_an_entry_altered_by_hand_shows_at_once_and_in_the_verification(house, auditor):
    house.services.sealer.seal()
    victim = entry_of(house, "account.registered")
    assert "前后两条衔接无误" in auditor.get(f"/admin/audit/entries/{victim.id}").text
    with house.services.database.engine.begin() as connection:
        connection.execute(text("UPDATE audit_entries SET outcome = 'failure' WHERE id = :id"), {"id": victim.id})

    assert "被修改" in auditor.get(f"/admin/audit/entries/{victim.id}").text
    auditor.post("/admin/audit/chain", action="confirm")
    auditor.post("/admin/audit/chain", action="confirm")  # one is open already
    assert "hx-trigger" in auditor.get("/admin/audit/chain").text
    assert house.services.verifications.run_due()
    assert not house.services.verifications.run_due()
    page = auditor.get("/admin/audit/chain").text

    assert "发现 1 处问题" in page
    assert f"/admin/audit/entries/{victim.id}" in page
    assert house.staff[Role.AUDIT].login in page
    verified = entry_of(house, "audit.verified")
    assert (verified.actor_id, verified.outcome) == (house.staff[Role.AUDIT].id, "failure")


def test_every_search_leaves_a_trace_of_its_filters(house, auditor):
    auditor.get("/admin/audit?act=sign_in&outcome=failure&client_id=portal")

    searched = entry_of(house, "audit.searched")
    assert searched.actor_id == house.staff[Role.AUDIT].id
    assert searched.client_id == "portal"
    assert searched.details["filters"] == ["act", "outcome", "client_id"]


def test_nothing_in_the_console_or_the_api_removes_from_the_trail(house):
    """No route under the trail takes more than reading, finding, asking for a verification and an export."""
    routes = {
        (rule.endpoint, method)
        for rule in house.app.url_map.iter_rules()
        for method in rule.methods or ()
        if "audit" in rule.rule or "trail" in rule.rule
        if method not in {"GET", "HEAD", "OPTIONS"}
    }

    assert {each for each in routes if each[0].startswith("admin.")} == {
        ("admin.audit_find", "POST"), ("admin.chain_asked", "POST"), ("admin.export", "POST"),
    }  # fmt: skip
    assert {each for each in routes if not each[0].startswith("admin.")} == {
        ("admin_api.audit_person_found", "POST"), ("admin_api.audit_chain_read", "POST"),
        ("admin_api.audit_export_asked", "POST"),
    }  # fmt: skip
    rules = {**console.RULES, **door.RULES}
    assert all(rules[endpoint].permission is not None for endpoint, _method in routes)
