"""Phones that may have changed hands, on both pairs: a code alone does not open an old account in a browser it does not know."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from idp.accounts import phones
from idp.accounts.errors import PhoneTaken
from idp.accounts.models import Identifier
from idp.audit.trail import Actor
from idp.authn.errors import AccountUnusable, CodeExpired, NotTheOwner
from idp.authn.results import Held, SignedIn, Unregistered
from idp.core import clock
from idp.core.identifiers import Document, DocumentKind
from idp.realname import persons
from idp.realname.ports import Applicant
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import PASSWORD, House, race

NAME, NUMBER = "测试甲", "370199198503070017"
LONG = timedelta(days=91)
NEW = "veilchen-Kanne-38-x"


def proven(house: House, account_id: str) -> None:
    document = Document.parse(DocumentKind.RESIDENT_ID, NUMBER, today=date(2026, 11, 22))
    with house.database.transaction() as db:
        if (holder := persons.holder_of(db, house.base.keyring, document)) is not None:
            persons.forget(db, holder)
        persons.remember(db, house.base.keyring, account_id, applicant=Applicant(NAME, document))


def by_code(house: House, phone: str, device: str, purpose: str = "sign_in") -> tuple[str, object]:
    """The challenge and what the right code came to."""
    clock.travel(timedelta(minutes=1))  # a phone gets one code a minute
    challenge = house.send(phone, purpose, device=device)
    code = house.last_code(phone)
    return challenge, house.by_code.attempt(challenge, code, device=device, address=house.address(), purpose=purpose)


def recover(house: House, phone: str, device: str) -> str:
    challenge = house.recovery.begin(phone, device=device, address=house.address(), locale="zh_CN")
    house.recovery.confirm(challenge, house.last_code(phone), device=device)
    return challenge


def live_phones(house: House, account_id: str) -> int:
    with house.database.view() as db:
        rows = db.scalars(select(Identifier).where(Identifier.account_id == account_id, Identifier.kind == "phone"))
        return sum(row.released_at is None for row in rows)


def test_a_code_opens_an_account_whose_phone_was_shown_lately(house: House):
    account_id, phone = house.person()
    clock.travel(timedelta(days=89))
    assert by_code(house, phone, house.device())[1] == SignedIn(account_id, amr=("sms",))
    clock.travel(timedelta(days=89))
    assert by_code(house, phone, house.device())[1] == SignedIn(account_id, amr=("sms",))


def test_a_browser_that_the_account_knows_needs_no_more_than_the_code(house: House):
    account_id, phone = house.person()
    device = house.device()
    by_code(house, phone, device)
    clock.travel(LONG)
    assert by_code(house, phone, device)[1] == SignedIn(account_id, amr=("sms",))


def test_an_account_without_password_or_proof_has_nothing_else_to_ask_for(house: House):
    account_id, phone = house.person(password_hash=None)
    clock.travel(LONG)
    assert by_code(house, phone, house.device())[1] == SignedIn(account_id, amr=("sms",))


@pytest.mark.parametrize("purpose", ["sign_in", "register"])
def test_after_a_long_time_the_password_is_wanted_as_well(house: House, purpose: str):
    account_id, phone = house.person()
    clock.travel(LONG)
    device = house.device()
    challenge, held = by_code(house, phone, device, purpose)
    assert held == Held()
    assert house.owners.held_for(challenge, device=device) == purpose
    assert house.owners.held_for(challenge, device="another") is None
    with pytest.raises(NotTheOwner):
        house.owners.by_password(challenge, "not the one", device=device, address=house.address())

    signed_in = house.owners.by_password(challenge, PASSWORD, device=device, address=house.address())

    assert signed_in == SignedIn(account_id, amr=("sms", "pwd"))
    with pytest.raises(CodeExpired):
        house.owners.by_password(challenge, PASSWORD, device=device, address=house.address())
    assert by_code(house, phone, house.device())[1] == SignedIn(account_id, amr=("sms",))
    assert [entry.details["reason"] for entry in house.audited("sign_in.failed", account_id)] == ["wrong"]


def test_name_and_number_of_the_proven_person_do_as_well_and_no_others(house: House):
    account_id, phone = house.person(password_hash=None)
    proven(house, account_id)
    clock.travel(LONG)
    device, address = house.device(), house.address()
    challenge, held = by_code(house, phone, device)
    assert held == Held()
    for name, number in ((NAME, "370199199001010018"), ("测试乙", NUMBER), ("", ""), (NAME, "x" * 40)):
        with pytest.raises(NotTheOwner):
            house.owners.by_document(challenge, name, number, device=device, address=house.address())

    spaced = f" {NUMBER[:6]} {NUMBER[6:]} "

    assert house.owners.by_document(challenge, NAME, spaced, device=device, address=address) == SignedIn(
        account_id, amr=("sms", "kba")
    )


def test_what_the_account_does_not_have_is_refused_like_what_is_wrong(house: House):
    _with_password, phone = house.person()
    clock.travel(LONG)
    device = house.device()
    challenge, _ = by_code(house, phone, device)
    with pytest.raises(NotTheOwner):
        house.owners.by_document(challenge, NAME, NUMBER, device=device, address=house.address())
    proven_only, other = house.person(password_hash=None)
    proven(house, proven_only)
    clock.travel(LONG)
    challenge, _ = by_code(house, other, device)
    with pytest.raises(NotTheOwner):
        house.owners.by_password(challenge, PASSWORD, device=device, address=house.address())


def test_guesses_are_limited_as_those_at_the_password_are(house: House):
    _, phone = house.person()
    clock.travel(LONG)
    device, address = house.device(), house.address()
    challenge, _ = by_code(house, phone, device)
    for _ in range(5):
        with pytest.raises(NotTheOwner):
            house.owners.by_document(challenge, NAME, NUMBER, device=device, address=address)

    with pytest.raises(NotTheOwner):
        house.owners.by_password(challenge, PASSWORD, device=device, address=address)


def test_a_newcomer_gets_the_phone_and_registers_with_the_same_code(house: House):
    account_id, phone = house.person(username="former-owner-1")
    with house.database.transaction() as db:
        owner = house.sessions.start(db, account_id, aal=1, amr=("pwd",), device="x", browser="b", address="10.0.0.1")
    clock.travel(timedelta(minutes=1))
    device = house.device()
    with house.database.transaction() as db:  # as if the phone had been shown long ago, with the session alive
        db.execute(Identifier.__table__.update().where(Identifier.account_id == account_id)
                   .values(verified_at=clock.now() - LONG))  # fmt: skip
    challenge, held = by_code(house, phone, device)
    assert held == Held()
    house.owners.not_mine(challenge, device=device)

    assert live_phones(house, account_id) == 0
    assert house.registration.proven_phone(challenge, device=device) == phone
    fresh = house.registration.complete(
        challenge, username=None, password=None, agreements={}, locale="zh_CN", channel="web",
        device=device, address=house.address(),
    )  # fmt: skip
    assert fresh.account_id != account_id
    assert live_phones(house, fresh.account_id) == 1
    with house.database.glance() as db:
        assert house.sessions.find(db, owner.secret, clock.now()) is not None
    assert (
        house.by_password.attempt("former-owner-1", PASSWORD, device="x", address="10.9.0.1").account_id == account_id
    )
    [entry] = house.audited("phone.released", account_id)
    assert (entry.actor_kind, entry.details) == ("system", {"reason": "another_owner"})
    assert phone not in str(entry.details)


def test_a_phone_that_is_in_no_doubt_is_not_let_go(house: House):
    account_id, phone = house.person()
    device = house.device()
    challenge, _ = by_code(house, phone, device)
    with pytest.raises(CodeExpired):
        house.owners.not_mine(challenge, device=device)
    clock.travel(LONG)
    challenge, _ = by_code(house, phone, house.device())
    with pytest.raises(CodeExpired):
        house.owners.not_mine(challenge, device="another")
    assert live_phones(house, account_id) == 1


def test_of_owner_and_newcomer_at_once_one_wins(house: House):
    account_id, phone = house.person()
    clock.travel(LONG)
    devices = [house.device() for _ in range(6)]
    challenges = [by_code(house, phone, device)[0] for device in devices]

    def act(n: int) -> str:
        if n % 2:
            house.owners.not_mine(challenges[n], device=devices[n])
            return "released"
        return house.owners.by_password(challenges[n], PASSWORD, device=devices[n], address=house.address()).account_id

    answers = race(act, 6)
    won = [each for each in answers if not isinstance(each, Exception)]

    assert all(isinstance(each, (str, CodeExpired)) for each in answers)
    assert won in (["released"], *([[account_id] * n for n in (1, 2, 3)]))
    assert live_phones(house, account_id) == (0 if won == ["released"] else 1)


def test_the_same_code_serves_the_owner_or_the_newcomer_but_not_both(house: House):
    _account_id, phone = house.person()
    clock.travel(LONG)
    device = house.device()
    challenge, _ = by_code(house, phone, device)

    answers = race(
        lambda n: (
            house.owners.not_mine(challenge, device=device)
            if n % 2
            else house.owners.by_password(challenge, PASSWORD, device=device, address=house.address())
        ),
        6,
    )

    assert sum(not isinstance(each, Exception) for each in answers) == 1


def test_recovery_by_code_wants_the_same_and_goes_on_afterwards(house: House):
    account_id, phone = house.person()
    proven(house, account_id)
    clock.travel(LONG)
    device = house.device()
    challenge = recover(house, phone, device)
    assert house.owners.held_for(challenge, device=device) == "recover"
    with pytest.raises(CodeExpired):
        house.recovery.recover(challenge, NEW, device=device, address="10.0.0.2")

    house.owners.by_document(challenge, NAME, NUMBER, device=device, address=house.address())

    assert house.owners.held_for(challenge, device=device) is None
    assert house.recovery.recover(challenge, NEW, device=device, address="10.0.0.2").account_id == account_id


def test_who_recovers_an_account_that_is_not_theirs_registers_instead(house: House):
    _account_id, phone = house.person()
    clock.travel(LONG)
    device = house.device()
    challenge = recover(house, phone, device)
    house.owners.not_mine(challenge, device=device)

    assert not house.recovery.is_proven(challenge, device=device)
    assert house.registration.proven_phone(challenge, device=device) == phone
    assert isinstance(by_code(house, phone, house.device())[1], Unregistered)


def test_a_frozen_account_is_said_to_be_frozen_to_its_owner_only(house: House):
    account_id, phone = house.person()
    with house.database.transaction() as db:
        house.lifecycle.freeze(db, account_id, actor=Actor("operator", "test"), reason="r")
    clock.travel(LONG)
    device = house.device()
    challenge, held = by_code(house, phone, device)
    assert held == Held()
    with pytest.raises(NotTheOwner):
        house.owners.by_password(challenge, "not the one", device=device, address=house.address())
    with pytest.raises(AccountUnusable):
        house.owners.by_password(challenge, PASSWORD, device=device, address=house.address())


def test_of_two_phones_of_one_account_each_has_its_own_time_and_only_the_given_up_one_goes(house: House):
    account_id, old = house.person()
    merged, new = house.person(password_hash=None)
    with house.database.transaction() as db:
        db.execute(Identifier.__table__.update().where(Identifier.account_id == merged).values(account_id=account_id))
    clock.travel(LONG)
    device = house.device()
    challenge, _ = by_code(house, new, device)
    house.owners.by_password(challenge, PASSWORD, device=device, address=house.address())
    stranger = house.device()
    challenge, held = by_code(house, old, stranger)
    assert held == Held()

    house.owners.not_mine(challenge, device=stranger)

    assert live_phones(house, account_id) == 1
    assert by_code(house, new, house.device())[1] == SignedIn(account_id, amr=("sms",))


def test_of_two_phones_bound_at_once_to_an_account_without_one_it_keeps_one(house: House):
    account_id, old = house.person(username="without-phone-1")
    with house.database.transaction() as db:
        phones.release(db, account_id, house.accounts.phone_index(old), not_since=clock.now())
    fresh = [house.phone() for _ in range(4)]

    def bind(n: int) -> None:
        with house.database.transaction() as db:
            house.accounts.bind_phone(db, account_id, fresh[n])

    answers = race(bind, 4)

    assert answers.count(None) == 1
    assert all(each is None or isinstance(each, PhoneTaken) for each in answers)
    assert live_phones(house, account_id) == 1
