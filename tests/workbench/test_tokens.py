"""Tokens of a department's programs in the workbench: made once by who signed in a moment ago, seen and ended by all."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.audit.models import AuditEntry
from idp.authn.codes import SMS
from idp.core import clock, ids
from idp.mandates.models import Mandate
from idp.outbox.models import OutboxMessage
from idp.sites import tokens
from idp.sites.models_tokens import DeveloperToken
from idp.workbench.api import door
from tests.web.conftest import ISSUER

HERE = "/workbench/tokens"


def made(developer, **typed):
    developer.opens(HERE)
    page = developer.presses(
        "make", form=-1, **({"name": "流水线一号", "days": "30", "scopes": ["sites:read"]} | typed)
    )
    return page, re.search(r'id="token">(idpd_[A-Za-z0-9_-]{43})<', page.html)


def reads(departments, secret):
    answer = departments.centre.app.test_client().get(
        f"{door.PREFIX}/sites", base_url=ISSUER, headers={"Authorization": f"Bearer {secret}"}
    )
    return answer.status_code


def test_a_token_is_shown_once_kept_as_a_digest_and_works_until_it_is_revoked(departments, chief, department):
    page, found = made(chief)
    assert page.headers["Cache-Control"] == "no-store"
    secret = found[1]
    assert reads(departments, secret) == 200
    listed = chief.opens(HERE)
    for text in ("流水线一号", "有效", "最近使用", "查看本部门的应用"):
        assert text in listed.text
    assert secret not in listed.html
    with departments.services.database.view() as db:
        row = db.scalars(select(DeveloperToken).where(DeveloperToken.organisation_id == department.id)).one()
        entry = db.scalars(select(AuditEntry).where(AuditEntry.act == "developer_token.made")).all()[-1]
    assert row.secret_digest == ids.digest(secret)
    assert (entry.account_id, entry.details["token"], entry.details["scopes"]) == (
        chief.account_id,
        row.id,
        ["sites:read"],
    )
    assert "已吊销" in chief.presses("revoke").text
    assert reads(departments, secret) == 401
    chief.opens(HERE)
    assert chief.posts(f"{HERE}/{row.id}", action="revoke").status == 404


def test_an_old_sign_in_makes_none(chief, department):
    chief.opens(HERE)
    clock.travel(timedelta(minutes=20))
    page = chief.presses("make", form=-1, name="ci", days="31", scopes=["sites:write"])
    assert page.path.startswith("/sign-in")
    page = chief.visitor.sign_in(chief.phone)
    assert page.path.startswith(HERE)
    assert 'value="ci"' in page.html
    assert 'value="31"' in page.html


@pytest.mark.parametrize(
    "typed", [{"name": " "}, {"name": "汉" * 65}, {"days": "0"}, {"days": "91"}, {"days": "x"}, {"scopes": []},
              {"scopes": ["accounts.read"]}],
)  # fmt: skip
def test_a_token_that_cannot_be_is_refused_with_what_it_needs(chief, department, typed):
    page, found = made(chief, **typed)
    assert (page.status, found) == (400, None)
    assert "有效期 1 到 90 天" in page.text


def test_whoever_keeps_the_departments_sites_sees_and_ends_its_tokens_and_nobody_else(departments, chief, department):
    agent, stranger = departments.person(), departments.person()
    mandate = departments.mandate(department, chief, agent)
    departments.department(stranger)
    _, found = made(agent)
    assert "流水线一号" in chief.opens(HERE).text
    token = re.search(rf"{HERE}/([0-9a-f]{{32}})", chief.opens(HERE).html)[1]
    assert "流水线一号" not in stranger.opens(HERE).text
    assert stranger.posts(f"{HERE}/{token}", action="revoke").status == 404
    stranger.opens(HERE)
    taken = stranger.posts(HERE, action="make", organisation=department.id, name="x", days="3", scopes="sites:read")
    assert taken.status == 404
    assert reads(departments, found[1]) == 200
    departments.change(Mandate, mandate, ended_at=clock.now())
    assert reads(departments, found[1]) == 401
    assert "现在不能用" in chief.opens(HERE).text
    assert agent.opens(HERE).path == "/workbench"
    assert "已吊销" in chief.presses("revoke").text


def test_one_person_has_so_many_and_no_more(chief, department, monkeypatch):
    monkeypatch.setattr(tokens, "MOST", 1)
    assert made(chief)[1]
    page, found = made(chief)
    assert (page.status, found) == (409, None)


def test_the_other_managers_are_told_of_a_new_one(departments, chief, department):
    departments.mandate(department, chief, departments.person())

    def messages():
        with departments.services.database.view() as db:
            return len(db.scalars(select(OutboxMessage.id).where(OutboxMessage.kind == SMS)).all())

    before = messages()
    assert made(chief)[1]
    assert messages() == before + 1  # the maker knows
