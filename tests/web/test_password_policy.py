"""A password policy of the installation's own: what its pages ask for, and what happens when a password grows old."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.config import PasswordPolicy
from idp.core import clock
from tests.web.conftest import PASSWORD

NEW = "veilchen-Kanne-38-x"


@pytest.fixture
def policy(centre, monkeypatch):
    """Puts a policy in force for one test."""

    def put(**members):
        wanted = PasswordPolicy(**members)
        for rules in (centre.services.password_rules, centre.services.provider.password_rules):
            monkeypatch.setattr(rules, "_policy", lambda: wanted)

    return put


def aged_sign_in(centre, policy, days: int = 61):
    account_id, phone = centre.person()
    clock.travel(timedelta(days=days))
    policy(max_age_days=60)
    return account_id, phone, centre.visitor()


def test_an_expired_password_is_changed_on_the_way_to_the_site(centre, policy):
    _, phone, visitor = aged_sign_in(centre, policy)
    page = visitor.authorize()
    page = visitor.submit(identifier=phone, password=PASSWORD)
    assert page.path.startswith("/account/password?journey=")
    assert "按照规定需要换一个" in page.text
    assert visitor.authorize().path.startswith("/account/password?journey=")  # there is no way around it
    assert "一样" in visitor.submit(current_password=PASSWORD, password=PASSWORD).text
    visitor.submit(current_password=PASSWORD, password=NEW)
    assert visitor.arrived["code"]
    assert visitor.authorize().location is not None


def test_whoever_does_not_change_it_goes_back_to_the_site_without_an_answer(centre, policy):
    _, phone, visitor = aged_sign_in(centre, policy)
    visitor.authorize()
    visitor.submit(identifier=phone, password=PASSWORD)
    visitor.submit("cancel")
    assert visitor.arrived["error"] == "access_denied"
    visitor.authorize(prompt="none")
    assert visitor.arrived["error"] == "interaction_required"


def test_the_account_centre_leads_there_first_and_opens_after(centre, policy):
    _, phone, visitor = aged_sign_in(centre, policy)
    assert visitor.sign_in(phone).path == "/account/password"
    for page in ("/account", "/account/security", "/account/sites", "/account/activity"):
        assert visitor.get(page).path == "/account/password"
    assert visitor.submit(current_password=PASSWORD, password=NEW).path == "/account/security?done=password"
    assert visitor.get("/account").path == "/account"


def test_who_signed_in_by_code_is_not_asked_and_a_young_password_neither(centre, policy):
    _, phone, visitor = aged_sign_in(centre, policy)
    visitor.get("/sign-in/code")
    visitor.submit(phone=phone)
    assert visitor.submit(otp=centre.code_for(phone)).path == "/account"
    _, young, another = aged_sign_in(centre, policy, days=1)
    assert another.sign_in(young).path == "/account"


def test_pages_ask_for_what_the_policy_wants(centre, policy):
    _, phone = centre.person()
    visitor = centre.visitor()
    visitor.sign_in(phone)
    assert "至少 8 个字符" in visitor.get("/account/password").text
    policy(min_length=12, required_classes=3)
    page = visitor.get("/account/password")
    assert "至少 12 个字符" in page.text
    assert "四种中的 3 种" in page.text
    english = centre.visitor(**{"Accept-Language": "en"})
    english.sign_in(phone)
    english.get("/account/password")
    page = english.submit(current_password=PASSWORD, password="kX7#pQ2m")
    assert "This password is too short" in page.text
    assert "At least 12 characters" in page.text
