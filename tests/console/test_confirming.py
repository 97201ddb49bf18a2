"""Before a sensitive act a factor is shown again: what was typed is kept, a code is spent once, failures are counted."""

import re
from datetime import timedelta
from io import BytesIO

import pyotp
import pytest
from werkzeug.test import TestResponse

from idp.admin import console, sensitive
from idp.admin.sensitive import SensitiveAct
from idp.core import clock
from idp.staff.models import Role
from tests.console.house import ISSUER, Browser, Console


@pytest.fixture
def asked(house: Console, signed_in: dict[Role, Browser], monkeypatch: pytest.MonkeyPatch) -> str:
    """A request of the system administrator that the security administrator may decide; the address of its page."""
    act = SensitiveAct("sample.act", "样例操作", lambda *_: (), perform=lambda *_: None)
    monkeypatch.setitem(sensitive.ACTS, act.name, act)
    system = who(house, signed_in[Role.SYSTEM])
    with house.services.database.transaction() as db:
        made = house.services.approvals.ask(db, system, act.name, target="t", reason="not_needed", summary={})
    return f"/admin/approvals/{made}"


def who(house: Console, browser: Browser):
    cookie = browser.client.get_cookie("idp_operator")
    with house.app.test_request_context(base_url=ISSUER):
        return console.sessions().find(cookie.value)


def code(house: Console, role: Role) -> str:
    return pyotp.TOTP(house.staff[role].totp_secret).generate_otp(clock.epoch() // 30)


def hidden(answer: TestResponse) -> dict[str, str]:
    found = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', answer.text.partition("<main")[2]))
    found.pop("csrf_token")
    return found


def test_who_signed_in_a_moment_ago_is_not_asked_again(signed_in, asked):
    signed_in[Role.SECURITY].get(asked)

    assert signed_in[Role.SECURITY].post(f"{asked}/decision", action="allow").status_code == 303


def test_later_a_code_is_asked_for_and_what_was_typed_is_kept(house, signed_in, asked):
    security = signed_in[Role.SECURITY]
    clock.travel(timedelta(minutes=11))
    security.get(asked)

    page = security.post(f"{asked}/decision", action="refuse", remark="not_justified")
    assert page.status_code == 200
    assert hidden(page) == {"action": "refuse", "remark": "not_justified"}
    assert "待审批" in security.get(asked).text

    wrong = security.post(f"{asked}/decision", **hidden(page), confirm_otp="000000")
    assert "验证没有通过" in wrong.text
    assert hidden(wrong) == {"action": "refuse", "remark": "not_justified"}

    done = security.post(f"{asked}/decision", **hidden(wrong), confirm_otp=code(house, Role.SECURITY))
    assert (done.status_code, done.location) == (303, asked)
    assert "理由不足" in security.get(asked).text
    assert {"operator.confirmation_failed", "operator.confirmed", "approval.refused"} <= set(house.acts())


def test_a_code_serves_once_and_its_freshness_ten_minutes(house, signed_in, asked):
    security = signed_in[Role.SECURITY]
    clock.travel(timedelta(minutes=11))
    security.get(asked)
    spent = code(house, Role.SECURITY)
    assert security.post("/admin/confirm", confirm_otp=spent, back=asked).location == asked
    assert "验证没有通过" in security.post("/admin/confirm", confirm_otp=spent, back=asked).text

    clock.travel(timedelta(minutes=11))
    assert security.get(asked).status_code == 200
    assert "confirm_otp" in security.post(f"{asked}/decision", action="allow").text


def test_too_many_wrong_codes_end_the_session(house, signed_in, asked):
    security = signed_in[Role.SECURITY]
    clock.travel(timedelta(minutes=11))
    security.get(asked)
    answers = [security.post(f"{asked}/decision", action="allow", confirm_otp="000000") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [303]
    assert security.get(asked).location == "/admin/sign-in"
    assert "operator.blocked" in house.acts()


def test_a_file_is_not_carried_and_the_page_says_so(house, signed_in, asked):
    security = signed_in[Role.SECURITY]
    clock.travel(timedelta(minutes=11))
    security.get(asked)
    form = {"csrf_token": security.token, "action": "allow", "file": (BytesIO(b"x"), "list.csv")}
    page = security.client.post(f"{asked}/decision", data=form, base_url=ISSUER)

    assert "文件没有保存" in page.text
    assert "待审批" in security.get(asked).text


@pytest.mark.parametrize(
    "back", ["//elsewhere.example", "/admin/\\evil", "https://elsewhere.example/admin/", "/account"]
)
def test_the_way_back_stays_in_the_console(house, signed_in, back):
    security = signed_in[Role.SECURITY]
    security.get("/admin/confirm")
    clock.travel(timedelta(minutes=1))

    assert security.post("/admin/confirm", confirm_otp=code(house, Role.SECURITY), back=back).location == "/admin/"


def test_every_sensitive_act_is_named_before_it_is_done(house):
    with house.app.test_request_context():
        for rule in house.app.url_map.iter_rules():
            if rule.endpoint.startswith("admin.") and (act := console.RULES[rule.endpoint]).is_fresh:
                assert act.said(dict.fromkeys(rule.arguments, "x") | {"act": "reset", "kind": "password"}), rule.rule


def test_the_page_before_an_act_says_which_act_it_is_and_no_code(house, signed_in):
    system = signed_in[Role.SYSTEM]
    act = f"/admin/accounts/{house.account_id}/acts/reverify"
    system.get(act)
    clock.travel(timedelta(minutes=11))

    page = system.post(act, reason="evidence_doubtful")
    assert "<strong>要求重新核验</strong>" in page.text
    assert f"<code>{house.account_id}</code>" in page.text
    assert "<code>reverify</code>" not in page.text


def test_every_sensitive_act_is_done_by_a_post_only(house):
    for rule in house.app.url_map.iter_rules():
        if rule.endpoint.startswith("admin.") and console.RULES[rule.endpoint].is_fresh:
            assert "POST" in rule.methods, rule.endpoint
