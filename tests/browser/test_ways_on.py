"""Journey 6: tabs, back, reload, bookmark, expiry, another browser: there is always a way on, and never somebody else's."""

from __future__ import annotations

import pytest

from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
EXPIRED = "这次登录已经过期"


def _begin(me: Visitor, site: str = "portal") -> str:
    """Open the sign-in page from a site; answers its address, which names the journey."""
    me.site(site)
    me.follow("#sign-in")
    assert me.is_at("/sign-in")
    assert "journey=" in me.where
    return me.where


def _follow_the_way_on(me: Visitor) -> None:
    """The one main button of a page that could not go on."""
    me.look("way-on")
    me.follow("main a.button.primary")


def test_two_tabs_with_two_sites_both_arrive(visitor, demo):
    person = demo.anybody()
    _begin(visitor, "portal")
    first, second = visitor.page, visitor.tab()
    visitor.turn_to(second)
    _begin(visitor, "investment")
    assert "投资项目" in visitor.text
    visitor.give_password(person)
    assert visitor.where.startswith(demo.sites["investment"])
    assert visitor.page.inner_text("#who") == person.identifier

    visitor.turn_to(first)  # still shows the form of before
    visitor.give_password(person)
    if visitor.is_at("/"):
        _follow_the_way_on(visitor)
    assert visitor.where.startswith(demo.sites["portal"])
    assert visitor.page.inner_text("#who") == person.identifier


def test_two_tabs_with_two_levels_do_not_mix(visitor, demo):
    person = demo.anybody()
    visitor.sign_in(person)
    visitor.site("service_hall", "/services/flexible-employment/apply")
    first, second = visitor.page, visitor.tab()
    visitor.turn_to(second)
    visitor.site("credit", "/report")
    assert "信用山东" in visitor.text
    visitor.press("later")
    assert visitor.where.startswith(demo.sites["credit"])
    assert visitor.heading == "查看信用记录前需要核验身份"

    visitor.turn_to(first)
    visitor.page.reload()
    assert "核验后返回 政务服务大厅" in visitor.text
    visitor.press("later")
    assert visitor.heading == "还差一步：实名核验"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_back_after_arriving_leads_to_the_site_again(visit, demo, script):
    person, me = demo.anybody(), visit(script=script)
    sign_in = _begin(me)
    me.give_password(person)
    assert me.page.inner_text("#who") == person.identifier
    me.back()
    if me.is_at("/sign-in") and me.page.locator("[name=password]").count():  # kept by the browser: sent once more
        me.give_password(person)
        if me.is_at("/"):
            _follow_the_way_on(me)
    assert me.where.startswith(demo.sites["portal"])

    me.open(sign_in)  # the same from a bookmark
    assert me.where.startswith(demo.sites["portal"])
    assert me.page.inner_text("#who") == person.identifier


def test_a_callback_opened_again_does_no_harm(visitor, demo):
    person = demo.anybody()
    seen: list[str] = []
    visitor.page.on("request", lambda sent: seen.append(sent.url) if "/callback?" in sent.url else None)
    visitor.sign_in(person)
    (callback,) = [address for address in seen if "code=" in address]

    visitor.open(callback)
    assert visitor.page.inner_text("#who") == person.identifier
    visitor.site("portal")
    visitor.follow("#sign-out")
    visitor.open(callback)
    assert visitor.page.locator("#who").count() == 0
    visitor.link("重新登录")
    assert visitor.is_at("/sign-in")


def test_a_link_to_somebody_elses_journey_leads_nowhere_near_it(visit, demo):
    mine, stranger = visit(), visit()
    journey = _begin(mine).partition("?")[2]
    for page in ("/sign-in", "/register", "/verify-identity", "/consent", "/authorize", "/recover"):
        stranger.open(f"{page}?{journey}")
        assert stranger.heading == EXPIRED, page
        assert "省政府门户" not in stranger.text, page
        assert stranger.page.locator("main form").count() == 0, page
    _follow_the_way_on(stranger)
    assert stranger.page.locator("main a.button").count()
    mine.page.reload()
    assert "登录后返回 省政府门户网站" in mine.text  # not disturbed


def test_an_unfinished_journey_does_not_follow_into_another_browser_after_signing_in(visit, demo):
    """A signed-in person who opens a stranger's link does not sign in to the stranger's site."""
    person, me, stranger = demo.anybody(), visit(), visit()
    address = _begin(stranger, "investment")
    me.sign_in(person)
    me.open(address)

    assert me.heading == EXPIRED
    stranger.site("investment")
    assert stranger.page.locator("#who").count() == 0


@pytest.mark.usefixtures("alone")
def test_an_expired_journey_leads_back_to_its_site(visitor, demo):
    """The store's memory is gone, as after an hour, while forms of the journey are still on the screen."""
    person = demo.anybody()
    address = _begin(visitor, "service_hall")
    demo.kill_the_centre()

    visitor.give_password(person)
    assert visitor.heading == EXPIRED
    visitor.look("expired")
    visitor.link("返回政务服务大厅")
    visitor.give_password(person)
    assert visitor.where.startswith(demo.sites["service_hall"])
    assert visitor.page.inner_text("#who") == person.identifier
    visitor.open(address)
    assert visitor.heading == EXPIRED
    visitor.link("返回政务服务大厅")
    assert visitor.page.inner_text("#who") == person.identifier


def test_pages_of_the_middle_without_their_journey_lead_on(visitor, demo):
    for page in ("/consent", "/register/code", "/register/account", "/sign-in/code/enter", "/recover/code"):
        visitor.open(page)
        assert visitor.page.locator("main a.button, main button").count(), page
        assert visitor.page.locator("h1").count(), page
        assert "服务暂时" not in visitor.text, page
    for page in ("/verify-identity", "/account", "/account/security"):
        visitor.open(page)
        assert visitor.is_at("/sign-in"), page
    visitor.give_password(demo.anybody())
    assert visitor.is_at("/account/security")  # where the person wanted to go


def test_giving_up_leads_back_to_the_site(visitor, demo):
    _begin(visitor, "portal")
    visitor.press("cancel")

    assert visitor.where.startswith(demo.sites["portal"])
    assert visitor.heading == "您取消了登录"
    visitor.look("gave-up")
    visitor.link("重新登录")
    assert visitor.is_at("/sign-in")


def test_a_form_kept_open_over_a_sign_out_says_what_to_do(visitor, demo):
    person = demo.anybody()
    visitor.sign_in(person)
    visitor.open("/account/password")
    form, other = visitor.page, visitor.tab()
    visitor.turn_to(other)
    visitor.site("portal")
    visitor.follow("#sign-out")

    visitor.turn_to(form)
    visitor.fill(current_password=person.password, password="never-Saved-47")
    visitor.press("continue")
    assert visitor.page.locator("main a.button, main button").count()
    visitor.open("/sign-in")
    visitor.give_password(person)
    assert visitor.is_at("/account")  # the password is the old one
