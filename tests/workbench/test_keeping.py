"""What a department does with its site afterwards: change it, give it secrets, ask to go live, and bring its text."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.audit.trail import SYSTEM
from idp.core import clock, ids
from idp.mandates.models import Mandate
from idp.oidc.models import Client, ClientSecret
from idp.sites import releases, versions
from idp.sites.errors import NeedsReason, NotOpen, NotReady
from idp.sites.models import Release, SecretWarning, SiteVersion
from idp.sites.releases import Granted
from idp.staff import operators
from idp.staff.models import Role
from tests.workbench.conftest import fields
from tests.workbench.test_registering import registered

SENSITIVE = {
    "scope": "realname", "purpose_realname": "受理您的申请", "basis_realname": "《行政许可法》第二十九条",
}  # fmt: skip


@pytest.fixture
def site(chief, department):
    """A site of the department that asks for verified identities."""
    client_id, _page = registered(chief, department, **SENSITIVE)
    return client_id


def secret_on(page):
    return re.search(r'id="client_secret">([^<]+)<', page.html)[1]


def row_of(departments, client_id):
    with departments.services.database.view() as db:
        return db.get_one(Client, client_id)


def edit(developer, client_id, **changed):
    developer.opens(f"/workbench/sites/{client_id}/edit")
    return developer.presses(**(fields(**SENSITIVE) | changed))


def ask(developer, client_id, note="请批准"):
    developer.opens(f"/workbench/sites/{client_id}/going-live")
    return developer.presses("ask", note=note)


@pytest.fixture
def operator(departments):
    with departments.services.database.transaction() as db:
        made = operators.add(
            db, departments.services.keyring, departments.services.trail, login=f"op.{ids.new_id()[-8:]}",
            role=Role.SYSTEM, actor=SYSTEM,
        )  # fmt: skip
    with departments.services.database.view() as db:
        from idp.staff.models import Operator

        return db.scalar(select(Operator.id).where(Operator.login == made.login))


def approve(departments, client_id, operator, *, scopes=None, waiver="样例", second="second"):
    room = departments.services.sites.releases
    with departments.services.database.transaction() as db:
        release = db.scalars(select(Release).where(Release.client_id == client_id, Release.state == "open")).one()
        asked = releases.whole(db.get_one(SiteVersion, release.version_id).document)
        granted = asked if scopes is None else Granted(tuple(scopes), asked.level, asked.subject_type)
        room.approve(db, release.id, granted, waiver=waiver, remark="好", operator_id=operator, second_id=second)
    return release.id


def test_a_test_site_works_by_a_change_at_once_and_keeps_what_was(departments, chief, site):
    page = edit(chief, site, client_name="新名字")
    assert "马上生效" in page.text
    assert row_of(departments, site).metadata_["client_name"] == "新名字"
    page = chief.opens(f"/workbench/sites/{site}/versions")
    assert "第2版" in page.text
    assert "样例办事系统" in page.text


def test_two_managers_may_change_it_and_a_revoked_one_may_not(departments, chief, department, site):
    agent = departments.person()
    mandate = departments.mandate(department, chief, agent)
    agent.opens(f"/workbench/sites/{site}/edit")
    departments.change(Mandate, mandate, ended_at=clock.now(), end_reason="revoked")
    page = agent.presses(**fields(client_name="劫持"))
    assert page.status == 404
    assert row_of(departments, site).metadata_["client_name"] == "样例办事系统"


@pytest.mark.parametrize("path", ["", "/edit", "/versions", "/secrets", "/going-live", "/text", "/text.json"])
def test_no_page_of_anothers_site_is_there(departments, site, path):
    stranger = departments.person()
    departments.department(stranger)
    stranger.opens("/workbench/register")
    assert stranger.opens(f"/workbench/sites/{site}{path}").status == 404


@pytest.mark.parametrize(
    ("path", "action"),
    [("/edit", "continue"), ("/secrets", "make"), ("/secrets", "end"), ("/going-live", "ask"), ("/text", "apply"),
     ("/try", "try")],
)  # fmt: skip
def test_nothing_is_done_to_anothers_site(departments, site, path, action):
    stranger = departments.person()
    departments.department(stranger)
    stranger.opens("/workbench/register")
    assert stranger.posts(f"/workbench/sites/{site}{path}", action=action, **fields()).status == 404


def test_a_request_holds_the_site_still(departments, chief, site):
    assert "正在审核" in ask(chief, site).text
    assert edit(chief, site, client_name="悄悄换掉").status == 409
    chief.opens(f"/workbench/sites/{site}/going-live")
    assert "已撤回" in chief.presses("withdraw").text
    assert edit(chief, site, client_name="换掉").status == 200


def test_a_site_with_plain_addresses_goes_live_only_where_the_issuer_is_on_loopback_too(departments, chief, department):
    client_id, _ = registered(chief, department, redirect_uris="http://localhost:9/cb")
    assert "正式使用只能用 https" not in chief.opens(f"/workbench/sites/{client_id}/going-live").text

    releases = departments.services.sites.releases
    document = versions.of_client(row_of(departments, client_id))
    assert releases.before_live(document) == []
    elsewhere = dataclasses.replace(releases, is_local=False).before_live(document)
    assert ("redirect_uris", "not_https") in {(each.member, each.code) for each in elsewhere}


def test_going_live_takes_a_reason_without_a_check_and_a_second_person_for_what_is_sensitive(
    departments, chief, site, operator
):
    ask(chief, site)
    with pytest.raises(NeedsReason):
        approve(departments, site, operator, waiver="")
    with pytest.raises(NotReady):
        approve(departments, site, operator, second=None)
    assert row_of(departments, site).mode == "test"
    approve(departments, site, operator)
    assert row_of(departments, site).mode == "live"
    with pytest.raises(Exception, match=r"No row|not_open"):
        approve(departments, site, operator)


def test_what_is_refused_of_a_request_goes_with_its_purpose(departments, chief, site, operator):
    ask(chief, site)
    approve(departments, site, operator, scopes=[], second=None)
    metadata = row_of(departments, site).metadata_
    assert metadata["scope"] == "openid"
    assert not metadata.get("purposes")
    assert not metadata.get("legal_bases")
    page = chief.opens(f"/workbench/sites/{site}/going-live")
    assert "已批准" in page.text
    assert "只确认是谁登录" in page.text


def test_secrets_of_the_test_open_nothing_once_it_is_live(departments, chief, department, operator):
    client_id, page = registered(chief, department, **SENSITIVE)
    earlier = ids.digest(secret_on(page))
    ask(chief, client_id)
    approve(departments, client_id, operator)
    found = departments.services.provider.clients
    found.forget(client_id)
    assert earlier not in {d for d, until in found.find(client_id).secrets if until is None or until > clock.now()}

    assert "还没有正式密码" in chief.opens(f"/workbench/sites/{client_id}").text
    page = chief.opens(f"/workbench/sites/{client_id}/secrets")
    assert "测试时的密码在上线时已经失效" in page.text
    assert 'name="overlap"' not in page.html
    made = chief.presses("make")
    assert "原来的密码还能用到" not in made.text
    assert secret_on(made)
    assert "正式使用" in chief.opens(f"/workbench/sites/{client_id}").text


def test_a_change_of_a_live_site_is_a_draft_until_it_is_approved(departments, chief, site, operator):
    ask(chief, site)
    approve(departments, site, operator)
    page = edit(chief, site, scope="phone", purpose_phone="通知您", basis_phone="《行政许可法》")
    assert "草稿已保存" in page.text
    assert "phone" not in row_of(departments, site).metadata_["scope"]
    ask(chief, site)
    with pytest.raises(NotReady):
        approve(departments, site, operator, second=None)
    approve(departments, site, operator)
    assert "phone" in row_of(departments, site).metadata_["scope"]
    with departments.services.database.view() as db:
        states = [v.state for v in db.scalars(select(SiteVersion).where(SiteVersion.client_id == site))]
    assert states.count("current") == 1
    assert "draft" not in states


def test_a_draft_can_be_tried_as_a_test_site_of_its_own(departments, chief, site, operator):
    ask(chief, site)
    approve(departments, site, operator)
    edit(chief, site, about="新用途")
    chief.opens(f"/workbench/sites/{site}/going-live")
    page = chief.posts(f"/workbench/sites/{site}/try")
    made = re.search(r'id="client_id">([^<]+)<', page.html)[1]
    assert made != site
    assert row_of(departments, made).mode == "test"
    assert row_of(departments, made).metadata_["about"] == "新用途"


def test_a_department_that_left_its_register_gets_nothing_live(departments, chief, department, site, operator):
    ask(chief, site)
    departments.change(type(department), department.id, state="revoked")
    with pytest.raises(NotReady):
        approve(departments, site, operator)


def test_a_request_that_was_withdrawn_cannot_be_approved(departments, chief, site, operator):
    ask(chief, site)
    with departments.services.database.view() as db:
        release = db.scalars(select(Release).where(Release.client_id == site)).one()
    chief.opens(f"/workbench/sites/{site}/going-live")
    chief.presses("withdraw")
    with pytest.raises(NotOpen), departments.services.database.transaction() as db:
        departments.services.sites.releases.approve(
            db, release.id, Granted(("realname",), "", "pairwise"), waiver="x", remark="", operator_id=operator,
            second_id="second",
        )  # fmt: skip


def test_a_secret_is_shown_once_and_the_old_one_ends_after_the_overlap(departments, chief, site):
    chief.opens(f"/workbench/sites/{site}/secrets")
    page = chief.presses("make", overlap="24")
    assert page.headers["Cache-Control"] == "no-store"
    new = secret_on(page)
    assert new not in chief.opens(f"/workbench/sites/{site}/secrets").html
    with departments.services.database.view() as db:
        rows = db.scalars(select(ClientSecret).where(ClientSecret.client_id == site)).all()
    ends = {row.digest == ids.digest(new): row.expires_at for row in rows}
    assert ends[True] is None
    assert timedelta(hours=23) < ends[False] - clock.now() <= timedelta(hours=24)


def test_a_live_sites_secret_needs_a_second_manager_where_there_is_one(departments, chief, department, site, operator):
    ask(chief, site)
    approve(departments, site, operator)
    other = departments.person()
    departments.mandate(department, chief, other)
    here = f"/workbench/sites/{site}/secrets"
    assert "两个人" in chief.opens(here).text
    assert chief.posts(here, action="make").status == 409
    chief.opens(here)
    chief.presses("wish")
    assert chief.posts(here, action="allow").status == 403
    other.opens(here)
    assert "已确认" in other.presses("allow").text
    assert other.posts(here, action="make").status == 409
    chief.opens(here)
    page = chief.presses("make", overlap="0")
    assert secret_on(page)
    chief.opens(here)
    assert chief.posts(here, action="make").status == 409


def test_departments_are_warned_once_before_a_live_secret_ends(departments, chief, site, operator):
    ask(chief, site)
    approve(departments, site, operator)
    chief.opens(f"/workbench/sites/{site}/secrets")
    chief.presses("make", overlap="0")
    room = departments.services.sites.secrets
    clock.travel(timedelta(days=360))
    told = room.warn()
    assert told >= 1
    assert room.warn() == 0
    with departments.services.database.view() as db:
        assert 7 in {row.days for row in db.scalars(select(SecretWarning))}


def test_an_old_sign_in_makes_no_secret(departments, chief, site):
    chief.opens(f"/workbench/sites/{site}/secrets")
    clock.travel(timedelta(minutes=20))
    assert chief.presses("make", overlap="24").path.startswith("/sign-in")


def test_the_text_goes_out_and_comes_back(departments, chief, site):
    chief.opens(f"/workbench/sites/{site}/text")
    text = chief.opens(f"/workbench/sites/{site}/text.json").html
    document = json.loads(text)
    assert "secret" not in text.replace("client_secret_basic", "")
    document["clients"][0]["registration"]["about"] = "改过的用途"
    chief.opens(f"/workbench/sites/{site}/text")
    page = chief.presses("compare", text=json.dumps(document))
    assert "改过的用途" in page.text
    assert row_of(departments, site).metadata_["about"] == "办理样例事项"
    page = chief.presses("apply", text=json.dumps(document))
    assert page.status == 200, page.text
    assert row_of(departments, site).metadata_["about"] == "改过的用途"
    same = chief.opens(f"/workbench/sites/{site}/text.json").html
    chief.opens(f"/workbench/sites/{site}/text")
    assert "没有修改" in chief.presses("apply", text=same).text
    chief.opens(f"/workbench/sites/{site}/text")
    assert chief.presses("apply", text=json.dumps(document | {"clients": [stale(document)]})).status == 409


def stale(document):
    entry = document["clients"][0]
    return entry | {"registration": entry["registration"] | {"about": "又改"}}


def test_a_text_gives_no_department_what_operators_decide(departments, chief, site):
    document = json.loads(chief.opens(f"/workbench/sites/{site}/text.json").html)
    document["clients"][0]["registration"]["release_basis"] = "statutory_duty"
    chief.opens(f"/workbench/sites/{site}/text")
    assert chief.presses("apply", text=json.dumps(document)).status == 400
    assert row_of(departments, site).release_basis == "consent"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format":"x","clients":[]}', '{"format":1}'])
def test_a_text_that_is_none_is_explained(chief, site, text):
    chief.opens(f"/workbench/sites/{site}/text")
    assert chief.presses("compare", text=text).status == 400
