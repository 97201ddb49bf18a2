"""A face scan in the mini program: begun by us, done on a phone, and believed when WeChat says so to our server."""

import pytest

from idp.core.deadline import Deadline
from idp.core.identifiers import Document, DocumentKind
from idp.realname.adapters.wechat.face import ATTESTED, FaceScan, cert_hash
from idp.realname.adapters.wechat.mini_program import MiniProgram
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    Pending,
    Refutation,
    Refuted,
    Said,
    Scene,
    Started,
    Surface,
    Verified,
)
from sandbox.wechat import PART
from tests.contract.sources import FaultContract
from tests.contract.wechat.asking import PERSON, RETURN, Centre, RecordingHttp

REASONS = {
    "busy": "busy:-1",
    "too_frequent": "back_off:45011",
    "not_on_the_list": "misconfigured:40164",
    "bad_secret": "misconfigured:40125",
    "blocked": "blocked:40226",
    "hang": "timeout",
    "garbage": "broken_answer",
    "half": "broken_answer",
    "no_members": "broken_answer",
    "maintenance": "http_503",
}


class TestFaultsOfStarting(FaultContract):
    part = PART
    reasons = REASONS | {"unknown_code": "unknown:88888"}
    not_met = frozenset({"text_plain"})

    @pytest.fixture
    def asked(self, options, api):
        """Another mini program each time: who holds a token starts without asking anybody."""

        def start(seconds):
            scan = FaceScan(MiniProgram(options.mini_appid, options.mini_secret, api), options.face_link)
            scene = Scene(Surface.DESK, RETURN, "http://localhost:8000/verify-identity/attempts/a/app")
            return scan.start(PERSON, scene, Deadline.after(seconds))

        return start


class TestFaultsOfAsking(FaultContract):
    part = PART
    reasons = REASONS
    otherwise = {"unknown_code": (Pending,)}
    not_met = frozenset({"text_plain"})

    @pytest.fixture
    def asked(self, sandbox, centre):
        centre.start()
        centre.scanned(sandbox, "pass")
        return centre.poll


class TestFaultsOfAskingForTheLastTime(TestFaultsOfAsking):
    otherwise = {"unknown_code": (Refuted,)}

    @pytest.fixture
    def asked(self, sandbox, centre):
        centre.start()
        centre.scanned(sandbox, "pass")
        return lambda seconds: centre.poll(seconds, is_last=True)


def test_the_hash_of_the_vendors_example():
    assert cert_hash(PERSON) == "2a69a02135ab30f2d9173b3f2a24e67f3118d7b7c6a0dfb2b23e53b98fbc8b78"


def test_a_person_is_proven_by_their_own_face(sandbox, centre, http: RecordingHttp):
    started = centre.start()
    assert isinstance(started, Started)
    assert len(started.request_number) == 32
    assert isinstance(centre.poll(), Pending)
    page = centre.scanned(sandbox, "pass")

    assert "已提交" in page
    assert centre.poll() == Verified(ATTESTED, started.request_number)
    assert centre.poll() == Verified(ATTESTED, started.request_number)
    assert http.paths() == [
        "/cgi-bin/stable_token",
        "/sns/jscode2session",
        "/cityservice/face/identify/getverifyid",
        "/cityservice/face/identify/queryverifyinfo",
        "/cityservice/face/identify/queryverifyinfo",
    ]


def test_what_it_proves(centre):
    capability = centre.scan.capability

    assert (capability.assurance_level, capability.is_face) == (AssuranceLevel.REAL_PERSON, True)
    assert capability.check_method == "bvr"


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ("other_face", Refutation.FACE_MISMATCH),
        ("no_photo", Refutation.NO_PHOTO),
        ("blurred", Refutation.FAILED),
        ("too_frequent", Refutation.RATE_LIMITED),
        ("cancel", Refutation.ABANDONED),
    ],
)
def test_every_other_ending_is_none(sandbox, centre, action, why):
    centre.start()
    centre.scanned(sandbox, action)

    assert centre.poll() == Refuted(why, centre.poll().request_number)
    assert isinstance(centre.poll(), Refuted)


