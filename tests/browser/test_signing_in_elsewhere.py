"""Signing in with WeChat: linked once after the account's own sign-in, then straight to the site, until it is unlinked."""

from __future__ import annotations

import pytest

from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IN_WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.50"
# Whose WeChat: by its place in the list of the sandbox, another one for each test.
WAYS = [
    pytest.param({"size": "desk"}, 6, id="desk-by-qr"),
    pytest.param({"size": "phone", "script": False, "agent": IN_WECHAT}, 7, id="in-wechat-no-script"),
]


@pytest.mark.parametrize(("how", "whose"), WAYS)
def test_by_wechat_then_linking(visit, demo, how, whose):
    person, me = demo.citizen(ial=1), visit(**how)
    mark = demo.audit_mark()
    _to_wechat(me)
    me.look("wechat")
    _allow(me, whose)
    assert "这个微信账号还没有关联账户" in me.text
    me.look("unlinked")
    me.link("用密码登录")
    me.give_password(person)
    assert me.heading == "以后用微信登录这个账户？"
    me.look("link")
    me.press("link")
    assert me.where.startswith(demo.sites["portal"])
    assert me.page.locator("#who").count()

    again = visit(**how)
    _to_wechat(again)
    _allow(again, whose)
    assert again.where.startswith(demo.sites["portal"])
    assert again.page.inner_text("#who") == me.page.inner_text("#who")
    again.look("portal")

    again.open("/account/security")
    again.look("security")
    assert "关联的登录方式" in again.text
    again.follow("a[href^='/account/links/']:not([href*='/with/'])")
    assert again.heading == "不再用微信登录？"
    again.look("unlink")
    again.press("unlink")
    assert "登录方式已取消关联" in again.text

    third = visit(**how)
    _to_wechat(third)
    _allow(third, whose)
    assert "这个微信账号还没有关联账户" in third.text
    acts = [act for (act,) in demo.rows("SELECT act FROM audit_entries WHERE act LIKE 'link.%' AND rowid > ?", mark)]
    assert "link.added" in acts
    assert "link.removed" in acts


def test_who_declines_at_wechat_comes_back_to_the_other_ways(visit, demo):
    me = visit()
    _to_wechat(me)
    me.follow("button[name=action][value=deny]")

    assert me.is_at("/sign-in")
    assert "您没有在微信完成登录" in me.text
    assert "登录后返回" in me.text
    me.look("declined")


def _to_wechat(me: Visitor) -> None:
    me.site("portal")
    me.follow("#sign-in")
    me.look("sign-in")
    me.follow("a[href*='/sign-in/with/wechat']")


def _allow(me: Visitor, whose: int) -> None:
    me.page.select_option("select[name=user]", index=whose)
    me.follow("button[name=action][value=allow]")
