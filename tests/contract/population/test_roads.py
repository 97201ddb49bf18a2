"""Every road leads to the same registry: the same verdicts, and JSON answers in every shape opened as strictly as XML."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.core import clock
from idp.core.secret import Secret
from idp.realname.adapters.population.datalist import JsonEnvelope
from idp.realname.adapters.population.messages import EnvelopeBroken, Question
from idp.realname.adapters.population.reading import judge
from idp.realname.ports import Refutation, Refuted, Unavailable, Verified
from tests.contract.population.asking import ATTESTED, PERSON, applicant, ask
from tests.contract.population.roads import ROADS, options_of, source_of

NUMBER = "5f0c1d2e3a4b4c5d8e9f001122334455"
ITEM = {"gmsfzh": PERSON.resident_id, "gmsfzh_ppddm": "1", "xm_ppddm": "1", "swbs": "0"}
ENVELOPE = JsonEnvelope(options_of("provincial json", "http://127.0.0.1:1", api_id="api-1", from_user="idp"))
QUESTION = Question("GK_GXFW_SFHC", "/x", PERSON, NUMBER, clock.now())
OVER_EVERY_ROAD = pytest.mark.parametrize("road", ROADS)


@OVER_EVERY_ROAD
@pytest.mark.parametrize(
    ("name", "number", "reason"),
    [
        ("测试甲", "370199198503070017", None),
        ("买买提·测试", "37019919900520008X", None),
        ("测试丙", "370199199912310012", Refutation.MISMATCH),
        ("测试甲", "370199194910010013", Refutation.NOT_FOUND),
        ("测试丁", "370299197001010111", Refutation.DECEASED),
    ],
)
def test_the_verdict_is_the_same_over_every_road(adapter, name, number, reason):
    outcome = ask(adapter, applicant(name, number))

    assert len(outcome.request_number) == 32
    assert outcome == (
        Verified(ATTESTED, outcome.request_number) if reason is None else Refuted(reason, outcome.request_number)
    )


@OVER_EVERY_ROAD
def test_a_key_that_is_not_ours_opens_nothing(sandbox, road, http):
    check = source_of(options_of(road, sandbox.url, app_key=Secret("another")), http).check
    assert isinstance(ask(check), Unavailable)


def as_text(*items, status="0"):
    return {"code": "200", "data": json.dumps({"status": status, "msg": "查询成功", "data": list(items)})}


def with_head(*items, status="0"):
    return {"head": {"status": status, "msg": ""}, "data": {"cxjg": list(items)}}


def in_datas(*items):
    return {"code": "00", "msg": "成功", "data": "", "datas": list(items)}


def judged(told):
    return judge(ENVELOPE.open(json.dumps(told).encode(), QUESTION), PERSON, request_number=NUMBER)


@pytest.mark.parametrize("shape", [as_text, with_head, in_datas])
def test_every_shape_is_opened(shape):
    assert judged(shape(ITEM)) == Verified(ATTESTED, NUMBER)
    assert judged(shape({name: value for name, value in ITEM.items() if name != "gmsfzh"})) == Verified(
        ATTESTED, NUMBER
    )
    assert judged(shape(ITEM | {"xm_ppddm": "2"})) == Refuted(Refutation.MISMATCH, NUMBER)
    assert judged(shape(ITEM | {"gmsfzh_ppddm": 0})) == Refuted(Refutation.NOT_FOUND, NUMBER)
    assert judged(shape(ITEM | {"gmsfzh": None})) == Unavailable("number_differs", NUMBER)
    assert judged(shape(ITEM | {"swbs": ""})) == Unavailable("no_standing", NUMBER)
    assert judged(shape()) == Unavailable("no_record", NUMBER)


@pytest.mark.parametrize("shape", [as_text, with_head])
@pytest.mark.parametrize("status", ["1", "10", "11", "", None, True, "测试甲", ["0"], {"0": "0"}])
def test_only_status_zero_is_success(shape, status):
    assert isinstance(judged(shape(ITEM, status=status)), Unavailable)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "broken_json"),
        (b"<a/>", "broken_json"),
        (b"[" * 100_000, "broken_json"),
        (b"[]", "no_package"),
        (b'{"code": "200"}', "no_package"),
        (b'{"code": "200", "data": "["}', "broken_json"),
        (b'{"code": "200", "data": "[]"}', "no_package"),
        (json.dumps(with_head(ITEM, ITEM)).encode(), "several_records"),
        (json.dumps(with_head("x")).encode(), "no_package"),
        (b'{"head": {"status": "1", "status": "0"}, "data": {"cxjg": []}}', "broken_json"),
    ],
)
def test_what_is_no_answer_is_broken(body, reason):
    with pytest.raises(EnvelopeBroken) as broken:
        ENVELOPE.open(body, QUESTION)

    assert broken.value.reason == reason


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["0", "1", "01", "200", "00", "x"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from([*ITEM, "code", "data", "head", "cxjg", "status", "datas"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(anything)
def test_nothing_but_broken_or_an_answer_comes_of_noise(told):
    try:
        ENVELOPE.open(json.dumps(told).encode(), QUESTION)
    except EnvelopeBroken:
        return


def test_the_question_in_json():
    call = ENVELOPE.wrap(QUESTION)

    assert json.loads(call.body) == {"datalist": [{"gmsfzh": "370199198503070017", "xm": "测试甲"}]}
    assert call.headers == {"api_id": "api-1", "from_user": "idp"}
    assert "测试甲" not in repr(call)


def test_the_exchanges_soap_header_is_the_published_one(sandbox, http):
    ask(source_of(options_of("national soap", sandbox.url), http).check)
    (_, _, token), (url, headers, body) = http.sent

    assert set(json.loads(token)) == {"gjgxjhpt_rid", "gjgxjhpt_sid", "gjgxjhpt_rtime", "gjgxjhpt_sign"}
    assert url == f"{sandbox.url}/wsproxy"
    assert headers["Content-Type"] == "text/xml;charset=UTF-8"
    assert body.partition(b"<soapenv:Header>")[2].startswith(
        b"<tongtechheader><gjgxjhpt_rid>RID-SANDBOX-001</gjgxjhpt_rid>"
        b"<gjgxjhpt_sid>s_1200000900000_2109</gjgxjhpt_sid><gjgxjhpt_rtime>"
    )
