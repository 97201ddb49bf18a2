"""Proof of identity on both pairs: what is counted, what is not, and whom a stranger's tries stop."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from idp.accounts.models import Account
from idp.audit.trail import Actor
from idp.authn.lifecycle import Lifecycle
from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.errors import StoreUnavailable
from idp.core.identifiers.resident_id import check_character
from idp.realname import limits, persons
from idp.realname.breaker import Breaker, Opened
from idp.realname.errors import NotProven, TooManyChecks
from idp.realname.models import Evidence
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    Capability,
    Outcome,
    Refutation,
    Refuted,
    Source,
    SubjectKind,
    Unavailable,
    Verified,
)
from idp.realname.results import Proven, SourceDown
from idp.realname.service import IdentityProof
from idp.realname.sources import Sources
from idp.store.records import Record
from idp.store.redis import Store
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import House

NAME = "测试甲"
DOWN, NO = Unavailable("scripted"), Refuted(Refutation.MISMATCH)
_numbers = itertools.count(100)


class ScriptedAdapter:
    """A population registry that answers what the test wrote down, or raises it."""

    source, channel = "population", "scripted"
    capability = Capability(
        SubjectKind.NATURAL_PERSON, frozenset({"name", "resident_id"}), AssuranceLevel.ON_RECORD, "electronic_record"
    )

    def __init__(self) -> None:
        self.answer: Outcome | Exception = Verified(self.capability.attests)
        self.meanwhile: Callable[[], None] = lambda: None

    def verify(self, applicant: Applicant, deadline: Deadline) -> Outcome:
        self.meanwhile()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Desk:
    """The proof over one pair, and a registry to script."""

    def __init__(self, house: House) -> None:
        self.house, self.registry = house, ScriptedAdapter()
        self.proof = self.over(house.store)

    def over(self, store: Any) -> IdentityProof:
        """The same over another store."""
        return IdentityProof(
            self.house.database, store, self.house.base.keyring, self.house.trail,
            Sources((Source(self.registry.source, "人口库", check=self.registry),)),
        )  # fmt: skip

    def account(self) -> str:
        return self.house.person()[0]

    def prove(
        self, account_id: str, number: str, *, says: Outcome | Exception, address: str = ""
    ) -> Proven | SourceDown | type[Exception]:
        self.registry.answer = says
        try:
            return self.proof.prove(
                account_id, name=NAME, resident_id=number, client_id=None, address=address or self.house.address(),
                deadline=Deadline.after(5),
            )  # fmt: skip
        except (NotProven, TooManyChecks) as refused:
            return type(refused)

    def yes(self) -> Verified:
        return Verified(self.registry.capability.attests)

    def closes_breaker(self) -> None:
        Breaker(self.house.store, self.registry.source).succeeded()


@pytest.fixture
def desk(house: House) -> Desk:
    made = Desk(house)
    made.closes_breaker()
    return made


def new_number() -> str:
    body = f"37019919880808{next(_numbers):03d}"
    return body + check_character(body)


class LosingStore:
    """A store that is there until it is lost; `loses` names a kind of record that alone is lost already."""

    def __init__(self, store: Store, loses: type[Record] | None = None) -> None:
        self.store, self.loses, self.is_lost = store, loses, False

    def __getattr__(self, name: str) -> Any:
        def asked(*args: Any, **named: Any) -> Any:
            if self.is_lost or (self.loses is not None and self.loses in args):
                raise StoreUnavailable
            return getattr(self.store, name)(*args, **named)

        return asked


def test_a_store_lost_while_the_register_answers_loses_no_answer(desk: Desk) -> None:
    store = LosingStore(desk.house.store)
    desk.proof = desk.over(store)
    desk.registry.meanwhile = lambda: setattr(store, "is_lost", True)
    assert desk.prove(desk.account(), new_number(), says=desk.yes()) == Proven(1)


def test_a_store_lost_before_anybody_is_asked_leaves_no_question_open(desk: Desk) -> None:
    account_id = desk.account()
    desk.proof = desk.over(LosingStore(desk.house.store, loses=Opened))
    for _ in range(limits.PER_ACCOUNT_A_DAY + 1):
        assert desk.prove(account_id, new_number(), says=desk.yes()) == SourceDown()
    with desk.house.database.view() as db:
        asked = db.execute(select(Evidence.verdict, Evidence.reason).where(Evidence.account_id == account_id)).all()
    assert set(map(tuple, asked)) == {("unavailable", "no_store")}


@pytest.mark.parametrize("trouble", [DOWN, RuntimeError("broken")], ids=["unavailable", "raised"])
def test_an_outage_uses_up_nobodys_tries(desk: Desk, trouble: Outcome | Exception) -> None:
    """More failures than any limit allows, most of them behind an open breaker; then the citizen is proven."""
    account_id, number, address = desk.account(), new_number(), desk.house.address()
    for _ in range(limits.PER_NUMBER_A_DAY + limits.PER_NETWORK_AN_HOUR):
        assert desk.prove(account_id, number, says=trouble, address=address) == SourceDown()
    assert desk.proof.breakers()["population"]() == "open"
    desk.closes_breaker()
    assert desk.prove(account_id, number, says=desk.yes(), address=address) == Proven(1)


def test_strangers_tries_do_not_stop_the_owner_of_a_number(desk: Desk) -> None:
    """Two strangers use up all that their accounts have, and go on asking; none of it is the owner's."""
    number = new_number()
    for _ in range(2):
        stranger = desk.account()
        tries = [desk.prove(stranger, number, says=NO) for _ in range(limits.PER_NUMBER_A_DAY)]
        assert tries[:4] == [NotProven, NotProven, NotProven, TooManyChecks]
        assert set(tries[4:]) == {TooManyChecks}
    assert desk.prove(desk.account(), number, says=desk.yes()) == Proven(1)


