"""The whole way of a new citizen through the four sites: on a phone without scripts, and at a desk with them."""

from __future__ import annotations

import pytest

from tests.browser.running_demo import SITE_NAMES, until
from tests.browser.visitor import PASSWORD, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WAYS = [pytest.param("phone", False, id="phone-no-script"), pytest.param("desk", True, id="desk")]


@pytest.mark.parametrize(("size", "script"), WAYS)
def test_from_registering_to_signing_out_everywhere(visit, demo, size, script):
    person, me = demo.newcomer(), visit(size, script=script)
    mark = demo.audit_mark()

    _register(me, person, username="" if size == "phone" else f"journey_{person.phone[-3:]}")
    assert_agreements_are_recorded(demo, mark)
    _apply_for_a_service(me, person)
    _read_the_credit_record(me, person)
    assert me.name_at("investment")  # signed in without a question
    me.look("investment")
    for page in ("", "/security", "/sites", "/activity"):
        me.open(f"/account{page}")
        me.look(f"account{page.replace('/', '-')}")
    _leave(me)
    written = demo.log.read_text(encoding="utf-8")
    assert [fact for fact in (person.name, person.resident_id, person.phone) if fact in written] == []


def _register(me: Visitor, person, *, username: str) -> None:
    me.site("portal")
    me.look("portal")
    me.follow("#sign-in")
    assert "登录后返回" in me.text
    me.look("sign-in")
    me.link("没有账户，注册")
    me.look("register")
    me.fill(phone=person.phone)
    me.press("send_code")
    assert "请先阅读并勾选" in me.text  # nothing typed is lost
    assert me.page.input_value("[name=phone]") == person.phone
    me.look("register-not-agreed")
    me.page.check("[name=agree]")
    me.press("send_code")
    me.look("code")
    me.give_code(person.phone)
    assert me.heading == "设置账户"
    if username:
        me.fill(identifier=username, password="password")
        me.press("continue")
        me.look("password-too-easy")
        assert me.page.input_value("[name=identifier]") == username
        me.fill(password=PASSWORD)
    me.look("account-name")
    me.press("continue")
    assert me.where.startswith(me.demo.sites["portal"])
    assert me.page.inner_text("#who") == (username or f"{person.phone[:3]}****{person.phone[-4:]}")
    me.look("portal-signed-in")


def assert_agreements_are_recorded(demo, mark: int) -> None:
    """Every account that somebody registered since has agreed to the current version of both texts."""
    registered = (
        "SELECT account_id FROM audit_entries WHERE act = 'account.registered' AND rowid > ?"
        " AND json_extract(details, '$.channel') = 'web'"
    )
    for (account,) in demo.rows(registered, mark):
        agreed = demo.rows("SELECT document, version, channel FROM account_agreements WHERE account_id = ?", account)
        assert {(document, channel) for document, _, channel in agreed} == {
            ("privacy_notice", "web"),
            ("user_agreement", "web"),
        }
        assert all(version for _, version, _ in agreed)
    assert demo.rows(registered, mark)


def _apply_for_a_service(me: Visitor, person) -> None:
    assert me.name_at("service_hall")  # silently
    me.look("hall")
    me.site("service_hall", "/services/flexible-employment")
    me.look("hall-service")
    me.follow("#apply")
    assert me.is_at("/verify-identity")
    assert "政务服务大厅 将得到：" in me.text
    assert "核验后返回 政务服务大厅" in me.text
    me.look("verify")
    me.prove(person)
    assert person.name in me.page.inner_text("#applicant")
    assert person.resident_id not in me.text  # masked on the page
    me.look("hall-form")
    me.press("confirm")
    assert "处需要补充" in me.text
    me.look("hall-form-errors")
    for choice in ("济南", "平台就业", "100%"):
        me.page.check(f"input[value='{choice}']")
    me.page.check("#promise")
    me.press("confirm")
    number = me.page.inner_text("#acceptance-number")
    me.look("hall-receipt")
    me.page.reload()
    assert me.page.inner_text("#acceptance-number") == number


def _read_the_credit_record(me: Visitor, person) -> None:
    me.site("credit")
    me.look("credit")
    me.follow("#report")
    assert me.heading == "是否允许 信用山东 得到以下信息？"
    assert "查找并显示您本人的公共信用记录" in me.text
    assert person.resident_id not in me.text
    me.look("consent")
    me.press("deny")
    assert me.heading == "您没有同意提供实名信息"
    me.look("credit-denied")
    me.link("重新选择")
    me.press("allow")
    assert me.page.inner_text("#record-name") == person.name
    me.look("credit-record")


def _leave(me: Visitor) -> None:
    me.site("investment")
    me.follow("#sign-out")
    assert me.heading == "您已安全退出"
    me.look("signed-out")
    me.link("查看各网站的退出结果")

    def everybody_answered() -> bool:
        me.page.reload()
        return me.text.count("已退出") >= len(SITE_NAMES) and "正在通知" not in me.text

    until("four sites that have answered", everybody_answered)
    me.look("sites-that-answered")
    assert [me.name_at(site) for site in SITE_NAMES] == [None] * 4
