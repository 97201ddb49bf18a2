"""Organisations on both databases: whom a register makes their legal representative, and what its nightly answer ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.accounts.models import Account, AccountState
from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.identifiers import Uscc
from idp.core.identifiers.uscc import uscc_check_character
from idp.mandates import errors
from idp.mandates.models import Organisation, Representation
from idp.mandates.organisations import Organisations, Recognised
from idp.mandates.queries import PER_ACCOUNT_A_DAY, Queries
from idp.mandates.rechecking import Rechecking
from idp.mandates.representing import Representing, next_night
from idp.realname.errors import AccountIsOver
from idp.realname.models import Evidence
from idp.realname.ports import (
    LEGAL_REPRESENTATIVE_NUMBER,
    AssuranceLevel,
    Capability,
    Found,
    OrganisationRecord,
    OrganisationState,
    Outcome,
    Refutation,
    Refuted,
    Source,
    SubjectKind,
    Unavailable,
    Verified,
)
from idp.realname.results import SourceDown
from idp.realname.runner import Runner
from idp.realname.sources import Sources
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.mandates.office import Office, Somebody
from tests.contract.signing_in import House, race
from tests.flows import people as numbers

DAY = timedelta(days=1)
NAME = "山东示例科技有限公司"
ACTIVE = OrganisationState.ACTIVE


class ScriptedRegister:
    """A register with one organisation for each code; whatever is in `instead` is answered, or raised, in its place."""

    source, channel = "business", "scripted"
    capability = Capability(
        SubjectKind.LEGAL_PERSON, frozenset({"name", "uscc"}), AssuranceLevel.ON_RECORD, "electronic_record"
    )

    def __init__(self) -> None:
        self.records: dict[str, OrganisationRecord] = {}
        self.instead: Refuted | Unavailable | None = None
        self.asked: list[str] = []
        self.numbers: list[str | None] = []
        self.holds: dict[str, str] = {}

    def serves(self, uscc: Uscc) -> bool:
        return uscc.code.startswith("9")

    def look_up(self, uscc: Uscc, deadline: Deadline) -> Found | Refuted | Unavailable:
        self.asked.append(uscc.code)
        if self.instead is not None:
            return self.instead
        found = self.records.get(uscc.code)
        return Found(found, "r-1") if found is not None else Refuted(Refutation.NOT_FOUND)

    def verify(
        self, *, name: str, uscc: Uscc, legal_representative: str, deadline: Deadline, resident_id: str | None = None
    ) -> Outcome:
        self.numbers.append(resident_id)
        if self.instead is not None:
            return self.instead
        found = self.records.get(uscc.code)
        if found is None:
            return Refuted(Refutation.NOT_FOUND)
        if (found.name, found.legal_representative) != (name, legal_representative):
            return Refuted(Refutation.MISMATCH)
        if found.state is not ACTIVE:
            return Refuted(Refutation.NOT_ACTIVE)
        held = self.holds.get(uscc.code)
        if held is None:
            return Verified(self.capability.attests)
        if held != resident_id:
            return Refuted(Refutation.MISMATCH)
        return Verified(self.capability.attests | {LEGAL_REPRESENTATIVE_NUMBER})


class Registry(Office):
    """An office whose people add organisations, and the worker that asks again."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.register = ScriptedRegister()
        base = house.base
        self.representing = Representing(base.keyring, house.trail, self.ending)
        self.organisations = Organisations(
            base.database, base.keyring, Queries(house.store, base.keyring, house.trail), self.representing,
            Runner(house.store), Sources((Source("business", "企业登记信息", register=self.register),)),
        )  # fmt: skip
        self.rechecking = Rechecking(base.database, house.trail, self.organisations, self.representing, self.ending)

    def exists(self, representative: str, *, state: OrganisationState = ACTIVE, name: str = NAME) -> str:
        body = f"91370199MA3{numbers.next_number():06d}"
        uscc = Uscc.parse(body + uscc_check_character(body))
        self.register.records[uscc.code] = OrganisationRecord(uscc, name, "company", representative, state)
        return uscc.code

    def becomes(self, code: str, **other: object) -> None:
        old = self.register.records[code]
        values = {"name": old.name, "legal_representative": old.legal_representative, "state": old.state} | other
        self.register.records[code] = OrganisationRecord(old.uscc, kind="company", **values)  # type: ignore[arg-type]

    def add(self, somebody: Somebody, code: str, name: str = NAME, address: str = "") -> Recognised | SourceDown:
        self.runner_is_well()
        return self.organisations.add(
            somebody.account_id, name=name, uscc=code, address=address or self.house.address(),
            deadline=Deadline.after(5),
        )  # fmt: skip

    def added(self, somebody: Somebody) -> tuple[str, str]:
        """A new company of theirs: its code and id."""
        code = self.exists(somebody.name)
        result = self.add(somebody, code)
        assert isinstance(result, Recognised)
        self.company = result.organisation_id
        return code, result.organisation_id

    def runner_is_well(self) -> None:
        Runner(self.house.store).breaker("business").succeeded()

    def night(self) -> None:
        """Let the whole night pass, and the worker make its rounds."""
        with self.house.database.view() as db:
            [at] = db.scalars(select(Organisation.recheck_at).where(Organisation.id == self.company))
        clock.travel(max(at - clock.now(), timedelta()) + timedelta(seconds=1))
        self.runner_is_well()
        while self.rechecking.ask_due():
            self.runner_is_well()

    def organisation(self) -> Organisation:
        with self.house.database.view() as db:
            return db.get_one(Organisation, self.company)

    def represented_by_number(self, somebody: Somebody) -> bool:
        with self.house.database.view() as db:
            mine = (Representation.account_id == somebody.account_id, Representation.ended_at.is_(None))
            return db.scalars(select(Representation.by_number).where(*mine)).one()

    def represents(self, somebody: Somebody) -> bool:
        with self.house.database.view() as db:
            found = db.scalars(
                select(Representation.id).where(
                    Representation.organisation_id == self.company,
                    Representation.account_id == somebody.account_id,
                    Representation.ended_at.is_(None),
                )
            ).all()
        return bool(found)

    def verdicts(self, somebody: Somebody) -> list[tuple[str, str, int]]:
        with self.house.database.view() as db:
            rows = db.scalars(select(Evidence).where(Evidence.account_id == somebody.account_id).order_by(Evidence.id))
            return [(row.purpose, row.verdict, row.ial) for row in rows]


