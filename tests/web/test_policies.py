"""What one process publishes another obeys within a second: passwords, sessions, limits, texts; and agreed is what was shown."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from sqlalchemy import select

from idp.accounts.models import Agreement
from idp.audit.trail import Actor
from idp.db import stamps
from idp.policies import built_in, kinds
from idp.policies.first import of_settings
from idp.policies.policies import Policies
from tests.web.conftest import PASSWORD, new_phone


@pytest.fixture
def elsewhere(centre):
    """Another process at the same database; what it published is taken back in the end."""
    policies = Policies(centre.services.database, centre.services.trail, of_settings(centre.services.settings))

    def publish(kind, **new):
        with centre.services.database.transaction() as db:
            version = policies.version(kind)
            value = replace(version.value, **new)
            policies.publish(db, kind, value, base=version.number, actor=Actor("system"), reason="operations")

    yield publish
    with centre.services.database.transaction() as db:
        from idp.policies.models import PolicyVersion

        for row in db.scalars(select(PolicyVersion)):
            db.delete(row)
        stamps.touch(db, "policies")
    centre.services.policies.follow()


def within_a_second(is_so):
    """Whether it comes true while a process may go on with what it has in hand."""
    began = time.monotonic()
    while not (found := is_so()) and time.monotonic() - began < 1.0:
        time.sleep(0.05)
    return found


def test_a_longer_password_is_asked_for_at_once(centre, elsewhere):
    visitor, phone = centre.visitor(), new_phone()
    visitor.get("/register")
    visitor.submit(phone=phone, agree="yes")
    visitor.submit(otp=centre.code_for(phone))
    assert "至少 8 个字符" in visitor.page.text
    elsewhere(kinds.PASSWORD, min_length=24)

    assert within_a_second(lambda: centre.services.password_rules.policy.min_length == 24)
    page = visitor.submit(identifier="", password="kurz-aber-schwer")
    assert "至少 24 个字符" in page.text
    assert "密码太短" in page.text


def test_a_shorter_session_ends_for_who_has_been_signed_in_for_longer(centre, elsewhere):
    from datetime import timedelta

    from idp.core import clock

    _, phone = centre.person()
    visitor = centre.visitor()
    visitor.sign_in(phone)
    for _ in range(5):
        clock.travel(timedelta(minutes=25))
        assert visitor.get("/account").status == 200
    elsewhere(kinds.SESSION, hours=2)

    assert within_a_second(lambda: visitor.get("/account").path.startswith("/sign-in"))


def test_an_idle_limit_holds_for_sessions_that_there_are(centre, elsewhere):
    from datetime import timedelta

    from idp.core import clock

    _, phone = centre.person()
    visitor = centre.visitor()
    visitor.sign_in(phone)
    clock.travel(timedelta(minutes=12))
    elsewhere(kinds.SESSION, idle_minutes=10)

    assert within_a_second(lambda: centre.services.sessions.idle == timedelta(minutes=10))
    assert visitor.get("/account").path.startswith("/sign-in")


def test_fewer_tries_are_counted_at_once(centre, elsewhere):
    _, phone = centre.person()
    elsewhere(kinds.THROTTLE, failures=3)
    assert within_a_second(lambda: centre.services.policies.current(kinds.THROTTLE).failures == 3)
    visitor = centre.visitor()
    visitor.client.environ_base["REMOTE_ADDR"] = "10.77.0.1"
    for _ in range(3):
        visitor.sign_in(phone, "wrong-password-of-mine")
    assert not visitor.sign_in(phone, PASSWORD).path.startswith("/account")


def test_a_new_text_is_agreed_to_again_and_only_as_it_was_shown(centre, elsewhere):
    account_id, phone = centre.person()
    visitor = centre.visitor()
    visitor.sign_in(phone)
    visitor.authorize()
    before = centre.services.policies.current(kinds.USER_AGREEMENT)
    elsewhere(kinds.USER_AGREEMENT, zh=f"{before.zh}\n第一次修改。\n")

    assert within_a_second(lambda: visitor.authorize().path.startswith("/agreements"))
    first = centre.services.accounts.agreements_now()["user_agreement"]
    assert f"/legal/agreement/{first}" in visitor.page.html
    elsewhere(kinds.USER_AGREEMENT, zh=f"{before.zh}\n第二次修改。\n")
    assert within_a_second(lambda: centre.services.accounts.agreements_now()["user_agreement"] != first)
    again = visitor.submit("accept")
    assert again.path.startswith("/agreements")
    second = centre.services.accounts.agreements_now()["user_agreement"]
    assert f"/legal/agreement/{second}" in again.html
    visitor.submit("accept")
    assert "code" in visitor.arrived
    with centre.services.database.view() as db:
        agreed = db.scalars(
            select(Agreement.version).where(Agreement.account_id == account_id, Agreement.document == "user_agreement")
        ).all()
    assert second in agreed
    assert first not in agreed


def test_who_registers_agreed_to_what_was_shown_beside_the_tick(centre, elsewhere):
    visitor, phone = centre.visitor(), new_phone()
    visitor.get("/register")
    shown = built_in.newest("privacy_notice")
    assert f"{shown} 版" in visitor.page.text
    visitor.submit(phone=phone, agree="yes")
    elsewhere(kinds.PRIVACY_NOTICE, en="Another text.\n")
    assert within_a_second(lambda: centre.services.accounts.agreements_now()["privacy_notice"] != shown)
    visitor.submit(otp=centre.code_for(phone))
    visitor.submit(identifier="", password="")

    with centre.services.database.view() as db:
        account = centre.services.accounts.find_by_phone(db, phone)
        agreed = db.scalars(
            select(Agreement.version).where(Agreement.account_id == account.id, Agreement.document == "privacy_notice")
        ).all()
    assert agreed == [shown]
