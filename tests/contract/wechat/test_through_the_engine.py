"""A face scan in the mini program, from the desk to the level: opened on a phone, settled once, on both databases."""

import json
import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import cycle
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.identifiers import Document, DocumentKind
from idp.policies.built_in import FACE_CONSENT, newest
from idp.realname import face_consents, levels
from idp.realname.attempts import AttemptState
from idp.realname.models import Evidence, IdentityAttempt
from idp.realname.ports import Applicant, Refuted, Scene, Source, Surface, Unavailable
from idp.realname.rules import ORDINARY
from idp.realname.service import IdentityProof
from idp.realname.sources import Sources
from sandbox import registry
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import race
from tests.contract.wechat.asking import RETURN, Centre

PEOPLE = cycle(each for each in registry.people() if each["registry"] == "alive")


class Desk:
    """One person in front of a screen, and the address by which the mini program talks to us."""

    def __init__(self, house, source) -> None:
        self.house, self.told = house, []
        self.account_id = house.person()[0]
        person = next(PEOPLE)
        self.applicant = Applicant(person["name"], Document(DocumentKind.RESIDENT_ID, person["resident_id"]))
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                raw = json.dumps(desk.heard(self.path.split("/")[3], message)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.proof = IdentityProof(
            house.database, house.store, house.base.keyring, house.trail, Sources((source,)),
            rules=replace(ORDINARY, issuer=self.url),
        )  # fmt: skip
        face_consents.give(house.database, house.trail, self.account_id, newest(FACE_CONSENT))

    def heard(self, handle, message):
        answer = self.proof.challenges.converse(handle, message, Deadline.after(8))
        self.told.append(answer)
        return {"error": "unavailable"} if answer is None or isinstance(answer, Refuted | Unavailable) else dict(answer)

    def start(self):
        return self.proof.start(
            self.account_id, self.applicant, source="wechat", scene=Scene(Surface.DESK, RETURN), browser="desk",
            client_id=None, address=self.house.address(), deadline=Deadline.after(8),
        )  # fmt: skip

    def look(self, handle):
        return self.proof.look(
            handle, account_id=self.account_id, browser="desk", client_id=None, deadline=Deadline.after(8)
        )

    def level(self) -> int:
        with self.house.database.view() as db:
            return levels.ial_of(db, self.account_id, clock.now())

    def rows(self, model):
        with self.house.database.view() as db:
            return db.scalars(select(model).where(model.account_id == self.account_id)).all()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def desk(house, centre):
    made = Desk(house, Source("wechat", "微信", challenge=centre.scan))
    yield made
    made.close()


@pytest.fixture
def phone(sandbox, centre: Centre):
    """Opens the link of an attempt and goes through the mini program's pages."""

    def scan(attempt, action: str) -> str:
        centre.link = attempt.open_url
        centre.url = parse_qs(urlsplit(attempt.open_url).query)["task"][0]
        return centre.scanned(sandbox, action)

    return scan


def wait(sandbox, seconds: int = 3) -> None:
    clock.travel(timedelta(seconds=seconds))
    sandbox.travel(seconds)


def test_a_matching_face_reaches_the_second_level(desk, sandbox, phone):
    attempt = desk.start()
    assert desk.look(attempt.handle).state is AttemptState.WAITING
    assert "已提交" in phone(attempt, "pass")
    wait(sandbox)

    assert desk.look(attempt.handle).state is AttemptState.PROVEN
    assert desk.level() == 2
    [evidence] = desk.rows(Evidence)
    assert (evidence.source, evidence.channel, len(evidence.request_number)) == ("wechat", "wechat_mini_program", 32)
    kept = repr([vars(evidence), *map(vars, desk.rows(IdentityAttempt)), desk.told])
    assert not any(text in kept for text in (desk.applicant.name, desk.applicant.resident_id))


def test_of_many_who_look_at_once_one_settles_it(desk, sandbox, phone):
    attempt = desk.start()
    phone(attempt, "pass")
    wait(sandbox)
    race(lambda _: desk.look(attempt.handle), threads=8)

    assert desk.look(attempt.handle).state is AttemptState.PROVEN
    assert len(desk.house.audited("identity.proven", desk.account_id)) == 1


@pytest.mark.parametrize("action", ["other_face", "no_photo", "blurred", "too_frequent"])
def test_every_other_ending_proves_nothing(desk, sandbox, phone, action):
    attempt = desk.start()
    phone(attempt, action)
    wait(sandbox)

    assert desk.look(attempt.handle).state is AttemptState.NOT_PROVEN
    assert desk.level() == 0


def test_who_cancels_on_the_phone_has_abandoned_it(desk, sandbox, phone):
    attempt = desk.start()
    phone(attempt, "cancel")
    wait(sandbox)

    assert desk.look(attempt.handle).state is AttemptState.ABANDONED


@pytest.mark.parametrize("fault", ["busy", "maintenance", "unknown_code", "half"])
def test_a_fault_on_the_way_leaves_the_scan_waiting(desk, sandbox, phone, fault):
    attempt = desk.start()
    phone(attempt, "pass")
    sandbox.switch("wechat", fault)
    wait(sandbox)
    assert desk.look(attempt.handle).state is AttemptState.WAITING
    assert desk.level() == 0
    sandbox.switch("wechat", "none")
    wait(sandbox)

    assert desk.look(attempt.handle).state is AttemptState.PROVEN


def test_a_pass_that_nobody_looked_at_is_settled_by_the_worker(desk, sandbox, phone):
    attempt = desk.start()
    phone(attempt, "pass")
    wait(sandbox, 301)
    desk.proof.challenges.settle_open(clock.now())

    assert desk.level() == 2


def test_after_its_end_the_phone_is_told_nothing(desk, sandbox, phone):
    attempt = desk.start()
    wait(sandbox, 301)
    phone(attempt, "pass")

    assert desk.told == [None]
    assert desk.level() == 0
