"""What operators set about the sources, and what is counted of them, on both pairs."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from idp.audit.trail import Actor
from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.errors import StoreUnavailable
from idp.realname import applicants
from idp.realname.errors import NotProven, WayUnsuitable
from idp.realname.models import Evidence
from idp.realname.policy import Situation
from idp.realname.ports import Applicant, Refutation, Refuted, Source, Surface, Unavailable
from idp.realname.results import Proven, SourceDown
from idp.realname.service import IdentityProof
from idp.realname.sources import Sources
from idp.realname.watch import measures, settings
from idp.realname.watch.last_answers import LastAnswer
from idp.realname.watch.models import SourceDay, SourceSettings
from idp.realname.watch.preferences import Preferences
from idp.realname.watch.settings import ChangedMeanwhile, InForce
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.durable import look_again
from tests.contract.signing_in import House, race
from tests.contract.test_identity_proof import NAME, ScriptedAdapter, new_number

OPERATOR = Actor("operator", "test")


class Registry(ScriptedAdapter):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source


class Desk:
    """Two registers that know the same, and the hand of an operator on them."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.first, self.second = Registry("first"), Registry("second")
        self.in_force = InForce(house.database)
        self.sources = Sources(
            tuple(Source(each.source, each.source, check=each) for each in (self.first, self.second)), self.in_force
        )
        self.proof = IdentityProof(house.database, house.store, house.base.keyring, house.trail, self.sources)

    def set(self, *, base: int | None = None, **members: object) -> list[str]:
        with self.house.database.transaction() as db:
            now = settings.latest(db)
            changes = settings.change(
                db, self.house.trail, now.settings | members, base=now.version if base is None else base,
                reason="maintenance", actor=OPERATOR,
            )  # fmt: skip
        look_again(self.in_force.cached)
        return [each.path for each in changes]

    def ask(self, *, source: str | None = None) -> str:
        """Who was asked about a new person."""
        account_id, _ = self.house.person()
        number = new_number()
        applicant = self.proof.check(
            account_id, _applicant(number), source=source, client_id=None, address=self.house.address(),
            deadline=Deadline.after(5),
        )  # fmt: skip
        assert isinstance(applicant, Proven | SourceDown)
        return self.last().source

    def last(self) -> Evidence:
        return max(self.rows(), key=lambda row: row.id)

    def rows(self) -> list[Evidence]:
        with self.house.database.view() as db:
            return list(db.scalars(select(Evidence).order_by(Evidence.at, Evidence.id)))

    def ways(self) -> list[str]:
        return [way.name for way in self.proof.ways(Situation(1, Surface.DESK))]


def _applicant(number: str) -> Applicant:
    return applicants.read(NAME, number)


@pytest.fixture
def desk(house: House) -> Desk:
    with house.database.transaction() as db:
        db.execute(delete(SourceSettings))
        db.execute(delete(SourceDay))
    made = Desk(house)
    made.proof.runner.breaker("first").succeeded()
    return made


def test_a_source_that_is_off_is_not_offered_and_not_asked(desk: Desk) -> None:
    assert desk.ways() == ["check:first", "check:second"]
    assert desk.ask() == "first"

    assert desk.set(off=["first"]) == ["off"]

    assert desk.ways() == ["check:second"]
    assert desk.ask() == "second"
    with pytest.raises(WayUnsuitable):
        desk.ask(source="first")
    assert desk.sources.find("first") is not None  # what was begun there goes on
    desk.set(off=["first", "second"])
    account_id, _ = desk.house.person()
    answer = desk.proof.check(
        account_id, _applicant(new_number()), client_id=None, address=desk.house.address(), deadline=Deadline.after(5)
    )
    assert isinstance(answer, SourceDown)


def test_another_process_knows_within_a_second(desk: Desk) -> None:
    elsewhere = InForce(desk.house.database)
    assert elsewhere().is_on("first")
    desk.set(off=["first"])
    assert not elsewhere.cached.renewed().is_on("first")


def test_the_preferred_one_comes_first_and_otherwise_the_cheaper(desk: Desk) -> None:
    desk.set(costs={"first": 30, "second": 10})
    assert desk.ways() == ["check:second", "check:first"]
    desk.set(order=["first", "second"])
    assert desk.ways() == ["check:first", "check:second"]
    desk.set(order=["second", "first"])
    assert desk.ways() == ["check:second", "check:first"]
    assert desk.ask() == "second"


def test_each_change_is_a_version_that_can_be_put_back_and_is_audited(desk: Desk) -> None:
    desk.set(off=["first"], costs={"second": 10})
    desk.set(off=[])
    assert desk.set(off=[]) == []
    with desk.house.database.view() as db:
        first = settings.version(db, 1)
        assert first == Preferences(1, (), frozenset({"first"}), {"second": 10})
        assert settings.version(db, 0) == Preferences()
        assert settings.version(db, 3) is None
        assert settings.latest(db).version == 2
    desk.set(**first.settings)
    with desk.house.database.view() as db:
        assert settings.latest(db) == Preferences(3, (), frozenset({"first"}), {"second": 10})
    entry = desk.house.audited("sources.changed")[-1]
    assert entry.details == {"version": 3, "reason": "maintenance", "changes": ["off:  -> first"]}


def test_of_several_who_change_the_same_version_one_does(desk: Desk) -> None:
    def change(n: int) -> bool:
        try:
            desk.set(base=0, costs={"first": n + 1})
        except ChangedMeanwhile:
            return False
        return True

    assert race(change, 6).count(True) == 1
    with desk.house.database.view() as db:
        assert db.scalars(select(SourceSettings.version)).all() == [1]


