"""Policies in the console: changed by way of a difference, refused out of bounds, obeyed at once, undone, never silently."""

import html
import re
import time

import pytest
from sqlalchemy import select

from idp.admin import policy_forms
from idp.audit.models import AuditEntry
from idp.policies import built_in, kinds
from idp.policies.policies import Policies
from idp.staff.models import Role

SECURITY = Role.SECURITY


def fields_of(page: str) -> dict[str, str]:
    """What the first form of the main part holds."""
    main = page.partition("<main")[2]
    form = re.search(r'<form[^>]*method="post".*?</form>', main, re.DOTALL)
    assert form is not None
    found = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', form[0]))
    found |= {
        name: text.lstrip("\n")
        for name, text in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>(.*?)</textarea>', form[0], re.DOTALL)
    }
    found |= dict(re.findall(r'<select id="f-\w+" name="(\w+)".*?<option value="(\w+)" selected', form[0], re.DOTALL))
    return {name: html.unescape(value) for name, value in found.items() if name != "csrf_token"}


def change(browser, kind, *, reason="operations", **new):
    """From the form over the difference to the new version; the pages on the way."""
    form = browser.get(f"/admin/policies/{kind}")
    difference = browser.post(f"/admin/policies/{kind}", **{**fields_of(form.text), **new})
    if difference.status_code != 200:
        return form, difference, None
    carried = re.search(r'<form class="card".*?</form>', difference.text, re.DOTALL)
    assert carried is not None
    given = {n: html.unescape(v) for n, v in re.findall(r'name="(\w+)" value="([^"]*)"', carried[0])}
    given.pop("csrf_token")
    return form, difference, browser.post(f"/admin/policies/{kind}/publish", **given, reason=reason, ticket="A-17")


def test_a_change_is_shown_as_a_difference_first_then_kept_with_its_reason(house, signed_in):
    security = signed_in[SECURITY]
    _, difference, answer = change(security, "password", min_length="12", required_classes="3")

    assert "密码最短长度" in difference.text
    assert house.services.policies.current(kinds.PASSWORD).min_length == 12
    assert answer.status_code == 303
    shown = security.get(answer.location).text
    assert "第 2 版" in shown
    assert "sample.security" in shown
    assert "A-17" in shown
    with house.services.database.view() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.act == "policy.changed")).one()
    assert entry.actor_id == house.staff[SECURITY].id
    assert entry.details["changed"] == ["min_length: 8 -> 12", "required_classes: 0 -> 3"]
    assert (entry.details["kind"], entry.details["version"]) == ("password", 2)


def test_what_protects_less_says_so_in_words(house, signed_in):
    security = signed_in[SECURITY]
    stricter = change(security, "session", idle_minutes="10", hours="4")[1].text
    assert "降低了保护" not in stricter
    assert "已空闲超过 10 分钟的用户立即退出" in stricter

    weaker = change(security, "session", idle_minutes="60", hours="12")[1].text
    assert "这次修改降低了保护" in weaker
    assert "忘记退出的电脑，别人可以使用更长时间" in weaker
    expiring = change(security, "password", max_age_days="90")[1].text
    assert "降低了保护" not in expiring
    assert "密码已使用超过 90 天的人" in expiring
    assert "泄露的密码可以被使用更长时间" in change(security, "password", max_age_days="0")[1].text


@pytest.mark.parametrize(
    ("kind", "new"),
    [
        ("password", {"min_length": "7"}),
        ("password", {"min_length": "１２"}),
        ("password", {"max_age_days": "7"}),
        ("session", {"hours": "25"}),
        ("throttle", {"failures": "1000"}),
        ("throttle", {"failures": "-1"}),
        ("brand", {"colour": "red"}),
        ("brand", {"name_zh": "<b>中心</b>"}),
        ("privacy_notice", {"en": " "}),
        ("user_agreement", {"zh": "一二三\u202e"}),
    ],
)
def test_what_is_out_of_bounds_is_refused_beside_its_field(house, signed_in, kind, new):
    _, answer, published = change(signed_in[SECURITY], kind, **new)

    assert answer.status_code == 400
    assert 'class="problem"' in answer.text
    assert published is None
    assert "policy.changed" not in house.acts()


def test_a_form_that_was_made_before_anothers_change_is_refused(house, signed_in):
    security = signed_in[SECURITY]
    old = fields_of(security.get("/admin/policies/session").text)
    change(security, "session", idle_minutes="20")

    assert security.post("/admin/policies/session", **{**old, "hours": "6"}).status_code == 409
    late = security.post("/admin/policies/session/publish", **{**old, "hours": "6"}, reason="operations")
    assert late.status_code == 409
    assert "已经被别人改过" in late.text


def test_a_change_needs_a_reason_and_something_that_changes(house, signed_in):
    security = signed_in[SECURITY]
    form = fields_of(security.get("/admin/policies/session").text)

    assert security.post("/admin/policies/session/publish", **{**form, "hours": "6"}).status_code == 400
    assert "没有可以保存的修改" in security.post("/admin/policies/session", **form).text
    assert security.post("/admin/policies/session/publish", **form, reason="operations").status_code == 400
    assert house.services.policies.current(kinds.SESSION).hours == 8


