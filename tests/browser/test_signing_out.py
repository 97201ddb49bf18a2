"""Journey 5, the way out: signing out at any one site ends all four, however slow a site is; a restart ends nothing."""

from __future__ import annotations

import pytest

from tests.browser.running_demo import SITE_NAMES, until
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TITLES = {
    "portal": "省政府门户网站",
    "service_hall": "政务服务大厅",
    "investment": "投资项目在线审批监管平台",
    "credit": "信用山东",
}


def _sign_in_everywhere(me: Visitor, person) -> None:
    me.sign_in(person)
    assert [me.name_at(site) for site in ("service_hall", "investment")] == [person.identifier] * 2
    if me.name_at("credit") is None:  # the first time it asks
        me.follow("#sign-in")
        me.press("allow")
        assert me.page.locator("#who").count()


def _answers(me: Visitor) -> dict[str, str]:
    """What the centre says each site has answered, by title."""
    me.open("/signed-out")
    rows = me.page.locator(".rows li")
    texts = [rows.nth(number).inner_text().split("\n") for number in range(rows.count())]
    return {row[0].strip(): row[-1].strip() for row in texts}


def _all_answered(me: Visitor) -> bool:
    return _answers(me) == dict.fromkeys(TITLES.values(), "已退出")


def test_signing_out_at_any_site_signs_out_of_all_four(visitor, demo):
    person = demo.citizen(ial=1)
    for leaving_at in SITE_NAMES:
        _sign_in_everywhere(visitor, person)
        visitor.site(leaving_at)
        visitor.follow("#sign-out")

        assert visitor.where.startswith(demo.sites[leaving_at])
        assert visitor.heading == "您已安全退出"
        until("four sites that have answered", lambda: _all_answered(visitor))
        assert [visitor.name_at(site) for site in SITE_NAMES] == [None] * 4
        visitor.open("/account")
        assert visitor.is_at("/sign-in")
    visitor.open("/signed-out")
    visitor.look("all-answered")
    visitor.site("portal")
    visitor.page.go_back()  # nothing of the person comes back from the browser's memory
    assert person.identifier not in visitor.text


def test_leaving_at_the_centre_asks_first_and_ends_everything(visit, demo):
    person, me = demo.citizen(ial=1), visit("phone", script=False)
    _sign_in_everywhere(me, person)
    me.open("/account")
    me.link("退出")
    assert me.heading == "要退出登录吗？"
    me.look("ask")
    me.press("cancel")
    assert me.is_at("/account")
    me.link("退出")
    me.press("confirm")

    assert me.heading == "您已退出登录"
    until("four sites that have answered", lambda: _all_answered(me))
    assert [me.name_at(site) for site in SITE_NAMES] == [None] * 4


@pytest.mark.usefixtures("alone")
def test_a_site_that_hangs_is_told_when_it_is_back(visitor, demo):
    person = demo.citizen(ial=1)
    _sign_in_everywhere(visitor, person)
    with demo.frozen("investment"):
        visitor.site("portal")
        visitor.follow("#sign-out")
        assert visitor.heading == "您已安全退出"  # the person does not wait for it
        others = {title: "已退出" for name, title in TITLES.items() if name != "investment"}
        until("the three others", lambda: others.items() <= _answers(visitor).items())
        assert _answers(visitor)[TITLES["investment"]] == "正在通知"
        assert visitor.page.locator("a:text-is('刷新结果')").count()
        visitor.look("one-has-not-answered")

    until("the fourth, by a second try", lambda: _all_answered(visitor))
    assert visitor.name_at("investment") is None


@pytest.mark.usefixtures("alone")
def test_a_centre_that_was_killed_still_knows_who_is_signed_in(visitor, demo):
    person = demo.citizen(ial=1)
    visitor.sign_in(person)
    visitor.open("/account")

    demo.kill_the_centre()

    visitor.page.reload()
    assert visitor.is_at("/account")
    assert visitor.name_at("investment") == person.identifier  # silently, at a site not visited before
    visitor.site("investment")
    visitor.follow("#sign-out")
    until("the portal to be told", lambda: visitor.name_at("portal") is None)
