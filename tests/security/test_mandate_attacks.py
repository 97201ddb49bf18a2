"""Acting for companies under attack: a browser that somebody left open makes nobody an administrator."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from idp.core import clock
from tests.flows.browser import Browser
from tests.flows.centre import Centre
from tests.flows.organisations import Companies
from tests.flows.people import Person


@pytest.fixture(autouse=True)
def home() -> Iterator[None]:
    yield
    clock.travel_home()


@pytest.mark.parametrize("page", ["give", "administrators", "leave"])
def test_rights_are_given_and_given_up_after_a_fresh_sign_in_alone(centre: Centre, alice: Person, page: str) -> None:
    company = Companies(centre).company(alice)
    with closing(Browser(centre.issuer)) as left_open:
        left_open.get("/sign-in")
        left_open.submit("continue", identifier=alice.username, password=alice.password)
        address = f"/account/organisations/{company.id}/{page}"
        assert left_open.get(address).path == address
        clock.travel(timedelta(minutes=11))
        assert left_open.get(address).path == "/sign-in/code"


def test_a_mandate_is_passed_on_after_a_fresh_sign_in_alone(centre: Centre, alice: Person, person_of) -> None:
    agent, companies = person_of(ial=1), Companies(centre)
    mandate = companies.mandate(companies.company(alice), alice, agent, may_delegate=True)
    with closing(Browser(centre.issuer)) as left_open:
        left_open.get("/sign-in")
        left_open.submit("continue", identifier=agent.username, password=agent.password)
        address = f"/account/mandates/{mandate}/give"
        assert left_open.get(address).path == address
        clock.travel(timedelta(minutes=11))
        assert left_open.get(address).path == "/sign-in/code"