def test_an_undone_change_is_a_new_version_equal_to_the_older_one(house, signed_in):
    security = signed_in[SECURITY]
    change(security, "throttle", failures="3", sms_per_phone_day="5")
    security.get("/admin/policies/throttle/versions/1")
    asked = security.post("/admin/policies/throttle", base="2", undoes="1")
    assert "回到第 1 版的内容" in asked.text
    done = security.post("/admin/policies/throttle/publish", base="2", undoes="1", reason="undone")

    assert done.status_code == 303
    assert house.services.policies.current(kinds.THROTTLE).failures == 5
    assert house.services.policies.version(kinds.THROTTLE).number == 3
    history = security.get("/admin/policies/throttle").text
    assert "回到第 1 版" in history
    assert "撤回先前的修改" in history


def test_a_new_text_says_how_many_agree_again_is_previewed_and_read_at_its_address(house, signed_in):
    security = signed_in[SECURITY]
    text = house.services.policies.current(kinds.PRIVACY_NOTICE)
    zh = text.zh.replace("十二个月", "十八个月") + "\n<script>alert(1)</script>"
    _, difference, answer = change(security, "privacy_notice", zh=zh, en=text.en + "\nEighteen months.")
    assert "1 个账户下次登录时都要阅读并重新同意" in difference.text
    assert "<ins>" in difference.text
    assert "&lt;script&gt;" in difference.text
    assert answer.status_code == 303

    security.get("/admin/policies/privacy_notice")
    preview = security.post("/admin/policies/privacy_notice/preview", zh=zh, en=text.en, language="zh")
    assert "十八个月" in preview.text
    assert '<article class="card wide prose">' in preview.text
    english = security.post("/admin/policies/privacy_notice/preview", zh=zh, en=text.en, language="en")
    assert '<html lang="en"' in english.text
    assert "Privacy" in english.text

    citizen = house.app.test_client()
    now = house.services.policies.current(kinds.PRIVACY_NOTICE).name
    assert now not in built_in.versions("privacy_notice")
    page = citizen.get("/legal/privacy", base_url="http://localhost:8000").text
    assert "十八个月" in page
    assert "<script>alert" not in page
    for name in [now, *built_in.versions("privacy_notice")]:
        assert f"/legal/privacy/{name}" in page
    before = citizen.get(f"/legal/privacy/{built_in.newest('privacy_notice')}", base_url="http://localhost:8000").text
    assert "十二个月" in before
    assert "由新版本取代" in before
    with house.services.database.view() as db:
        assert "privacy_notice" in house.services.accounts.agreements_due(db, house.account_id)
        house_now = house.services.accounts.agreements_now()
    assert house_now["privacy_notice"] == now


def test_the_brand_is_on_every_page_of_both_faces_and_on_messages(house, signed_in):
    security = signed_in[SECURITY]
    change(
        security, "brand", name_zh="齐鲁认证中心", name_en="Qilu Identity Centre", phone="0531-12345",
        record="鲁ICP备00000000号-1", colour="teal", sms_sign="齐鲁认证",
    )  # fmt: skip
    page = house.app.test_client().get("/", base_url="http://localhost:8000")
    english = house.app.test_client().get("/", base_url="http://localhost:8000", headers={"Accept-Language": "en"})

    assert "齐鲁认证中心" in page.text
    assert "0531-12345" in page.text
    assert "鲁ICP备00000000号-1" in page.text
    assert 'class="tone-teal"' in page.text
    assert "Qilu Identity Centre" in english.text
    assert "齐鲁认证中心" in security.get("/admin/policies").text


def test_another_process_obeys_within_a_second(house, signed_in):
    everything = house.services
    other = Policies(
        everything.database, everything.trail, {k: everything.policies.first(v) for k, v in kinds.KINDS.items()}
    )
    assert other.current(kinds.PASSWORD).min_length == 8
    change(signed_in[SECURITY], "password", min_length="14")

    assert other.version(kinds.PASSWORD).value.min_length == 14


def test_only_the_security_administrator_gets_there(house, signed_in):
    for role, browser in signed_in.items():
        expected = 200 if role is SECURITY else 403
        assert browser.get("/admin/policies").status_code == expected
        assert browser.get("/admin/policies/password").status_code == expected
    assert signed_in[SECURITY].get("/admin/policies/nothing").status_code == 404
    assert signed_in[SECURITY].get("/admin/policies/password/versions/9").status_code == 404


def test_no_text_takes_long_to_compare():
    old = "".join(f"第{number}条\n\n" for number in range(200))
    began = time.process_time()
    found = policy_forms.lines(old, "\n" * 19_990 + "第7条")
    assert time.process_time() - began < 10  # three quarters of a minute, where the smallest difference is looked for
    assert [each.text for each in found if each.kind == "removed"] == [
        f"第{number}条" for number in range(200) if number != 7
    ] or "第7条" in {each.text for each in found if each.kind == "added"}
