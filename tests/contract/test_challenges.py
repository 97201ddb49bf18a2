"""Challenges on both pairs: asked once in two seconds, settled once, seen by whoever started them, in however many processes."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.core import clock, ids
from idp.core.deadline import Deadline
from idp.core.identifiers.resident_id import check_character
from idp.policies.built_in import FACE_CONSENT, newest
from idp.realname import applicants, face_consents, levels, limits
from idp.realname.attempts import Attempt, AttemptState, Owner
from idp.realname.breaker import Breaker
from idp.realname.errors import FaceConsentMissing, FaceNotForMinors, MinorNeedsGuardian, TooManyChecks, WayUnsuitable
from idp.realname.evidence import Query
from idp.realname.models import Evidence, IdentityAttempt
from idp.realname.ports import Outcome, Pending, Refutation, Refuted, Scene, Surface, Unavailable, Verified
from idp.realname.results import Proven, SourceDown
from idp.realname.runner import Runner
from idp.realname.service import IdentityProof
from idp.realname.sources import Sources
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import House, race
from tests.web.challenger import ScriptedScan

_numbers = itertools.count(300)
SCENE = Scene(Surface.DESK, "https://id.example/verify-identity/returned/scan")


class Desk:
    """Two processes over one pair, and a source of challenges to script."""

    def __init__(self, house: House) -> None:
        self.house, self.scan = house, ScriptedScan()
        self.proof, self.other_process = (
            IdentityProof(
                house.database,
                house.store,
                house.base.keyring,
                house.trail,
                Sources((self.scan.configured,)),
                runner=Runner(house.store, threads=64),
            )
            for _ in range(2)
        )

    def person(self) -> Owner:
        """Somebody who agreed to a check of the face, in a browser of their own."""
        account_id = self.house.person()[0]
        face_consents.give(self.house.database, self.house.trail, account_id, newest(FACE_CONSENT))
        return Owner(account_id, ids.new_secret(), None)

    def start(self, who: Owner, number: str = "") -> Attempt | SourceDown:
        return self.proof.start(
            who.account_id, applicants.read("测试甲", number or new_number()), source="scan", scene=SCENE,
            browser=who.browser, client_id=who.client_id, address=self.house.address(), deadline=Deadline.after(5),
        )  # fmt: skip

    def begun(self, who: Owner, number: str = "") -> Attempt:
        started = self.start(who, number)
        assert isinstance(started, Attempt)
        return started

    def look(self, attempt: Attempt, who: Owner, *, elsewhere: bool = False) -> AttemptState | None:
        process = self.other_process if elsewhere else self.proof
        found = process.look(
            attempt.handle, account_id=who.account_id, browser=who.browser, client_id=who.client_id,
            deadline=Deadline.after(5),
        )  # fmt: skip
        return found.state if found is not None else None

    def later(self, attempt: Attempt, who: Owner) -> AttemptState | None:
        clock.travel(timedelta(seconds=3))
        return self.look(attempt, who)

    def ial(self, who: Owner) -> int:
        with self.house.database.view() as db:
            return levels.ial_of(db, who.account_id, clock.now())

    def evidence(self, who: Owner) -> list[tuple[str, str | None]]:
        with self.house.database.view() as db:
            rows = db.scalars(select(Evidence).where(Evidence.account_id == who.account_id).order_by(Evidence.id))
            return [(row.verdict, row.reason) for row in rows]


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    made = Desk(house)
    Breaker(house.store, made.scan.source).succeeded()
    yield made
    clock.travel_home()


def new_number(born: str = "19870707") -> str:
    body = f"370199{born}{next(_numbers):03d}"
    return body + check_character(body)


def test_of_all_who_look_at_once_one_asks_the_source(desk: Desk) -> None:
    who = desk.person()
    attempt = desk.begun(who)
    states = race(lambda n: desk.look(attempt, who, elsewhere=n % 2 == 1))
    assert set(states) == {AttemptState.WAITING}
    assert len(desk.scan.polls) == 1
    clock.travel(timedelta(seconds=2))
    race(lambda n: desk.look(attempt, who, elsewhere=n % 2 == 1))
    assert len(desk.scan.polls) == 2


def test_a_clock_that_is_set_back_stops_nobody(desk: Desk) -> None:
    who = desk.person()
    attempt = desk.begun(who)
    desk.look(attempt, who)
    desk.scan.answer = desk.scan.yes()
    clock.travel(timedelta(hours=-1))
    assert desk.look(attempt, who) is AttemptState.PROVEN


def test_it_is_settled_once_whoever_asks(desk: Desk) -> None:
    who = desk.person()
    attempt = desk.begun(who)
    desk.scan.answer = desk.scan.yes()
    with desk.house.database.view() as db:
        row = desk.proof.challenges.rows.find(db, attempt.handle, who)
        assert row is not None
        query = desk.proof.challenges._query(db.get_one(Evidence, row.evidence_id), row, desk.scan)
    answers: list[Outcome] = [desk.scan.yes(), Refuted(Refutation.FACE_MISMATCH)]
    raised = race(lambda n: desk.proof.challenges._settle(row.id, row.evidence_id, query, answers[n % 2]))
    assert raised == [None] * 12
    verdicts = desk.house.audited("identity.proven", who.account_id) + desk.house.audited(
        "identity.not_proven", who.account_id
    )
    assert len(verdicts) == 1
    state = desk.later(attempt, who)
    assert (state is AttemptState.PROVEN) == (desk.ial(who) == 2)


def test_nothing_that_was_sealed_is_left_when_it_is_over(desk: Desk) -> None:
    who = desk.person()
    attempt = desk.begun(who)
    desk.scan.answer = Refuted(Refutation.FACE_MISMATCH)
    assert desk.later(attempt, who) is AttemptState.NOT_PROVEN
    with desk.house.database.view() as db:
        row = db.scalars(select(IdentityAttempt).where(IdentityAttempt.account_id == who.account_id)).one()
    assert (row.applicant_sealed, row.ticket_sealed, row.open_url_sealed, row.app_url_sealed) == (None,) * 4
    assert desk.evidence(who) == [("refuted", "face_mismatch")]


def test_another_account_browser_or_site_finds_nothing(desk: Desk) -> None:
    who = desk.person()
    attempt = desk.begun(who)
    desk.scan.answer = desk.scan.yes()
    clock.travel(timedelta(seconds=3))
    for stranger in (
        Owner(desk.person().account_id, who.browser, None),
        Owner(who.account_id, ids.new_secret(), None),
        Owner(who.account_id, who.browser, "hall"),
    ):
        assert desk.look(attempt, stranger) is None
    assert not desk.scan.polls
    assert desk.ial(who) == 0


def test_a_person_who_stands_behind_another_account_is_not_proven_twice(desk: Desk) -> None:
    number, first, second = new_number(), desk.person(), desk.person()
    desk.scan.answer = desk.scan.yes()
    assert desk.later(desk.begun(first, number), first) is AttemptState.PROVEN
    assert desk.later(desk.begun(second, number), second) is AttemptState.ANOTHER_ACCOUNT
    assert (desk.ial(first), desk.ial(second)) == (2, 0)


def test_of_two_accounts_that_prove_one_person_at_once_one_is_it(desk: Desk) -> None:
    number, owners = new_number(), [desk.person() for _ in range(4)]
    attempts = [desk.begun(who, number) for who in owners]
    desk.scan.answer = desk.scan.yes()
    clock.travel(timedelta(seconds=3))
    states = race(lambda n: desk.look(attempts[n], owners[n]), threads=4)
    assert sorted(str(state) for state in states) == ["person_has_another_account"] * 3 + ["proven"]
    assert sorted(desk.ial(who) for who in owners) == [0, 0, 0, 2]


def test_a_proof_that_says_less_than_was_promised_or_is_about_somebody_else_is_none(desk: Desk) -> None:
    who = desk.person()
    for answer, state in (
        (Verified(frozenset({"name"})), AttemptState.UNAVAILABLE),
        (
            Verified(desk.scan.capability.attests, applicant=applicants.read("测试乙", new_number())),
            AttemptState.NOT_PROVEN,
        ),
    ):
        attempt = desk.begun(who)
        desk.scan.answer = answer
        assert desk.later(attempt, who) is state
        desk.scan.answer = Pending()
    assert desk.ial(who) == 0


def test_trouble_while_it_waits_decides_nothing_and_time_ends_it(desk: Desk) -> None:
    who = desk.person()
    attempt = desk.begun(who)
    desk.scan.answer = Unavailable("timeout")
    assert desk.later(attempt, who) is AttemptState.WAITING
    desk.scan.answer = Pending()
    clock.travel(desk.scan.lasts)
    assert desk.later(attempt, who) is AttemptState.ABANDONED
    assert desk.scan.polls[-1].is_last
    assert desk.evidence(who) == [("abandoned", "abandoned")]


def test_workers_end_what_is_left_open_once(desk: Desk) -> None:
    who = desk.person()
    desk.begun(who)
    clock.travel(desk.scan.lasts + timedelta(minutes=6))
    asked = len(desk.scan.polls)
    race(lambda n: desk.proof.challenges.settle_open(clock.now()), threads=6)
    assert desk.evidence(who) == [("abandoned", "abandoned")]
    assert len(desk.house.audited("identity.not_proven", who.account_id)) == 1
    assert len(desk.scan.polls) == asked  # it is far too late for a last word


def test_starts_have_a_limit_and_a_source_in_trouble_uses_nothing_up(desk: Desk) -> None:
    who = desk.person()
    desk.scan.begins = Unavailable("timeout")
    for _ in range(limits.STARTS_A_DAY + 1):
        assert desk.start(who) == SourceDown()
        Breaker(desk.house.store, desk.scan.source).succeeded()
    desk.scan.begins = None
    for _ in range(limits.STARTS_A_DAY):
        desk.begun(who)
    with pytest.raises(TooManyChecks):
        desk.start(who)
    clock.travel(timedelta(days=1, minutes=1))
    desk.begun(who)


def test_who_may_not_be_asked_about_is_not(desk: Desk) -> None:
    who = desk.person()
    with pytest.raises(MinorNeedsGuardian):
        desk.start(who, new_number("20160707"))
    with pytest.raises(FaceNotForMinors):
        desk.start(who, new_number("20100707"))
    face_consents.withdraw(desk.house.database, desk.house.trail, who.account_id)
    with pytest.raises(FaceConsentMissing):
        desk.start(who)
    with pytest.raises(WayUnsuitable):
        desk.proof.start(
            who.account_id, applicants.read("测试甲", new_number()), source="nobody", scene=SCENE, browser=who.browser,
            client_id=None, address="10.0.0.1", deadline=Deadline.after(1),
        )  # fmt: skip


def test_consent_is_given_once_and_taken_back_once(desk: Desk) -> None:
    account_id, given = desk.house.person()[0], desk.house
    assert (
        race(lambda n: face_consents.give(given.database, given.trail, account_id, newest(FACE_CONSENT))) == [None] * 12
    )
    assert len(given.audited("face_consent.given", account_id)) == 1
    taken = race(lambda n: face_consents.withdraw(given.database, given.trail, account_id))
    assert sorted(bool(each) for each in taken) == [False] * 11 + [True]


def test_one_phone_takes_it_up(desk: Desk) -> None:
    attempt = desk.begun(desk.person())
    phones = [ids.new_secret() for _ in range(12)]
    seen = race(lambda n: desk.proof.challenges.on_phone(attempt.phone_handle, phones[n]))
    assert sum(isinstance(each, Attempt) for each in seen) == 1


def test_what_came_another_way_is_written_in_the_callers_transaction(desk: Desk) -> None:
    who, applicant = desk.person(), applicants.read("测试甲", new_number())
    with desk.house.database.transaction() as db:
        query = Query(who.account_id, applicant, "counter", "counter", desk.scan.capability, "counter", client_id=None)
        proven = desk.proof.record(db, query, desk.scan.yes())
    assert proven == Proven(2)
    assert desk.ial(who) == 2
    clock.travel(desk.scan.capability.holds + timedelta(seconds=1))
    assert desk.ial(who) == 0  # expiry lowers at once


def test_a_source_that_fails_is_left_alone_by_every_process_and_tried_by_one_call(desk: Desk) -> None:
    store = desk.house.store
    processes = [Runner(store, threads=24) for _ in range(2)]
    source, asked = f"hanging{next(_numbers)}", []

    def question(deadline: Deadline) -> Outcome:
        asked.append(1)
        return answer

    answer: Outcome = Unavailable("timeout")
    for n in range(5):
        processes[n % 2].ask(source, "x", question, Deadline.after(1))
    assert [process.ask(source, "x", question, Deadline.after(1)) for process in processes] == [
        Unavailable("breaker_open")
    ] * 2
    assert len(asked) == 5
    clock.travel(timedelta(seconds=31))
    probes = race(lambda n: processes[n % 2].breaker(source).admits())
    assert probes.count(True) == 1
    processes[0].breaker(source).failed()  # the probe came to nothing
    assert processes[1].breaker(source).state == "open"
    clock.travel(timedelta(seconds=31))
    answer = Pending()
    assert processes[1].ask(source, "x", question, Deadline.after(1)) == Pending()
    assert processes[0].breaker(source).state == "closed"


def test_a_hanging_source_holds_few_threads() -> None:
    from threading import Event

    from idp.store.redis import open_store

    runner, release = Runner(open_store(""), threads=4), Event()

    def hang(deadline: Deadline) -> Outcome:
        release.wait(10)
        return Unavailable("timeout")

    with ThreadPoolExecutor(4) as pool:
        held = [pool.submit(runner.ask, "hanging", "x", hang, Deadline.after(10)) for _ in range(2)]
        while runner._lane("hanging")._under_way.__len__() < 2:
            pass
        assert runner.ask("hanging", "x", hang, Deadline.after(10)) == Unavailable("busy")
        assert runner.ask("another", "x", lambda cut: Pending(), Deadline.after(1)) == Pending()
        release.set()
        assert {each.result() for each in held} == {Unavailable("timeout")}