def test_one_number_cannot_be_asked_about_for_ever(desk: Desk) -> None:
    number = new_number()
    tries = [desk.prove(desk.account(), number, says=NO) for _ in range(limits.PER_NUMBER_A_DAY + 1)]
    assert tries == [NotProven] * limits.PER_NUMBER_A_DAY + [TooManyChecks]
    assert desk.prove(desk.account(), new_number(), says=NO) is NotProven


def test_one_household_cannot_ask_for_ever_from_its_many_addresses(desk: Desk) -> None:
    """An IPv6 customer holds a /64: all its addresses are one origin."""
    network = f"2001:db8:{next(_numbers)}:7"
    tries = [
        desk.prove(desk.account(), new_number(), says=NO, address=f"{network}::{n + 1:x}")
        for n in range(limits.PER_NETWORK_AN_HOUR + 1)
    ]
    assert tries == [NotProven] * limits.PER_NETWORK_AN_HOUR + [TooManyChecks]


def test_who_closed_an_account_is_proven_on_the_next_one(desk: Desk) -> None:
    number, closing, next_one = new_number(), desk.account(), desk.account()
    assert desk.prove(closing, number, says=desk.yes()) == Proven(1)
    lifecycle = Lifecycle(desk.house.accounts, desk.house.sessions, persons.forget)
    with desk.house.database.transaction() as db:
        assert lifecycle.close(db, closing, actor=Actor("system"), reason="test")
    with desk.house.database.view() as db:
        assert persons.facts(db, desk.house.base.keyring, closing) is None
        kept = db.scalars(select(Evidence.verdict).where(Evidence.account_id == closing)).all()
    assert kept == ["verified"]
    assert desk.prove(next_one, number, says=desk.yes()) == Proven(1)


def test_a_person_left_behind_by_a_closed_account_holds_nobody_up(desk: Desk) -> None:
    number, closing, next_one = new_number(), desk.account(), desk.account()
    assert desk.prove(closing, number, says=desk.yes()) == Proven(1)
    with desk.house.database.transaction() as db:
        desk.house.lifecycle.close(db, closing, actor=Actor("system"), reason="test")
    assert desk.prove(next_one, number, says=desk.yes()) == Proven(1)


def test_a_level_in_another_statement_is_that_of_its_own_person(desk: Desk) -> None:
    """Whoever is proven beside somebody lends them nothing, whatever statement the level is asked in."""
    proven, unproven = desk.account(), desk.account()
    assert desk.prove(proven, new_number(), says=desk.yes()) == Proven(1)
    with desk.house.database.view() as db:
        found = persons.facts(db, desk.house.base.keyring, proven)
        joined = persons.joined(select(Account.id, *persons.COLUMNS), Account.id).where(Account.id == unproven)
        row = db.execute(joined, {"now": clock.now()}).one()
    assert found is not None
    assert found.ial == 1
    assert row.ial == 0