@pytest.fixture
def registry(house: House) -> Registry:
    return Registry(house)


def test_the_person_whom_the_register_names_is_its_legal_representative(registry: Registry) -> None:
    chief = registry.somebody()
    registry.added(chief)
    assert registry.acts(chief)
    assert registry.organisation().name == NAME
    assert registry.verdicts(chief) == [("self", "verified", 1), ("organisation", "verified", 0)]
    [entry] = registry.house.audited("representation.recognised", chief.account_id)
    assert chief.name not in str(entry.details)


def test_a_register_gets_the_proven_number_to_compare(registry: Registry) -> None:
    """Registers that know no numbers leave it out (`tests/contract/business`)."""
    chief = registry.somebody()
    registry.added(chief)
    assert registry.register.numbers == [chief.resident_id]


def test_one_person_has_several_companies_and_adding_one_again_changes_nothing(registry: Registry) -> None:
    chief = registry.somebody()
    code, first = registry.added(chief)
    _, second = registry.added(chief)
    assert first != second
    assert registry.add(chief, code) == Recognised(first)


def test_every_kind_of_no_is_one_neutral_sentence(registry: Registry) -> None:
    chief, stranger = registry.somebody(), registry.somebody()
    code = registry.exists(chief.name)
    nobody = registry.exists("别人")
    del registry.register.records[nobody]
    for who, asked, name in ((stranger, code, NAME), (chief, code, "别的公司"), (chief, nobody, NAME)):
        with pytest.raises(errors.NotRecognised):
            registry.add(who, asked, name)
    assert registry.verdicts(stranger)[-1] == ("organisation", "refuted", 0)


