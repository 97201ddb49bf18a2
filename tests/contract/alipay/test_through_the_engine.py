"""A face scan from the desk to the level: started by the engine, done on a phone, settled once, on both databases."""

from datetime import timedelta
from itertools import cycle

import pytest
from sqlalchemy import select

from idp.core import clock
from idp.core.identifiers import Document, DocumentKind
from idp.policies.built_in import FACE_CONSENT, newest
from idp.realname import face_consents, levels
from idp.realname.attempts import AttemptState
from idp.realname.models import Evidence, IdentityAttempt
from idp.realname.ports import Applicant, Started
from idp.realname.results import SourceDown
from idp.realname.service import IdentityProof
from idp.realname.sources import Sources
from sandbox import registry
from tests.contract.alipay.asking import DESK, soon
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import race

PEOPLE = cycle(each for each in registry.people() if each["registry"] == "alive")


class Desk:
    """One person in front of a screen."""

    def __init__(self, house, source) -> None:
        self.house = house
        self.proof = IdentityProof(
            house.database, house.store, house.base.keyring, house.trail, Sources((source,))
        )  # fmt: skip
        self.account_id = house.person()[0]
        person = next(PEOPLE)
        self.applicant = Applicant(person["name"], Document(DocumentKind.RESIDENT_ID, person["resident_id"]))
        face_consents.give(house.database, house.trail, self.account_id, newest(FACE_CONSENT))

    def start(self):
        return self.proof.start(
            self.account_id, self.applicant, source="alipay", scene=DESK, browser="desk", client_id=None,
            address=self.house.address(), deadline=soon(),
        )  # fmt: skip

    def look(self, handle: str):
        return self.proof.look(handle, account_id=self.account_id, browser="desk", client_id=None, deadline=soon())

    def level(self) -> int:
        with self.house.database.view() as db:
            return levels.ial_of(db, self.account_id, clock.now())

    def rows(self, model: type):
        with self.house.database.view() as db:
            return db.scalars(select(model).where(model.account_id == self.account_id)).all()


@pytest.fixture
def desk(house, source):
    return Desk(house, source)


def scanned(phone, attempt, action: str) -> str:
    return phone.scan(Started("", attempt.open_url, "", timedelta(minutes=5)), action)


def wait(sandbox, seconds: int = 3) -> None:
    clock.travel(timedelta(seconds=seconds))
    sandbox.travel(seconds)


def test_a_matching_face_reaches_the_second_level(desk, sandbox, phone):
    attempt = desk.start()
    assert desk.look(attempt.handle).state is AttemptState.WAITING
    scanned(phone, attempt, "match")
    wait(sandbox)

    assert desk.look(attempt.handle).state is AttemptState.PROVEN
    assert desk.level() == 2
    [evidence] = desk.rows(Evidence)
    assert (evidence.source, evidence.channel, len(evidence.request_number)) == ("alipay", "alipay_gateway", 32)
    [row] = desk.rows(IdentityAttempt)
    kept = repr([vars(evidence), vars(row)])
    assert not any(text in kept for text in (desk.applicant.name, desk.applicant.resident_id, "FACE_URL"))


def test_of_many_who_look_at_once_one_settles_it(desk, sandbox, phone):
    attempt = desk.start()
    scanned(phone, attempt, "match")
    wait(sandbox)
    race(lambda _: desk.look(attempt.handle), threads=8)

    assert desk.look(attempt.handle).state is AttemptState.PROVEN
    assert len(desk.house.audited("identity.proven", desk.account_id)) == 1
    assert len(desk.rows(Evidence)) == 1


def test_another_face_proves_nothing_once_the_person_is_back(desk, sandbox, phone):
    attempt = desk.start()
    scanned(phone, attempt, "mismatch")
    wait(sandbox)
    assert desk.look(attempt.handle).state is AttemptState.WAITING
    assert desk.proof.challenges.on_phone(attempt.phone_handle, "phone") is not None
    desk.proof.challenges.returned_on_phone(attempt.phone_handle, "phone")
    wait(sandbox)

    assert desk.look(attempt.handle).state is AttemptState.NOT_PROVEN
    assert desk.level() == 0


def test_who_never_comes_back_has_abandoned_it(desk, sandbox):
    attempt = desk.start()
    wait(sandbox, 301)

    assert desk.look(attempt.handle).state is AttemptState.ABANDONED
    assert desk.level() == 0


def test_a_pass_that_nobody_looked_at_is_settled_by_the_worker(desk, sandbox, phone):
    attempt = desk.start()
    scanned(phone, attempt, "match")
    wait(sandbox, 301)
    desk.proof.challenges.settle_open(clock.now())

    assert desk.level() == 2
    assert desk.look(attempt.handle).state is AttemptState.PROVEN


@pytest.mark.parametrize("fault", ["wrong_signature", "tampered", "busy", "maintenance"])
def test_a_fault_on_the_way_leaves_the_scan_waiting(desk, sandbox, phone, fault):
    attempt = desk.start()
    scanned(phone, attempt, "match")
    sandbox.switch("alipay", fault)
    wait(sandbox)
    assert desk.look(attempt.handle).state is AttemptState.WAITING
    assert desk.level() == 0
    sandbox.switch("alipay", "none")
    wait(sandbox)

    assert desk.look(attempt.handle).state is AttemptState.PROVEN


def test_a_source_that_is_down_begins_nothing(desk, sandbox):
    sandbox.switch("alipay", "busy")

    assert isinstance(desk.start(), SourceDown)
    assert desk.level() == 0
