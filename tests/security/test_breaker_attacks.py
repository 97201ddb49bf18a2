"""Whether a stranger can keep a source's breaker open, and with it everybody else out."""

import itertools

from idp.core.deadline import Deadline
from idp.realname.breaker import Breaker
from idp.realname.errors import TooManyChecks
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    Capability,
    Outcome,
    Source,
    SubjectKind,
    Unavailable,
)
from idp.realname.service import IdentityProof
from idp.realname.sources import Sources
from tests.flows import people
from tests.flows.centre import Centre
from tests.flows.people import Person

_addresses = itertools.count(1)


class Choking:
    """A register that has no answer to one name."""

    source, channel = "choking", "scripted"
    capability = Capability(
        SubjectKind.NATURAL_PERSON, frozenset({"name", "resident_id"}), AssuranceLevel.ON_RECORD, "electronic_record"
    )
    asked = 0

    def verify(self, applicant: Applicant, deadline: Deadline) -> Outcome:
        self.asked += 1
        return Unavailable("choked")


def test_questions_without_an_answer_come_to_an_end_too(centre: Centre, bob: Person) -> None:
    s, register = centre.services, Choking()
    proof = IdentityProof(
        s.database, s.store, s.keyring, s.trail, Sources((Source(register.source, "源", check=register),))
    )
    refused = 0
    for _ in range(40):
        Breaker(s.store, register.source).succeeded()  # its half minute is over
        try:
            proof.prove(
                bob.account_id, name=bob.name, resident_id=people.resident_id_of(people.next_number()), client_id=None,
                address=f"10.83.{next(_addresses)}.1", deadline=Deadline.after(5),
            )  # fmt: skip
        except TooManyChecks:
            refused += 1
    assert (register.asked, refused) == (20, 20)
