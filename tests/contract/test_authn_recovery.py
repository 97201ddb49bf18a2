"""Recovery on both pairs: a new password once, other sessions over, and no word on who has an account."""

from datetime import timedelta

import pytest

from idp.accounts.errors import PasswordContainsPersonal, PasswordTooCommon
from idp.authn.errors import CodeExpired, SignInRefused, WrongCode, WrongPassword
from idp.authn.models import OneTimeCode
from idp.authn.results import SignedIn
from idp.core import clock
from idp.core.errors import TooManyAttempts
from idp.outbox.models import OutboxMessage
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import PASSWORD, House, race

NEW = "veilchen-Kanne-38-x"


def begin(house: House, identifier: str, device: str) -> str:
    return house.recovery.begin(identifier, device=device, address=house.address(), locale="zh_CN")


def test_the_owner_of_the_phone_sets_a_new_password_once_and_other_sessions_end(house: House):
    account_id, phone = house.person(username="forgetful-1")
    device = house.device()
    with house.database.transaction() as db:
        other = house.sessions.start(db, account_id, aal=1, amr=("pwd",), device="x", browser="b", address="10.0.0.1")
    challenge = begin(house, "forgetful-1", device)
    with pytest.raises(CodeExpired):
        house.recovery.recover(challenge, NEW, device=device, address="10.0.0.2")
    house.recovery.confirm(challenge, house.last_code(phone), device=device)
    assert house.recovery.is_proven(challenge, device=device)
    assert not house.recovery.is_proven(challenge, device="another")
    with pytest.raises(PasswordContainsPersonal):
        house.recovery.recover(challenge, f"x{phone}y", device=device, address="10.0.0.2")
    answers = race(lambda n: house.recovery.recover(challenge, NEW, device=device, address="10.0.0.2"), 4)
    assert [each for each in answers if isinstance(each, SignedIn)] == [SignedIn(account_id, amr=("sms",))]
    with house.database.glance() as db:
        assert house.sessions.find(db, other.secret, clock.now()) is None
    with pytest.raises(SignInRefused):
        house.by_password.attempt(phone, PASSWORD, device=device, address="10.0.0.2")
    assert house.by_password.attempt(phone, NEW, device=device, address="10.0.0.2").account_id == account_id
    [entry] = house.audited("password.changed", account_id)
    assert entry.details == {"reason": "recovered"}


def test_recovery_does_the_same_for_a_name_without_an_account(house: House):
    _, phone = house.person(username="existing-2")
    for identifier in ("existing-2", "missing-2", house.phone(), phone):
        before = house.count(OneTimeCode), house.count(OutboxMessage), len(house.audited("code.sent"))
        device = house.device()
        challenge = begin(house, identifier, device)
        after = house.count(OneTimeCode), house.count(OutboxMessage), len(house.audited("code.sent"))
        assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 1]
        assert (house.codes.masked_target(challenge, device) is not None) == identifier.isdecimal()
        for _ in range(5):
            with pytest.raises(WrongCode):
                house.recovery.confirm(challenge, "abcdef", device=device)
        with pytest.raises(CodeExpired):
            house.recovery.confirm(challenge, "abcdef", device=device)
    assert len(house.messages(phone)) == 2  # by name and by number are counted apart
    again = begin(house, phone, house.device())
    assert house.codes.masked_target(again, "another") is None
    assert len(house.messages(phone)) == 2  # the phone's own pause is kept without a word


def test_asking_for_recovery_does_not_tell_at_the_next_sign_in_whether_the_phone_has_an_account(house: House):
    _, known = house.person()
    for phone in (known, house.phone()):
        begin(house, phone, house.device())
        with pytest.raises(TooManyAttempts):
            house.codes.send("sign_in", phone, device=house.device(), address=house.address(), locale="zh_CN")


def test_asking_from_one_network_does_not_tell_either_when_its_day_is_used_up(house: House):
    _, known = house.person()
    told = []
    for phone in (known, house.phone()):
        address = house.address()
        for _ in range(11):
            house.recovery.begin(phone, device=house.device(), address=address, locale="zh_CN")
            clock.travel(timedelta(seconds=61))
        with pytest.raises(TooManyAttempts) as refused:
            house.codes.send("sign_in", phone, device=house.device(), address=address, locale="zh_CN")
        told.append(refused.value.retry_after // 60)
        house.codes.send("sign_in", phone, device=house.device(), address=house.address(), locale="zh_CN")
    assert told[0] == told[1]


def test_recovery_by_name_does_not_tell_which_phone_is_behind_it(house: House):
    _, known = house.person(username="linked-7")
    begin(house, "linked-7", house.device())
    for phone in (known, house.phone()):
        house.codes.send("sign_in", phone, device=house.device(), address=house.address(), locale="zh_CN")


def test_the_owner_changes_the_password_with_the_current_one(house: House):
    account_id, phone = house.person()
    device = house.device()
    with house.database.transaction() as db:
        mine, other = (
            house.sessions.start(db, account_id, aal=1, amr=("pwd",), device="x", browser="b", address="10.0.0.1")
            for _ in range(2)
        )
    where = {"session_id": mine.session_id, "device": device, "address": "10.0.0.1"}
    with pytest.raises(WrongPassword):
        house.password_change.change(account_id, "wrong-one-here", NEW, **where)
    house.password_change.change(account_id, PASSWORD, NEW, **where)
    with house.database.glance() as db:
        assert house.sessions.find(db, mine.secret, clock.now()) is not None
        assert house.sessions.find(db, other.secret, clock.now()) is None
    assert house.by_password.attempt(phone, NEW, device=device, address="10.0.0.1").account_id == account_id
    answers = race(lambda n: house.password_change.change(account_id, "wrong-one-here", NEW, **where), 8)
    assert all(isinstance(each, WrongPassword) for each in answers)
    with pytest.raises(WrongPassword):
        house.password_change.change(account_id, NEW, PASSWORD, **where)


def test_a_new_password_that_will_not_do_costs_the_owner_no_try(house: House):
    account_id, phone = house.person()
    device = house.device()
    where = {"session_id": "", "device": device, "address": house.address()}
    for _ in range(8):
        with pytest.raises(PasswordTooCommon):
            house.password_change.change(account_id, PASSWORD, "password123", **where)
    for _ in range(4):
        with pytest.raises(WrongPassword):
            house.password_change.change(account_id, "wrong-one-here", NEW, **where)
    house.password_change.change(account_id, PASSWORD, NEW, **where)
    assert house.by_password.attempt(phone, NEW, device=device, address="10.0.0.3").account_id == account_id


def test_guesses_at_a_sign_in_do_not_keep_the_owner_from_a_first_password(house: House):
    account_id, phone = house.person(password_hash=None)
    device = house.device()
    house.by_code.attempt(house.send(phone, device=device), house.last_code(phone), device=device, address="10.0.0.4")
    for _ in range(6):
        with pytest.raises(SignInRefused):
            house.by_password.attempt(phone, "wrong-one-here", device=device, address="10.0.0.4")
    house.password_change.change(account_id, "", NEW, session_id="", device=device, address="10.0.0.4")
    with house.database.glance() as db:
        assert house.accounts.stored_password(db, account_id) is not None