def test_an_account_that_ends_while_the_register_is_asked_represents_nobody(registry: Registry) -> None:
    chief = registry.somebody()
    code, asked = registry.exists(chief.name), registry.register.look_up

    def look_up(uscc: Uscc, deadline: Deadline) -> Found | Refuted | Unavailable:
        registry.rows.change(Account, chief.account_id, state=AccountState.CLOSED)
        return asked(uscc, deadline)

    registry.register.look_up = look_up  # type: ignore[method-assign]
    with pytest.raises(AccountIsOver):
        registry.add(chief, code)
    with registry.house.database.view() as db:
        mine = select(Representation.id).where(Representation.account_id == chief.account_id)
        assert db.scalars(mine).all() == []


def test_what_is_not_live_or_has_no_register_is_said_so(registry: Registry) -> None:
    chief = registry.somebody()
    with pytest.raises(errors.OrganisationNotActive):
        registry.add(chief, registry.exists(chief.name, state=OrganisationState.REVOKED))
    body = "31370199MA3000001"
    with pytest.raises(errors.NeedsManualReview):
        registry.add(chief, body + uscc_check_character(body))
    with pytest.raises(errors.InvalidUscc):
        registry.add(chief, "91370199MA3DEM019G")
    with pytest.raises(errors.InvalidOrganisationName):
        registry.add(chief, registry.exists(chief.name), "  ")


def test_an_outage_uses_up_nobodys_tries(registry: Registry) -> None:
    chief = registry.somebody()
    code = registry.exists(chief.name)
    registry.register.instead = Unavailable("scripted")
    for _ in range(PER_ACCOUNT_A_DAY + 2):
        assert registry.add(chief, code) == SourceDown()
    registry.register.instead = None
    assert isinstance(registry.add(chief, code), Recognised)


def test_an_account_asks_so_often_a_day_and_a_network_so_often_an_hour(registry: Registry) -> None:
    curious = registry.somebody()
    for _ in range(PER_ACCOUNT_A_DAY):
        with pytest.raises(errors.NotRecognised):
            registry.add(curious, registry.exists("别人"))
    with pytest.raises(errors.TooManyOrganisations):
        registry.add(curious, registry.exists("别人"))
    address = registry.house.address()
    came_to = []
    for _ in range(21):
        try:
            registry.add(registry.somebody(), registry.exists("别人"), address=address)
        except (errors.NotRecognised, errors.TooManyOrganisations) as refusal:
            came_to.append(type(refusal))
    assert came_to == [errors.NotRecognised] * 20 + [errors.TooManyOrganisations]


def test_a_namesake_has_to_show_the_licence_and_then_takes_over(registry: Registry) -> None:
    first, second, agent = registry.somebody(), registry.somebody(), registry.somebody()
    registry.rows.person(second.account_id, first.name, second.resident_id)
    code, company = registry.added(first)
    mandate_id = registry.given(first, agent)
    with pytest.raises(errors.HasRepresentative):
        registry.add(second, code)
    record = registry.register.records[code]
    with registry.house.database.transaction() as db:
        registry.representing.recognise(
            db, second.account_id, record, source="elicence", request_number="r", licence_until=clock.now() + DAY
        )
    assert (registry.represents(first), registry.represents(second)) == (False, True)
    assert registry.row(mandate_id).end_reason == "representative"
    with registry.house.database.transaction() as db, pytest.raises(errors.HasRepresentative):
        registry.representing.recognise(
            db, first.account_id, record, source="elicence", request_number="r", licence_until=clock.now() + DAY
        )
    assert company == registry.company


