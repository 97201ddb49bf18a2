"""Tokens of a department's programs on both databases: counted, ended and warned of once, and of no use a moment later."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from idp.audit.models import AuditEntry
from idp.core import clock
from idp.mandates.models import Mandate
from idp.sites import tokens
from idp.sites.errors import TooManyTokens
from idp.sites.models_tokens import DeveloperToken
from idp.sites.tokens import Holder, NewToken, Scope, WithTokens
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import House, race
from tests.contract.test_sites import Bureau, bureau, good  # noqa: F401 - fixture

NETWORK = "203.0.113.7"


def make(bureau: Bureau, who: str, *, days: int = 30) -> NewToken:  # noqa: F811
    made: NewToken = bureau.do(
        lambda db: bureau.sites.tokens.make(
            db, who, bureau.department, name="ci", scopes=[Scope.WRITE.value], days=days
        )
    )
    return made


def holder(bureau: Bureau, token: NewToken) -> Holder:  # noqa: F811
    found = bureau.sites.tokens.find(token.secret, address=NETWORK)
    assert found is not None
    return found


def row(bureau: Bureau, token: NewToken) -> DeveloperToken:  # noqa: F811
    with bureau.house.database.view() as db:
        return db.get_one(DeveloperToken, token.id)


def test_a_token_knows_its_holder_and_roughly_from_where_it_came(bureau: Bureau) -> None:  # noqa: F811
    made = make(bureau, bureau.one)
    who = holder(bureau, made)
    assert (who.account_id, who.department.organisation_id, who.scopes) == (
        bureau.one, bureau.department, frozenset({"sites:write"}),
    )  # fmt: skip
    seen = row(bureau, made)
    assert (seen.last_network, seen.mandate_id) == ("203.0.113.0/24", bureau.mandates[0])
    assert bureau.sites.tokens.find(made.secret[:-1] + "?", address=NETWORK) is None


def test_of_many_at_once_no_more_are_made_than_may_be(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(tokens, "MOST", 2)
    answers = race(lambda _n: make(bureau, bureau.one), 5)
    assert len(good(answers)) == 2
    assert all(isinstance(each, TooManyTokens) for each in answers if isinstance(each, Exception))
    make(bureau, bureau.two)  # of each person


def test_a_token_is_revoked_once_and_changes_nothing_from_then_on(bureau: Bureau) -> None:  # noqa: F811
    made = make(bureau, bureau.one)
    who, room = holder(bureau, made), bureau.sites.tokens

    def act(n: int) -> Any:
        if n % 2:
            return bureau.do(lambda db: room.revoke(db, bureau.chief, made.id))
        return bureau.do(lambda db: "acted" if room.begin(db, who, "site_configured") else "late")

    answers = race(act, 6)
    assert [each for each in answers if each is True] == [True]
    acted = sum(each == "acted" for each in answers)
    with bureau.house.database.view() as db:
        of_this = select(AuditEntry).where(AuditEntry.act.in_(("developer_token.acted", "developer_token.revoked")))
        told = [each.act for each in db.scalars(of_this.order_by(AuditEntry.id)) if each.details["token"] == made.id]
    assert told.count("developer_token.acted") == acted
    assert bureau.do(lambda db: room.begin(db, who, "site_configured")) is False
    assert room.find(made.secret, address=NETWORK) is None


def test_a_mandate_that_ends_in_the_middle_ends_the_act(bureau: Bureau) -> None:  # noqa: F811
    made = make(bureau, bureau.one)
    who = holder(bureau, made)
    bureau.rows.change(Mandate, bureau.mandates[0], ended_at=clock.now(), end_reason="revoked")
    assert bureau.do(lambda db: bureau.sites.tokens.begin(db, who, "site_configured")) is False
    with bureau.house.database.view() as db:
        assert bureau.sites.tokens.asleep(db, [db.get_one(DeveloperToken, made.id)]) == {made.id}


def test_of_many_workers_one_warns(bureau: Bureau) -> None:  # noqa: F811
    bureau.sites.tokens.warn()
    made = make(bureau, bureau.one, days=8)
    assert row(bureau, make(bureau, bureau.one, days=5)).warned_days == 7
    clock.travel(timedelta(days=2))
    told = race(lambda _n: bureau.sites.tokens.warn(), 4)
    assert sum(good(told)) == 1
    assert row(bureau, made).warned_days == 7
    clock.travel(timedelta(days=5, hours=6))
    assert bureau.sites.tokens.warn() >= 1
    assert row(bureau, made).warned_days == 1


def test_those_who_know_it_already_hide_nobody_who_is_to_be_told(
    bureau: Bureau,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bureau.sites.tokens.warn()
    make(bureau, bureau.one, days=5)  # ends first, and its maker knows
    made = make(bureau, bureau.one, days=8)
    clock.travel(timedelta(days=1, hours=1))
    monkeypatch.setattr(tokens, "_AT_ONCE", 1)
    assert bureau.sites.tokens.warn() == 1
    assert row(bureau, made).warned_days == 7


def test_the_trust_in_an_account_takes_its_tokens_along(bureau: Bureau, house: House) -> None:  # noqa: F811
    mine, others = make(bureau, bureau.one), make(bureau, bureau.two)

    class Nothing:
        def end_of_account(self, db: Any, account_id: str, *, reason: str) -> None:
            return None

    def end(_n: int) -> None:
        ending = WithTokens(Nothing(), house.trail)  # type: ignore[arg-type]
        bureau.do(lambda db: ending.end_of_account(db, bureau.one, reason="account_frozen"))

    race(end, 3)
    assert (row(bureau, mine).ended_at is not None, row(bureau, others).ended_at) == (True, None)
    with house.database.view() as db:
        ended = db.scalar(select(func.count()).where(AuditEntry.act == "developer_token.ended"))
        assert ended == 1
