"""What only one of several operators may do, done by all of them at once: on SQLite and on PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from idp import housekeeping
from idp.audit.models import AuditEntry
from idp.audit.trail import SYSTEM
from idp.core import clock, ids
from idp.db import companions
from idp.staff import enrolment, factors, halves, operators, tokens
from idp.staff.approvals import WAITS, Approvals
from idp.staff.confirmations import Confirmations
from idp.staff.enrolment import Chosen
from idp.staff.errors import (
    AboutYourself,
    AlreadyAsked,
    LastOfRole,
    LinkOver,
    NeedsSecurity,
    NotApproved,
    NotOpen,
    NotWaiting,
    OwnRequest,
)
from idp.staff.models import Approval, Confirmation, Operator, Role
from idp.staff.operators import NewOperator
from idp.staff.reach import EVERYWHERE
from idp.staff.sessions import SignedInOperator
from tests.contract.durable import Durable, durable, sqlite_url

AT_ONCE = 6


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Durable]:
    is_sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path) if is_sqlite else str(request.getfixturevalue("furnished_postgres_database"))
    with durable(url) as made:
        yield made
    clock.travel_home()


def add(base: Durable, login: str, role: Role) -> NewOperator:
    with base.database.transaction() as db:
        return operators.add(db, base.keyring, base.trail, login=login, role=role, actor=SYSTEM)


def working(made: NewOperator) -> SignedInOperator:
    return SignedInOperator(
        made.id, ids.new_id(), made.login, made.role, EVERYWHERE, datetime(2026, 11, 22, tzinfo=UTC)
    )


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each came to: its answer, or the kind of its refusal."""
    came: list[object] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            came.append(act())
        except Exception as refusal:
            came.append(type(refusal))

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def test_of_many_deciders_one_decides(base):
    approvals = Approvals(base.keyring, base.trail)
    asker = working(add(base, "asks.one", Role.SYSTEM))
    deciders = [working(add(base, f"decides.{n}", Role.SECURITY)) for n in range(AT_ONCE)]
    with base.database.transaction() as db:
        made = approvals.ask(db, asker, "sample.act", target="t", reason="r", summary={}, payload={"a": 1})

    def decide(who: SignedInOperator, n: int) -> str:
        with base.database.transaction() as db:
            if n % 2:
                approvals.refuse(db, who, made, remark="not_needed")
            else:
                approvals.allow(db, who, made, is_done_now=True)
        return "decided"

    came = at_once(*(lambda w=w, n=n: decide(w, n) for n, w in enumerate(deciders)))
    assert sorted(map(str, came)) == sorted(map(str, ["decided", *[NotOpen] * (AT_ONCE - 1)]))


def test_what_waited_too_long_ends_and_what_it_would_have_done_is_forgotten(base):
    approvals = Approvals(base.keyring, base.trail)
    asker, decider = working(add(base, "asks.one", Role.SYSTEM)), working(add(base, "decides.one", Role.SECURITY))
    with base.database.transaction() as db:
        unanswered, allowed, young = (
            approvals.ask(db, asker, "sample.act", target=name, reason="r", summary={}, payload={"a": 1})
            for name in ("unanswered", "allowed", "young")
        )
        approvals.allow(db, decider, allowed, is_done_now=False)
        db.execute(update(Approval).where(Approval.id == young).values(expires_at=clock.now() + timedelta(days=9)))
    clock.travel(WAITS)

    housekeeping.clear(base.database, clock.now())

    with base.database.view() as db:
        rows = {row.id: row for row in db.scalars(select(Approval))}
        assert [rows[each].state for each in (unanswered, allowed, young)] == ["expired", "expired", "open"]
        assert [rows[each].payload_sealed is None for each in (unanswered, allowed, young)] == [True, True, False]
        assert not approvals.is_waiting(db, "sample.act", "unanswered")
        assert approvals.is_waiting(db, "sample.act", "young")


def test_no_pair_without_security_and_nobody_alone(base):
    """Every pair of roles: a yes needs two people, one of them of security."""
    approvals = Approvals(base.keyring, base.trail)
    people = {role: [working(add(base, f"{role}.{n}", role)) for n in "ab"] for role in Role}
    for asks, (asker, _) in people.items():
        for decides, (_, decider) in people.items():
            with base.database.transaction() as db:
                made = approvals.ask(db, asker, "sample.act", target=ids.new_id(), reason="r", summary={})
            with pytest.raises(OwnRequest), base.database.transaction() as db:
                approvals.allow(db, asker, made, is_done_now=True)
            may = decides in {Role.SYSTEM, Role.SECURITY} and Role.SECURITY in {asks, decides}
            if may:
                with base.database.transaction() as db:
                    assert approvals.allow(db, decider, made, is_done_now=True).asked_by == asker.id
            else:
                with pytest.raises((NeedsSecurity, NotOpen)), base.database.transaction() as db:
                    approvals.allow(db, decider, made, is_done_now=True)


