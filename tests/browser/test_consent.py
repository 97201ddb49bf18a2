"""Journey 4: the credit site is told who somebody is only after that person said yes, and no longer after they took it back."""

from __future__ import annotations

import pytest

from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _forget(me: Visitor, site: str) -> None:
    """What the site kept in this browser is gone, as after a day; the centre still knows the person."""
    for name in me.cookie_names():
        if name.startswith(f"{site}_"):
            me.context.clear_cookies(name=name)


def test_consent_says_who_gets_what_and_why_and_is_remembered(visitor, demo):
    person = demo.citizen(ial=1)
    visitor.sign_in(person)
    visitor.site("credit")
    assert visitor.page.locator("#who").count() == 0  # looking somebody up silently names nobody
    visitor.follow("#sign-in")

    assert visitor.heading == "是否允许 信用山东 得到以下信息？"
    for words in ("姓名", "公民身份号码", "用途：查找并显示您本人的公共信用记录", "随时可以在账户中心", "撤回"):
        assert words in visitor.text.replace("您可以随时", "随时可以"), words
    assert person.name not in visitor.text
    assert person.resident_id not in visitor.text
    assert f"{person.resident_id[:6]}********{person.resident_id[-4:]}" in visitor.text
    visitor.press("allow")
    assert visitor.where.startswith(demo.sites["credit"])
    visitor.site("credit", "/report")
    assert visitor.page.inner_text("#record-name") == person.name

    _forget(visitor, "credit")
    visitor.site("credit", "/report")
    assert visitor.page.inner_text("#record-name") == person.name  # no question the second time


def test_a_no_is_respected_and_can_be_changed(visitor, demo):
    person = demo.citizen(ial=1)
    visitor.sign_in(person)
    visitor.site("credit", "/report")
    visitor.press("deny")

    assert visitor.where.startswith(demo.sites["credit"])
    assert visitor.heading == "您没有同意提供实名信息"
    assert person.name not in visitor.text
    visitor.look("denied")
    visitor.link("重新选择")
    assert visitor.is_at("/consent")
    visitor.press("allow")
    assert visitor.page.inner_text("#record-name") == person.name


def test_consent_taken_back_is_asked_for_again(visitor, demo):
    person = demo.citizen(ial=1)
    visitor.sign_in(person)
    visitor.site("credit", "/report")
    visitor.press("allow")

    visitor.open("/account/sites")
    assert "信用山东" in visitor.text
    visitor.look("sites-with-consent")
    visitor.link("撤回授权")
    visitor.look("withdraw")
    visitor.press("confirm")
    assert "授权已撤回" in visitor.text
    visitor.look("withdrawn")
    _forget(visitor, "credit")
    visitor.site("credit", "/report")

    assert visitor.is_at("/consent")
    visitor.open("/account/activity")
    assert "撤回对信用山东的授权" in visitor.text


def test_statutory_duty_and_plain_sign_in_ask_nothing(visitor, demo):
    person = demo.citizen(ial=1)
    visitor.sign_in(person, site="investment")
    visitor.open("/account/sites")
    assert "投资项目在线审批监管平台" in visitor.text  # it knows an account, not a person
    assert "姓名、公民身份号码" not in visitor.text
    visitor.site("service_hall", "/services/flexible-employment/apply")
    assert person.name in visitor.page.inner_text("#applicant")

    visitor.open("/account/sites")
    assert "政务服务大厅" in visitor.text
    assert "履行法定职责所必需" in visitor.text
