"""The registers of organisations against the sandbox over real HTTP: every verdict, every state, every prefix."""

import json
from dataclasses import replace
from datetime import date

import pytest

from idp.core.deadline import Deadline
from idp.core.errors import ConfigurationError
from idp.core.identifiers import Uscc
from idp.core.identifiers.uscc import uscc_check_character
from idp.core.secret import Secret
from idp.realname import registers as routing
from idp.realname.adapters import business
from idp.realname.adapters.business import CivilAffairsOptions, answers, samr, states
from idp.realname.ports import Found, OrganisationState, Refutation, Refuted, Unavailable, Verified
from tests.contract.business.conftest import look_up, register_of, verify

ATTESTED = frozenset({"name", "uscc", "legal_representative"})
TECHNOLOGY = "91370199MA3DEM019F"


@pytest.mark.parametrize(
    ("code", "name", "head", "kind", "state"),
    [
        (TECHNOLOGY, "山东示例科技有限公司", "测试甲", "company", "active"),
        ("91370199MA3DEM115Q", "山东示例商贸有限公司", "测试乙", "company", "revoked"),
        ("92370199MA3DEM2034", "济南市示例小吃店", "测试甲", "individual_business", "active"),
        ("92370199MA3DEM414K", "", "测试戊", "individual_business", "active"),
        ("93370199MA3DEM30X7", "示例种植专业合作社", "买买提·测试", "cooperative", "active"),
        ("1137019900DEM0402K", "示例市某局", "测试乙", "organ", "active"),
        ("1237019949DEM05000", "示例市第一中学", "测试甲", "institution", "active"),
        ("5137019950DEM0708U", "示例行业协会", "测试戊", "social_group", "active"),
        ("5237019950DEM08042", "示例社会服务中心", "测试甲", "private_non_enterprise", "active"),
        ("5337019950DEM09008", "示例公益基金会", "测试乙", "foundation", "revoked"),
        ("91370199MA3DEM5025", "沙箱已迁出有限公司", "测试壬", "company", "moved"),
        ("91370199MA3DEM5100", "沙箱已注销有限公司", "测试壬", "company", "closed"),
        ("91370199MA3DEM529W", "沙箱已撤销有限公司", "测试壬", "company", "closed"),
        ("91370199MA3DEM537P", "沙箱停业有限公司", "测试壬", "company", "suspended"),
        ("91370199MA3DEM545J", "沙箱状态不明有限公司", "测试壬", "company", "unknown"),
    ],
)
def test_what_a_register_says_about_an_organisation(registers, code, name, head, kind, state):
    register = routing.register_for(registers.all(), Uscc.parse(code))
    outcome = register.look_up(Uscc.parse(code), Deadline.after(8))

    assert isinstance(outcome, Found)
    record = outcome.record
    assert (record.name, record.legal_representative, record.kind, record.state) == (name, head, kind, state)
    assert len(outcome.request_number) == 32
    compared = verify(register, code, name, head)
    if state == "active":
        assert isinstance(compared, Verified)
    elif state == "unknown":
        assert isinstance(compared, Unavailable)
    else:
        assert compared.reason is Refutation.NOT_ACTIVE


@pytest.mark.parametrize(
    ("code", "name", "head", "reason"),
    [
        ("91370100MA3DEM0198", "无此公司", "测试甲", Refutation.NOT_FOUND),  # 01
        (TECHNOLOGY, "沙箱演示建设有限公司", "测试甲", Refutation.AMBIGUOUS),  # 02
        (TECHNOLOGY, "山东示例科技有限公司", "测试乙", Refutation.MISMATCH),  # 04
        (TECHNOLOGY, "山东示例科技", "测试甲", Refutation.MISMATCH),
        ("92370199MA3DEM414K", "", "测试甲", Refutation.MISMATCH),
        ("92370199MA3DEM2034", "***", "测试乙", Refutation.MISMATCH),
        ("5237019950DEM08042", "示例社会服务中心", "测试乙", Refutation.MISMATCH),
        ("5237019950DEM08042", "示例中心", "测试甲", Refutation.MISMATCH),
    ],
)
def test_a_register_refutes_for_a_reason(registers, code, name, head, reason):
    code = code[:17] + uscc_check_character(code[:17])
    outcome = verify(routing.register_for(registers.all(), Uscc.parse(code)), code, name, head)

    assert isinstance(outcome, Refuted)
    assert (outcome.reason, len(outcome.request_number)) == (reason, 32)


def test_values_that_are_missing_are_no_refusal(samr):
    assert verify(samr, TECHNOLOGY, "", "测试甲").reason == "bad_request"  # 05


@pytest.mark.parametrize("name", ["", "***", "测试戊", " *** "])
def test_an_individual_business_without_a_trade_name_is_compared_by_code_and_operator(samr, http, name):
    assert isinstance(verify(samr, "92370199MA3DEM414K", name, "测试戊"), Verified)
    assert json.loads(http.sent[-1][2]) == {"uniscid": "92370199MA3DEM414K", "name": "测试戊"}


