"""What operators keep in order themselves: password, authenticator, passkeys, sessions, tokens."""

import html
import re
from datetime import timedelta

import pyotp
import pytest

from idp.core import clock
from idp.staff import operator_passwords, tokens
from idp.staff.models import Operator, Role
from idp.staff.operators import NewOperator
from idp.staff.permissions import Permission
from tests.console.authenticator import Authenticator, question
from tests.console.house import ISSUER, Browser
from tests.console.test_confirming import who

NEW = "Lan-Tian_Bai-Yun.73"


def change(browser: Browser, present: str, new: str = NEW):
    browser.get("/admin/me/password")
    return browser.post("/admin/me/password", password=present, new_password=new, password_again=new)


def test_a_new_password_ends_the_other_sessions_and_none_comes_again(house, signed_in):
    me, mine = house.staff[Role.SYSTEM], signed_in[Role.SYSTEM]
    clock.travel(timedelta(minutes=1))
    other = Browser(house)
    assert other.sign_in(me).status_code == 303

    assert "现在的密码不正确" in change(mine, "wrong").text
    assert "最近用过" in change(mine, me.password, me.password).text
    assert change(mine, me.password).location == "/admin/me?done=password"
    assert other.get("/admin/me").location == "/admin/sign-in"
    last = NEW
    for n in range(operator_passwords.HISTORY - 1):
        fresh = f"Shan-Chuan_He-Liu.{n}{n}7"
        assert change(mine, last, fresh).status_code == 303
        last = fresh
    assert "最近用过" in change(mine, last, NEW).text
    clock.travel(timedelta(minutes=10))
    assert change(mine, last, "Chun-Xia_Qiu-Dong.84").status_code in {303, 429}


def test_a_password_is_not_guessed_from_an_open_session(house, signed_in):
    mine = signed_in[Role.SYSTEM]
    assert [change(mine, "wrong").status_code for _ in range(11)] == [400] * 10 + [429]


def test_after_ninety_days_a_new_password_comes_before_everything_else(house):
    me = house.staff[Role.SYSTEM]
    clock.travel(timedelta(days=91))
    browser = Browser(house)
    assert browser.sign_in(me).status_code == 303
    for path in ("/admin/", "/admin/accounts", "/admin/me"):
        assert browser.get(path).location == "/admin/me/password"
    assert "超过有效期" in browser.get("/admin/me/password").text
    assert change(browser, me.password).status_code == 303
    assert browser.get("/admin/me").status_code == 200