def test_who_a_request_is_about_does_not_decide_it(base):
    approvals = Approvals(base.keyring, base.trail)
    asker, target = working(add(base, "asks.one", Role.SYSTEM)), working(add(base, "target.one", Role.SECURITY))
    with base.database.transaction() as db:
        made = approvals.ask(db, asker, "staff.link", target=target.id, reason="r", summary={})
    with pytest.raises(AboutYourself), base.database.transaction() as db:
        approvals.allow(db, target, made, is_done_now=False)
    with pytest.raises(AboutYourself), base.database.transaction() as db:
        approvals.refuse(db, target, made, remark="not_needed")


def test_the_same_is_asked_for_once(base):
    approvals = Approvals(base.keyring, base.trail)
    askers = [working(add(base, f"asks.{n}", Role.SYSTEM)) for n in range(AT_ONCE)]

    def ask(who: SignedInOperator) -> str:
        with base.database.transaction() as db:
            approvals.ask(db, who, "sample.act", target="t", reason="r", summary={})
        return "asked"

    came = at_once(*(lambda w=w: ask(w) for w in askers))
    assert sorted(map(str, came)) == sorted(map(str, ["asked", *[AlreadyAsked] * (AT_ONCE - 1)]))


def test_what_was_allowed_is_taken_once(base):
    approvals = Approvals(base.keyring, base.trail)
    asker, decider = working(add(base, "asks.one", Role.SYSTEM)), working(add(base, "yes.one", Role.SECURITY))
    with base.database.transaction() as db:
        made = approvals.ask(db, asker, "sample.act", target="t", reason="r", summary={})
        approvals.allow(db, decider, made, is_done_now=False)

    def take() -> str:
        with base.database.transaction() as db:
            approvals.take(db, asker, made, "sample.act")
        return "taken"

    assert at_once(*[take] * AT_ONCE).count("taken") == 1


def test_of_many_workers_one_does_what_was_allowed_for_a_time(base):
    approvals = Approvals(base.keyring, base.trail)
    asker, second = working(add(base, "one.two", Role.SYSTEM)), working(add(base, "two.one", Role.SECURITY))
    with base.database.transaction() as db:
        made = approvals.ask(db, asker, "sample.act", target="t", reason="r", summary={})
        approvals.allow(db, second, made, is_done_now=False, not_before=clock.now())

    def take() -> str:
        with base.database.transaction() as db:
            approvals.take_planned(db, made, "sample.act")
        return "taken"

    assert at_once(*[take] * AT_ONCE).count("taken") == 1


def test_two_of_a_role_do_not_both_go(base):
    pair = [add(base, f"audit.{n}", Role.AUDIT) for n in "ab"]

    def disable(made: NewOperator) -> str:
        with base.database.transaction() as db:
            operators.disable(db, base.trail, made.id, actor=SYSTEM)
        return "gone"

    came = at_once(*(lambda m=m: disable(m) for m in pair))
    assert sorted(map(str, came)) == sorted(map(str, ["gone", LastOfRole]))


def test_of_many_browsers_with_one_link_one_enrols(base):
    with base.database.transaction() as db:
        row = enrolment.name(db, base.trail, login="li.wei", role=Role.AUDIT, actor=SYSTEM)
        link = enrolment.find(db, enrolment.invite(db, base.trail, row, actor=SYSTEM).secret)
    assert link is not None
    chosen = [Chosen(password=f"pass-{n}", totp_secret=factors.new_secret()) for n in range(AT_ONCE)]

    def enrol(mine: Chosen) -> str:
        with base.database.transaction() as db:
            enrolment.enrol(db, base.keyring, base.trail, link, "li.wei", mine)
        return "enrolled"

    came = at_once(*(lambda c=c: enrol(c) for c in chosen))
    assert sorted(map(str, came)) == sorted(map(str, ["enrolled", *[LinkOver] * (AT_ONCE - 1)]))


