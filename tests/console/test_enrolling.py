"""One-time links: who opens one chooses factors; it works once, for a day, and tells nobody else anything."""

import html
import re
import threading
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.audit.trail import SYSTEM
from idp.core import clock
from idp.staff import enrolment, halves, operators
from idp.staff.enrolment import Chosen
from idp.staff.errors import LinkOver
from idp.staff.models import Invitation, Operator, Role
from idp.staff.operators import NewOperator
from tests.console.authenticator import Authenticator, question
from tests.console.house import ISSUER, Browser, Console

PASSWORD = "Lan-Tian_Bai-Yun.73"


@pytest.fixture
def invited(house: Console) -> str:
    """The address of a link for a new security administrator."""
    everything = house.services
    with everything.database.transaction() as db:
        row = enrolment.name(db, everything.trail, login="li.wei", role=Role.SECURITY, actor=SYSTEM)
        return f"/admin/enrol/{enrolment.invite(db, everything.trail, row, actor=SYSTEM).secret}"


def hidden(page: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None
    return html.unescape(found[1])


def shown_secret(page: TestResponse) -> str:
    found = re.search(r'<code class="once">([A-Z2-7]{32})</code>', page.text)
    assert found is not None
    return found[1]


def code(secret: str) -> str:
    return pyotp.TOTP(secret).generate_otp(clock.epoch() // 30)


def finish(browser: Browser, address: str, page: TestResponse, **changes: str) -> TestResponse:
    given = {
        "totp_state": hidden(page, "totp_state"),
        "password": PASSWORD,
        "password_again": PASSWORD,
        "otp": code(shown_secret(page)),
        **changes,
    }
    return browser.post(address, **given)


def test_a_link_sets_password_and_authenticator_and_works_once(house, invited):
    browser = Browser(house)
    page = browser.get(invited)
    assert "li.wei" in page.text
    assert "data:image/svg+xml" in page.text
    secret = shown_secret(page)

    assert finish(browser, invited, page).location == "/admin/sign-in?enrolled=1"
    assert Browser(house).get(invited).status_code == 410
    clock.travel(timedelta(minutes=1))
    assert browser.sign_in(NewOperator("", "li.wei", Role.SECURITY, PASSWORD, secret)).status_code == 303
    assert browser.get("/admin/staff").status_code == 200
    assert {"operator.added", "operator.invited", "operator.enrolled"} <= set(house.acts())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "Short-1", "password_again": "Short-1"}, "密码"),
        ({"password": "onlylettershere", "password_again": "onlylettershere"}, "种"),
        ({"password": "Li.wei-7731-xyz", "password_again": "Li.wei-7731-xyz"}, "密码"),
        ({"password_again": "another"}, "两次输入的密码不一样"),
        ({"otp": "000000"}, "动态口令不正确"),
    ],
)
def test_what_is_wrong_is_said_and_the_link_stays_good(house, invited, changes, sentence):
    browser = Browser(house)
    page = browser.get(invited)
    refused = finish(browser, invited, page, **changes)

    assert refused.status_code == 400
    assert sentence in refused.text.partition("<main")[2]
    assert shown_secret(refused) == shown_secret(page)
    assert finish(browser, invited, refused).status_code == 303


def test_a_link_is_over_after_a_day_and_once_a_newer_one_is_made(house, invited):
    everything = house.services
    with everything.database.transaction() as db:
        row = operators.of_login(db, "li.wei")
        newer = enrolment.invite(db, everything.trail, row, actor=SYSTEM).secret
    assert Browser(house).get(invited).status_code == 410
    assert Browser(house).get(f"/admin/enrol/{newer}").status_code == 200

    clock.travel(timedelta(hours=24))
    assert Browser(house).get(f"/admin/enrol/{newer}").status_code == 410
    assert Browser(house).get("/admin/enrol/nothing").status_code == 410


@pytest.fixture
def halved(house: Console) -> tuple[str, str]:
    """The address of a link that two people allowed, and the code that the second of them has."""
    everything, code = house.services, "ABCDE-23456"
    with everything.database.transaction() as db:
        row = enrolment.name(db, everything.trail, login="li.wei", role=Role.SECURITY, actor=SYSTEM)
        half = halves._digest(everything.keyring, code)
        return (
            f"/admin/enrol/{enrolment.invite(db, everything.trail, row, actor=SYSTEM, second_half=half).secret}",
            code,
        )


def test_a_link_in_two_halves_opens_to_both_together_and_bears_five_wrong_codes(house, halved):
    address, code = halved
    browser = Browser(house)
    page = browser.get(address)
    assert 'name="second_half"' in page.text

    for n in range(4):
        refused = finish(browser, address, page, second_half=f"WRONG-{n}")
        assert (refused.status_code, "登记码不正确" in refused.text) == (400, True)
    assert "两次输入的密码不一样" in finish(browser, address, page, second_half=code, password_again="another").text
    assert finish(browser, address, page, second_half="").status_code == 410
    assert finish(browser, address, page, second_half=code).status_code == 410
    assert house.acts().count("operator.half_wrong") == 5
    with house.services.database.view() as db:
        assert operators.of_login(db, "li.wei").state == "invited"


def test_a_passkey_does_not_go_round_the_code(house, halved):
    address, code = halved
    browser, device = Browser(house), Authenticator(ISSUER)
    options, state = question(browser.get(address))
    answer = device.make(options)
    assert browser.post(address, passkey_state=state, passkey_answer=answer).status_code == 400
    assert browser.post(address, passkey_state=state, passkey_answer=answer, second_half=code).status_code == 303


