"""The counter on both pairs: two officers, one code, one proof, and what makes either of them impossible."""

import itertools
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from idp.accounts.models import Account, AccountState
from idp.audit.models import AuditEntry
from idp.audit.trail import Actor
from idp.core import clock
from idp.core.identifiers import DocumentKind
from idp.core.identifiers.resident_id import check_character
from idp.merging.merging import Merging
from idp.realname import counter as counters
from idp.realname import levels
from idp.realname.counter import Card, Counter
from idp.realname.counter_errors import (
    CardExpired,
    CounterRefused,
    EndDiffers,
    InvalidDocument,
    NoSuchCase,
    SameOfficer,
    TooManyCodes,
)
from idp.realname.errors import AccountIsOver, AnotherPerson, BelongsToAnother
from idp.realname.models import CounterCase, Evidence, Person
from idp.realname.service import IdentityProof
from idp.realname.sources import Sources
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import House

ONE, TWO = "1" * 32, "2" * 32
_numbers = itertools.count(100)


def card() -> Card:
    body = f"37019819870707{next(_numbers):03d}"
    return Card("测试甲", DocumentKind.RESIDENT_ID, body + check_character(body), date(2040, 1, 1))


class Hall:
    """A counter over one pair, with two officers."""

    def __init__(self, house: House) -> None:
        self.house = house
        proof = IdentityProof(house.database, house.store, house.base.keyring, house.trail, Sources())
        self.counter = Counter(house.database, house.store, house.base.keyring, house.trail, proof)
        self.first, self.second = f"one{next(_numbers)}", f"two{next(_numbers)}"

    def see(self, code: str, shown: Card, officer: str | None = None) -> str:
        by = officer or self.first
        return self.counter.see(code, shown, officer=by, actor=Actor("operator", by))

    def confirm(self, case: str, shown: Card, officer: str | None = None) -> None:
        by = officer or self.second
        self.counter.confirm(case, shown.number[-4:], officer=by, actor=Actor("operator", by))

    def ial(self, account_id: str) -> int:
        with self.house.database.view() as db:
            return levels.ial_of(db, account_id, clock.now())

    def case(self, case_id: str) -> CounterCase:
        with self.house.database.view() as db:
            return db.get_one(CounterCase, case_id)

    def person(self) -> str:
        return self.house.person()[0]


@pytest.fixture
def hall(house: House) -> Hall:
    return Hall(house)


@pytest.fixture(autouse=True)
def home() -> object:
    yield
    clock.travel_home()


def test_two_officers_prove_a_person_for_as_long_as_the_card_holds(hall: Hall) -> None:
    account_id, shown = hall.person(), replace(card(), valid_until=clock.now().date() + timedelta(days=30))
    case = hall.see(hall.counter.open(account_id, client_id=None).code, shown)
    assert hall.ial(account_id) == 0
    hall.confirm(case, shown)
    assert hall.ial(account_id) == 3
    with hall.house.database.view() as db:
        [proof] = db.scalars(select(Evidence).where(Evidence.account_id == account_id)).all()
        acts = set(db.scalars(select(AuditEntry.act).where(AuditEntry.account_id == account_id)))
    assert (proof.source, proof.check_method, proof.evidence_type) == ("counter", "pvp", "document")
    assert proof.purpose == "counter"
    assert {"counter.opened", "counter.seen", "counter.confirmed"} <= acts
    settled = hall.case(case)
    assert (settled.state, settled.applicant_sealed, proof.request_number) == ("confirmed", None, case)
    clock.travel(timedelta(days=32))
    assert hall.ial(account_id) == 0


def test_the_code_is_shown_with_spaces_and_read_without(hall: Hall) -> None:
    code = hall.counter.open(hall.person(), client_id=None).code
    assert hall.see(f" {code[:4]} {code[4:]} ", card())


def test_nobody_confirms_what_they_saw_themselves(hall: Hall) -> None:
    account_id, shown = hall.person(), card()
    case = hall.see(hall.counter.open(account_id, client_id=None).code, shown)
    with pytest.raises(SameOfficer):
        hall.confirm(case, shown, officer=hall.first)
    assert hall.ial(account_id) == 0


def test_the_second_officer_reads_the_card_too(hall: Hall) -> None:
    account_id, shown = hall.person(), card()
    case = hall.see(hall.counter.open(account_id, client_id=None).code, shown)
    with pytest.raises(EndDiffers):
        hall.counter.confirm(case, "0000", officer=hall.second, actor=Actor("operator", hall.second))
    assert hall.case(case).state == "seen"


def test_a_code_works_once_and_an_older_one_not_at_all(hall: Hall) -> None:
    account_id = hall.person()
    older, newer = (hall.counter.open(account_id, client_id=None).code for _ in range(2))
    with pytest.raises(NoSuchCase):
        hall.see(older, card())
    hall.see(newer, card())
    with pytest.raises(NoSuchCase):
        hall.see(newer, card())


@pytest.mark.parametrize("days", [8, 30])
def test_a_code_expires(hall: Hall, days: int) -> None:
    code = hall.counter.open(hall.person(), client_id=None).code
    clock.travel(timedelta(days=days))
    with pytest.raises(NoSuchCase):
        hall.see(code, card())