def test_the_bytes_on_the_wire(sandbox, samr, http):
    look_up(samr, TECHNOLOGY)
    verify(samr, TECHNOLOGY, "山东示例科技有限公司", "测试甲")
    (_, query, body), (url, _, compared) = http.sent[-2:]

    assert url == f"{sandbox.url}/proxy/api/SAMR_QYXXHY"
    assert body == b'{"entname":"","uniscid":"91370199MA3DEM019F"}'
    assert compared.decode() == ('{"entname":"山东示例科技有限公司","uniscid":"91370199MA3DEM019F","name":"测试甲"}')
    assert query["Authorization"] == "Basic YnVzaW5lc3MtdXNlcjpidXNpbmVzcy1wd2Q="
    assert query["Content-Type"] == "application/json;charset=UTF-8"
    assert {"gateway_appid", "gateway_rtime", "gateway_sig"} <= set(query)


def test_the_term_is_read(samr):
    assert look_up(samr, TECHNOLOGY).record.until == date(2048, 6, 19)
    assert look_up(samr, "92370199MA3DEM2034").record.until is None


@pytest.mark.parametrize("shape", ["wrapped", "no_apprdate"])
def test_other_shapes_are_read_as_well(sandbox, samr, shape):
    sandbox.switch("business", shape)

    assert look_up(samr, TECHNOLOGY).record.state is OrganisationState.ACTIVE
    assert isinstance(verify(samr, TECHNOLOGY, "山东示例科技有限公司", "测试甲"), Verified)


@pytest.mark.parametrize("shape", ["no_state", "strange_state"])
def test_a_state_that_nobody_agreed_on_is_never_live(sandbox, registers, shape):
    sandbox.switch("business", shape)
    sandbox.switch("civil_affairs", shape)

    assert look_up(registers.samr, TECHNOLOGY).record.state is OrganisationState.UNKNOWN
    assert look_up(registers.civil_affairs, "5237019950DEM08042").record.state is OrganisationState.UNKNOWN


def test_the_true_value_behind_a_difference_appears_nowhere(sandbox, samr, capfd, caplog):
    outcome = verify(samr, "91370199MA3T0005XY", "沙箱演示建设有限公司", "测试乙")
    sandbox.switch("business", "contradictory")
    contradictory = verify(samr, "91370199MA3T0005XY", "沙箱演示建设有限公司", "测试己")

    assert outcome.reason is Refutation.MISMATCH
    shown = f"{outcome!r} {contradictory!r} {samr!r} {caplog.text} {''.join(capfd.readouterr())}"
    assert "测试己" not in shown
    assert "样例另一人" not in shown


def test_a_wrong_password_is_unavailability(options, http):
    changed = replace(options, basic_password=Secret("other"))

    assert look_up(register_of(changed, http), TECHNOLOGY).reason == "gateway:401004"


@pytest.mark.parametrize("channel", ["national"])
def test_the_national_exchange_is_another_road_to_the_same_register(sandbox, samr, http):
    assert look_up(samr, TECHNOLOGY).record.legal_representative == "测试甲"
    assert isinstance(verify(samr, TECHNOLOGY, "山东示例科技有限公司", "测试甲"), Verified)
    (token, _, signed), (url, headers, body) = http.sent[:2]

    assert samr.channel == "national_exchange"
    assert (token, url) == (f"{sandbox.url}/sysapi/auth/refreshappsecret", f"{sandbox.url}/httpproxy")
    assert json.loads(signed)["gjgxjhpt_sid"] == headers["gjgxjhpt_sid"] == "s_1200003200000_2158"
    assert {"gjgxjhpt_rid", "gjgxjhpt_rtime", "gjgxjhpt_sign"} <= set(headers)
    assert body == b'{"entname":"","uniscid":"91370199MA3DEM019F"}'
    assert {each["gjgxjhpt_sid"] for _, each, _ in http.sent if "gjgxjhpt_sid" in each} == {
        "s_1200003200000_2158",
        "s_1200003200000_2157",
    }


def test_an_expired_secret_is_renewed_once(sandbox, samr, http):
    sandbox.switch("business", "expired_secret", times=1)

    assert isinstance(look_up(samr, TECHNOLOGY), Found)
    assert http.paths() == ["/auth/token", "/api/SAMR_QYJBXXCX"] * 2


def test_a_city_library_answers_for_every_kind(library_register, http):
    for code, name, head in (
        (TECHNOLOGY, "山东示例科技有限公司", "测试甲"),
        ("92370199MA3DEM414K", "", "测试戊"),
        ("5237019950DEM08042", "示例社会服务中心", "测试甲"),
        ("1137019900DEM0402K", "示例市某局", "测试乙"),
    ):
        assert isinstance(verify(library_register, code, name, head), Verified)
        assert verify(library_register, code, name, "测试丙").reason is Refutation.MISMATCH
        assert look_up(library_register, code).record.name == name
    assert b"tyxydm=1137019900DEM0402K&appKey=zj-app-001&requestTime=" in http.sent[-1][2]


