"""Every number of WeChat's has its verdict, and every road there is tried with a WeChat that says it."""

import orjson
import pytest

from idp.core.deadline import Deadline
from idp.core.http import HttpAnswer, HttpUnavailable
from idp.core.secret import Secret
from idp.realname.adapters.wechat import Options, WechatSignIn
from idp.realname.adapters.wechat.api import WechatApi, WechatRefused, WechatTrouble
from idp.realname.adapters.wechat.face import outcome_of
from idp.realname.adapters.wechat.refusals import Verdict, verdict_of
from idp.realname.ports import Refutation, Refuted, Unavailable, Verified
from tests.contract.wechat.asking import DESK


class Says:
    """A WeChat that answers everything in one way."""

    def __init__(self, told, status=200):
        self.told, self.status, self.calls = told, status, 0

    def request(self, method, url, *, headers, body, deadline, max_bytes=0):
        self.calls += 1
        if isinstance(self.told, Exception):
            raise self.told
        return HttpAnswer(self.status, {}, self.told if isinstance(self.told, bytes) else orjson.dumps(self.told))


def api(told, status=200):
    return WechatApi("https://api.example", 10.0, Says(told, status))


VERDICTS = {
    -1: "busy",
    40001: "misconfigured",
    40003: "failed",
    40013: "misconfigured",
    40014: "renew",
    40029: "restart",
    40030: "restart",
    40125: "misconfigured",
    40163: "replayed",
    40164: "misconfigured",
    40226: "blocked",
    41001: "bug",
    41002: "bug",
    41003: "bug",
    41004: "bug",
    41008: "bug",
    41009: "bug",
    42001: "renew",
    42002: "restart",
    42003: "restart",
    45009: "back_off",
    45011: "back_off",
    48001: "misconfigured",
    50001: "failed",
    50002: "failed",
    99999: "unknown",
}
REFUSED = {
    40003: Refutation.NOT_ALLOWED,
    40029: Refutation.ABANDONED,
    40030: Refutation.ABANDONED,
    40163: Refutation.ABANDONED,
    40226: Refutation.NOT_ALLOWED,
    42002: Refutation.ABANDONED,
    42003: Refutation.ABANDONED,
    50001: Refutation.NOT_ALLOWED,
    50002: Refutation.NOT_ALLOWED,
}


@pytest.mark.parametrize(("errcode", "verdict"), VERDICTS.items())
def test_every_number_has_its_verdict_at_sign_in(errcode, verdict):
    options = Options(website_appid="wx1", website_secret=Secret("s"))
    outcome = WechatSignIn(options, api({"errcode": errcode, "errmsg": "no, rid: 65f-1"})).finish(
        {"code": "c"}, "website", DESK, Deadline.after(5)
    )

    assert verdict_of(errcode) is Verdict(verdict)
    assert outcome == (Refuted(REFUSED[errcode]) if errcode in REFUSED else Unavailable(f"{verdict}:{errcode}"))


def test_what_may_be_repeated_is_repeated_once_when_wechat_is_busy():
    busy = api({"errcode": -1, "errmsg": "busy"})
    with pytest.raises(WechatRefused):
        busy.ask("/x", {}, {}, Deadline.after(5))
    assert busy.http.calls == 2

    with pytest.raises(WechatRefused):
        busy.exchange("/x", {}, Deadline.after(5))
    assert busy.http.calls == 3


@pytest.mark.parametrize(
    "told", [b"", b"{", b"[]", b'"x"', b"\xff", b"null", b'{"a":1,"a":2}', {"errcode": "0"}, {"errcode": True}]
)
def test_what_is_no_answer_is_trouble(told):
    with pytest.raises(WechatTrouble, match="broken_answer"):
        api(told).exchange("/x", {}, Deadline.after(5))


def test_an_answer_counts_with_status_200_only():
    with pytest.raises(WechatTrouble, match="http_502"):
        api({"openid": "o1"}, 502).exchange("/x", {}, Deadline.after(5))


@pytest.mark.parametrize(
    ("openid", "unionid"),
    [(None, "u"), ("", "u"), (7, "u"), ("o" * 65, None), ("o 1", None), ("o1", 7), ("o1", "u" * 65)],
)
def test_names_of_another_shape_are_nobody(openid, unionid):
    options = Options(website_appid="wx1", website_secret=Secret("s"))
    sign_in = WechatSignIn(options, api({"openid": openid, "unionid": unionid}))

    assert isinstance(sign_in.finish({"code": "c"}, "website", DESK, Deadline.after(5)), Unavailable)


def test_trouble_of_the_network_brings_no_address_along():
    with pytest.raises(WechatTrouble) as raised:
        api(HttpUnavailable("refused")).exchange("/x", {"secret": "s3cret"}, Deadline.after(5))

    assert (raised.value.reason, raised.value.__context__, raised.value.__cause__) == ("refused", None, None)


@pytest.mark.parametrize(
    ("verify_ret", "outcome"),
    [
        (10000, Verified),
        (10003, Refutation.MISMATCH),
        (10004, Refutation.FACE_MISMATCH),
        (10009, Refutation.NO_PHOTO),
        (10026, Refutation.NOT_FOUND),
        (10042, Refutation.RATE_LIMITED),
        (10052, Refutation.RATE_LIMITED),
        (10057, Refutation.RATE_LIMITED),
        (10020, Unavailable),
        (10045, Unavailable),
        *((code, Refutation.FAILED) for code in (10001, 10002, 10005, 10006, 10010, 10016, 10017, 10018, 10027, 10028)),
        *((code, Refutation.FAILED) for code in (10066, 0, 1, -1, 10100)),
    ],
)
def test_every_result_of_a_scan_has_its_outcome(verify_ret, outcome):
    found = outcome_of({"errcode": 0, "verify_ret": verify_ret}, "verify_ret", 10000, "n1")

    if isinstance(outcome, Refutation):
        assert found == Refuted(outcome, "n1")
    else:
        assert isinstance(found, outcome)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"errcode": 0},
        {"verify_ret": 10000},
        {"errcode": 1, "verify_ret": 10000},
        {"errcode": False, "verify_ret": 10000},
        {"errcode": "0", "verify_ret": 10000},
        {"errcode": None, "verify_ret": 10000},
        {"errcode": 0, "verify_ret": "10000"},
        {"errcode": 0, "verify_ret": 10000.0},
    ],
)
def test_a_pass_needs_both_numbers(told):
    assert not isinstance(outcome_of(told, "verify_ret", 10000, "n1"), Verified)