def test_what_no_second_officer_saw_is_forgotten(hall: Hall) -> None:
    shown = card()
    case = hall.see(hall.counter.open(hall.person(), client_id=None).code, shown)
    clock.travel(timedelta(hours=13))
    with pytest.raises(NoSuchCase):
        hall.confirm(case, shown)
    with hall.house.database.transaction() as db:
        counters.forget_expired(db, clock.now())
    assert (hall.case(case).state, hall.case(case).applicant_sealed) == ("expired", None)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"number": "370199198503070018"}, InvalidDocument),
        ({"valid_until": date(2020, 1, 1)}, CardExpired),
    ],
)
def test_an_impossible_card_leaves_the_code_good(hall: Hall, wrong: dict, refusal: type[CounterRefused]) -> None:
    code = hall.counter.open(hall.person(), client_id=None).code
    with pytest.raises(refusal):
        hall.see(code, replace(card(), **wrong))
    assert hall.see(code, card())


def test_an_officer_cannot_guess_codes_for_ever(hall: Hall) -> None:
    for _ in range(20):
        with pytest.raises(NoSuchCase):
            hall.see("00000000", card())
    with pytest.raises(TooManyCodes):
        hall.see(hall.counter.open(hall.person(), client_id=None).code, card())


def test_right_codes_are_not_counted(hall: Hall) -> None:
    for _ in range(25):
        hall.see(hall.counter.open(hall.person(), client_id=None).code, card())


@pytest.mark.parametrize("officer", ["first", "second"])
def test_either_officer_may_refuse_and_the_person_may_come_again(hall: Hall, officer: str) -> None:
    account_id, shown, by = hall.person(), card(), getattr(hall, officer)
    case = hall.see(hall.counter.open(account_id, client_id=None).code, shown)
    hall.counter.refuse(case, "not_the_person", officer=by, actor=Actor("operator", by))
    with pytest.raises(NoSuchCase):
        hall.confirm(case, shown)
    assert (hall.case(case).state, hall.ial(account_id)) == ("refused", 0)
    hall.confirm(hall.see(hall.counter.open(account_id, client_id=None).code, shown), shown)
    assert hall.ial(account_id) == 3


def test_a_person_of_another_account_is_not_proven_twice(hall: Hall) -> None:
    one, other, shown = hall.person(), hall.person(), card()
    hall.confirm(hall.see(hall.counter.open(one, client_id=None).code, shown), shown)
    case = hall.see(hall.counter.open(other, client_id=None).code, shown)
    with pytest.raises(BelongsToAnother):
        hall.confirm(case, shown)
    assert (hall.case(case).state, hall.ial(other)) == ("refused", 0)
    merging = Merging(hall.house.base.keyring, hall.house.trail, hall.house.sessions, timedelta(days=30))
    with hall.house.database.view() as db:
        offer = merging.offer(db, other)
    assert offer is not None
    assert (offer.kept_account_id, offer.ial) == (one, 3)


@pytest.mark.parametrize("state", [AccountState.CLOSED, AccountState.MERGED])
def test_an_account_that_is_over_stands_for_nobody_any_more(hall: Hall, state: AccountState) -> None:
    account_id, shown = hall.person(), card()
    case = hall.see(hall.counter.open(account_id, client_id=None).code, shown)
    with hall.house.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account_id).values(state=state))
    with pytest.raises(AccountIsOver):
        hall.confirm(case, shown)
    with hall.house.database.view() as db:
        assert db.get(Person, account_id) is None


def test_an_account_does_not_change_its_person(hall: Hall) -> None:
    account_id, mine, yours = hall.person(), card(), card()
    hall.confirm(hall.see(hall.counter.open(account_id, client_id=None).code, mine), mine)
    case = hall.see(hall.counter.open(account_id, client_id=None).code, yours)
    with pytest.raises(AnotherPerson):
        hall.confirm(case, yours)
    assert hall.case(case).reason == "account_is_another_person"


def test_of_many_officers_at_once_one_takes_the_code_and_one_decides(hall: Hall) -> None:
    account_id, shown = hall.person(), card()
    code = hall.counter.open(account_id, client_id=None).code
    seen = _at_once(6, lambda n: hall.see(code, shown, officer=f"racer{n}{hall.first}"))
    [case] = [each for each in seen if isinstance(each, str)]
    assert [type(each) for each in seen if not isinstance(each, str)] == [NoSuchCase] * 5
    decided = _at_once(6, lambda n: hall.confirm(case, shown, officer=f"decider{n}{hall.first}"))
    assert sorted(type(each).__name__ for each in decided) == ["NoSuchCase"] * 5 + ["NoneType"]
    with hall.house.database.view() as db:
        assert len(db.scalars(select(Evidence.id).where(Evidence.account_id == account_id)).all()) == 1


def _at_once(count: int, work) -> list:
    gate, found = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        gate.wait()
        try:
            found[number] = work(number)
        except CounterRefused as refused:
            found[number] = refused

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
