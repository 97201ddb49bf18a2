"""Guardians under attack: power that outlasts what it rests on."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from idp.core import clock
from idp.guardians.errors import NotAGuardian
from tests.flows.centre import Centre
from tests.flows.people import Person
from tests.flows.test_guardians import a_child, added


@pytest.fixture(autouse=True)
def home() -> Iterator[None]:
    yield
    clock.travel_home()


def test_whose_proof_has_expired_opens_no_account_for_a_child(centre: Centre, alice: Person) -> None:
    clock.travel(timedelta(days=731))
    with pytest.raises(NotAGuardian):
        added(centre, alice, a_child())