def test_evidence_says_how_long_the_source_took_and_what_it_cost(desk: Desk) -> None:
    desk.set(costs={"first": 25}, order=["first", "second"])
    desk.ask()
    answered = desk.last()
    assert answered.took_ms is not None
    assert 0 <= answered.took_ms < 2000
    assert answered.cost == 25
    desk.first.answer = Unavailable("scripted")
    for _ in range(6):
        desk.ask(source="first")
    unasked = desk.last()
    assert (unasked.reason, unasked.took_ms) == ("breaker_open", None)
    last = desk.house.store.get(LastAnswer, "first")
    assert last is not None
    assert (last.outcome, last.reason) == ("Unavailable", "scripted")


def test_a_store_that_is_away_costs_no_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    original = desk.house.store.put

    def put(key: str, record: object, **kwargs: object) -> None:
        if isinstance(record, LastAnswer):
            raise StoreUnavailable
        original(key, record, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.house.store, "put", put)
    assert desk.ask() == "first"
    assert desk.last().verdict == "verified"


DAY = date(2031, 5, 17)
NOON = datetime(2031, 5, 17, 4, 0).astimezone(clock.BEIJING)


def write(desk: Desk, *rows: tuple[str, str | None, int | None], source: str = "first", at: datetime = NOON) -> None:
    """Evidence of that moment: verdict, reason, duration; each question costs ten fen."""
    desk.set(order=[source])
    before = {row.id for row in desk.rows()}
    for _verdict, _reason, _took in rows:
        desk.ask(source=source)
    ids_written = [row.id for row in desk.rows() if row.id not in before]
    with desk.house.database.transaction() as db:
        for evidence_id, (verdict, reason, took) in zip(ids_written, rows, strict=True):
            values = {"verdict": verdict, "reason": reason, "took_ms": took, "cost": 10, "at": at}
            db.execute(update(Evidence).where(Evidence.id == evidence_id).values(values))


def test_a_day_is_counted_by_verdict_reason_duration_and_cost(desk: Desk) -> None:
    write(
        desk,
        *[("verified", None, took) for took in (40, 41, 42, 90, 90)],
        ("refuted", "mismatch", 120),
        ("refuted", "mismatch", 2000),
        ("abandoned", "abandoned", None),
        ("unavailable", "timeout", 10_000),
        ("asked", None, None),
    )
    write(desk, ("verified", None, 5), at=NOON - timedelta(days=1))
    with desk.house.database.view() as db:
        counted = measures.of_day(db, ["first", "second"], DAY)

    first = counted["first"]
    assert (first.verified, first.refuted, first.abandoned, first.unavailable, first.under_way) == (5, 2, 1, 1, 1)
    assert first.reasons[0] == ("refuted", "mismatch", 2)
    assert set(first.reasons[1:]) == {("abandoned", "abandoned", 1), ("unavailable", "timeout", 1)}
    assert (first.p50_ms, first.p95_ms) == (100, 10_010)
    assert first.cost == 80  # what was not answered costs nothing
    assert first.failing == pytest.approx(1 / 9)
    assert counted["second"] == measures.Figures()


def test_a_day_ends_at_midnight_in_beijing(desk: Desk) -> None:
    since, until = measures.bounds(DAY + timedelta(days=40))
    for at in (since - timedelta(seconds=1), since, until - timedelta(seconds=1), until):
        write(desk, ("verified", None, 5), at=at)
    with desk.house.database.view() as db:
        assert measures.of_day(db, ["first"], DAY + timedelta(days=40))["first"].verified == 2


def test_days_that_are_over_are_counted_once_by_any_number_of_workers(desk: Desk) -> None:
    day = DAY + timedelta(days=80)
    write(desk, ("verified", None, 40), ("refuted", "mismatch", 60), at=measures.bounds(day)[0] + timedelta(hours=9))
    clock.travel(measures.bounds(day)[1] + timedelta(hours=3) - clock.now())

    def keep(_n: int) -> int:
        return measures.keep_days(desk.house.database, ["first", "second"])

    assert sum(race(keep, 3)) == 31
    assert keep(0) == 0
    with desk.house.database.transaction() as db:
        db.execute(update(Evidence).where(Evidence.at >= measures.bounds(day)[0]).values(verdict="refuted"))
    with desk.house.database.view() as db:
        found = measures.of_days(db, ["first", "second"], [day, day - timedelta(days=1), day - timedelta(days=50)])
        assert found[day]["first"] == measures.Figures(verified=1, refuted=1, p50_ms=50, p95_ms=70, cost=20)
        assert found[day]["second"] == measures.Figures()
        assert found[day - timedelta(days=1)] == {"first": measures.Figures(), "second": measures.Figures()}
        assert measures.cost_since(db, day.replace(day=1))["first"] == 20


def test_a_day_that_nobody_kept_yet_is_counted_for_whoever_looks(desk: Desk) -> None:
    day = DAY + timedelta(days=120)
    write(desk, ("verified", None, 40), at=measures.bounds(day)[0] + timedelta(hours=1))
    days = [day - timedelta(days=back) for back in range(5)]
    with desk.house.database.view() as db:
        found = measures.of_days(db, ["first"], days)
    assert found[day]["first"].verified == 1
    assert [found[each] is None for each in days] == [False, False, True, True, True]


def test_no_answer_is_told_from_a_no(desk: Desk) -> None:
    desk.first.answer = Refuted(Refutation.NOT_FOUND)
    with pytest.raises(NotProven):
        desk.ask()
    assert desk.last().reason == "not_found"
