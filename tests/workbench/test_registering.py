"""A department's developer registers a site, and nobody else's site is theirs."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from idp.core import clock
from idp.mandates.models import Mandate
from idp.oidc.models import Client
from idp.sites import drafts
from tests.workbench.conftest import DAY, fields


def registered(developer, department, **changed):
    developer.opens("/workbench/register")
    page = developer.presses(**fields(department, **changed))
    found = re.search(r'id="client_id">([^<]+)<', page.html) or re.search(r"/workbench/sites/([\w-]+)", page.path)
    assert found, page.text
    return found[1], page


def test_the_guide_is_for_everybody(centre):
    page = centre.visitor().get("/workbench")
    assert page.status == 200
    assert "接入指南" in page.text


def test_the_rest_asks_for_a_sign_in_and_comes_back(centre, chief, department):
    visitor = centre.visitor()
    page = visitor.get("/workbench/sites")
    assert page.path.startswith("/sign-in")
    page = visitor.submit(identifier=chief.phone, password="grün-Lampe-71-schirm")
    assert page.path == "/workbench/sites"


def test_a_site_is_the_departments_and_begins_in_test_mode(departments, chief, department):
    client_id, page = registered(chief, department)
    assert "只显示这一次" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    with departments.services.database.view() as db:
        row = db.get_one(Client, client_id)
    assert (row.mode, row.organisation_id, row.region, row.origin) == ("test", department.id, "370199", "department")
    assert row.metadata_["scope"] == "openid"
    assert "样例办事系统" in chief.opens("/workbench/sites").text
    first = chief.opens(f"/workbench/sites/{client_id}")
    assert "测试模式" in first.text
    assert "做一次内置检查" in first.text


def test_whoever_is_not_known_surely_enough_manages_nothing(departments, chief, department):
    client_id, _ = registered(chief, department)
    departments.level(chief.account_id, 1)
    assert chief.opens(f"/workbench/sites/{client_id}").status == 404
    assert "核验到需要的程度" in chief.opens("/workbench").text


def test_another_departments_site_does_not_exist(departments, chief, department):
    client_id, _ = registered(chief, department)
    stranger = departments.person()
    departments.department(stranger)
    assert stranger.opens(f"/workbench/sites/{client_id}").status == 404
    assert "样例办事系统" not in stranger.opens("/workbench/sites").text


@pytest.mark.parametrize(
    ("services", "other", "status"),
    [
        (("sites",), {}, 200),
        (("*", "sites"), {}, 200),
        (("*",), {}, 404),
        (("portal",), {}, 404),
        (("*",), {"role": "administrator", "ends_at": None}, 200),
        (("sites",), {"accepted_at": None}, 404),
        (("sites",), {"starts_at": clock.now() + DAY}, 404),
    ],
)
def test_the_mandate_says_who_else_manages(departments, chief, department, services, other, status):
    client_id, _ = registered(chief, department)
    agent = departments.person()
    departments.mandate(department, chief, agent, *services, **other)
    assert agent.opens(f"/workbench/sites/{client_id}").status == status


def test_a_mandate_that_ended_manages_nothing_any_more(departments, chief, department):
    client_id, _ = registered(chief, department)
    agent = departments.person()
    mandate = departments.mandate(department, chief, agent)
    assert agent.opens(f"/workbench/sites/{client_id}").status == 200
    departments.change(Mandate, mandate, ends_at=clock.now() - DAY)
    assert agent.opens(f"/workbench/sites/{client_id}").status == 404


def test_a_company_owns_no_site_unless_the_installation_lets_it(departments):
    chief = departments.person()
    departments.department(chief, first="91", kind="company")
    assert "不能为任何部门" in chief.opens("/workbench/sites").text


def test_a_form_that_lacks_something_says_what_in_words_and_keeps_what_was_typed(chief, department):
    chief.opens("/workbench/register")
    page = chief.presses(
        **fields(department, scope="realname", about="", redirect_uris="http://sample.example.gov.cn/cb#x")
    )
    assert page.status == 400
    assert "请写明为什么需要这项信息" in page.text
    assert "http://sample.example.gov.cn/cb#x" in page.html


def test_an_empty_form_is_told_everything_it_lacks_at_once(chief, department):
    chief.opens("/workbench/register")
    page = chief.presses(client_name="", client_uri="", redirect_uris="")
    assert page.status == 400
    for name in ("名称", "首页地址", "回调地址"):
        assert f"{name}：请填写这一项。" in page.text


def test_three_lines_are_enough_for_a_test_and_the_rest_is_asked_before_it_goes_live(departments, chief, department):
    chief.opens("/workbench/register")
    page = chief.presses(
        client_name="样例办事系统", client_uri="https://sample.example.gov.cn/",
        redirect_uris="https://sample.example.gov.cn/callback",
    )  # fmt: skip
    assert page.status == 200, page.text
    client_id = re.search(r'id="client_id">([^<]+)<', page.html)[1]
    with departments.services.database.view() as db:
        row = db.get_one(Client, client_id)
    assert (row.mode, row.metadata_["scope"], row.organisation_id) == ("test", "openid", department.id)
    assert "请写明这个应用是做什么的" in chief.opens(f"/workbench/sites/{client_id}/going-live").text
    edit = chief.opens(f"/workbench/sites/{client_id}/edit")
    for part in ("basics", "addresses", "proof", "data", "people"):
        assert f'href="#part-{part}"' in edit.html
        assert f'id="part-{part}"' in edit.html


def test_another_ones_department_cannot_be_chosen(departments, chief, department):
    stranger = departments.person()
    departments.department(stranger)
    stranger.opens("/workbench/register")
    assert stranger.presses(**fields(department)).status == 404


def test_addresses_are_looked_at_as_they_are_typed(chief, department):
    chief.opens("/workbench/register")
    page = chief.posts(
        "/workbench/check-addresses", field="redirect_uris", kind="server",
        redirect_uris="https://ok.example.gov.cn/cb\nhttps://*.example.gov.cn/cb", client_uri="https://ok.example.gov.cn/",
    )  # fmt: skip
    assert "可以使用" in page.text
    assert "通配符" in page.text


def test_a_department_tries_out_so_many_sites_and_no_more(departments, chief, department, monkeypatch):
    monkeypatch.setattr(drafts, "MOST_IN_TEST", 1)
    registered(chief, department)
    chief.opens("/workbench/register")
    page = chief.presses(**fields(department))
    assert page.status == 409
    assert "已有 100 个" in page.text
    with departments.services.database.view() as db:
        assert db.scalar(select(func.count()).where(Client.organisation_id == department.id)) == 1
