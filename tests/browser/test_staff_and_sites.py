"""Staff and developers at the demo: a freeze that reaches a site, and a site from its registration to its first citizen."""

from __future__ import annotations

import pytest

from tests.browser import at_console
from tests.browser.running_demo import until
from tests.browser.visitor import Visitor
from tests.flows.trial_site import TrialSite

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


@pytest.fixture
def trial(demo):
    site = TrialSite(demo.centre)
    yield site
    site.close()


@pytest.mark.timeout(480)
def test_a_site_goes_from_its_registration_to_its_first_citizen(visit, demo, trial):
    developer, tester, citizen = visit(), visit(), visit("phone")
    [me] = [each for each in demo.facts["people"] if each["identifier"] == demo.facts["workbench"]["identifier"]]
    developer.open("/workbench/sites")
    developer.fill(identifier=me["identifier"], password=me["password"])
    developer.press("continue")
    developer.look("sites")
    developer.open("/workbench/register")
    developer.fill(
        client_name=trial.metadata()["client_name"], client_uri=f"{trial.url}/", redirect_uris=f"{trial.url}/callback"
    )  # fmt: skip
    developer.look("register")
    developer.press("continue")
    trial.secret = developer.page.inner_text("#client_secret").strip()
    trial.client_id = (
        developer.page.locator("main a[href*='/workbench/sites/']").first.get_attribute("href").split("/")[3]
    )
    here = f"/workbench/sites/{trial.client_id}"
    developer.open(f"{here}/edit")
    _fill(developer, trial)
    developer.look("edit")
    developer.press("continue")
    developer.open(f"{here}/secrets")
    assert trial.secret not in developer.page.content()
    developer.look("secrets")

    stranger = demo.anybody(ial=1)
    tester.open(f"{trial.url}/start")
    tester.give_password(stranger)
    assert not tester.where.startswith(trial.url), "a real person signed in at a site in test mode"
    tester.look("not-for-real-people")

    developer.open(f"{here}/test-people")
    developer.press("continue")
    username, password = (developer.page.inner_text(f"#{name}").strip() for name in ("username", "password"))
    developer.look("test-person")
    tester.context.clear_cookies()
    tester.open(f"{trial.url}/start")
    tester.fill(identifier=username, password=password)
    tester.press("continue")
    _agree(tester, trial)
    assert tester.page.inner_text("#who") == "in"

    developer.open(f"{here}/check")
    developer.fill(start_url=f"{trial.url}/start", page_url=f"{trial.url}/inside", sign_out_url=f"{trial.url}/leave")
    developer.press("continue")
    until("the check to end", lambda: "没有发现问题" in developer.text or "需要改正" in developer.text, 90)
    developer.look("checked")
    assert "没有发现问题" in developer.text, developer.text
    developer.open(f"{here}/going-live")
    developer.look("before-asking")
    developer.fill(note="十二月一日开通。")
    developer.press("ask")
    assert "正在审核" in developer.text

    reviewer, second = visit(), visit()
    at_console.sign_in_at_demo(reviewer, demo, "demo-system")
    reviewer.follow("nav.side a[href='/admin/releases']")
    reviewer.follow("main table a:has-text('试行网站')")
    reviewer.look("review")
    assert "已通过" in reviewer.text
    assert trial.url in reviewer.text
    reviewer.press("approve")
    reviewer.look("needs-a-second")
    assert "您自己不能批准" in reviewer.text
    citizen.open(f"{trial.url}/start")
    person = demo.citizen(ial=1)
    citizen.give_password(person)
    assert not citizen.where.startswith(trial.url)
    at_console.sign_in_at_demo(second, demo, "demo-security")
    second.open(reviewer.where)
    second.look("second")
    assert "试行网站" in second.text
    second.press("allow")

    # The secret of the trial is void now; the department makes a live one.
    developer.open(f"{here}/secrets")
    developer.look("no-secret")
    developer.press("make")
    trial.secret = developer.page.inner_text("#client_secret").strip()

    citizen.context.clear_cookies()
    citizen.open(f"{trial.url}/start")
    citizen.give_password(person)
    citizen.look("asked")
    _agree(citizen, trial)
    assert citizen.page.inner_text("#who") == "in"
    developer.open(here)
    developer.look("live")
    assert "正式" in developer.text


def _fill(developer: Visitor, trial: TrialSite) -> None:
    said = trial.metadata()
    developer.fill(
        client_name=said["client_name"], about="试行一种新的办事方式", client_uri=f"{trial.url}/",
        initiate_login_uri=said["initiate_login_uri"], redirect_uris="\n".join(said["redirect_uris"]),
        post_logout_redirect_uris="\n".join(said["post_logout_redirect_uris"]),
        backchannel_logout_uri=said["backchannel_logout_uri"],
    )  # fmt: skip
    developer.page.check("#scope-profile")
    details = developer.page.locator(".claim:has(#scope-profile) details")
    if not details.evaluate("one => one.open"):
        details.locator("summary").click()
    developer.fill(purpose_profile="显示您的账户名", basis_profile="《行政许可法》第二十九条")


def _agree(someone: Visitor, trial: TrialSite) -> None:
    """To what the site asks for, where the centre asks."""
    if not someone.where.startswith(trial.url):
        someone.press("allow")
    assert someone.where == f"{trial.url}/inside", someone.page.inner_text("body")
