"""Staff at the demo: a freeze reaches the site where a citizen is signed in, and the citizen reads of it."""

from __future__ import annotations

import pytest

from tests.browser import at_console
from tests.browser.running_demo import until

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_freezing_an_account_ends_its_session_at_a_site_and_its_owner_reads_who_did_it(visit, demo):
    person, me, officer = demo.citizen(ial=1), visit(), visit(script=False)
    me.sign_in(person, "service_hall")
    assert me.name_at("service_hall") == person.identifier
    at_console.sign_in_at_demo(officer, demo, "demo-system")
    officer.follow("nav.side a[href='/admin/accounts']")
    officer.fill(identifier=person.phone)
    officer.press("continue")
    assert person.phone not in officer.page.content()
    officer.page.select_option("#reason", "reported_stolen")
    officer.page.fill("#ticket", "A-17")
    officer.look("before")
    officer.press("freeze")
    officer.look("frozen")
    assert "已冻结" in officer.text

    until("the session at the site to end", lambda: me.name_at("service_hall") is None, 10)
    assert me.name_at("portal") is None  # which would have signed in without asking
    me.site("service_hall")
    me.follow("#sign-in")
    me.give_password(person)
    me.look("refused")
    assert not me.where.startswith(demo.sites["service_hall"])

    officer.page.select_option("#reason", "owner_verified")
    officer.press("unfreeze")
    assert "正常" in officer.text
    me.site("service_hall")
    me.follow("#sign-in")
    me.give_password(person)
    assert me.name_at("service_hall") == person.identifier
    me.open("/account/activity")
    me.look("record")
    assert "停用了账户" in me.text
    assert "恢复了账户" in me.text
    assert "系统管理员" in me.text
    assert "demo-system" not in me.text
