"""The older face interface: the phone brings a result, our server exchanges it and compares whom it is about."""

import pytest

from idp.core.identifiers import Document, DocumentKind
from idp.realname.adapters.wechat import ADAPTER, FirstFaceScan
from idp.realname.ports import Applicant, Pending, Refutation, Refuted, Verified
from idp.realname.sources import Tools
from sandbox.wechat import PART
from tests.contract.sources import FaultContract
from tests.contract.wechat.asking import Centre, RecordingHttp, options_for
from tests.contract.wechat.test_face import REASONS


@pytest.fixture
def first(options, mini):
    with Centre(FirstFaceScan(mini, options.face_link)) as running:
        yield running


class TestFaultsOfTheOlderInterface(FaultContract):
    part = PART
    reasons = REASONS
    otherwise = {"unknown_code": (Pending,)}
    not_met = frozenset({"text_plain"})

    @pytest.fixture
    def asked(self, sandbox, first):
        first.start()
        first.scanned(sandbox, "pass")
        return first.poll


def test_a_block_chooses_the_version(sandbox):
    tools = Tools(RecordingHttp(), None, "http://localhost:8000")

    assert type(ADAPTER.build("wechat", options_for(sandbox, face_version=1), tools).challenge) is FirstFaceScan
    assert ADAPTER.build("wechat", options_for(sandbox, face_link=""), tools).challenge is None
    assert ADAPTER.build("wx", options_for(sandbox), tools).sign_in.source == "wx"


def test_a_person_is_proven_by_their_own_face(sandbox, first):
    first.start()
    first.scanned(sandbox, "pass")

    assert isinstance(first.poll(), Verified)
    assert all("测试甲" not in str(dict(said.answer)) for _, said in first.heard)


@pytest.mark.parametrize(("action", "why"), [("other_face", Refutation.FACE_MISMATCH), ("blurred", Refutation.FAILED)])
def test_every_other_ending_is_none(sandbox, first, action, why):
    first.start()
    first.scanned(sandbox, action)

    assert first.poll().reason is why


def test_a_result_is_waited_for(sandbox, first):
    first.start()
    first.opened(sandbox)
    assert first.converse({"step": "done"}).answer == {"error": "no_result"}
    assert isinstance(first.poll(), Pending)
    assert isinstance(first.poll(is_last=True), Pending)


def test_a_result_that_wechat_does_not_know_is_a_failed_scan(sandbox, first):
    first.start()
    first.opened(sandbox)
    first.converse({"step": "done", "verify_result": "invented"})

    assert isinstance(first.poll(), Refuted)


def test_somebody_elses_scan_is_not_taken(sandbox, options, mini, first):
    """Another person of another attempt passes, and their result is brought to this one."""
    other = Applicant("测试乙", Document(DocumentKind.RESIDENT_ID, "370199198503070025"))
    with Centre(FirstFaceScan(mini, options.face_link), other) as theirs:
        theirs.start()
        theirs.scanned(sandbox, "pass")
        [result] = [message["verify_result"] for message, _ in theirs.heard if message["step"] == "done"]
    first.start()
    first.opened(sandbox)
    first.converse({"step": "done", "verify_result": result})

    assert first.poll().reason is Refutation.MISMATCH


def test_the_same_persons_scan_of_another_attempt_is_not_taken(sandbox, options, mini, first):
    with Centre(FirstFaceScan(mini, options.face_link)) as earlier:
        earlier.start()
        earlier.scanned(sandbox, "pass")
        result = earlier.heard[-1][0]["verify_result"]
    first.start()
    first.opened(sandbox)
    first.converse({"step": "done", "verify_result": result})

    assert first.poll().reason is Refutation.MISMATCH
