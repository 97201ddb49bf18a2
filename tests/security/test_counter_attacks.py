"""The counter, and other proofs from outside, under attack: children without a guardian, codes without end."""

import pytest

from idp.audit.trail import Actor
from idp.core import clock
from idp.core.identifiers import Document, DocumentKind
from idp.realname import levels
from idp.realname.counter import CAPABILITY, Card
from idp.realname.errors import MinorNeedsGuardian, TooManyTickets
from idp.realname.evidence import Query
from idp.realname.ports import Applicant, Verified
from tests.flows import people
from tests.flows.centre import Centre
from tests.flows.people import Person


def _number_of_a_child() -> str:
    return people.resident_id_of(people.next_number(), born=f"{clock.now().year - 10}0101")


def test_no_officer_gives_a_child_an_account_that_nobody_answers_for(centre: Centre, bob: Person) -> None:
    s = centre.services
    code = s.counter.open(bob.account_id, client_id=None).code
    child = Card("试验甲", DocumentKind.RESIDENT_ID, _number_of_a_child(), None)
    with pytest.raises(MinorNeedsGuardian):
        s.counter.see(code, child, officer="a" * 32, actor=Actor("operator", "a" * 32))
    with s.database.view() as db:
        assert levels.ial_of(db, bob.account_id, clock.now()) == 0


def test_no_other_centre_does_either(centre: Centre, bob: Person) -> None:
    s = centre.services
    child = Applicant("试验甲", Document.of(DocumentKind.RESIDENT_ID, _number_of_a_child()))
    query = Query(bob.account_id, child, "upstream", "sign_in", CAPABILITY, "sign_in", client_id=None)
    with pytest.raises(MinorNeedsGuardian), s.database.transaction() as db:
        s.identity_proof.record(db, query, Verified(CAPABILITY.attests, "1"))


def test_codes_for_the_counter_are_few(centre: Centre, bob: Person) -> None:
    """Each is a row that is kept, and a number that nobody else can have."""
    for _ in range(10):
        centre.services.counter.open(bob.account_id, client_id=None)
    with pytest.raises(TooManyTickets):
        centre.services.counter.open(bob.account_id, client_id=None)