def test_a_register_that_knows_numbers_puts_an_end_to_a_namesake(registry: Registry) -> None:
    """Recognised by name alone, before the register compared numbers; then the representative comes."""
    first, second = registry.somebody(), registry.somebody()
    registry.rows.person(second.account_id, first.name, second.resident_id)
    code, _company = registry.added(first)
    registry.register.holds[code] = second.resident_id
    with pytest.raises(errors.NotRecognised):
        registry.add(first, code)
    assert isinstance(registry.add(second, code), Recognised)
    assert (registry.represents(first), registry.represents(second)) == (False, True)
    assert registry.represented_by_number(second)


def test_of_two_namesakes_at_once_one_is_recognised(registry: Registry) -> None:
    first, second = registry.somebody(), registry.somebody()
    registry.rows.person(second.account_id, first.name, second.resident_id)
    code = registry.exists(first.name)
    came_to = race(lambda n: registry.add((first, second)[n], code), threads=2)
    assert sorted(type(each).__name__ for each in came_to) == ["HasRepresentative", "Recognised"]


# --- the night -------------------------------------------------------------------------------------------------------


def test_a_quiet_night_ends_nothing_and_is_written_down(registry: Registry) -> None:
    chief, agent = registry.somebody(), registry.somebody()
    code, company = registry.added(chief)
    registry.given(chief, agent)
    registry.register.asked.clear()
    registry.night()
    assert registry.register.asked.count(code) == 1
    assert registry.acts(agent)
    assert any(e.details["organisation"] == company for e in registry.house.audited("organisation.rechecked"))
    assert registry.organisation().recheck_at > clock.now()


def test_another_representative_ends_all_that_came_from_the_last_one(registry: Registry) -> None:
    chief, clerk, agent, successor = (registry.somebody() for _ in range(4))
    code, _ = registry.added(chief)
    post = registry.given(chief, clerk, role="administrator")
    mandate_id = registry.given(clerk, agent, under=post)
    registry.becomes(code, legal_representative=successor.name)

    registry.night()

    assert not registry.represents(chief)
    assert {registry.row(each).end_reason for each in (post, mandate_id)} == {"representative"}
    assert "不再是" in registry.told(chief)[-1]
    assert "已经结束" in registry.told(agent)[-1]
    assert isinstance(registry.add(successor, code), Recognised)
    assert registry.acts(successor)


def test_a_register_that_lags_does_not_overturn_what_papers_showed(registry: Registry) -> None:
    chief = registry.somebody()
    code, company = registry.added(chief)
    registry.rows.change(Organisation, company, source="review", reviewed_until=clock.now() + timedelta(days=90))
    registry.becomes(code, legal_representative="测试乙")  # still the one before
    registry.night()
    assert registry.represents(chief)
    known = registry.register.records.pop(code)
    registry.night()
    assert registry.organisation().state == ACTIVE
    assert registry.represents(chief)

    registry.register.records[code] = known
    registry.becomes(code, legal_representative=chief.name)
    registry.night()
    assert (registry.organisation().source, registry.organisation().reviewed_until) == ("business", None)
    registry.becomes(code, legal_representative="测试乙")
    registry.night()
    assert not registry.represents(chief)


def test_a_register_is_believed_once_the_papers_time_is_over_or_where_it_says_the_company_is(
    registry: Registry,
) -> None:
    chief, second = registry.somebody(), registry.somebody()
    code, company = registry.added(chief)
    registry.rows.change(Organisation, company, source="review", reviewed_until=clock.now() + timedelta(hours=1))
    registry.becomes(code, legal_representative="测试乙")
    clock.travel(timedelta(hours=2))
    registry.night()
    assert not registry.represents(chief)

    code, company = registry.added(second)
    registry.rows.change(Organisation, company, source="review", reviewed_until=clock.now() + timedelta(days=90))
    registry.becomes(code, state=OrganisationState.REVOKED, legal_representative="测试乙")
    registry.night()
    assert registry.organisation().state == OrganisationState.REVOKED


