"""What lists choose accounts by, on both pairs: division, name and level follow the person and the evidence."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.accounts.models import Account
from idp.audit.trail import Actor
from idp.core import clock, ids
from idp.core.identifiers import Document, DocumentKind
from idp.realname import levels, listed, persons
from idp.realname.counter import Card, Counter
from idp.realname.models import Evidence, Person
from idp.realname.ports import Applicant
from idp.realname.service import IdentityProof
from idp.realname.sources import Sources
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import House, race

CARD = Document.of(DocumentKind.RESIDENT_ID, "370199198503070017")


@pytest.fixture(autouse=True)
def nobody_yet(house: House) -> None:
    with house.database.transaction() as db:
        db.execute(Person.__table__.delete())  # type: ignore[attr-defined]


def proven(house: House, document: Document = CARD, *, ial: int = 1, days: int = 700) -> str:
    account_id = house.person()[0]
    with house.database.transaction() as db:
        persons.remember(db, house.base.keyring, account_id, applicant=Applicant("测试甲", document))
        evidence(house, db, account_id, document, ial=ial, days=days)
        listed.weigh(db, [account_id])
    return account_id


def evidence(house: House, db: Any, account_id: str, document: Document, *, ial: int, days: int) -> None:
    db.add(
        Evidence(
            id=ids.new_id(), account_id=account_id, source="test", channel="scripted", verdict="verified",
            document_index=persons.document_index(house.base.keyring, document), ial=ial, at=clock.now(),
            expires_at=clock.now() + timedelta(days=days),
        )
    )  # fmt: skip


def row(house: House, account_id: str) -> Account:
    with house.database.view() as db:
        return db.get_one(Account, account_id)


def derived(house: House, account_id: str) -> int:
    with house.database.view() as db:
        return levels.ial_of(db, account_id, clock.now())


def test_the_division_is_that_of_a_resident_number_and_of_nothing_else(house: House) -> None:
    assert row(house, proven(house)).region == "370199"
    permit = Document.of(DocumentKind.HMT_RESIDENCE_PERMIT, "810000199001010019")
    assert row(house, proven(house, permit)).region == ""


def test_the_name_finds_everybody_who_bears_it_however_it_is_typed(house: House) -> None:
    keyring = house.base.keyring
    assert listed.name_index(keyring, " 测试 甲 ") == listed.name_index(keyring, "测试甲")
    assert listed.name_index(keyring, "阿依·古丽") == listed.name_index(keyring, "阿依•古丽")
    mine = proven(house)
    with house.database.view() as db:
        found = select(Person.account_id).where(Person.name_index == listed.name_index(keyring, "测试甲"))
        assert list(db.scalars(found)) == [mine]


def test_the_listed_level_falls_when_the_evidence_runs_out(house: House) -> None:
    mine = proven(house, ial=1, days=300)
    with house.database.transaction() as db:
        evidence(house, db, mine, CARD, ial=2, days=10)
        listed.weigh(db, [mine])
    assert row(house, mine).listed_ial == derived(house, mine) == 2

    clock.travel(timedelta(days=11))
    with house.database.view() as db:  # before anybody weighed it anew it is not found by what is over
        assert db.scalar(select(Account.id).where(Account.id == mine, listed.is_at(2, clock.now()))) is None
    assert listed.weigh_run_out(house.database) == 1
    assert row(house, mine).listed_ial == derived(house, mine) == 1
    clock.travel(timedelta(days=300))
    listed.weigh_run_out(house.database)
    assert row(house, mine).listed_ial == derived(house, mine) == 0
    assert row(house, mine).listed_until is None
    assert listed.weigh_run_out(house.database) == 0


def test_persons_of_before_are_listed_once_and_the_rest_after_a_stop(house: House, monkeypatch: Any) -> None:
    everybody = [proven(house, Document.of(DocumentKind.RESIDENT_ID, n)) for n in (
        "370199198503070017", "370198198503070011", "370197198503070016",
    )]  # fmt: skip
    with house.database.transaction() as db:
        db.execute(update(Person).values(name_index=None))
        db.execute(update(Account).where(Account.id.in_(everybody)).values(region="", listed_ial=0, listed_until=None))
    monkeypatch.setattr(listed, "_BATCH", 2)
    assert listed.complete(house.database, house.base.keyring) == 3
    assert listed.complete(house.database, house.base.keyring) == 0

    for account_id in everybody:
        mine = row(house, account_id)
        assert (mine.region[:4], mine.listed_ial) == ("3701", 1)


def test_who_closes_the_account_takes_the_level_along(house: House) -> None:
    mine = proven(house)
    with house.database.transaction() as db:
        persons.forget(db, mine)
    assert row(house, mine).listed_ial == derived(house, mine) == 0


def test_of_two_proofs_at_once_the_list_knows_the_better(house: House) -> None:
    """Both write evidence of one account; whoever weighs last sees what the other wrote."""
    proof = IdentityProof(house.database, house.store, house.base.keyring, house.trail, Sources())
    counter = Counter(house.database, house.store, house.base.keyring, house.trail, proof)
    mine = proven(house, ial=1)
    shown = Card("测试甲", DocumentKind.RESIDENT_ID, CARD.number, date(2040, 1, 1))
    case = counter.see(counter.open(mine, client_id=None).code, shown, officer="one", actor=Actor("operator", "one"))

    def work(n: int) -> None:
        if n == 0:
            counter.confirm(case, CARD.number[-4:], officer="two", actor=Actor("operator", "two"))
            return
        with house.database.transaction() as db:
            persons.hold(db, mine)
            evidence(house, db, mine, CARD, ial=2, days=9)
            listed.weigh(db, [mine])

    answers = race(work, threads=4)
    assert answers == [None] * 4
    assert row(house, mine).listed_ial == derived(house, mine) == 3


def test_a_session_leaves_when_somebody_last_signed_in(house: House) -> None:
    mine = house.person()[0]
    assert row(house, mine).last_sign_in_at is None
    with house.database.transaction() as db:
        house.sessions.start(db, mine, aal=1, amr=("pwd",), device="d", browser="b", address="10.0.0.1")
    assert row(house, mine).last_sign_in_at is not None