def test_a_weak_signature_is_a_choice(library):
    with pytest.raises(ConfigurationError, match="allow_weak_signatures"):
        replace(library, allow_weak_signatures=False)


SERVED = {"91": 0, "92": 0, "93": 0, "51": 1, "52": 1, "53": 1, "11": 2, "12": 2, "13": 2, "19": 2}
MANUAL = (
    *("54", "55", "31", "32", "33", "34", "35", "N1", "N2", "N3", "21", "29", "41", "49"),
    *("61", "62", "71", "72", "81", "89", "A1", "Y1", "94", "99", "59", "14"),
)


def code_of(prefix: str) -> Uscc:
    body = f"{prefix}370199MA3DEM019"
    return Uscc.parse(body + uscc_check_character(body))


@pytest.mark.parametrize("prefix", [*SERVED, *MANUAL])
def test_the_first_two_characters_choose_the_register(registers, prefix):
    serving = [place for place, register in enumerate(registers.all()) if register.serves(code_of(prefix))]

    assert serving == ([SERVED[prefix]] if prefix in SERVED else [])
    if prefix in MANUAL:
        assert routing.register_for(registers.all(), code_of(prefix)) is None


def test_committees_are_with_civil_affairs_where_the_province_says_so(sandbox, tools):
    options = CivilAffairsOptions(endpoint=sandbox.url, app_id="a", app_key=Secret("b"), has_committees=True)
    register = business.CIVIL_AFFAIRS.build("civil_affairs", options, tools).register

    assert all(register.serves(code_of(prefix)) for prefix in ("51", "54", "55"))


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("存续（在营、开业、在册）", "active"),
        ("存续(在营、开业、在册)", "active"),
        ("存续", "active"),
        ("在营（开业）企业", "active"),
        ("开业", "active"),
        ("在册", "active"),
        ("正常", "active"),
        ("吊销,未注销", "revoked"),
        ("吊销，未注销", "revoked"),
        ("吊销，已注销", "closed"),
        ("注销", "closed"),
        ("撤销", "closed"),
        ("迁出", "moved"),
        ("停业", "suspended"),
        ("存续、停业", "suspended"),
        ("不存续", "unknown"),
        ("存续异常", "unknown"),
        ("存续（经营异常）", "unknown"),
        ("未注销", "unknown"),
        ("拟注销", "unknown"),
        ("其他", "unknown"),
        ("、", "unknown"),
        ("", "unknown"),
        ("active", "unknown"),
        (1, "unknown"),
        (None, "unknown"),
        (["存续"], "unknown"),
    ],
)
def test_words_about_a_state(words, state):
    assert states.read(words) == state


AGREES = {
    "ent_idx": {"uniscid": TECHNOLOGY},
    "regstateCn": "存续",
    "entchk_checkres_key": "03",
    "diff_list": [],
}


@pytest.mark.parametrize(
    "told",
    [
        AGREES | {"entchk_checkres_key": 3},
        AGREES | {"entchk_checkres_key": "3"},
        AGREES | {"entchk_checkres_key": ["03"]},
        AGREES | {"ent_idx": None},
        AGREES | {"ent_idx": {"uniscid": TECHNOLOGY.lower()}},
        AGREES | {"regstateCn": "其他"},
        AGREES | {"diff_list": [{}]},
        {"code": "0"},
        [AGREES],
        "03",
        None,
    ],
)
def test_what_is_not_quite_an_agreement_is_none(told):
    judged = samr.judge(told, Uscc.parse(TECHNOLOGY), attested=ATTESTED, request_number="1")

    assert isinstance(judged, Unavailable)
    assert isinstance(samr.judge(AGREES, Uscc.parse(TECHNOLOGY), attested=ATTESTED, request_number="1"), Verified)


@pytest.mark.parametrize(
    "body", [b'{"a": 1, "a": 2}', b"[NaN]", b'{"status": "0", "data": "[{\\"a\\": 1, \\"a\\": 2}]"}']
)
def test_what_could_be_read_in_two_ways_is_no_answer(body):
    with pytest.raises(answers.AnswerBroken, match="no_json"):
        answers.opened(body)


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "gateway"},
        {"app_id": ""},
        {"app_id": "应用"},
        {"app_key": Secret("")},
        {"basic_user": ""},
        {"legal_id_field": "a b"},
        {"channel": "pigeon"},
        {"answer_seconds": 0.0},
        {"query_service": "", "channel": "national"},
        {"verification_service": "/proxy/api/SAMR_QYJBXXCX"},
    ],
)
def test_wrong_options_stop_the_boot(options, change):
    with pytest.raises(ConfigurationError, match=next(iter(change))):
        replace(options, **change)