def test_many_at_once_get_no_more_tries_at_the_code_of_a_link_than_one_after_another(base):
    with base.database.transaction() as db:
        row = enrolment.name(db, base.trail, login="li.wei", role=Role.AUDIT, actor=SYSTEM)
        link = enrolment.find(db, enrolment.invite(db, base.trail, row, actor=SYSTEM, second_half="x").secret)
    assert link is not None

    def guess() -> str:
        with base.database.transaction() as db:
            return str(halves.fits(db, base.keyring, base.trail, link.id, "WRONG"))

    came = at_once(*[guess] * (halves.MOST + 2))
    assert sorted(map(str, came)) == sorted(map(str, ["False"] * halves.MOST + [LinkOver] * 2))


def test_a_code_confirms_once(base):
    made = add(base, "one.two", Role.SYSTEM)

    def spend() -> bool:
        with base.database.transaction() as db:
            return factors.spend(db, made.id, 7)

    assert at_once(*[spend] * AT_ONCE).count(True) == 1


def test_a_token_is_found_by_its_digest_while_its_owner_is_there(base):
    made = add(base, "one.two", Role.SYSTEM)
    with base.database.transaction() as db:
        token = tokens.make(db, base.trail, working(made), name="x", scopes=["clients.read"], days=1)
        assert token.secret not in str(db.get_one(Operator, made.id).__dict__)
    with base.database.transaction() as db:
        assert tokens.find(db, token.secret, address="192.0.2.1") is not None
    clock.travel(timedelta(days=1))
    try:
        with base.database.transaction() as db:
            assert tokens.find(db, token.secret, address="192.0.2.1") is None
    finally:
        clock.travel_home()


def test_of_many_confirmations_of_one_request_one_does_the_act(base):
    asker = add(base, "asks.one", Role.SYSTEM)
    room = Confirmations(base.keyring, base.trail)
    with base.database.transaction() as db:
        token = tokens.make(db, base.trail, working(asker), name="p", scopes={"accounts.unmask"}, days=1)
    with base.database.transaction() as db:
        program = tokens.find(db, token.secret, address="")
    assert program is not None

    def ask() -> str:
        with base.database.transaction() as db:
            return room.ask(
                db, program, "sample", arguments={"a": "1"}, form=[("b", "2")], address="198.51.100.7"
            ).id  # fmt: skip

    asked = at_once(*[ask] * AT_ONCE)
    assert len(set(asked)) == 1
    [made] = {str(each) for each in asked}

    def act() -> str:
        with companions.accompanied(room.settling(working(asker), made)), base.database.transaction() as db:
            base.trail.record(db, "sample.done")
        return "done"

    def refuse() -> str:
        with base.database.transaction() as db:
            room.refuse(db, working(asker), made)
        return "refused"

    def fail() -> None:
        with companions.accompanied(room.settling(working(asker), made)), base.database.transaction():
            raise NotApproved

    with pytest.raises(NotApproved):
        fail()
    came = at_once(*[act] * AT_ONCE, refuse)
    assert came.count(NotWaiting) == AT_ONCE
    with base.database.view() as db:
        done = list(db.scalars(select(AuditEntry.id).where(AuditEntry.act == "sample.done")))
        row = db.get_one(Confirmation, made)
    assert len(done) == came.count("done") == int(row.state == "done")
    assert row.form_sealed is None


def test_nothing_is_confirmed_once_the_token_ended_and_a_rehearsal_leaves_nothing(base):
    asker = add(base, "asks.one", Role.SYSTEM)
    room = Confirmations(base.keyring, base.trail)
    with base.database.transaction() as db:
        token = tokens.make(db, base.trail, working(asker), name="p", scopes={"accounts.unmask"}, days=1)
    with base.database.transaction() as db:
        program = tokens.find(db, token.secret, address="")
        assert program is not None
        made = room.ask(db, program, "sample", arguments={}, form=[], address="198.51.100.7").id
    with (
        pytest.raises(companions.Rehearsed),
        companions.accompanied(companions.rehearsal),
        base.database.transaction() as db,
    ):
        base.trail.record(db, "sample.rehearsed")
    with base.database.transaction() as db:
        tokens.revoke(db, base.trail, working(asker), token.id)
    settling = companions.accompanied(room.settling(working(asker), made))
    with pytest.raises(NotWaiting), settling, base.database.transaction() as db:
        base.trail.record(db, "sample.done")
    with base.database.view() as db:
        acts = set(db.scalars(select(AuditEntry.act)))
    assert not acts & {"sample.rehearsed", "sample.done", "confirmation.confirmed"}
