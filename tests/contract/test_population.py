"""The population adapter against the sandbox over real HTTP: every verdict, every fault, the bytes, the secret."""

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.errors import ConfigurationError
from idp.core.http import HttpAnswer, HttpClient
from idp.core.secret import Secret
from idp.realname.adapters.population import Options, PopulationAdapter, cipher, envelope
from idp.realname.adapters.population.adapter import judge
from idp.realname.adapters.population.channel import ProvincialGateway
from idp.realname.adapters.population.envelope import Answer, EnvelopeBroken, Record
from idp.realname.ports import Adapter, Applicant, Refutation, Refuted, Unavailable, Verified
from sandbox.faults import FAULTS
from tests.sandbox import wire
from tests.sandbox.served import ServedSandbox

PERSON = Applicant("测试甲", "370199198503070017")
ATTESTED = frozenset({"name", "resident_id"})


class RecordingHttp(HttpClient):
    """Sends for real and keeps what it sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, dict[str, str], bytes]] = []

    def request(self, method, url, *, headers, body, deadline, max_bytes=262_144) -> HttpAnswer:
        self.sent.append((url, dict(headers), body))
        return super().request(method, url, headers=headers, body=body, deadline=deadline, max_bytes=max_bytes)

    def paths(self) -> list[str]:
        return [url.partition("/proxy")[2] for url, _, _ in self.sent]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSandbox]:
    with ServedSandbox(tmp_path_factory.mktemp("sandbox"), hang_seconds=3) as running:
        yield running


@pytest.fixture
def sandbox(served: ServedSandbox) -> Iterator[ServedSandbox]:
    served.post("/control", json={"action": "reset"})
    yield served
    served.travel_home()
    clock.travel_home()


@pytest.fixture
def options(sandbox: ServedSandbox) -> Options:
    return Options(
        endpoint=sandbox.url,
        app_id=wire.APP_ID,
        app_key=Secret(wire.APP_KEY),
        soap_user="sandbox-user",
        soap_password=Secret("sandbox-pwd"),
        department_code="370000",
        department_name="省政务服务用户认证中心",
        person_number="370199198503070025",
        person_name="测试乙",
    )


@pytest.fixture
def http() -> RecordingHttp:
    return RecordingHttp()


@pytest.fixture
def adapter(options: Options, http: RecordingHttp) -> PopulationAdapter:
    return PopulationAdapter.over_provincial_gateway(options, http)


def ask(adapter: Adapter, applicant: Applicant = PERSON, seconds: float = 8):
    return adapter.verify(applicant, Deadline.after(seconds))


def at_once(count: int, work) -> list:
    results, gate = [], threading.Barrier(count)

    def run() -> None:
        gate.wait()
        results.append(work())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def travel(sandbox: ServedSandbox, seconds: int) -> None:
    clock.travel(timedelta(seconds=seconds))
    sandbox.travel(seconds)


# --- verdicts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("测试甲", "370199198503070017"),
        ("测试乙", "370199198503070025"),
        ("买买提·测试", "37019919900520008X"),
        ("测试戊", "370699200002290123"),
        ("测试小", "370199201506010030"),
    ],
)
def test_people_on_record_are_verified(adapter, name, number):
    outcome = ask(adapter, Applicant(name, number))

    assert isinstance(outcome, Verified)
    assert outcome.attested == adapter.capability.attests == ATTESTED
    assert re.fullmatch(r"[0-9a-f]{32}", outcome.request_number)


@pytest.mark.parametrize(
    ("name", "number", "reason"),
    [
        ("测试丙", "370199199912310012", Refutation.MISMATCH),
        ("测试乙", "370199198503070017", Refutation.MISMATCH),
        ("买买提•测试", "37019919900520008X", Refutation.MISMATCH),
        ("测<&]]>\"'试", "370199198503070017", Refutation.MISMATCH),
        ("测试甲", "370199194910010013", Refutation.NOT_FOUND),
        ("测试丁", "370299197001010111", Refutation.DECEASED),
    ],
)
def test_the_registry_refutes_for_a_reason(adapter, name, number, reason):
    outcome = ask(adapter, Applicant(name, number))

    assert isinstance(outcome, Refuted)
    assert (outcome.reason, len(outcome.request_number)) == (reason, 32)


@pytest.mark.parametrize("number", ["370199198503070018", "37019919900520008x", "370199209901010010", ""])
def test_an_impossible_number_costs_no_call(adapter, http, number):
    assert ask(adapter, Applicant("测试甲", number)) == Refuted(Refutation.NOT_FOUND)
    assert http.sent == []


def test_the_adapter_says_what_it_is(adapter):
    assert (adapter.source, adapter.channel) == ("population", "provincial_gateway")
    assert adapter.capability.assurance_level == 1


# --- the bytes ----------------------------------------------------------------------------------------------------


def test_the_request_is_the_published_one_byte_for_byte(options):
    built = envelope.build(
        options,
        PERSON,
        request_number=wire.REQUEST_NUMBER,
        now=datetime.fromtimestamp(wire.RTIME / 1000, UTC),
    )

    assert built == wire.REQUEST.encode()


def test_the_call_travels_with_the_published_headers(sandbox, options, http):
    clock.travel(datetime.fromtimestamp(wire.RTIME / 1000, UTC) - clock.now())
    sandbox.set_clock(wire.RTIME)
    adapter = PopulationAdapter(options, ProvincialGateway(options, http), lambda: wire.REQUEST_NUMBER)

    assert ask(adapter) == Verified(ATTESTED, wire.REQUEST_NUMBER)
    (_, token_headers, token_body), (url, headers, body) = http.sent
    assert (http.paths(), token_body) == (["/auth/token", "/api/GK_GXFW_SFHC"], b"")
    assert url == sandbox.url + wire.SERVICE
    assert set(headers) == {"Content-Type", "SOAPAction", "gateway_appid", "gateway_rtime", "gateway_sig"}
    assert (headers["Content-Type"], headers["SOAPAction"]) == ("text/xml;charset=UTF-8", '""')
    assert headers["gateway_appid"] == token_headers["gateway_appid"] == wire.APP_ID
    assert token_headers["gateway_sig"] == wire.sign(wire.APP_KEY, wire.APP_ID + token_headers["gateway_rtime"])
    assert 0 <= int(headers["gateway_rtime"]) - wire.RTIME < 60_000
    sent_at = rb"<FSSJ>(\d{14})</FSSJ>"
    assert re.search(sent_at, body)[1].startswith(b"2023111506")
    assert re.sub(sent_at, b"", body) == re.sub(sent_at, b"", wire.REQUEST.encode())


def test_the_check_vectors_of_the_platform_hold():
    national = Secret("sandbox-appkey-0001")

    assert cipher.derived_key(national).hex() == "b2d324d8c087751fb87724dbef6867e5"
    sealed = "CWlCiIftwV8oBC37ReABitwXSjjccsAIbWMq3seEcXg="
    assert cipher.decrypt_secret(national, sealed).reveal() == "sandbox-secret-abcdef"
    signature = cipher.sign(Secret("gw-appkey-0001"), "gw-app-0011700000000000")
    assert signature == "OnbT0P2B+3FJKQ+/EKB76yU6FE2GHKAdJ0SbTGli2Ik="


@pytest.mark.parametrize("sealed", ["", "!", "AAAA", "CWlCiIftwV8oBC37ReABitwXSjjccsAIbWMq3seEcXk=", "é"])
def test_a_secret_that_does_not_decrypt_is_broken(sealed):
    with pytest.raises(cipher.SecretBroken):
        cipher.decrypt_secret(Secret("sandbox-appkey-0001"), sealed)


def test_another_namespace_is_a_setting(options, http):
    changed = replace(options, namespace="http://webservice.tongtech.com/")

    assert isinstance(ask(PopulationAdapter.over_provincial_gateway(changed, http)), Verified)
    assert b'xmlns:web="http://webservice.tongtech.com/"' in http.sent[-1][2]


# --- the session secret -------------------------------------------------------------------------------------------


def test_a_secret_is_kept_until_a_minute_before_its_end(sandbox, adapter, http):
    ask(adapter)
    travel(sandbox, 530)
    ask(adapter)
    assert http.paths().count("/auth/token") == 1

    travel(sandbox, 15)
    assert isinstance(ask(adapter), Verified)
    assert http.paths().count("/auth/token") == 2


def test_many_threads_fetch_one_secret(adapter, http):
    outcomes = at_once(12, lambda: ask(adapter))

    assert all(isinstance(outcome, Verified) for outcome in outcomes)
    assert len({outcome.request_number for outcome in outcomes}) == 12
    assert http.paths().count("/auth/token") == 1


def test_many_threads_with_an_expired_secret_renew_it_once(sandbox, adapter, http):
    ask(adapter)
    sandbox.forget_secrets()
    outcomes = at_once(12, lambda: ask(adapter))

    assert all(isinstance(outcome, Verified) for outcome in outcomes)
    assert http.paths().count("/auth/token") == 2


def test_an_expired_secret_is_renewed_once_and_the_same_call_repeated(sandbox, adapter, http):
    sandbox.switch("population", "expired_secret", times=1)

    assert isinstance(ask(adapter), Verified)
    assert http.paths() == ["/auth/token", "/api/GK_GXFW_SFHC"] * 2
    assert http.sent[1][2] == http.sent[3][2]
    assert http.sent[1][1]["gateway_sig"] != http.sent[3][1]["gateway_sig"]


def test_a_secret_that_never_works_is_not_renewed_for_ever(sandbox, adapter, http):
    sandbox.switch("population", "expired_secret")

    assert ask(adapter).reason == "gateway:401002"
    assert http.paths() == ["/auth/token", "/api/GK_GXFW_SFHC"] * 2


def test_nobody_waits_for_another_ones_renewal_past_the_deadline(sandbox, adapter):
    sandbox.switch("population", "hang")
    outcomes = at_once(4, lambda: ask(adapter, seconds=0.4))

    assert {outcome.reason for outcome in outcomes} == {"timeout"}


# --- faults -------------------------------------------------------------------------------------------------------

WITHOUT_SECRET = {
    "hang": "timeout",
    "garbage": "token:broken",
    "soap_fault": "soap_fault",
    "fhdm_20": "package_code:20",
    "wrong_request_id": "request_number_differs",
    "server_error": "token:http_500",
    "closed": "token:500001",
    "expired_secret": "gateway:401002",
    "wrong_signature": "token:401002",
    "malformed_xml": "broken_xml",
    "doctype": "broken_xml",
    "oversize": "too_large",
    "record_error": "record_code:99",
    "other_person": "number_differs",
    "empty_codes": "no_match_code",
    "token_garbage": "token:broken",
    "quota": "token:429001",
    "not_granted": "gateway:403001",
}
WITH_SECRET = WITHOUT_SECRET | {
    "garbage": "broken_xml",
    "server_error": "gateway:http_500",
    "closed": "gateway:500001",
    "quota": "gateway:429001",
}


def test_every_fault_of_the_control_page_is_tried():
    assert set(WITHOUT_SECRET) == set(FAULTS["population"]) - {"none"}


@pytest.mark.parametrize(("fault", "reason"), WITHOUT_SECRET.items())
def test_no_fault_proves_anything(sandbox, adapter, fault, reason):
    sandbox.switch("population", fault)
    outcome = ask(adapter, seconds=1 if fault == "hang" else 8)

    assert isinstance(outcome, Unavailable)
    assert (outcome.reason, len(outcome.request_number)) == (reason, 32)


@pytest.mark.parametrize(("fault", "reason"), WITH_SECRET.items())
def test_no_fault_proves_anything_when_the_secret_is_known(sandbox, adapter, fault, reason):
    assert isinstance(ask(adapter), Verified)
    sandbox.switch("population", fault)
    outcome = ask(adapter, seconds=1 if fault == "hang" else 8)

    assert isinstance(outcome, Unavailable)
    assert outcome.reason == reason
    sandbox.switch("population", "none")
    assert isinstance(ask(adapter), Verified)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"app_id": "gw-app-002"}, "token:401001"),
        ({"app_key": Secret("other")}, "token:401002"),
        ({"soap_user": "other"}, "package_code:20"),
        ({"soap_password": Secret("other")}, "package_code:20"),
        ({"service_path": "/proxy/api/GK_JZCX_RKJCXXCX"}, "gateway:403001"),
        ({"operation": "GK_OTHER"}, "soap_fault"),
        ({"token_path": "/auth/token"}, "token:http_404"),
        ({"namespace": "http://elsewhere.example/"}, "soap_fault"),
    ],
)
def test_wrong_credentials_and_addresses_are_unavailability(options, http, change, reason):
    outcome = ask(PopulationAdapter.over_provincial_gateway(replace(options, **change), http))

    assert isinstance(outcome, Unavailable)
    assert outcome.reason == reason


def test_a_gateway_that_is_not_there_is_unavailability(options, http):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
        outcome = ask(PopulationAdapter.over_provincial_gateway(replace(options, endpoint=nobody), http))

    assert outcome.reason == "refused"


def test_our_clock_astray_is_unavailability(adapter):
    clock.travel(timedelta(minutes=6))

    assert ask(adapter).reason == "token:401003"


def test_a_deadline_that_is_over_asks_nobody(adapter):
    assert ask(adapter, seconds=0).reason == "timeout"


# --- reading ------------------------------------------------------------------------------------------------------

NUMBER = "5f0c1d2e3a4b4c5d8e9f001122334455"
AGREES = Record("", "", PERSON.resident_id, "1", "1", "0")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(NUMBER, "10", AGREES), Verified(ATTESTED, NUMBER)),
        (Answer(NUMBER, "11", AGREES), Verified(ATTESTED, NUMBER)),
        (Answer(NUMBER, "12", AGREES), Unavailable("package_code:12", NUMBER)),
        (Answer(NUMBER, "", AGREES), Unavailable("package_code:", NUMBER)),
        (Answer("", "10", AGREES), Unavailable("request_number_differs", NUMBER)),
        (Answer(NUMBER.upper(), "10", AGREES), Unavailable("request_number_differs", NUMBER)),
        (Answer(NUMBER, "10", None), Unavailable("no_record", NUMBER)),
        (Answer(NUMBER, "10", replace(AGREES, name_code="2")), Refuted(Refutation.MISMATCH, NUMBER)),
        (Answer(NUMBER, "10", replace(AGREES, name_code="2", cancelled="1")), Refuted(Refutation.MISMATCH, NUMBER)),
        (Answer(NUMBER, "10", replace(AGREES, number_code="0")), Refuted(Refutation.NOT_FOUND, NUMBER)),
        (Answer(NUMBER, "10", replace(AGREES, code="02")), Refuted(Refutation.NOT_FOUND, NUMBER)),
        (Answer(NUMBER, "10", replace(AGREES, message="库中无此号")), Refuted(Refutation.NOT_FOUND, NUMBER)),
        (Answer(NUMBER, "10", replace(AGREES, cancelled="1")), Refuted(Refutation.DECEASED, NUMBER)),
        (Answer(NUMBER, "10", replace(AGREES, cancelled="")), Unavailable("no_standing", NUMBER)),
        (Answer(NUMBER, "10", replace(AGREES, code="03")), Unavailable("record_code:03", NUMBER)),
        (Answer(NUMBER, "10", replace(AGREES, message="警告")), Unavailable("record_code:", NUMBER)),
        (Answer(NUMBER, "10", replace(AGREES, number="")), Unavailable("number_differs", NUMBER)),
        (Answer(NUMBER, "10", replace(AGREES, name_code="")), Unavailable("no_match_code", NUMBER)),
    ],
)
def test_the_reading_rules(answer, outcome):
    assert judge(answer, PERSON, request_number=NUMBER) == outcome


codes = st.sampled_from(["", "0", "1", "2", "01", "10", "11", "20", "?"])


@given(
    st.builds(Record, codes, st.sampled_from(["", "库中无此号"]), st.just(PERSON.resident_id), codes, codes, codes),
    codes,
)
def test_only_one_combination_of_signs_is_a_proof(record, code):
    is_proof = isinstance(judge(Answer(NUMBER, code, record), PERSON, request_number=NUMBER), Verified)

    assert is_proof == (record == AGREES and code in {"10", "11"})


PACKAGE = (
    f"<PACKAGE><PACKAGEHEAD><FFQQBH>{NUMBER}</FFQQBH><FHDM>10</FHDM></PACKAGEHEAD><DATA>"
    '<RECORD no="1" code="" msg=""><GMSFHM>370199198503070017</GMSFHM><GMSFHM_PPDDM>1</GMSFHM_PPDDM>'
    "<XM>测试甲</XM><XM_PPDDM>1</XM_PPDDM><SWBS>0</SWBS></RECORD></DATA></PACKAGE>"
)


def soap(package: str, *, name: str = "GK_GXFW_SFHCResponse", declared: str = "") -> bytes:
    inner = package.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'{declared}<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<n:{name} xmlns:n="http://webservice.com/"><n:out>{inner}</n:out></n:{name}></s:Body></s:Envelope>'
    ).encode()


def read(body: bytes) -> Answer:
    return envelope.read(body, operation="GK_GXFW_SFHC")


def test_an_answer_is_opened():
    declared = '<?xml version="1.0" encoding="UTF-8"?>\n'

    assert read(soap(PACKAGE)) == read(soap(f"\n {declared}{PACKAGE}\n", declared=declared))
    assert judge(read(soap(PACKAGE)), PERSON, request_number=NUMBER) == Verified(ATTESTED, NUMBER)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "broken_xml"),
        (b"<a/>", "no_soap"),
        (soap(PACKAGE)[:-1], "broken_xml"),
        (soap(PACKAGE, declared='<!DOCTYPE s [<!ENTITY a "b">]>'), "broken_xml"),
        (soap('<!DOCTYPE PACKAGE SYSTEM "http://127.0.0.1/x.dtd">' + PACKAGE), "broken_xml"),
        (soap(PACKAGE.replace("测试甲", "&x;")), "broken_xml"),
        (soap("<a>" * 60 + "</a>" * 60), "broken_xml"),
        (soap(f"<PACKAGE>{'<a/>' * 3000}</PACKAGE>"), "broken_xml"),
        (soap(PACKAGE, name="OtherResponse"), "other_operation"),
        (soap("<OTHER/>"), "no_package"),
        (soap("<PACKAGE/>"), "no_package"),
        (soap(PACKAGE.replace("<DATA>", "<DATA><RECORD/>")), "several_records"),
        (soap(PACKAGE.replace("<SWBS>0</SWBS>", "<SWBS>1</SWBS><SWBS>0</SWBS>")), "ambiguous"),
        (soap(PACKAGE.replace("<FHDM>", "<FHDM>20</FHDM><FHDM>")), "ambiguous"),
    ],
)
def test_what_is_no_answer_is_broken(body, reason):
    with pytest.raises(EnvelopeBroken) as broken:
        read(body)

    assert broken.value.reason == reason


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(soap)))
def test_nothing_but_broken_comes_of_noise(body):
    try:
        read(body)
    except EnvelopeBroken:
        return


def test_a_strange_code_does_not_reach_the_log():
    answer = read(soap(PACKAGE.replace("<FHDM>10<", "<FHDM>测试甲 370199198503070017<")))

    assert answer.code == "?"


# --- configuration and discretion ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "gateway"},
        {"endpoint": "ftp://gateway.example"},
        {"app_id": ""},
        {"app_id": "应用"},
        {"app_key": Secret("")},
        {"soap_password": Secret("")},
        {"person_name": ""},
        {"person_name": "测\x00试"},
        {"operation": "a b"},
    ],
)
def test_wrong_options_stop_the_boot(options, change):
    with pytest.raises(ConfigurationError, match="population: "):
        replace(options, **change)


def test_nobody_shows_in_representations(options, adapter):
    shown = f"{options!r} {PERSON!r} {adapter!r} {read(soap(PACKAGE))!r} {ask(adapter)!r}"

    for hidden in ("测试甲", "测试乙", "370199198503070017", "370199198503070025", wire.APP_KEY, "sandbox-pwd"):
        assert hidden not in shown
