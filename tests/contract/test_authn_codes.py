"""One-time codes on both pairs: five tries, spent once, bound to a browser, sent within limits, telling strangers nothing."""

from datetime import timedelta

import pytest

from idp.accounts.errors import InvalidPhone, UsernameTaken
from idp.audit.trail import Actor
from idp.authn.errors import AccountUnusable, CodeExpired, WrongCode
from idp.authn.models import OneTimeCode
from idp.authn.results import SignedIn, Unregistered
from idp.core import clock
from idp.core.errors import StoreUnavailable, TooManyAttempts
from idp.outbox.models import OutboxMessage
from idp.store.redis import open_store
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import PASSWORD, House, open_house, race


def wrong(code: str, n: int = 1) -> str:
    return f"{(int(code) + 1 + n) % 1_000_000:06d}"


def test_the_right_code_is_spent_once_by_any_number_of_callers(house: House):
    phone, device = house.phone(), house.device()
    challenge = house.send(phone, device=device)
    code = house.last_code(phone)
    answers = race(lambda n: house.codes.check(challenge, "sign_in", code, device=device))
    assert answers.count(phone) == 1
    assert sum(isinstance(each, CodeExpired) for each in answers) == len(answers) - 1


def test_parallel_guesses_cannot_exceed_five(house: House):
    phone, device = house.phone(), house.device()
    challenge = house.send(phone, device=device)
    code = house.last_code(phone)
    answers = race(lambda n: house.codes.check(challenge, "sign_in", wrong(code, n), device=device), 16)
    assert sum(isinstance(each, WrongCode) for each in answers) == 5
    assert sum(isinstance(each, CodeExpired) for each in answers) == 11
    with pytest.raises(CodeExpired):
        house.codes.check(challenge, "sign_in", code, device=device)


def test_a_code_belongs_to_its_browser_its_purpose_and_five_minutes(house: House):
    phone, device = house.phone(), house.device()
    challenge = house.send(phone, device=device)
    code = house.last_code(phone)
    for args in ((challenge, "sign_in", house.device()), (challenge, "recover", device), ("0" * 32, "sign_in", device)):
        with pytest.raises(CodeExpired):
            house.codes.check(args[0], args[1], code, device=args[2])
    assert house.codes.masked_target(challenge, device) == f"{phone[:3]}****{phone[-4:]}"
    assert house.codes.masked_target(challenge, "another") is None
    clock.travel(timedelta(minutes=5))
    with pytest.raises(CodeExpired):
        house.codes.check(challenge, "sign_in", code, device=device)


def test_a_typed_code_may_hold_spaces_and_a_phone_must_be_one(house: House):
    phone, device = house.phone(), house.device()
    challenge = house.send(f"+86 {phone}", device=device)
    code = house.last_code(phone)
    assert house.codes.check(challenge, "sign_in", f" {code[:3]} {code[3:]} ", device=device) == phone
    with pytest.raises(InvalidPhone):
        house.send("12345")


def test_a_phone_gets_one_code_a_minute_and_ten_a_day_from_one_network(house: House):
    phone, address = house.phone(), house.address()
    house.send(phone, address=address)
    with pytest.raises(TooManyAttempts) as refused:
        house.send(phone)  # from anywhere
    assert 1 <= refused.value.retry_after <= 60
    for _ in range(9):
        clock.travel(timedelta(seconds=61))
        house.send(phone, address=address)
    clock.travel(timedelta(seconds=61))
    with pytest.raises(TooManyAttempts) as refused:
        house.send(phone, address=address)
    assert refused.value.retry_after > 3600
    assert len(house.messages(phone)) == 10
    house.send(phone)  # who sits somewhere else is not held up by it
    clock.travel(timedelta(hours=24))
    house.send(phone, address=address)


def test_strangers_everywhere_slow_a_phone_down_and_do_not_silence_it(house: House):
    phone, mine = house.phone(), house.address()
    for _ in range(30):
        house.send(phone)
        clock.travel(timedelta(seconds=61))
    with pytest.raises(TooManyAttempts) as refused:
        house.send(phone, address=mine)
    assert refused.value.retry_after <= 600
    for _ in range(11):  # a refusal for what others did costs this network nothing
        with pytest.raises(TooManyAttempts):
            house.send(phone, address=mine)
    clock.travel(timedelta(minutes=10))
    house.send(phone, address=mine)
    for _ in range(3):  # further ones go out, ten minutes apart
        with pytest.raises(TooManyAttempts):
            house.send(phone)
        clock.travel(timedelta(minutes=10))
        house.send(phone)
    assert len(house.messages(phone)) == 34


def test_a_new_device_recovers_while_a_stranger_asks_for_the_same_phone(house: House):
    _, phone = house.person()
    stranger = house.address()
    for _ in range(10):
        house.send(phone, address=stranger)
        clock.travel(timedelta(seconds=61))
    for purpose in ("sign_in", "register"):
        device = house.device()
        challenge = house.send(phone, purpose, device=device)
        assert house.codes.check(challenge, purpose, house.last_code(phone), device=device) == phone
        clock.travel(timedelta(seconds=61))
    device = house.device()
    challenge = house.recovery.begin(phone, device=device, address=house.address(), locale="zh_CN")
    house.recovery.confirm(challenge, house.last_code(phone), device=device)
    assert house.recovery.is_proven(challenge, device=device)


