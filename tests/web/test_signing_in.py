"""Signing in, registering and recovering, page by page, as a person with a browser meets them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.core import clock
from tests.web.conftest import PASSWORD, new_phone

NEW = "wolke-Ziegel-48-pfad"


def test_a_password_brings_the_person_to_the_site_with_a_code(centre):
    _, phone = centre.person()
    visitor = centre.visitor()

    page = visitor.authorize(state="from-portal")
    assert page.status == 200
    assert "登录后返回 样例站点portal" in " ".join(page.text.split())
    visitor.submit(identifier=phone, password=PASSWORD)

    assert visitor.arrived["state"] == "from-portal"
    assert visitor.arrived["code"]


def test_a_hint_fills_in_the_phone_wherever_one_is_asked_for(centre):
    visitor = centre.visitor()
    visitor.authorize(login_hint="+86 199 0000 8601")
    journey = visitor.page.path.partition("?")[2]

    assert 'value="+86 199 0000 8601"' in visitor.page.html
    assert 'value="19900008601"' in visitor.get(f"/sign-in/code?{journey}").html
    assert 'value="19900008601"' in visitor.get(f"/register?{journey}").html
    visitor.authorize(login_hint='"><script>alert(1)</script>')
    assert "<script>alert" not in visitor.page.html


def test_a_wrong_password_keeps_the_name_and_forgets_the_password(centre):
    _, phone = centre.person()
    visitor = centre.visitor()
    visitor.get("/sign-in")

    page = visitor.submit(identifier=phone, password="not the one")

    assert page.status == 400
    assert f'value="{phone}"' in page.html
    assert "not the one" not in page.html
    assert 'role="alert"' in page.html


def test_unknown_and_wrong_read_the_same(centre):
    _, phone = centre.person()
    first, second = centre.visitor(), centre.visitor()
    first.get("/sign-in")
    second.get("/sign-in")

    wrong = first.submit(identifier=phone, password="not the one")
    unknown = second.submit(identifier=new_phone(), password="not the one")

    assert wrong.status == unknown.status
    assert wrong.text.split() == unknown.text.split()


def test_empty_fields_are_named_at_the_top_and_at_the_field(centre):
    visitor = centre.visitor()
    visitor.get("/sign-in")

    page = visitor.submit()

    assert 'href="#identifier"' in page.html
    assert 'id="password-error"' in page.html


def test_saying_no_at_sign_in_returns_to_the_site(centre):
    visitor = centre.visitor()
    visitor.authorize()

    visitor.submit("cancel")

    assert visitor.arrived["error"] == "access_denied"


def test_a_code_signs_in_the_owner_of_the_phone(centre):
    _, phone = centre.person(password=None)
    visitor = centre.visitor()
    visitor.authorize()
    visitor.get(visitor.page.path.replace("/sign-in", "/sign-in/code"))
    page = visitor.submit("send_code", phone=phone)
    assert f"{phone[:3]}****{phone[-4:]}" in page.text

    wrong = visitor.submit(otp="000000" if centre.code_for(phone) != "000000" else "000001")
    assert wrong.status == 400
    visitor.submit(otp=centre.code_for(phone))

    assert visitor.arrived["code"]


def test_a_code_can_be_sent_again_after_a_minute(centre):
    _, phone = centre.person(password=None)
    visitor = centre.visitor()
    visitor.get("/sign-in/code")
    visitor.submit("send_code", phone=phone)
    first = centre.code_for(phone)

    too_soon = visitor.submit("send_code")
    assert too_soon.status == 429
    assert "秒后可以再试" in too_soon.text
    clock.travel(timedelta(seconds=61))
    again = visitor.submit("send_code")

    assert "验证码已重新发送" in again.text
    assert visitor.submit(otp=first).status == 400 or first == centre.code_for(phone)
    assert visitor.submit(otp=centre.code_for(phone)).path == "/account"


def test_a_new_phone_registers_with_name_and_password_and_reaches_the_site(centre):
    phone, visitor = new_phone(), centre.visitor()
    visitor.authorize(prompt="create")
    assert visitor.page.path.startswith("/register")

    assert visitor.submit("send_code", phone=phone).status == 400  # without the tick
    visitor.submit("send_code", phone=phone, agree="yes")
    visitor.submit(otp=centre.code_for(phone))
    weak = visitor.submit(identifier="ceshi_web", password="12345678")
    assert weak.status == 400
    assert 'value="ceshi_web"' in weak.html
    visitor.submit(identifier="ceshi_web", password=PASSWORD)

    assert visitor.arrived["code"]
    other = centre.visitor()
    assert other.sign_in("CESHI_WEB").path == "/account"


def test_name_and_password_may_stay_empty(centre):
    phone, visitor = new_phone(), centre.visitor()
    visitor.get("/register")
    visitor.submit("send_code", phone=phone, agree="yes")
    visitor.submit(otp=centre.code_for(phone))

    assert visitor.submit().path == "/account"
    assert "未设置" in visitor.page.text


def test_who_signs_in_by_code_without_an_account_agrees_before_getting_one(centre):
    phone, visitor = new_phone(), centre.visitor()
    visitor.get("/sign-in/code")
    visitor.submit("send_code", phone=phone)
    page = visitor.submit(otp=centre.code_for(phone))
    assert page.path.startswith("/register/account")

    assert visitor.submit().status == 400
    assert visitor.submit(agree="yes").path == "/account"


def test_registering_a_phone_that_has_an_account_signs_its_owner_in(centre):
    _, phone = centre.person()
    visitor = centre.visitor()
    visitor.get("/register")
    visitor.submit("send_code", phone=phone, agree="yes")

    assert visitor.submit(otp=centre.code_for(phone)).path == "/account"


def test_registering_twice_with_one_proof_leaves_one_account_and_a_way_on(centre):
    phone, visitor = new_phone(), centre.visitor()
    visitor.get("/register")
    visitor.submit("send_code", phone=phone, agree="yes")
    visitor.submit(otp=centre.code_for(phone))
    path, fields = visitor.page.form()

    assert visitor.post(path, {**fields, "action": "continue"}).path == "/account"
    assert visitor.get(path).path == "/account"  # the back button and a reload
    assert visitor.post(path, {**fields, "action": "continue"}).status in {200, 400}


def test_a_forgotten_password_is_replaced_and_signs_in(centre):
    _, phone = centre.person(username="recover_me")
    elsewhere, visitor = centre.visitor(), centre.visitor()
    elsewhere.sign_in(phone)
    visitor.authorize()
    visitor.get(visitor.page.path.replace("/sign-in", "/recover"))
    page = visitor.submit("send_code", identifier="recover_me")
    assert phone[-4:] not in page.text  # the name's owner alone knows its phone
    visitor.submit(otp=centre.code_for(phone))
    assert visitor.submit(password="12345678").status == 400

    visitor.submit(password=NEW)

    assert visitor.arrived["code"]
    assert elsewhere.get("/account").path.startswith("/sign-in")
    assert centre.visitor().sign_in(phone, NEW).path == "/account"


def test_recovery_of_nobody_looks_like_recovery_of_somebody(centre):
    centre.person(username="somebody_here")
    first, second = centre.visitor(), centre.visitor()
    pages = []
    for visitor, name in ((first, "somebody_here"), (second, "nobody_here")):
        visitor.get("/recover")
        pages.append(visitor.submit("send_code", identifier=name))

    assert pages[0].status == pages[1].status == 200
    assert pages[0].text.split() == pages[1].text.split()


@pytest.mark.parametrize(
    "path", ["/sign-in/code/enter", "/register/code", "/register/account", "/recover/code", "/recover/password"]
)
@pytest.mark.parametrize("query", ["", "?challenge=", "?challenge=nonsense%00%ff", "?challenge=" + "x" * 3000])
def test_the_middle_of_a_way_without_its_beginning_leads_to_the_beginning(centre, path, query):
    page = centre.visitor().get(path + query)

    assert page.status == 200
    assert page.path.split("?")[0] in {"/sign-in/code", "/register", "/recover"}


@pytest.mark.parametrize(
    "path",
    ["/account", "/account/security", "/account/password", "/account/sites", "/account/activity", "/verify-identity"],
)
def test_a_bookmark_of_a_private_page_asks_to_sign_in_and_comes_back(centre, path):
    _, phone = centre.person()
    visitor = centre.visitor()

    assert visitor.get(path).path.startswith("/sign-in")
    assert visitor.submit(identifier=phone, password=PASSWORD).path == path


def test_a_post_without_the_token_changes_nothing_and_says_so(centre):
    _, phone = centre.person()
    visitor = centre.visitor()
    visitor.get("/sign-in")

    page = visitor.post("/sign-in", {"identifier": phone, "password": PASSWORD, "action": "continue"})

    assert page.status == 400
    assert "请再提交一次" in page.text
    assert visitor.get("/account").path.startswith("/sign-in")


def test_another_person_who_signs_in_here_gets_a_session_of_their_own(centre):
    _, first = centre.person(username="first_here")
    _, second = centre.person(username="second_here")
    visitor, stale = centre.visitor(), centre.visitor()
    visitor.get("/sign-in")
    path, fields = visitor.page.form()
    visitor.submit(identifier=first, password=PASSWORD)
    page = visitor.get("/preferences")  # a token of the new session
    fields["csrf_token"] = page.form()[1]["csrf_token"]

    assert (
        visitor.post(path, {**fields, "identifier": second, "password": PASSWORD, "action": "continue"}).path
        == "/account"
    )
    assert "second_here" in visitor.page.text
    assert "first_here" not in visitor.page.text
    assert stale.get("/account").path.startswith("/sign-in")
