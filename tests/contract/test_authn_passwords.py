"""Sign-in by password on both pairs: guessing stops, owners are not locked out, and strangers cannot tell accounts apart."""

from datetime import timedelta

import pytest

from idp.audit.trail import Actor
from idp.authn import guard, password_sign_in
from idp.authn.errors import SignInRefused
from idp.authn.results import SignedIn
from idp.core import addresses, clock
from idp.core.errors import TooManyAttempts
from idp.policies.kinds import ThrottlePolicy
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import PASSWORD, House, race


class Hashing:
    """Counts how often a password is verified, and knows the right one without the work."""

    def __init__(self) -> None:
        self.verified: list[bool] = []

    def verify_password(self, stored: str | None, password: str) -> bool:
        self.verified.append(stored is not None)
        return stored is not None and password == PASSWORD

    def needs_rehash(self, stored: str) -> bool:
        return False


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> Hashing:
    fast = Hashing()
    monkeypatch.setattr(password_sign_in, "passwords", fast)
    return fast


def attempt(house: House, who: str, password: str = PASSWORD, *, device: str = "", address: str = "") -> SignedIn:
    return house.by_password.attempt(who, password, device=device or house.device(), address=address or house.address())


def refused(house: House, who: str, password: str = "wrong-password", **where: str) -> SignInRefused:
    with pytest.raises(SignInRefused) as refusal:
        attempt(house, who, password, **where)
    return refusal.value


def test_phone_and_name_sign_in_and_the_audit_has_it(house: House):
    account_id, phone = house.person(username="signing-in")
    assert attempt(house, phone) == attempt(house, "Signing-In") == SignedIn(account_id, amr=("pwd",))
    entries = house.audited("sign_in.succeeded", account_id)
    assert [each.details for each in entries] == [{"method": "password"}] * 2


def test_unknown_wrong_passwordless_frozen_and_blocked_get_one_answer_after_one_hash(house: House, hashing: Hashing):
    known, phone = house.person()
    _, passwordless = house.person(password_hash=None)
    frozen_id, frozen = house.person()
    blocked_id, blocked = house.person()
    here = house.address()
    with house.database.transaction() as db:
        house.lifecycle.freeze(db, frozen_id, actor=Actor("system"), reason="test")
    for _ in range(5):
        refused(house, blocked, address=here)
    hashing.verified.clear()
    refusals = [
        refused(house, house.phone()),
        refused(house, "no such name"),
        refused(house, phone),
        refused(house, passwordless),
        refused(house, frozen, PASSWORD),
        refused(house, blocked, PASSWORD, address=here),
    ]
    assert {(each.code, each.sentence, each.status, each.field, each.retry_after) for each in refusals} == {
        (refusals[0].code, refusals[0].sentence, 400, None, None)
    }
    assert len(hashing.verified) == len(refusals)
    assert house.audited("sign_in.failed", frozen_id)[-1].details["reason"] == "frozen"
    assert house.audited("sign_in.failed", blocked_id)[-1].details["reason"] == "blocked"
    assert house.audited("sign_in.failed", known)[-1].details["reason"] == "wrong"


def test_the_hash_is_never_computed_inside_a_transaction(house: House, hashing: Hashing, monkeypatch):
    _, phone = house.person()
    pool = house.database.engine.pool
    seen: list[int] = []
    verify = hashing.verify_password
    monkeypatch.setattr(hashing, "verify_password", lambda s, p: (seen.append(pool.checkedout()), verify(s, p))[1])
    attempt(house, phone)
    refused(house, phone)
    assert seen == [0, 0]


def test_parallel_guesses_from_one_address_get_five_looks(house: House, hashing: Hashing):
    account_id, phone = house.person()
    address = house.address()
    answers = race(lambda n: attempt(house, phone, "wrong-password", address=address), 16)
    assert all(isinstance(each, SignInRefused) for each in answers)
    reasons = [each.details["reason"] for each in house.audited("sign_in.failed", account_id)]
    assert sorted(reasons) == ["blocked"] * 11 + ["wrong"] * 5


