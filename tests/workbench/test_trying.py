"""The pages by which a developer tries a site out: test people, check, errors, deliveries, settings, statistics."""

from __future__ import annotations

import re

import pytest

from idp.authn.models import SessionSite
from idp.core import clock, ids
from idp.outbox.models import OutboxMessage
from idp.sites.errors_seen import Noted, write
from tests.workbench.test_registering import registered

PAGES = ("test-people", "check", "settings", "statistics", "errors", "deliveries")


@pytest.fixture
def site(chief, department):
    return registered(chief, department)[0]


@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_there_and_nobody_elses(departments, chief, site, name):
    page = chief.opens(f"/workbench/sites/{site}/{name}")
    assert page.status == 200
    for language in ("zh", "en"):
        assert chief.visitor.get(f"/workbench/sites/{site}/{name}?lang={language}").status == 200
    stranger = departments.person()
    departments.department(stranger)
    assert stranger.opens(f"/workbench/sites/{site}/{name}").status == 404


def test_a_test_person_is_made_and_the_password_shown_once(departments, chief, site):
    chief.opens(f"/workbench/sites/{site}/test-people")
    page = chief.presses(level="2", age="minor", represents="yes")
    assert page.headers["Cache-Control"] == "no-store"
    username = re.search(r'id="username">([^<]+)<', page.html)[1]
    password = re.search(r'id="password">([^<]+)<', page.html)[1]
    listed = chief.opens(f"/workbench/sites/{site}/test-people")
    assert username in listed.text
    assert "ial2" in listed.text
    assert password not in listed.html
    person = re.search(r"/test-people/([0-9a-z]+)", listed.html)[1]
    chief.opens(f"/workbench/sites/{site}/test-people/{person}")
    renewed = chief.presses("renew")
    assert re.search(r'id="password">([^<]+)<', renewed.html)[1] != password
    chief.opens(f"/workbench/sites/{site}/test-people/{person}")
    chief.presses("end")
    assert username not in chief.opens(f"/workbench/sites/{site}/test-people").text
    assert chief.opens(f"/workbench/sites/{site}/test-people/{person}").status == 404


def test_a_test_person_does_not_work_here(centre, chief, site):
    chief.opens(f"/workbench/sites/{site}/test-people")
    page = chief.presses(level="3", represents="yes")
    visitor = centre.visitor()
    visitor.get("/sign-in")
    visitor.submit(
        identifier=re.search(r'id="username">([^<]+)<', page.html)[1],
        password=re.search(r'id="password">([^<]+)<', page.html)[1],
    )
    assert visitor.get("/workbench/sites").status == 403


def test_a_check_visits_only_hosts_that_are_shown_to_be_the_departments(departments, chief, department, site):
    where = {"start_url": "https://sample.example.gov.cn/sign-in", "page_url": "https://sample.example.gov.cn/inside"}
    page = chief.opens(f"/workbench/sites/{site}/check")
    assert "https://sample.example.gov.cn/.well-known/unified-identity.txt" in page.text
    word = departments.services.tryout.ownership.word(department.id, "https://sample.example.gov.cn:443")
    assert word in page.text
    page = chief.posts(f"/workbench/sites/{site}/check", action="continue", **where)
    assert (page.status, "请先证明" in page.text) == (409, True)
    page = chief.posts(f"/workbench/sites/{site}/check", action="prove", origin="https://elsewhere.example.com:443")
    assert page.status == 400
    departments.proven(department)
    page = chief.opens(f"/workbench/sites/{site}/check")
    assert word not in page.text
    assert "已证明" in page.text


def test_a_check_is_asked_for_at_the_sites_own_addresses_only(departments, chief, department, site):
    departments.proven(department)
    chief.opens(f"/workbench/sites/{site}/check")
    page = chief.presses(start_url="https://169.254.169.254/", page_url="https://sample.example.gov.cn/inside")
    assert page.status == 400
    assert "不属于本应用" in page.text
    chief.opens(f"/workbench/sites/{site}/check")
    page = chief.presses(
        start_url="https://sample.example.gov.cn/sign-in", page_url="https://sample.example.gov.cn/inside"
    )
    assert "等待开始" in page.text
    assert chief.presses("stop").status == 200
    assert "已中止" in chief.opens(f"/workbench/sites/{site}/check").text


def test_an_error_stands_beside_what_is_registered(departments, chief, site):
    noted = Noted(site, "redirect_uri_not_registered", "https://wrong/<b>", "https://right/", "t" * 32, clock.now())
    with departments.services.database.transaction() as db:
        write(db, noted)
        write(db, Noted(site, "client_jwt_exp", "assertion", "private_key_jwt", "u" * 32, clock.now()))
        write(db, Noted(site, "something_new", "x", "y", "v" * 32, clock.now()))
    page = chief.opens(f"/workbench/sites/{site}/errors")
    for text in ("回调地址没有登记", "https://wrong/<b>", "https://right/", "t" * 32):
        assert text in page.text
    assert "<b>" not in page.html


def test_a_delivery_is_sent_again_once_with_an_id_of_its_own(departments, chief, site):
    s, message_id, session_id = departments.services, "", ids.new_id()
    with s.database.transaction() as db:
        started = s.sessions.start(
            db, chief.account_id, aal=1, amr=("pwd",), device="d" * 20, browser="", address="10.0.0.1"
        )
        session_id = started.session_id
        db.flush()
        db.add(SessionSite(sid=ids.new_id(), session_id=session_id, client_id=site, subject="s", first_at=clock.now()))
        message_id = s.outbox.post(db, "backchannel_logout", recipient=site, payload={}, topic=f"logout:{session_id}")
        db.flush()
        row = db.get(OutboxMessage, message_id)
        row.state, row.settled_at, row.last_error = "dead", clock.now(), "http_400"
    page = chief.opens(f"/workbench/sites/{site}/deliveries")
    assert "HTTP 400" in page.text
    assert "再发一次" in page.text
    chief.presses("again")
    page = chief.opens(f"/workbench/sites/{site}/deliveries")
    assert "已经再发过一次" in page.text
    chief.opens(f"/workbench/sites/{site}/check")
    refused = chief.posts(f"/workbench/sites/{site}/deliveries/{message_id}")
    assert refused.status == 400
    with s.database.transaction() as db:
        sent = db.query(OutboxMessage).filter_by(recipient=site).all()
        assert len(sent) == 2
        assert len({each.id for each in sent}) == 2


def test_the_settings_hold_the_sites_own_values_and_no_secret(chief, department):
    client_id, page = registered(
        chief, department, scope=["profile"], purpose_profile="显示名称", basis_profile="样例规定"
    )
    secret = re.search(r'id="client_secret">([^<]+)<', page.html)[1]
    shown = chief.opens(f"/workbench/sites/{client_id}/settings")
    for text in (client_id, "https://sample.example.gov.cn/callback", "openid-client", "OIDCRedirectURI", "go-oidc"):
        assert text in shown.text
    assert secret not in shown.html
    assert "⟦" not in shown.html