def test_the_link_itself_asks_for_its_code(house, halved):
    """Whatever stands in front of it."""
    everything = house.services
    with everything.database.view() as db:
        link = enrolment.find(db, halved[0].rpartition("/")[2])
    with pytest.raises(LinkOver), everything.database.transaction() as db:
        enrolment.enrol(db, everything.keyring, everything.trail, link, "li.wei", Chosen(password=PASSWORD))


def test_a_link_without_a_code_counts_no_wrong_ones(house, invited):
    everything = house.services
    with everything.database.transaction() as db:
        link = enrolment.find(db, invited.rpartition("/")[2])
        tried = [halves.fits(db, everything.keyring, everything.trail, link.id, "") for _ in range(halves.MOST + 1)]
    assert all(tried)


def test_of_two_browsers_with_one_link_one_wins(house, invited):
    browsers = [Browser(house), Browser(house)]
    pages = [browser.get(invited) for browser in browsers]
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda b=b, p=p: answers.append(finish(b, invited, p).status_code))
        for b, p in zip(browsers, pages, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [303, 410]


def test_a_first_link_lets_choose_the_login_and_is_void_once_the_role_is_there(house):
    everything = house.services
    with everything.database.transaction() as db:
        for row in operators.listing(db):
            if row.role == Role.AUDIT:
                row.enrolled_at = None  # as in a new installation
        earlier, link = (enrolment.invite_first(db, everything.trail, Role.AUDIT, actor=SYSTEM) for _ in range(2))
    assert Browser(house).get(f"/admin/enrol/{earlier.secret}").status_code == 410
    browser, address = Browser(house), f"/admin/enrol/{link.secret}"
    page = browser.get(address)

    for login, sentence in (("root", "默认名称"), ("X", "登录名"), ("sample.system", "已经有人使用")):
        assert sentence in finish(browser, address, page, login=login).text
    assert finish(browser, address, page, login="wang.fang").status_code == 303
    with everything.database.view() as db:
        made = operators.of_login(db, "wang.fang")
        assert (made.role, made.state) == (Role.AUDIT, "active")
        assert all(each.secret_digest != link.secret for each in db.scalars(select(Invitation)))


def test_a_passkey_alone_enrols_and_signs_in(house, invited):
    browser, device = Browser(house), Authenticator(ISSUER)
    options, state = question(browser.get(invited))
    assert options["authenticatorSelection"]["userVerification"] == "required"
    answer = device.make(options)
    assert browser.post(invited, passkey_state=state, passkey_answer=answer).status_code == 303

    options, state = question(browser.get("/admin/sign-in"))
    assertion = device.show(options)
    assert browser.post("/admin/sign-in", passkey_state=state, passkey_answer=assertion).status_code == 303
    assert browser.get("/admin/staff").status_code == 200
    again = browser.post("/admin/sign-in", passkey_state=state, passkey_answer=assertion)
    assert again.status_code == 400  # an answer serves once


def test_a_passkey_without_user_verification_is_refused(house, invited):
    browser = Browser(house)
    options, state = question(browser.get(invited))
    answer = Authenticator(ISSUER, verifies=False).make(options)

    assert "通行密钥没有通过验证" in browser.post(invited, passkey_state=state, passkey_answer=answer).text


@pytest.mark.parametrize("spoilt", ["origin", "state", "unknown", "browser"])
def test_a_passkey_is_bound_to_us_to_the_question_and_to_the_browser(house, invited, spoilt):
    browser, device = Browser(house), Authenticator(ISSUER)
    options, state = question(browser.get(invited))
    browser.post(invited, passkey_state=state, passkey_answer=device.make(options))
    options, state = question(browser.get("/admin/sign-in"))
    asker = browser
    match spoilt:
        case "origin":
            device.origin = "https://elsewhere.example"
        case "state":
            _, state = question(browser.get("/admin/sign-in"))
        case "unknown":
            device = Authenticator(ISSUER)
        case "browser":
            asker = Browser(house)
            asker.get("/admin/sign-in")

    answer = asker.post("/admin/sign-in", passkey_state=state, passkey_answer=device.show(options))
    assert answer.status_code == 400


def test_a_copied_passkey_shows_by_its_counter(house, invited):
    browser, device = Browser(house), Authenticator(ISSUER)
    options, state = question(browser.get(invited))
    browser.post(invited, passkey_state=state, passkey_answer=device.make(options))
    device.count = 8
    options, state = question(browser.get("/admin/sign-in"))
    assert browser.post("/admin/sign-in", passkey_state=state, passkey_answer=device.show(options)).status_code == 303
    device.count = 3
    stranger = Browser(house)
    options, state = question(stranger.get("/admin/sign-in"))
    assert stranger.post("/admin/sign-in", passkey_state=state, passkey_answer=device.show(options)).status_code == 400


def test_a_renewal_ends_what_was_there(house, signed_in):
    everything, who = house.services, house.staff[Role.SECURITY]
    with everything.database.transaction() as db:
        link = enrolment.invite(db, everything.trail, db.get_one(Operator, who.id), actor=SYSTEM)
    assert signed_in[Role.SECURITY].get("/admin/staff").status_code == 200
    browser, address = Browser(house), f"/admin/enrol/{link.secret}"
    assert finish(browser, address, browser.get(address)).status_code == 303

    assert signed_in[Role.SECURITY].get("/admin/staff").location == "/admin/sign-in"
    clock.travel(timedelta(minutes=1))
    assert Browser(house).sign_in(who).status_code == 400
