"""Mandates on both databases: who may give what, who may take it, and how it ends for everybody below."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from idp.accounts.models import Account
from idp.core import clock
from idp.core.errors import DomainError
from idp.mandates import errors
from idp.mandates.models import Organisation, Representation
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.mandates.office import Office
from tests.contract.mandates.rows import OTHER_SITE
from tests.contract.signing_in import House, race

DAY = timedelta(days=1)


@pytest.fixture
def office(house: House) -> Office:
    return Office(house)


def test_a_mandate_counts_from_acceptance_at_the_sites_it_names(office: Office) -> None:
    agent = office.somebody()
    mandate_id = office.offer(office.chief, agent)
    assert not office.acts(agent)

    office.mandates.accept(agent.account_id, mandate_id)

    assert office.acts(agent)
    assert not office.acts(agent, OTHER_SITE)
    assert "请您担任经办人" in office.told(agent)[0]
    assert "已被接受" in office.told(office.chief)[-1]
    clock.travel(91 * DAY)
    assert not office.acts(agent), "ninety days unless somebody says otherwise"


def test_both_sides_find_it_in_the_audit_without_a_name_or_number(office: Office) -> None:
    agent = office.somebody()
    mandate_id = office.given(office.chief, agent)
    office.mandates.end(office.chief.account_id, mandate_id)
    acts = {
        office.chief: ["mandate.offered", "mandate.was_accepted", "mandate.ended"],
        agent: ["mandate.accepted", "mandate.ended"],
    }
    for somebody, expected in acts.items():
        for act in expected:
            entries = [e for e in office.house.audited(act, somebody.account_id) if e.details["mandate"] == mandate_id]
            assert len(entries) == 1, act
            written = str(entries[0].details)
            assert not any(secret in written for secret in (agent.name, agent.phone, agent.resident_id))


@pytest.mark.parametrize("by", ["giver", "agent", "administrator"])
def test_either_side_ends_it_at_once(office: Office, by: str) -> None:
    agent, clerk = office.somebody(), office.somebody()
    office.given(office.chief, clerk, role="administrator")
    mandate_id = office.given(office.chief, agent)
    who = {"giver": office.chief, "agent": agent, "administrator": clerk}[by]

    office.mandates.end(who.account_id, mandate_id)

    assert not office.acts(agent)
    row = office.row(mandate_id)
    assert (row.end_reason, row.ended_by) == ("resigned" if by == "agent" else "revoked", who.account_id)
    told = office.told(office.chief if by == "agent" else agent)[-1]
    assert ("放弃" if by == "agent" else "已经结束") in told
    with pytest.raises(errors.AlreadyEnded):
        office.mandates.end(who.account_id, mandate_id)


def test_a_stranger_ends_nothing_and_takes_nothing(office: Office) -> None:
    agent, stranger = office.somebody(), office.somebody()
    mandate_id = office.offer(office.chief, agent)
    with pytest.raises(errors.MayNotEnd):
        office.mandates.end(stranger.account_id, mandate_id)
    with pytest.raises(errors.OfferIsOver):
        office.mandates.accept(stranger.account_id, mandate_id)
    with pytest.raises(errors.OfferIsOver):
        office.mandates.decline(stranger.account_id, mandate_id)
    with pytest.raises(errors.MayNotGive):
        office.offer(stranger, agent)
    office.mandates.accept(agent.account_id, mandate_id)


def test_only_a_proven_adult_of_that_name_takes_it(office: Office) -> None:
    unproven_id, _phone = office.house.person()
    with pytest.raises(errors.NotAPerson):
        office.mandates.accept(unproven_id, "whatever")
    child = office.somebody(born=f"{clock.now().year - 16}0101")
    with pytest.raises(errors.IsMinor):
        office.mandates.accept(child.account_id, office.offer(office.chief, child))
    other = office.somebody()
    with pytest.raises(errors.NameDiffers):
        office.mandates.accept(other.account_id, office.offer(office.chief, other, name="试验某某"))


def test_an_offer_lapses_and_a_declined_one_is_over(office: Office) -> None:
    agent = office.somebody()
    late, declined = office.offer(office.chief, agent), office.offer(office.chief, agent)
    office.mandates.decline(agent.account_id, declined)
    assert office.row(declined).end_reason == "declined"
    assert "被拒绝" in office.told(office.chief)[-1]
    with pytest.raises(errors.OfferIsOver):
        office.mandates.accept(agent.account_id, declined)
    clock.travel(15 * DAY)
    with pytest.raises(errors.OfferIsOver):
        office.mandates.accept(agent.account_id, late)


def test_administrators_give_and_revoke_but_name_no_administrators(office: Office) -> None:
    clerk, agent, colleague = office.somebody(), office.somebody(), office.somebody()
    post = office.given(office.chief, clerk, role="administrator")
    office.given(clerk, agent, under=post)
    assert office.acts(agent)
    with pytest.raises(errors.MayNotGive):
        office.offer(clerk, colleague, under=post, role="administrator")
    other_post = office.given(office.chief, colleague, role="administrator")
    with pytest.raises(errors.MayNotEnd):
        office.mandates.end(clerk.account_id, other_post)

    office.mandates.end(office.chief.account_id, post)

    assert not office.acts(agent)
    assert not office.acts(clerk)
    assert office.acts(colleague)


def test_what_is_passed_on_is_never_wider_nor_longer_and_ends_with_its_parent(office: Office) -> None:
    agent, other, third, fourth = (office.somebody() for _ in range(4))
    plain = office.given(office.chief, agent)
    with pytest.raises(errors.MayNotGive):
        office.offer(agent, other, under=plain)
    own = office.given(office.chief, agent, may_delegate=True, days=30)
    with pytest.raises(errors.WiderThanParent):
        office.offer(agent, other, under=own, sites=(OTHER_SITE,))
    with pytest.raises(errors.WiderThanParent):
        office.offer(agent, other, under=own, sites=("*",))
    with pytest.raises(errors.LongerThanParent):
        office.offer(agent, other, under=own, days=31)
    second = office.given(agent, other, under=own, days=20, may_delegate=True)
    with pytest.raises(errors.TooDeep):
        office.offer(other, third, under=second, days=10, may_delegate=True)
    last = office.given(other, third, under=second, days=10)
    offered = office.offer(other, fourth, under=second, days=10)
    assert office.acts(third)

    office.mandates.end(agent.account_id, own)

    assert [office.acts(each) for each in (agent, other, third)] == [True, False, False], "the plain one is untouched"
    assert [office.row(each).end_reason for each in (own, second, last, offered)] == ["resigned", *["parent"] * 3]


def test_what_cannot_be_given_is_refused_by_its_field(office: Office) -> None:
    agent = office.somebody()
    for wrong, refusal in (
        ({"name": "！"}, errors.InvalidAgentName),
        ({"phone": "12"}, DomainError),
        ({"phone": office.chief.phone}, errors.OwnPhone),
        ({"sites": ()}, errors.NoSites),
        ({"sites": ("site-unknown",)}, errors.NoSites),
        ({"days": 0}, errors.InvalidTerm),
        ({"days": 366}, errors.InvalidTerm),
    ):
        with pytest.raises(refusal) as raised:
            office.offer(office.chief, agent, **wrong)
        assert raised.value.field in {"name", "phone", "sites", "days"}


def test_nobody_is_flooded_with_offers(office: Office) -> None:
    agent = office.somebody()
    for _ in range(5):
        office.offer(office.chief, agent)
    with pytest.raises(errors.TooManyMandates):
        office.offer(office.chief, agent)
    clock.travel(DAY)
    office.offer(office.chief, agent)


def test_who_resigns_takes_all_that_was_given_along(office: Office) -> None:
    clerk, agent = office.somebody(), office.somebody()
    post = office.given(office.chief, clerk, role="administrator")
    mandate_id = office.given(clerk, agent, under=post)
    office.mandates.resign(office.chief.account_id, office.company)
    assert {office.row(each).end_reason for each in (post, mandate_id)} == {"representative"}
    assert not office.acts(agent)
    with pytest.raises(errors.MayNotGive):
        office.offer(office.chief, agent)
    with pytest.raises(errors.MayNotEnd):
        office.mandates.resign(office.chief.account_id, office.company)


def test_a_closed_account_ends_what_hangs_on_it_and_a_frozen_one_suspends_it(office: Office) -> None:
    clerk, agent, other = office.somebody(), office.somebody(), office.somebody()
    post = office.given(office.chief, clerk, role="administrator")
    mandate_id = office.given(clerk, agent, under=post)
    untouched = office.given(office.chief, other)
    office.rows.change(Account, clerk.account_id, state="frozen")
    assert not office.acts(agent)
    assert office.row(mandate_id).ended_at is None
    office.rows.change(Account, clerk.account_id, state="active")
    assert office.acts(agent)
    with office.house.database.transaction() as db:
        office.ending.of_account(db, clerk.account_id, now=clock.now())
    assert [office.row(each).end_reason for each in (post, mandate_id, untouched)] == ["account", "parent", None]
    with office.house.database.transaction() as db:
        office.ending.of_account(db, office.chief.account_id, now=clock.now())
    assert office.row(untouched).end_reason == "representative"


def test_nothing_is_given_for_an_organisation_that_is_not_active(office: Office) -> None:
    agent = office.somebody()
    offered = office.offer(office.chief, agent)
    office.rows.change(Organisation, office.company, state="revoked")
    with pytest.raises(errors.MayNotGive):
        office.offer(office.chief, agent)
    with pytest.raises(errors.OfferIsOver):
        office.mandates.accept(agent.account_id, offered)


# --- races -----------------------------------------------------------------------------------------------------------


def test_of_many_that_accept_one_offer_one_does(office: Office) -> None:
    agent = office.somebody()
    mandate_id = office.offer(office.chief, agent)
    came_to = race(lambda _n: office.mandates.accept(agent.account_id, mandate_id), threads=8)
    assert [each for each in came_to if each is None] == [None]
    assert all(isinstance(each, errors.OfferIsOver) for each in came_to if each is not None)
    assert len(office.house.audited("mandate.accepted", agent.account_id)) == 1


@pytest.mark.parametrize("round_", range(3))
def test_accepted_or_withdrawn_it_has_ended_when_the_giver_wanted_so(office: Office, round_: int) -> None:
    agent = office.somebody()
    mandate_id = office.offer(office.chief, agent)
    acts = (
        lambda: office.mandates.accept(agent.account_id, mandate_id),
        lambda: office.mandates.end(office.chief.account_id, mandate_id),
    )
    accepted, ended = race(lambda n: acts[n](), threads=2)
    assert ended is None
    assert accepted is None or isinstance(accepted, errors.OfferIsOver)
    assert office.row(mandate_id).end_reason == ("revoked" if accepted is None else "withdrawn")
    assert not office.acts(agent)


@pytest.mark.parametrize("round_", range(3))
def test_nothing_given_on_survives_what_it_was_given_under(office: Office, round_: int) -> None:
    """While the giver's own mandate is revoked, they pass it on: what was written is ended, or it was never written."""
    agent, other = office.somebody(), office.somebody()
    own = office.given(office.chief, agent, may_delegate=True)
    acts = (
        lambda: office.offer(agent, other, under=own, days=5),
        lambda: office.mandates.end(office.chief.account_id, own),
    )
    passed_on, ended = race(lambda n: acts[n](), threads=2)
    assert ended is None
    if isinstance(passed_on, str):
        assert office.row(passed_on).end_reason == "parent"
    else:
        assert isinstance(passed_on, errors.MayNotGive)


def test_one_of_two_who_end_it_does(office: Office) -> None:
    agent = office.somebody()
    mandate_id = office.given(office.chief, agent)
    who = (office.chief, agent)
    came_to = race(lambda n: office.mandates.end(who[n].account_id, mandate_id), threads=2)
    assert sorted(isinstance(each, errors.AlreadyEnded) for each in came_to) == [False, True]
    assert len(office.house.audited("mandate.ended", agent.account_id)) == 1


def test_an_organisation_has_one_legal_representative_at_a_time(office: Office) -> None:
    with pytest.raises(IntegrityError):
        office.rows.represented(office.somebody().account_id, office.company)
    office.rows.change(Representation, office.representation, ended_at=clock.now())
    office.rows.represented(office.somebody().account_id, office.company)