def test_an_authenticator_is_changed_by_a_code_of_the_new_one(house, signed_in):
    me, mine = house.staff[Role.SYSTEM], signed_in[Role.SYSTEM]
    page = mine.get("/admin/me/authenticator")
    [secret] = re.findall(r'<code class="once">([A-Z2-7]{32})</code>', page.text)
    state = html.unescape(re.findall(r'name="totp_state" value="([^"]+)"', page.text)[0])
    assert "动态口令不正确" in mine.post("/admin/me/authenticator", totp_state=state, otp="000000").text
    otp = pyotp.TOTP(secret).generate_otp(clock.epoch() // 30)
    assert mine.post("/admin/me/authenticator", totp_state=state, otp=otp).location == "/admin/me?done=code"

    clock.travel(timedelta(minutes=1))
    assert Browser(house).sign_in(me).status_code == 400
    assert Browser(house).sign_in(NewOperator(me.id, me.login, me.role, me.password, secret)).status_code == 303


def test_the_authenticator_page_wants_a_fresh_factor(signed_in):
    clock.travel(timedelta(minutes=11))

    assert signed_in[Role.SYSTEM].get("/admin/me/authenticator").location.startswith("/admin/confirm?back=")


def test_a_passkey_is_added_named_used_to_confirm_and_removed(house, signed_in):
    mine, device = signed_in[Role.SYSTEM], Authenticator(ISSUER)
    options, state = question(mine.get("/admin/me/passkeys/new"))
    added = mine.post("/admin/me/passkeys", passkey_state=state, passkey_answer=device.make(options), name="钥匙")
    assert added.location == "/admin/me?done=passkey"
    [key] = re.findall(r"/admin/me/passkeys/([0-9a-f]{32})", mine.get("/admin/me").text)
    assert mine.post(f"/admin/me/passkeys/{key}", action="rename", name="蓝色的").status_code == 303
    assert "蓝色的" in mine.get("/admin/me").text
    assert signed_in[Role.SECURITY].get("/admin/me").status_code == 200
    assert signed_in[Role.SECURITY].post(f"/admin/me/passkeys/{key}", action="remove").status_code == 404

    clock.travel(timedelta(minutes=11))
    mine.get("/admin/me")
    options, state = question(mine.post(f"/admin/me/passkeys/{key}", action="remove"))
    answer = device.show(options)
    done = mine.post(f"/admin/me/passkeys/{key}", action="remove", confirm_state=state, confirm_passkey=answer)
    assert done.location == "/admin/me?done=removed"
    assert key not in mine.get("/admin/me").text


def test_the_last_way_in_never_goes(house, signed_in):
    mine, device = signed_in[Role.SYSTEM], Authenticator(ISSUER)
    options, state = question(mine.get("/admin/me/passkeys/new"))
    mine.post("/admin/me/passkeys", passkey_state=state, passkey_answer=device.make(options))
    with house.services.database.transaction() as db:
        row = db.get_one(Operator, house.staff[Role.SYSTEM].id)
        row.password_hash = row.totp_sealed = None
    [key] = re.findall(r"/admin/me/passkeys/([0-9a-f]{32})", mine.get("/admin/me").text)

    assert "最后一种登录方式" in mine.post(f"/admin/me/passkeys/{key}", action="remove").text
    assert key in mine.get("/admin/me").text


def test_a_token_is_shown_once_holds_part_of_ones_permissions_and_ends(house, signed_in):
    everything, mine = house.services, signed_in[Role.DEPARTMENT]
    mine.get("/admin/tokens")
    page = mine.post("/admin/tokens", name="报表", scopes="clients.read", days="30")
    [secret] = re.findall(r"idpo_[A-Za-z0-9_-]{43}", page.text)
    assert page.headers["Cache-Control"] == "no-store"
    assert secret not in mine.get("/admin/tokens").text
    with everything.database.transaction() as db:
        found = tokens.find(db, secret, address="192.0.2.1")
        assert found is not None
        assert found.may(Permission.CLIENTS_READ)
        assert not found.may(Permission.ACCOUNTS_READ)
        assert not found.is_fresh
        assert tokens.find(db, secret[:-1] + "x", address="192.0.2.1") is None
    [token_id] = re.findall(r"/admin/tokens/([0-9a-f]{32})", mine.get("/admin/tokens").text)
    assert signed_in[Role.SYSTEM].get("/admin/tokens").status_code == 200
    assert signed_in[Role.SYSTEM].post(f"/admin/tokens/{token_id}").status_code == 404
    assert mine.post(f"/admin/tokens/{token_id}").status_code == 303
    with everything.database.transaction() as db:
        assert tokens.find(db, secret, address="192.0.2.1") is None


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "scopes": "clients.read", "days": "30"},
        {"name": "x", "days": "30"},
        {"name": "x", "scopes": "audit.read", "days": "30"},
        {"name": "x", "scopes": "tokens.own", "days": "30"},
        {"name": "x", "scopes": "clients.read", "days": "91"},
        {"name": "x", "scopes": "clients.read", "days": "0"},
        {"name": "x", "scopes": "clients.read", "days": "1e1"},
    ],
)
def test_a_token_never_holds_more_nor_lasts_longer(signed_in, form):
    mine = signed_in[Role.DEPARTMENT]
    mine.get("/admin/tokens")
    assert mine.post("/admin/tokens", **form).status_code == 400


def test_a_token_ends_after_its_days(house, signed_in):
    everything = house.services
    with everything.database.transaction() as db:
        made = tokens.make(
            db, everything.trail, who(house, signed_in[Role.SYSTEM]), name="x", scopes=["clients.read"], days=2
        )
    clock.travel(timedelta(days=2))
    with everything.database.transaction() as db:
        assert tokens.find(db, made.secret, address="192.0.2.1") is None


def test_a_token_is_offered_what_the_interface_has_routes_for(signed_in):
    page = signed_in[Role.SYSTEM].get("/admin/tokens").text

    assert 'value="accounts.read"' in page
    assert "查询账户" in page
    assert 'value="tokens.own"' not in page
    assert 'value="home"' not in page
