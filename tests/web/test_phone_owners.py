"""A phone that may have changed hands, page by page: its owner confirms, its new owner registers, nobody learns of the other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.core import clock
from tests.web.conftest import PASSWORD, new_phone

LONG = timedelta(days=91)
NEW = "wolke-Ziegel-48-pfad"


def with_code(centre, visitor, phone: str):
    visitor.get(
        visitor.page.path.replace("/sign-in?", "/sign-in/code?") if hasattr(visitor, "page") else "/sign-in/code"
    )
    visitor.submit("send_code", phone=phone)
    return visitor.submit(otp=centre.code_for(phone))


def proven(centre, account_id: str) -> tuple[str, str]:
    from datetime import date

    from idp.core.identifiers import Document, DocumentKind
    from idp.realname import persons
    from idp.realname.ports import Applicant

    number = "370199198503070017"
    document = Document.parse(DocumentKind.RESIDENT_ID, number, today=date(2026, 11, 22))
    with centre.services.database.transaction() as db:
        if (holder := persons.holder_of(db, centre.services.keyring, document)) is not None:
            persons.forget(db, holder)
        persons.remember(db, centre.services.keyring, account_id, applicant=Applicant("测试甲", document))
    return "测试甲", number


def test_the_owner_gives_the_password_and_ends_at_the_site(centre):
    _, phone = centre.person()
    clock.travel(LONG)
    visitor = centre.visitor()
    visitor.authorize(state="long-away")

    page = with_code(centre, visitor, phone)
    assert "请再确认这是您的账户" in page.text
    assert "登录后返回 样例站点portal" in " ".join(page.text.split())
    page = visitor.submit(password="not the one")
    assert page.status == 400
    assert "没有通过确认" in page.text
    visitor.submit(password=PASSWORD)

    assert visitor.arrived["state"] == "long-away"


def test_the_page_says_nothing_of_the_account_and_the_same_for_every_account(centre):
    _with_password, first = centre.person(username="erkennbar-1")
    only_proven, second = centre.person(password=None)
    name, number = proven(centre, only_proven)
    clock.travel(LONG)
    pages = []
    for phone in (first, second):
        visitor = centre.visitor()
        pages.append(with_code(centre, visitor, phone))

    assert pages[0].text.split() == pages[1].text.split()
    for said in ("erkennbar", name, number, first, second, first[-4:], second[-4:]):
        assert said not in pages[0].text + pages[1].text


def test_name_and_number_do_as_well(centre):
    account_id, phone = centre.person(password=None)
    name, number = proven(centre, account_id)
    clock.travel(LONG)
    visitor = centre.visitor()
    with_code(centre, visitor, phone)
    visitor.get(visitor.page.path + "&by=document")

    assert visitor.submit(name=name, resident_id="370199199001010018").status == 400
    assert visitor.submit(name=name, resident_id=number).path == "/account"


def test_the_new_owner_registers_and_the_old_one_reads_of_it(centre):
    _account_id, phone = centre.person(username="former-owner-web")
    owner = centre.visitor()
    owner.sign_in("former-owner-web")
    clock.travel(LONG)
    newcomer = centre.visitor()
    page = with_code(centre, newcomer, phone)

    newcomer.get(page.path.replace("/sign-in/owner", "/sign-in/owner/not-mine"))
    assert "用这个手机号注册新账户？" in newcomer.page.text
    page = newcomer.submit("confirm")
    assert page.path.startswith("/register/account")
    page = newcomer.submit(agree="yes")
    assert page.path == "/account"
    assert "former-owner-web" not in page.text
    clock.travel(timedelta(minutes=2))

    owner.sign_in("former-owner-web")
    assert "没有绑定手机号" in owner.get("/account").text
    assert "没有绑定手机号" in owner.get("/account/security").text
    assert "手机号不再属于这个账户" in owner.get("/account/activity").text

    owner.get("/account/phone")
    owner.submit("send_code", phone=phone)
    taken = owner.submit(otp=centre.code_for(phone))
    assert "这个手机号已经注册" in taken.text
    mine = new_phone()
    owner.get("/account/phone")
    owner.submit("send_code", phone=mine)
    assert "手机号已绑定" in owner.submit(otp=centre.code_for(mine)).text
    assert "绑定了手机号" in owner.get("/account/activity").text
    assert owner.get("/account/phone").path == "/account/security"
    clock.travel(timedelta(minutes=2))
    with_code(centre, again := centre.visitor(), mine)
    assert again.page.path == "/account"


def test_who_thinks_better_of_it_goes_back_and_nothing_has_happened(centre):
    _, phone = centre.person()
    clock.travel(LONG)
    visitor = centre.visitor()
    page = with_code(centre, visitor, phone)
    visitor.get(page.path.replace("/sign-in/owner", "/sign-in/owner/not-mine"))

    assert visitor.submit("cancel").path.startswith("/sign-in/owner?")
    assert visitor.submit(password=PASSWORD).path == "/account"


def test_who_registers_with_an_old_phone_meets_the_same_page(centre):
    _, phone = centre.person()
    clock.travel(LONG)
    visitor = centre.visitor()
    visitor.get("/register")
    visitor.submit("send_code", phone=phone, agree="yes")

    page = visitor.submit(otp=centre.code_for(phone))

    assert "请再确认这是您的账户" in page.text
    assert visitor.submit(password=PASSWORD).path == "/account"


def test_recovery_asks_for_name_and_number_and_then_for_a_new_password(centre):
    account_id, phone = centre.person()
    name, number = proven(centre, account_id)
    clock.travel(LONG)
    visitor = centre.visitor()
    visitor.get("/recover")
    visitor.submit(identifier=phone)
    page = visitor.submit(otp=centre.code_for(phone))

    assert "请再确认这是您的账户" in page.text
    assert "账户密码" not in page.text
    assert visitor.get(page.path.replace("/sign-in/owner", "/recover/password")).path.startswith("/sign-in/owner")
    visitor.submit(name=name, resident_id=number)
    assert visitor.page.path.startswith("/recover/password")
    assert visitor.submit(password=NEW).path == "/account"


@pytest.mark.parametrize("path", ["/sign-in/owner", "/sign-in/owner/not-mine"])
def test_without_a_proven_phone_there_is_nothing_to_confirm(centre, path):
    visitor = centre.visitor()
    for query in ("", "?challenge=" + "0" * 32, "?challenge=x"):
        assert visitor.get(path + query).path == "/sign-in/code"