def test_parallel_requests_for_one_phone_send_one_message(house: House):
    phone = house.phone()
    answers = race(lambda n: house.send(phone))
    assert sum(isinstance(each, str) for each in answers) == 1
    assert len(house.messages(phone)) == 1


def test_an_address_and_a_device_have_limits_of_their_own(house: House):
    address, device = house.address(), house.device()
    for _ in range(10):
        house.send(house.phone(), device=device)
    with pytest.raises(TooManyAttempts):
        house.send(house.phone(), device=device)
    for _ in range(30):
        house.send(house.phone(), address=address)
    with pytest.raises(TooManyAttempts):
        house.send(house.phone(), address=address)


def test_strangers_who_use_up_a_phones_day_do_not_silence_its_owner(house: House):
    account_id, phone = house.person()
    mine, address = house.device(), house.address()
    house.by_password.attempt(phone, PASSWORD, device=mine, address=address)
    for _ in range(30):
        house.send(phone)
        clock.travel(timedelta(seconds=61))
    with pytest.raises(TooManyAttempts):
        house.send(phone)
    challenge = house.send(phone, device=mine, address=address)
    assert house.by_code.attempt(challenge, house.last_code(phone), device=mine, address=address) == SignedIn(
        account_id, amr=("sms",)
    )


def test_a_dead_store_lets_nothing_pass(tmp_path):
    with open_house(f"sqlite:///{tmp_path / 'idp.sqlite3'}", "") as dead:
        phone = dead.person()[1]
        dead.store._connect = open_store("redis://127.0.0.1:1/0")._connect
        dead.store._local.__dict__.clear()
        with pytest.raises(StoreUnavailable):
            dead.send(phone)
        with pytest.raises(StoreUnavailable):
            dead.by_password.attempt(phone, PASSWORD, device="d", address="10.0.0.1")
        assert dead.count(OneTimeCode) == dead.count(OutboxMessage) == 0


def test_the_database_and_the_audit_hold_neither_code_nor_phone(house: House):
    phone = house.phone()
    challenge = house.send(phone)
    code = house.last_code(phone)
    with house.database.quick() as db:
        row = db.execute_raw(f"SELECT * FROM one_time_codes WHERE id = '{challenge}'", ()).fetchall()
    assert phone not in repr(row)
    assert f"'{code}'" not in repr(row)
    assert all(phone not in repr(each.details) for each in house.audited("code.sent"))


def test_sign_in_by_code_knows_accounts_newcomers_and_frozen_ones(house: House):
    account_id, phone = house.person()
    device, address = house.device(), house.address()
    challenge = house.send(phone, device=device, address=address)
    with pytest.raises(WrongCode):
        house.by_code.attempt(challenge, wrong(house.last_code(phone)), device=device, address=address)
    code = house.last_code(phone)
    assert house.by_code.attempt(challenge, code, device=device, address=address).account_id == account_id
    newcomer = house.phone()
    challenge = house.send(newcomer, device=device)
    code = house.last_code(newcomer)
    assert house.by_code.attempt(challenge, code, device=device, address=address) == Unregistered(newcomer)

    with house.database.transaction() as db:
        house.lifecycle.freeze(db, account_id, actor=Actor("system"), reason="test")
    clock.travel(timedelta(seconds=61))
    challenge = house.send(phone, device=device)
    with pytest.raises(AccountUnusable):
        house.by_code.attempt(challenge, house.last_code(phone), device=device, address=address)


def register(house: House, challenge: str, device: str, **given: object) -> SignedIn:
    details: dict = {"username": None, "password": None, "agreements": {"privacy_notice": "1"}, **given}
    return house.registration.complete(
        challenge, locale="zh_CN", channel="web", device=device, address="10.9.9.9", **details
    )


def test_a_proven_phone_registers_once_and_a_taken_name_costs_no_second_code(house: House):
    house.person(username="already-there")
    phone, device = house.phone(), house.device()
    challenge = house.send(phone, "register", device=device)
    with pytest.raises(CodeExpired):
        register(house, challenge, device)
    house.by_code.attempt(challenge, house.last_code(phone), device=device, address="10.9.9.9", purpose="register")
    with pytest.raises(UsernameTaken):
        register(house, challenge, device, username="Already-There")
    with pytest.raises(CodeExpired):
        register(house, challenge, "another browser", username="fresh-name-1")
    answers = race(lambda n: register(house, challenge, device, username="fresh-name-1"), 6)
    [signed_in] = [each for each in answers if isinstance(each, SignedIn)]
    assert all(isinstance(each, CodeExpired) for each in answers if each is not signed_in)
    assert house.audited("account.registered", signed_in.account_id)


def test_the_proof_of_a_phone_lasts_a_quarter_of_an_hour(house: House):
    phone, device = house.phone(), house.device()
    challenge = house.send(phone, "register", device=device)
    house.codes.check(challenge, "register", house.last_code(phone), device=device)
    assert house.registration.proven_phone(challenge, device=device) == phone
    clock.travel(timedelta(minutes=16))
    with pytest.raises(CodeExpired):
        register(house, challenge, device)
