"""Accounts on both databases: found as people type, registered once, frozen and closed with a trace."""

import threading
import time

import pytest

from idp.accounts import agreements, naming
from idp.accounts.errors import PhoneTaken, UsernameLooksLikeNumber, UsernameRefused, UsernameReserved, UsernameTaken
from idp.accounts.models import Account, Identifier
from idp.audit.trail import Actor
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import House, race

OPERATOR = Actor("operator", "op-1")


@pytest.mark.parametrize(
    "name", ["abc", "a" * 33, "with space", "naïve-name", "кириллица", "名字!", "a\x00bcd", "", "😀😀😀😀"]
)
def test_a_name_has_4_to_32_letters_digits_or_han(name):
    with pytest.raises(UsernameRefused):
        naming.username(name)


@pytest.mark.parametrize("name", ["12345678", "1234-5678", "37019919850307001X", "----"])
def test_a_name_is_not_a_number(name):
    with pytest.raises(UsernameLooksLikeNumber):
        naming.username(name)


@pytest.mark.parametrize("name", ["admin", "Admin", "ad-min", "ＡＤＭＩＮ", "系统管理员", "官方客服01"])
def test_a_name_that_poses_as_the_service_is_refused(name):
    with pytest.raises(UsernameReserved):
        naming.username(name)


def test_an_account_is_found_as_people_type_its_phone_and_name(house: House):
    account_id, phone = house.person(username="Test_甲乙-01")
    typed = [
        f"+86 {phone}",
        f"0086{phone}",
        f"{phone[:3]} {phone[3:7]} {phone[7:]}",
        "test_甲乙-01",
        " ＴＥＳＴ_甲乙-01 ",
    ]
    with house.database.glance() as db:
        assert [house.accounts.find(db, each).id for each in typed] == [account_id] * len(typed)
        assert house.accounts.find(db, "nobody-here") is None
        assert house.accounts.find(db, "\x00' OR 1=1") is None
        assert house.accounts.find_by_phone(db, phone).id == account_id


def test_the_profile_shows_name_and_phone_and_the_database_shows_neither(house: House):
    account_id, phone = house.person(username="profile-name")
    with house.database.quick() as db:
        profile = house.accounts.profile(db, account_id)
        rows = db.execute_raw("SELECT value_index, value_sealed FROM account_identifiers", ()).fetchall()
    assert (profile.username, profile.phone) == ("profile-name", f"+86{phone}")
    assert phone not in repr(rows)
    assert "profile-name" not in repr(rows) + repr(profile)


def test_of_two_who_register_one_phone_at_once_one_wins(house: House):
    phone, before = house.phone(), house.count(Account)

    def register(n: int) -> str:
        with house.database.quick() as db:
            return house.accounts.register(
                db, phone=phone, username=None, password_hash=None, agreements={}, locale="zh_CN", channel="web"
            )

    answers = race(register)
    assert sum(isinstance(each, str) for each in answers) == 1
    assert sum(isinstance(each, PhoneTaken) for each in answers) == len(answers) - 1
    assert house.count(Account) == before + 1


def test_of_two_who_want_one_name_at_once_one_wins_and_the_other_keeps_nothing(house: House):
    before = house.count(Identifier)
    answers = race(lambda n: house.person(username="Race-Name" if n % 2 else "race-name", password_hash=None))
    assert sum(isinstance(each, tuple) for each in answers) == 1
    assert sum(isinstance(each, UsernameTaken) for each in answers) == len(answers) - 1
    assert house.count(Identifier) == before + 2


def test_freezing_happens_once_ends_the_sessions_and_is_audited(house: House):
    account_id, _ = house.person()
    with house.database.transaction() as db:
        started = house.sessions.start(db, account_id, aal=1, amr=("pwd",), device="d", browser="b", address="10.0.0.1")

    def freeze(n: int) -> bool:
        with house.database.transaction() as db:
            return house.lifecycle.freeze(db, account_id, actor=OPERATOR, reason="reported")

    assert sorted(race(freeze, 6)) == [False] * 5 + [True]
    with house.database.glance() as db:
        from idp.core import clock

        assert house.sessions.find(db, started.secret, clock.now()) is None
    [entry] = house.audited("account.frozen", account_id)
    assert (entry.actor_kind, entry.actor_id, entry.details) == ("operator", "op-1", {"reason": "reported"})
    with house.database.transaction() as db:
        assert house.lifecycle.unfreeze(db, account_id, actor=OPERATOR, reason="clarified")


def test_a_closed_account_is_not_found_and_its_phone_is_free_again(house: House):
    account_id, phone = house.person(username="closing-name")
    with house.database.transaction() as db:
        assert house.lifecycle.close(db, account_id, actor=Actor("citizen", account_id), reason="own_wish")
        assert not house.lifecycle.close(db, account_id, actor=Actor("citizen", account_id), reason="own_wish")
    with house.database.quick() as db:
        assert house.accounts.find(db, phone) is None
        assert house.accounts.find(db, "closing-name") is None
        assert house.accounts.password_hash(db, account_id) is None
        again = house.accounts.register(
            db, phone=phone, username="closing-name", password_hash=None, agreements={}, locale="en", channel="web"
        )
    assert again != account_id


def test_agreements_are_recorded_once_and_due_again_when_the_text_changes(house: House):
    account_id, _ = house.person()
    with house.database.quick() as db:
        assert agreements.due(db, account_id, {"privacy_notice": "1"}) == []
        assert agreements.due(db, account_id, {"privacy_notice": "2"}) == ["privacy_notice"]
        for _ in range(2):
            house.accounts.agree(db, account_id, "privacy_notice", "2", "web")
        assert agreements.due(db, account_id, {"privacy_notice": "2"}) == []
    assert len(house.audited("agreement.accepted", account_id)) == 2


def test_storing_a_password_under_new_parameters_never_overwrites_a_change(house: House):
    account_id, _ = house.person()
    with house.database.glance() as db:
        old = house.accounts.stored_password(db, account_id)

    def rehash() -> None:
        with house.database.quick() as db:
            house.accounts.rehash_password(db, account_id, old, "$the-old-one-anew")

    late = threading.Thread(target=rehash)
    with house.database.transaction() as db:
        house.accounts.set_password(db, account_id, "$the-new-one", reason="test")
        db.flush()
        late.start()
        time.sleep(0.3)  # on PostgreSQL the other one looks now, before the change is there to be seen
    late.join()
    with house.database.glance() as db:
        assert house.accounts.password_hash(db, account_id) == "$the-new-one"
        unchanged = house.accounts.stored_password(db, account_id)
    with house.database.quick() as db:
        house.accounts.rehash_password(db, account_id, unchanged, "$the-new-one-anew")
        stored = house.accounts.stored_password(db, account_id)
    assert (stored.hash, stored.changed_at) == ("$the-new-one-anew", unchanged.changed_at)