def test_papers_without_a_register_count_for_their_time(registry: Registry) -> None:
    chief = registry.somebody()
    code, company = registry.added(chief)
    until = clock.now() + timedelta(days=365)
    registry.rows.change(
        Organisation, company, source="review", uscc=f"31{code[2:]}", reviewed_until=until, recheck_at=clock.now()
    )
    registry.night()
    assert (registry.organisation().state, registry.organisation().recheck_at) == (ACTIVE, until)
    registry.night()
    assert registry.organisation().state == OrganisationState.UNKNOWN


@pytest.mark.parametrize("state", [OrganisationState.REVOKED, OrganisationState.CLOSED, OrganisationState.SUSPENDED])
def test_a_company_that_is_no_longer_live_has_no_agents(registry: Registry, state: OrganisationState) -> None:
    chief, agent = registry.somebody(), registry.somebody()
    code, _ = registry.added(chief)
    mandate_id = registry.given(chief, agent)
    registry.becomes(code, state=state)

    registry.night()

    assert registry.row(mandate_id).end_reason in {"organisation", "representative"}
    assert not registry.acts(chief)
    assert registry.represents(chief) is (state is not OrganisationState.CLOSED)
    registry.becomes(code, state=ACTIVE)
    registry.night()
    assert registry.acts(chief) is (state is not OrganisationState.CLOSED)
    assert not registry.acts(agent), "what has ended stays ended"


def test_a_register_that_does_not_answer_ends_nothing_and_is_asked_again(registry: Registry) -> None:
    chief, agent = registry.somebody(), registry.somebody()
    code, _ = registry.added(chief)
    registry.given(chief, agent)
    registry.register.instead = Unavailable("scripted")
    registry.night()
    assert registry.acts(agent)
    registry.register.instead = None
    registry.becomes(code, state=OrganisationState.REVOKED)
    clock.travel(timedelta(hours=1, minutes=1))
    registry.runner_is_well()
    while registry.rechecking.ask_due():
        pass
    assert not registry.acts(agent)


def test_a_register_that_no_longer_knows_a_company_suspends_it_only(registry: Registry) -> None:
    chief, agent = registry.somebody(), registry.somebody()
    registry.added(chief)
    mandate_id = registry.given(chief, agent)
    registry.register.instead = Refuted(Refutation.NOT_FOUND)
    registry.night()
    assert not registry.acts(agent)
    assert registry.row(mandate_id).ended_at is None
    registry.register.instead = None
    registry.night()
    assert registry.acts(agent)


def test_nobody_asks_about_companies_that_nobody_acts_for(registry: Registry) -> None:
    chief = registry.somebody()
    code, _ = registry.added(chief)
    registry.mandates.resign(chief.account_id, registry.company)
    registry.register.asked.clear()
    registry.night()
    assert code not in registry.register.asked


def test_each_company_is_asked_about_once_a_night_by_any_number_of_workers(registry: Registry) -> None:
    codes = [registry.added(registry.somebody())[0] for _ in range(6)]
    registry.register.asked.clear()
    clock.travel(DAY)
    registry.runner_is_well()
    race(lambda _n: registry.rechecking.ask_due(), threads=4)
    while registry.rechecking.ask_due():
        pass
    assert sorted(each for each in registry.register.asked if each in codes) == sorted(codes)


def test_the_questions_are_spread_over_the_night(registry: Registry) -> None:
    now = clock.now()
    times = [next_night(f"{n:032x}", now).astimezone(clock.BEIJING) for n in range(200)]
    assert {1 <= each.hour < 5 for each in times} == {True}
    assert len({each.replace(second=0, microsecond=0) for each in times}) > 100
    assert all(timedelta() < each - now <= DAY for each in times)


def test_what_is_over_says_so(registry: Registry) -> None:
    agent = registry.somebody()
    registry.added(registry.chief)
    term, offered = registry.given(registry.chief, agent, days=3), registry.offer(registry.chief, agent, days=30)
    clock.travel(4 * DAY)
    registry.rechecking.end_over()
    assert [registry.row(each).end_reason for each in (term, offered)] == ["expired", None]
    clock.travel(11 * DAY)
    registry.rechecking.end_over()
    assert registry.row(offered).end_reason == "lapsed"