@pytest.mark.parametrize(
    ("name", "number", "why"),
    [
        ("测试乙", "370199198503070017", Refutation.MISMATCH),
        ("测试甲", "370199198503070033", Refutation.NOT_FOUND),
    ],
)
def test_the_register_has_the_first_word(sandbox, options, mini, name, number, why):
    person = Applicant(name, Document(DocumentKind.RESIDENT_ID, number))
    with Centre(FaceScan(mini, options.face_link), person) as centre:
        centre.start()
        centre.scanned(sandbox, "pass")

        assert centre.poll().reason is why


def test_a_scan_of_one_person_is_none_of_another(sandbox, centre):
    """WeChat is asked about the person whom we mean, whatever the phone was begun with."""
    centre.start()
    centre.scanned(sandbox, "pass")
    other = Applicant("测试乙", Document(DocumentKind.RESIDENT_ID, "370199198503070025"))

    assert isinstance(centre.poll(applicant=other), Pending)
    assert centre.poll(applicant=other, is_last=True) == Refuted(Refutation.ABANDONED, centre.poll().request_number)


def test_a_phone_that_says_done_without_a_scan_proves_nothing(sandbox, centre):
    centre.start()
    assert centre.converse({"step": "done"}).answer == {"error": "unknown_step"}
    assert isinstance(centre.poll(), Pending)
    centre.opened(sandbox)
    assert centre.converse({"step": "done", "verify_ret": 10000, "errCode": 0}).answer == {"status": "ok"}

    assert isinstance(centre.poll(), Pending)
    assert centre.poll(is_last=True) == Refuted(Refutation.ABANDONED, centre.poll().request_number)


def test_a_scan_that_was_begun_and_left_is_the_persons_affair_and_no_trouble_of_wechats(sandbox, centre):
    centre.start()
    centre.opened(sandbox)

    assert isinstance(centre.poll(), Pending)
    assert centre.poll(is_last=True) == Refuted(Refutation.ABANDONED, centre.poll().request_number)


def test_a_phone_that_never_says_done_is_asked_about_at_the_end(sandbox, centre):
    centre.start()
    page = centre.opened(sandbox)
    assert "是本人的脸" in page
    before = centre.ticket
    centre.scanned(sandbox, "pass")
    centre.ticket = before

    assert isinstance(centre.poll(), Pending)
    assert isinstance(centre.poll(is_last=True), Verified)


def test_the_first_who_opens_it_goes_on_and_another_does_not(sandbox, centre, http):
    centre.start()
    centre.opened(sandbox)
    ticket = centre.ticket

    assert "另一个微信" in centre.opened(sandbox, user="person-02")
    assert centre.ticket == ticket
    assert "是本人的脸" in centre.opened(sandbox)
    assert http.paths().count("/cityservice/face/identify/getverifyid") == 1


@pytest.mark.parametrize(
    "message",
    [{}, {"step": 7}, {"step": "begin"}, {"step": "begin", "js_code": 7}, {"step": "begin", "js_code": "no such code"},
     {"step": "begin", "js_code": "nosuchcode"}, {"step": "begin", "js_code": ""}],
)  # fmt: skip
def test_nonsense_from_a_phone_is_answered_and_changes_nothing(centre, message):
    centre.start()
    ticket = centre.ticket
    said = centre.converse(message)

    assert isinstance(said, Said)
    assert said.answer["error"] in {"unknown_step", "sign_in_again"}
    assert said.ticket == ticket


def test_nothing_about_the_person_goes_to_the_phone(sandbox, centre):
    centre.start()
    centre.scanned(sandbox, "pass")

    for message, said in centre.heard:
        assert PERSON.name not in f"{message}{dict(said.answer)}"
        assert PERSON.resident_id not in f"{message}{dict(said.answer)}"
    assert PERSON.resident_id not in centre.ticket


def test_it_serves_resident_cards_only(centre):
    other = Applicant("CHAN TAI MAN", Document(DocumentKind.HK_MACAO_TRAVEL_PERMIT, "H12345678"))
    scene = Scene(Surface.DESK, RETURN, centre.url)

    assert centre.scan.start(other, scene, Deadline.after(5)).reason == "document_not_served"
    assert centre.scan.start(PERSON, Scene(Surface.DESK, RETURN), Deadline.after(5)).reason == (
        "no_address_for_the_application"
    )
