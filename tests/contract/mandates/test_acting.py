"""For whom a person may act, on both databases: every link of the chain counts, at the moment of the question."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from idp.accounts.models import Account
from idp.core import clock
from idp.mandates import acting
from idp.mandates.acting import Principal
from idp.mandates.models import Mandate, Organisation, Representation
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.mandates.rows import DAY, OTHER_SITE, SITE, Rows
from tests.contract.signing_in import House


class Chain:
    """A legal representative, an administrator, an agent of theirs, and one to whom the agent passed it on."""

    def __init__(self, house: House) -> None:
        self.house, self.rows = house, Rows(house)
        self.chief, self.clerk, self.agent, self.sub_agent = (self.rows.proven() for _ in range(4))
        self.company = self.rows.organisation()
        self.representation = self.rows.represented(self.chief, self.company)
        give = self.rows.mandate
        self.office = give(self.company, self.chief, self.clerk, role="administrator", services=["*"], ends_at=None)
        self.mandate = give(self.company, self.clerk, self.agent, parent_id=self.office, may_delegate=True)
        self.sub_mandate = give(self.company, self.agent, self.sub_agent, parent_id=self.mandate)

    def principals(self, account_id: str, site: str = SITE) -> tuple[Principal, ...]:
        with self.house.database.quick() as db:
            return acting.principals(db, self.house.base.keyring, account_id, site, clock.now())

    def may_act(self, account_id: str, site: str = SITE) -> Principal | None:
        with self.house.database.quick() as db:
            return acting.may_act(db, self.house.base.keyring, account_id, self.company, site, clock.now())


@pytest.fixture
def chain(house: House) -> Chain:
    return Chain(house)


def test_each_of_the_chain_acts_in_their_role(chain: Chain) -> None:
    found = [chain.may_act(each) for each in (chain.chief, chain.clerk, chain.agent, chain.sub_agent)]
    assert [(p.role, p.mandate_id, p.ends_at is not None) for p in found if p is not None] == [
        ("legal_representative", None, False),
        ("administrator", chain.office, False),
        ("agent", chain.mandate, True),
        ("agent", chain.sub_mandate, True),
    ]
    assert {(p.name, p.representative, p.ial) for p in found if p is not None} == {
        ("山东示例科技有限公司", "测试甲", 1)
    }
    assert chain.principals(chain.agent) == (found[2],)


def test_an_agent_acts_at_the_sites_that_are_named_and_nowhere_else(chain: Chain) -> None:
    assert chain.may_act(chain.agent, OTHER_SITE) is None
    assert chain.principals(chain.agent, OTHER_SITE) == ()
    assert chain.may_act(chain.clerk, OTHER_SITE) is not None


def test_a_stranger_acts_for_nobody(chain: Chain) -> None:
    stranger = chain.rows.proven()
    assert chain.principals(stranger) == ()
    assert chain.may_act(stranger) is None


_BREAKS: dict[str, Callable[[Chain], None]] = {
    "organisation": lambda c: c.rows.change(Organisation, c.company, state="revoked"),
    "representation": lambda c: c.rows.change(Representation, c.representation, ended_at=clock.now()),
    "representative frozen": lambda c: c.rows.change(Account, c.chief, state="frozen"),
    "administrator revoked": lambda c: c.rows.change(Mandate, c.office, ended_at=clock.now()),
    "administrator closed": lambda c: c.rows.change(Account, c.clerk, state="closed"),
    "parent revoked": lambda c: c.rows.change(Mandate, c.mandate, ended_at=clock.now()),
    "parent expired": lambda c: c.rows.change(Mandate, c.mandate, ends_at=clock.now()),
    "parent not accepted": lambda c: c.rows.change(Mandate, c.mandate, accepted_at=None),
    "parent's agent frozen": lambda c: c.rows.change(Account, c.agent, state="frozen"),
    "revoked": lambda c: c.rows.change(Mandate, c.sub_mandate, ended_at=clock.now()),
    "expired": lambda c: c.rows.change(Mandate, c.sub_mandate, ends_at=clock.now()),
    "not begun": lambda c: c.rows.change(Mandate, c.sub_mandate, starts_at=clock.now() + DAY),
    "not accepted": lambda c: c.rows.change(Mandate, c.sub_mandate, accepted_at=None),
    "frozen": lambda c: c.rows.change(Account, c.sub_agent, state="frozen"),
    "merged": lambda c: c.rows.change(Account, c.sub_agent, state="merged"),
}


@pytest.mark.parametrize("what", _BREAKS)
def test_a_chain_is_as_good_as_each_of_its_links(chain: Chain, what: str) -> None:
    assert chain.may_act(chain.sub_agent) is not None
    _BREAKS[what](chain)
    assert chain.may_act(chain.sub_agent) is None
    assert chain.principals(chain.sub_agent) == ()


def test_nobody_acts_on_evidence_that_has_expired(house: House) -> None:
    rows = Rows(house)
    chief, agent = rows.proven(until=DAY), rows.proven(until=DAY)
    company = rows.organisation()
    rows.represented(chief, company)
    rows.mandate(company, chief, agent)

    def acts(account_id: str) -> bool:
        with house.database.quick() as db:
            return acting.may_act(db, house.base.keyring, account_id, company, SITE, clock.now()) is not None

    assert acts(chief)
    assert acts(agent)
    clock.travel(timedelta(days=1, seconds=1))
    assert not acts(chief)
    assert not acts(agent)
    rows.evidence(agent)
    assert acts(agent), "the giver's evidence mattered when the mandate was given"


def test_a_licence_or_number_face_and_counter_make_it_sure(house: House) -> None:
    rows = Rows(house)
    chief, agent = rows.proven(), rows.proven()
    company = rows.organisation()
    representation = rows.represented(chief, company)
    rows.mandate(company, chief, agent)

    def level(account_id: str) -> int:
        with house.database.quick() as db:
            found = acting.may_act(db, house.base.keyring, account_id, company, SITE, clock.now())
        return found.ial if found is not None else 0

    assert (level(chief), level(agent)) == (1, 1)
    rows.evidence(chief, method="bvr", ial=2)
    assert (level(chief), level(agent)) == (1, 1)
    rows.evidence(chief, method="pvp", ial=3, until=DAY)
    assert (level(chief), level(agent)) == (1, 1), "it may be another one of that name"
    rows.change(Representation, representation, by_number=True)
    assert (level(chief), level(agent)) == (3, 3)
    clock.travel(2 * DAY)
    assert (level(chief), level(agent)) == (1, 1)
    rows.change(Representation, representation, licence_until=clock.now() + DAY)
    assert (level(chief), level(agent)) == (3, 3)


def test_of_several_mandates_for_one_company_the_strongest_counts(house: House) -> None:
    rows = Rows(house)
    chief, agent = rows.proven(), rows.proven()
    first, second = rows.organisation("乙公司"), rows.organisation("甲公司")
    for company in (first, second):
        rows.represented(chief, company)
    now = clock.now()
    rows.mandate(first, chief, agent, ends_at=now + DAY)
    longest = rows.mandate(first, chief, agent, ends_at=now + 9 * DAY)
    rows.mandate(first, chief, agent, ends_at=now + 30 * DAY, services=[OTHER_SITE])
    rows.mandate(second, chief, agent)
    with house.database.quick() as db:
        found = acting.principals(db, house.base.keyring, agent, SITE, clock.now())
    assert [each.organisation_id for each in found] == [first, second]
    assert found[0].mandate_id == longest
