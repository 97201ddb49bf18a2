"""Steps of a journey and the account centre: identity, consent, lost and foreign journeys, tabs, leaving."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta

import pytest
from sqlalchemy import delete

from idp.accounts.models import Agreement
from idp.core import clock
from idp.realname.ports import Refutation, Refuted, Verified
from tests.web.conftest import PASSWORD

IDENTITY = iter(
    ["370199198503070017", "370199198503070025", "37019919900520008X", "370699200002290123", "37139919640815002X"]
)
_networks = itertools.count(1)
LEVEL = {"client_id": "hall", "scope": "openid profile realname", "acr_values": "ial1"}


@pytest.fixture
def registry(centre):
    yield centre.registry
    centre.registry.answer = Verified(centre.registry.capability.attests)


@pytest.fixture
def signed_in(centre):
    _, phone = centre.person()
    visitor = centre.visitor()
    visitor.client.environ_base["REMOTE_ADDR"] = f"10.5.0.{next(_networks)}"
    visitor.sign_in(phone)
    return visitor


def test_a_session_is_enough_and_nothing_is_asked(signed_in):
    signed_in.authorize()

    assert signed_in.arrived["code"]


def test_identity_is_proven_on_the_way_and_only_once(centre, signed_in, registry):
    page = signed_in.authorize(**LEVEL)
    assert page.path.startswith("/verify-identity")
    assert "样例站点hall 将得到：姓名" in page.text
    before = signed_in.client.get_cookie("idp_session", domain="localhost").value

    signed_in.submit(name="测试甲", resident_id=next(IDENTITY))

    assert signed_in.arrived["code"]
    assert signed_in.client.get_cookie("idp_session", domain="localhost").value != before
    assert signed_in.authorize(**LEVEL).location is not None
    assert "身份已核验" in signed_in.get("/verify-identity").text
    assert "测**" in signed_in.get("/account").text


@pytest.mark.parametrize("reason", list(Refutation))
def test_every_no_of_the_registry_reads_the_same(centre, signed_in, registry, reason):
    registry.answer = Refuted(reason)
    signed_in.authorize(**LEVEL)

    page = signed_in.submit(name="测试乙", resident_id="370199194910010013")

    assert page.status == 400
    assert "没有通过核验" in page.text
    assert 'value="测试乙"' in page.html
    assert reason.value not in page.html


def test_a_number_that_cannot_be_is_said_at_its_field(signed_in, registry):
    signed_in.authorize(**LEVEL)

    page = signed_in.submit(name="测试乙", resident_id="370199198503070018")

    assert page.status == 400
    assert 'id="resident_id-error"' in page.html


def test_a_source_that_is_down_offers_later_and_never_passes(signed_in, registry):
    registry.is_down()
    signed_in.authorize(**LEVEL)

    page = signed_in.submit(name="测试丙", resident_id=next(IDENTITY))
    assert "人口库现在没有回应" in page.text
    signed_in.submit("later")

    assert signed_in.arrived["error"] == "unmet_authentication_requirements"


def test_consent_says_who_gets_what_and_is_remembered_until_withdrawn(centre, signed_in, registry):
    signed_in.get("/verify-identity")
    assert signed_in.submit(name="测试丁", resident_id=next(IDENTITY)).path.startswith("/account")
    asked = {"client_id": "credit", "scope": "openid profile realname"}

    page = signed_in.authorize(**asked)
    assert page.path.startswith("/consent")
    assert "是否允许 样例站点credit" in page.text
    assert "查找您本人的记录" in page.text
    assert "****" in page.text
    signed_in.submit("allow")
    assert signed_in.arrived["code"]
    assert signed_in.authorize(**asked).location is not None

    assert "样例站点credit" in signed_in.get("/account/sites").text
    signed_in.get("/account/sites/credit")
    assert signed_in.submit("confirm").path == "/account/sites?done=withdrawn"
    assert "撤回对样例站点credit的授权" in signed_in.get("/account/activity").text
    assert signed_in.authorize(**asked).path.startswith("/consent")


def test_no_to_consent_is_told_to_the_site(centre, signed_in):
    signed_in.authorize(client_id="credit", scope="openid profile realname")

    signed_in.submit("deny")

    assert signed_in.arrived["error"] == "access_denied"


def test_a_site_may_ask_which_account(signed_in, centre):
    signed_in.authorize(prompt="select_account")
    assert signed_in.page.path.startswith("/choose-account")
    signed_in.submit("continue")
    assert signed_in.arrived["code"]

    _, other = centre.person()
    signed_in.authorize(prompt="select_account")
    assert signed_in.submit("switch").path.startswith("/sign-in")
    signed_in.submit(identifier=other, password=PASSWORD)
    assert signed_in.arrived["code"]


def test_prompt_login_asks_again_and_then_goes_on(centre):
    _, phone = centre.person()
    visitor = centre.visitor()
    visitor.sign_in(phone)
    clock.travel(timedelta(seconds=5))

    page = visitor.authorize(prompt="login", login_hint=phone)
    assert "请重新登录" in page.text
    assert f'value="{phone}"' in page.html
    visitor.submit(identifier=phone, password=PASSWORD)

    assert visitor.arrived["code"]


def test_a_new_version_of_the_texts_is_accepted_before_going_on(centre):
    account_id, phone = centre.person()
    with centre.services.database.transaction() as db:
        db.execute(delete(Agreement).where(Agreement.account_id == account_id))
    visitor = centre.visitor()
    visitor.sign_in(phone)

    assert visitor.authorize().path.startswith("/agreements")
    visitor.submit("accept")
    assert visitor.arrived["code"]
    assert visitor.authorize().location is not None


def test_a_finished_journey_starts_its_site_anew(centre):
    _, phone = centre.person()
    visitor = centre.visitor()
    visitor.authorize()
    bookmark = visitor.page.path
    visitor.submit(identifier=phone, password=PASSWORD)

    assert visitor.get(bookmark).location == "http://localhost:9/portal/sign-in?iss=http%3A%2F%2Flocalhost%3A8123"


def test_a_journey_of_another_browser_is_not_shown_and_there_is_a_way_on(centre):
    _, phone = centre.person()
    owner, stranger = centre.visitor(), centre.visitor()
    owner.authorize(login_hint="owner-of-the-journey")
    bookmark = owner.page.path

    page = stranger.get(bookmark)

    assert page.status == 400
    assert "owner-of-the-journey" not in page.html
    assert "这次登录已经过期" in page.text
    assert 'href="/"' in page.html
    owner.get(bookmark)
    owner.submit(identifier=phone, password=PASSWORD)
    assert owner.arrived["code"]


def test_an_expired_journey_still_knows_the_site(centre):
    visitor = centre.visitor()
    visitor.authorize()

    page = visitor.get("/sign-in?journey=gone")

    assert page.status == 400
    assert 'href="http://localhost:9/portal/sign-in?iss=http%3A%2F%2Flocalhost%3A8123"' in page.html


def test_two_tabs_each_reach_their_own_site(centre):
    _, phone = centre.person()
    visitor = centre.visitor()
    visitor.authorize(client_id="portal", state="tab-one")
    first = visitor.page
    visitor.authorize(client_id="hall", state="tab-two")
    visitor.submit(identifier=phone, password=PASSWORD)
    assert visitor.arrived["state"] == "tab-two"

    visitor.get(first.path)  # the other tab is reloaded

    assert visitor.arrived["state"] == "tab-one"


def test_the_other_tab_s_form_goes_on_after_signing_in_there(centre):
    _, phone = centre.person()
    visitor = centre.visitor()
    visitor.authorize(client_id="portal", state="tab-one")
    action, fields = visitor.page.form()
    visitor.authorize(client_id="hall", state="tab-two")
    visitor.submit(identifier=phone, password=PASSWORD)

    page = visitor.post(action, {**fields, "identifier": phone, "password": PASSWORD, "action": "continue"})

    assert page.status == 400
    assert "请再提交一次" in page.text
    visitor.get(re.search(r'class="button primary" href="([^"]+)"', page.html)[1].replace("&amp;", "&"))
    assert visitor.arrived["state"] == "tab-one"


def test_another_device_can_be_signed_out_but_nobody_else_s(centre):
    _, phone = centre.person()
    _, stranger_phone = centre.person()
    here, there, stranger = centre.visitor(), centre.visitor(), centre.visitor()
    for visitor, who in ((here, phone), (there, phone), (stranger, stranger_phone)):
        visitor.sign_in(who)
    stranger.get("/account/security")
    page = here.get("/account/security")
    action, fields = page.form()

    stranger.get("/preferences")
    token = stranger.page.form()[1]["csrf_token"]
    stranger.post("/account/security", {"csrf_token": token, "session": fields["session"], "action": "end"})
    assert there.get("/account").path == "/account"
    here.post(action, {**fields, "action": "end"})
    assert there.get("/account").path.startswith("/sign-in")
    assert here.get("/account").path == "/account"


def test_changing_the_password_asks_for_the_old_one_and_signs_out_elsewhere(centre):
    _, phone = centre.person()
    here, there = centre.visitor(), centre.visitor()
    here.sign_in(phone)
    there.sign_in(phone)
    here.get("/account/password")

    assert here.submit(current_password="not it", password="wolke-Ziegel-48-pfad").status == 400
    assert here.submit(current_password=PASSWORD, password="wolke-Ziegel-48-pfad").path.startswith("/account/security")
    assert there.get("/account").path.startswith("/sign-in")
    assert centre.visitor().sign_in(phone, "wolke-Ziegel-48-pfad").path == "/account"


def test_a_first_password_needs_a_fresh_sign_in(centre):
    _, phone = centre.person(password=None)
    visitor = centre.visitor()
    _sign_in_by_code(centre, visitor, phone)
    clock.travel(timedelta(minutes=11))

    assert visitor.get("/account/password").path == "/sign-in/code"
    assert "请重新登录，确认是您本人" in visitor.page.text
    assert _sign_in_by_code(centre, visitor, phone).path == "/account/password"
    assert visitor.submit(password="wolke-Ziegel-48-pfad").path.startswith("/account/security")


def _sign_in_by_code(centre, visitor, phone):
    visitor.get("/sign-in/code")
    visitor.submit("send_code", phone=phone)
    return visitor.submit(otp=centre.code_for(phone))


def test_display_choices_stay_in_this_browser_and_come_back_to_the_page(centre):
    visitor = centre.visitor(**{"Accept-Language": "zh"})
    visitor.authorize(ui_locales="zh-CN")
    bookmark = visitor.page.path

    page = visitor.get(f"/preferences/set?language=en&back={bookmark.replace('?', '%3F').replace('=', '%3D')}")
    assert page.path == bookmark
    assert '<html lang="en"' in page.html  # the person's own choice, made after the site's wish
    assert '<html lang="zh-CN"' in visitor.authorize(ui_locales="zh-CN").html  # a new wish of a site
    visitor.get("/preferences")
    page = visitor.submit(elder="on", theme="dark", language="en")
    assert '<html lang="en" class="elder" data-theme="dark">' in page.html


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:1", "/a%0d%0ab", ""]
)
def test_a_display_link_never_leads_away(centre, back):
    answer = centre.visitor().client.get(f"/preferences/set?language=en&back={back}", base_url="http://localhost:8123")

    assert answer.headers["Location"].split("?")[0] in {"/", "/a"}
    assert "evil" not in answer.headers["Location"]


def test_leaving_asks_first_and_then_shows_who_was_told(signed_in):
    signed_in.authorize()

    page = signed_in.get("/sign-out")
    assert "要退出登录吗" in page.text
    page = signed_in.submit("confirm")

    assert "您已退出登录" in page.text
    assert signed_in.get("/account").path.startswith("/sign-in")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/help",
        "/legal/privacy",
        "/legal/agreement?version=2026-11-01",
        "/preferences",
        "/sign-in",
        "/sign-in/code",
        "/register",
        "/recover",
        "/signed-out",
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_public_pages_open_in_both_languages(centre, path, language):
    page = centre.visitor(**{"Accept-Language": language}).get(path)

    assert page.status == 200
    assert f'<html lang="{"en" if language == "en" else "zh-CN"}"' in page.html
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


ODD = ["", "'\"<script>alert(1)</script>", "测试\u0000", "a" * 5000, "\ud83d", "％００", "../../etc/passwd"]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize(
    "path",
    ["/sign-in", "/sign-in/code", "/register", "/recover", "/verify-identity", "/account/password", "/preferences"],
)
def test_odd_input_gets_a_page_and_no_failure(centre, signed_in, path, odd):
    signed_in.get("/preferences")
    token = signed_in.page.form()[1]["csrf_token"]
    typed = odd.encode("utf-8", "surrogatepass")
    names = ("identifier", "password", "phone", "otp", "name", "resident_id", "current_password", "agree", "language")

    page = signed_in.post(path, {"csrf_token": token, **dict.fromkeys(names, typed)})

    assert page.status < 500
    assert "<script>alert" not in page.html


def test_json_where_a_form_belongs_is_refused(centre, signed_in):
    signed_in.get("/preferences")
    token = signed_in.page.form()[1]["csrf_token"]

    for body in ('[["identifier", "x"]]', "[]", "{", '{"identifier": ["x"]}'):
        answer = signed_in.client.post(
            "/sign-in",
            data=body,
            content_type="application/json",
            headers={"X-CSRFToken": token},
            base_url="http://localhost:8123",
        )
        assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/", "/nowhere", "/account", "/help", "/signed-out", "/admin/sign-in", "/healthz"])
def test_a_body_that_is_too_large_gets_a_page_wherever_it_is_sent(centre, path):
    page = centre.visitor().post(path, {"journey": "x" * 70_000})

    assert page.status in {405, 413}
    assert "Traceback" not in page.html
