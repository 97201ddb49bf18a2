"""The guided merge as two people see it who are one: what they are told, what they have to show, and the way back."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import update

from idp.core import clock
from idp.core.identifiers.resident_id import check_character
from idp.realname.models import Evidence
from tests.web.conftest import PASSWORD, Centre, Visitor

_numbers = itertools.count(100)
TOLD = "这份证件已在另一个账户中核验过"


def new_number() -> str:
    body = f"37019819880808{next(_numbers):03d}"
    return body + check_character(body)


class Twice:
    """Somebody with two accounts: the phone of the one proven first, and a browser signed in to the other."""

    def __init__(self, centre: Centre) -> None:
        self.centre, self.number = centre, new_number()
        self.kept, self.kept_phone = centre.person()
        self.other, self.other_phone = centre.person()
        first = self.browser(self.kept_phone)
        first.get("/verify-identity")
        first.submit(name="测试甲", resident_id=self.number)
        self.visitor = self.browser(self.other_phone)

    def browser(self, phone: str) -> Visitor:
        visitor = self.centre.visitor()
        visitor.client.environ_base["REMOTE_ADDR"] = f"10.6.{next(_numbers) % 250}.1"
        visitor.sign_in(phone)
        return visitor

    def is_told(self, *, ial: int = 1) -> None:
        self.visitor.get("/verify-identity")
        page = self.visitor.submit(name="测试甲", resident_id=self.number)
        if ial > 1:
            with self.centre.services.database.transaction() as db:
                db.execute(update(Evidence).where(Evidence.account_id == self.other).values(ial=ial))
            page = self.visitor.get("/merge")
        assert page.path.startswith("/merge")
        assert TOLD in page.text


@pytest.fixture
def twice(centre: Centre) -> Twice:
    return Twice(centre)


def masked(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}"


def test_two_accounts_become_one_by_password_and_two_again(twice: Twice) -> None:
    visitor = twice.visitor
    visitor.authorize("portal")
    twice.is_told()

    page = visitor.submit(identifier=twice.kept_phone, password=PASSWORD)
    assert page.path == "/merge/confirm"
    assert (masked(twice.kept_phone) in page.text, masked(twice.other_phone) in page.text) == (True, True)
    assert "样例站点portal" in page.text
    page = visitor.submit("confirm")
    assert page.path == "/account?done=merged"
    assert "测**" in page.text
    assert masked(twice.kept_phone) in page.text
    assert "并入这个账户" in twice.centre.last_sms(twice.kept_phone)

    # The other account's number now opens the same account.
    again = twice.browser(twice.other_phone)
    assert "测**" in again.get("/account").text
    assert "已并入这个账户" in again.get("/account/activity").text
    page = again.get("/account/security")
    where = page.html.split('href="/account/merges/')[1].split('"')[0]
    again.get(f"/account/merges/{where}")
    page = again.submit("confirm")
    assert "合并已撤销" in page.text
    parted = twice.browser(twice.other_phone)
    assert "尚未核验" in parted.get("/account").text


def test_a_journey_goes_on_to_its_site_after_the_merge(twice: Twice) -> None:
    visitor = twice.visitor
    visitor.authorize(client_id="hall", scope="openid profile realname", acr_values="ial1")
    visitor.submit(name="测试甲", resident_id=twice.number)
    visitor.submit(identifier=twice.kept_phone, password=PASSWORD)
    visitor.submit("confirm")

    assert visitor.arrived["code"]


def test_control_is_shown_by_a_code_too(twice: Twice) -> None:
    twice.is_told()
    twice.visitor.get("/merge/code")
    twice.visitor.submit("send_code", identifier=twice.kept_phone)
    page = twice.visitor.submit(otp=twice.centre.code_for(twice.kept_phone))

    assert page.path == "/merge/confirm"


def test_a_code_for_any_other_account_looks_the_same_and_is_never_sent(twice: Twice) -> None:
    _, strangers_phone = twice.centre.person()
    twice.is_told()
    twice.visitor.get("/merge/code")
    page = twice.visitor.submit("send_code", identifier=strangers_phone)

    assert page.path.startswith("/merge/code/enter")
    with pytest.raises(LookupError):
        twice.centre.last_sms(strangers_phone)


def test_signing_in_to_a_third_account_proves_nothing(twice: Twice) -> None:
    _, strangers_phone = twice.centre.person()
    twice.is_told()

    page = twice.visitor.submit(identifier=strangers_phone, password=PASSWORD)
    assert "请用核验过这份证件的那个账户来确认" in page.text
    assert twice.visitor.get("/merge/confirm").path == "/merge"


def test_name_and_number_alone_tell_nothing_of_the_other_account(twice: Twice) -> None:
    twice.is_told()
    assert twice.kept_phone[-4:] not in twice.visitor.page.text


def test_after_a_proof_of_the_real_person_its_phone_is_told_masked(twice: Twice) -> None:
    twice.is_told(ial=2)
    assert masked(twice.kept_phone) in twice.visitor.page.text
    assert twice.kept_phone not in twice.visitor.page.html


def test_nobody_is_offered_a_merge_without_a_proof(twice: Twice) -> None:
    assert twice.visitor.get("/merge").path == "/account"
    assert twice.visitor.get("/merge/confirm").path == "/account"
    assert twice.centre.visitor().get("/merge").path.startswith("/sign-in")


def test_who_does_not_want_to_goes_on_as_before(twice: Twice) -> None:
    twice.is_told()
    page = twice.visitor.submit("later", form=1)

    assert page.path == "/account"
    assert "尚未核验" in page.text


def test_an_undoing_needs_a_fresh_sign_in(twice: Twice) -> None:
    twice.is_told()
    twice.visitor.submit(identifier=twice.kept_phone, password=PASSWORD)
    twice.visitor.submit("confirm")
    page = twice.visitor.get("/account/security")
    where = page.html.split('href="/account/merges/')[1].split('"')[0]

    clock.travel(timedelta(minutes=11))
    assert twice.visitor.get(f"/account/merges/{where}").path.startswith("/sign-in")
    stranger = twice.browser(twice.centre.person()[1])
    assert stranger.get(f"/account/merges/{where}").path == "/account/security"