def test_ten_thousand_addresses_do_not_get_far_and_the_owner_still_signs_in(house: House, hashing: Hashing):
    account_id, phone = house.person()
    mine, home = house.device(), house.address()
    attempt(house, phone, device=mine, address=home)
    for n in range(60):
        refused(house, phone, address=f"172.16.{n}.1")
    looked_at = [e for e in house.audited("sign_in.failed", account_id) if e.details["reason"] == "wrong"]
    assert len(looked_at) == house.throttle.strangers_failures
    refused(house, phone, PASSWORD)  # even the right password, from an unknown device
    assert attempt(house, phone, device=mine, address=home).account_id == account_id
    stranger = house.device()  # and from anywhere by code
    challenge = house.send(phone, device=stranger)
    code = house.last_code(phone)
    assert house.by_code.attempt(challenge, code, device=stranger, address="172.17.0.1").account_id == account_id
    assert attempt(house, phone, device=stranger).account_id == account_id
    clock.travel(timedelta(hours=house.throttle.strangers_block_hours) + timedelta(seconds=1))
    assert attempt(house, phone).account_id == account_id


def test_strangers_at_the_owners_own_address_do_not_lock_the_known_device(house: House, hashing: Hashing):
    account_id, phone = house.person()
    mine, address = house.device(), house.address()
    attempt(house, phone, device=mine, address=address)
    for _ in range(20):
        refused(house, phone, address=address)
    assert attempt(house, phone, device=mine, address=address).account_id == account_id


def test_a_known_device_has_five_tries_too_and_waits_half_an_hour(house: House, hashing: Hashing):
    account_id, phone = house.person()
    mine = house.device()
    attempt(house, phone, device=mine)
    for _ in range(5):
        refused(house, phone, device=mine)
    refused(house, phone, PASSWORD, device=mine)
    clock.travel(timedelta(minutes=31))
    assert attempt(house, phone, device=mine).account_id == account_id


def test_success_forgets_the_failures_of_this_origin(house: House, hashing: Hashing):
    _, phone = house.person()
    mine, address = house.device(), house.address()
    for _ in range(3):
        for _ in range(4):
            refused(house, phone, device=mine, address=address)
        attempt(house, phone, device=mine, address=address)


def test_an_address_that_fails_over_many_accounts_is_refused_but_not_its_known_devices(house: House, hashing: Hashing):
    house.throttle = ThrottlePolicy(network_failures=6)
    account_id, phone = house.person()
    mine, address = house.device(), house.address()
    attempt(house, phone, device=mine, address=address)
    for _ in range(7):
        refused(house, house.phone(), address=address)
    with pytest.raises(TooManyAttempts) as refusal:
        attempt(house, house.phone(), address=address)
    assert refusal.value.retry_after > 0
    told = len(house.audited("sign_in.refused"))
    assert house.audited("sign_in.refused")[-1].details["reason"] == "address"
    for _ in range(5):
        with pytest.raises(TooManyAttempts):
            attempt(house, house.phone(), address=address)
    assert len(house.audited("sign_in.refused")) == told  # once a minute
    assert address not in repr([each.details for each in house.audited("sign_in.refused")])
    assert attempt(house, phone, device=mine, address=address).account_id == account_id
    clock.travel(timedelta(seconds=guard.ADDRESS_PERIOD * 2))
    refused(house, house.phone(), address=address)


def test_an_ipv6_household_is_one_origin():
    assert addresses.network_of("2001:db8:1:2::1") == addresses.network_of("2001:db8:1:2:ffff::9%eth0")
    assert addresses.network_of("::ffff:10.0.0.1") == addresses.network_of("10.0.0.1")
    assert addresses.network_of("nonsense") == "unknown"


def test_no_audit_entry_names_the_person(house: House):
    _, phone = house.person(username="not-in-audit")
    refused(house, "not-in-audit")
    refused(house, phone)
    for act in ("sign_in.failed", "account.registered", "sign_in.succeeded"):
        assert all(phone not in repr(e.details) and "not-in-audit" not in repr(e.details) for e in house.audited(act))
