"""Whatever goes wrong at Alipay or on the way, nobody is proven by it, and what was altered is reported."""

import json

import pytest

from idp.core import logging
from idp.core.secret import Secret
from idp.realname.ports import Pending, Refuted, Unavailable
from sandbox.alipay import PART
from tests.contract.alipay.asking import DESK, PERSON, SIGN_IN, options_for, progress, soon, source_of
from tests.contract.sources import FaultContract
from tests.sandbox import alipay_agreed as agreed

IN_EVERY_ANSWER = {
    "hang": "timeout",
    "garbage": "broken_answer",
    "half": "broken_answer",
    "oversize": "too_large",
    "server_error": "http_500",
    "maintenance": "http_503",
    "wrong_signature": "untrusted",
    "tampered": "untrusted",
    "unsigned": "untrusted",
    "decoy": "untrusted",
    "repeated": "broken_answer",
    "unsigned_error": "unsigned:40002:isv.invalid-app-id",
    "unknown_certificate": "untrusted",
    "busy": "gateway:20000:isp.unknow-error",
    "limited": "gateway:40005:aop.call-limited",
    "not_granted": "gateway:40006:isv.insufficient-isv-permissions",
    "unknown_code": "gateway:49999:isv.something-new",
    "stale_time": "gateway:40002:isv.invalid-timestamp",
    "refused_signature": "gateway:40002:isv.invalid-signature",
}
OF_VERDICTS = {"odd_verdict": "no_verdict", "no_verdict": "no_verdict", "other_person": "other_person"}
OF_SCANS = frozenset({"unknown_ticket", "never_passes", *OF_VERDICTS})
OF_SIGN_IN = frozenset({"spent_code", "revoked_token"})


@pytest.fixture(params=["certify", "zhima", "datadigital"])
def face(request, sandbox, http):
    return source_of(options_for(sandbox.url, product=request.param), http).challenge


class TestFaultsAtTheStart(FaultContract):
    part = PART
    reasons = IN_EVERY_ANSWER
    not_met = OF_SCANS | OF_SIGN_IN

    @pytest.fixture
    def asked(self, sandbox, http):
        face = source_of(options_for(sandbox.url, aes_key=Secret(agreed.AES_KEY)), http).challenge
        return lambda seconds: face.start(PERSON, DESK, soon(seconds))


class TestFaultsOfTheResult(FaultContract):
    part = PART
    reasons = IN_EVERY_ANSWER | OF_VERDICTS
    otherwise = {"never_passes": (Pending,), "unknown_ticket": (Refuted,)}
    not_met = OF_SIGN_IN

    @pytest.fixture
    def asked(self, face, phone):
        started = face.start(PERSON, DESK, soon())
        phone.scan(started, "match")
        return lambda seconds: face.poll(PERSON, progress(started), soon(seconds))


class TestFaultsOfSigningIn(FaultContract):
    part = PART
    reasons = IN_EVERY_ANSWER
    otherwise = {"spent_code": (Refuted,)}
    not_met = OF_SCANS | {"revoked_token"}  # the nickname alone needs the token

    @pytest.fixture
    def asked(self, source, phone):
        def asked(seconds):
            begun = source.sign_in.begin("state", SIGN_IN)
            back = _without_fault(phone, begun.url)
            return source.sign_in.finish(back, begun.keep, SIGN_IN, soon(seconds))

        return asked


def _without_fault(phone, url):
    """Get a code while the pages work; the fault is for what follows."""
    switches = phone.sandbox.session.get(
        f"{phone.sandbox.url}/control", headers={"Accept": "application/json"}, timeout=10
    ).json()["services"]["alipay"]
    phone.sandbox.switch("alipay", "none")
    back = phone.agree(url)
    phone.sandbox.switch("alipay", switches["fault"])
    return back


def test_every_fault_of_the_control_page_is_tried():
    assert {*IN_EVERY_ANSWER, *OF_SCANS, *OF_SIGN_IN} == set(PART.faults)


@pytest.mark.parametrize("fault", ["wrong_signature", "tampered", "unsigned", "decoy"])
def test_an_answer_that_is_not_alipays_raises_the_alarm(sandbox, source, fault, tmp_path):
    sandbox.switch("alipay", fault)
    logging.configure(tmp_path / "log")
    try:
        assert source.challenge.start(PERSON, DESK, soon()).reason == "untrusted"
    finally:
        logging.configure(None)

    [line] = (tmp_path / "log").read_text("utf-8").splitlines()
    said = json.loads(line)
    assert (said["event"], said["level"], said["source"]) == ("answer_untrusted", "error", "alipay")
    assert "测试甲" not in line
    assert "certify_id" not in line


def test_a_gateway_that_is_not_there_is_unavailability(http):
    outcome = source_of(options_for("http://127.0.0.1:9"), http).challenge.start(PERSON, DESK, soon())

    assert isinstance(outcome, Unavailable)
    assert outcome.reason == "refused"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"app_id": "2021000000000002"}, "gateway:40002:isv.invalid-app-id"),
        ({"app_private_key": Secret(agreed.private_pem("another"))}, "gateway:40002:isv.invalid-signature"),
        ({"alipay_public_key": agreed.public_pem("another")}, "untrusted"),
        ({"aes_key": Secret("AAAAAAAAAAAAAAAAAAAAAA==")}, "gateway:40002:isv.invalid-parameter"),
    ],
)
def test_wrong_credentials_are_unavailability(sandbox, http, change, reason):
    outcome = source_of(options_for(sandbox.url, **change), http).challenge.start(PERSON, DESK, soon())

    assert isinstance(outcome, Unavailable)
    assert outcome.reason == reason
