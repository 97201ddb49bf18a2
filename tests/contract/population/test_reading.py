"""The reading rules, the opening of answers, and the discretion of options and representations."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.core.errors import ConfigurationError
from idp.core.secret import Secret
from idp.realname.adapters.population import soap as envelope
from idp.realname.adapters.population.messages import Answer, EnvelopeBroken, Record
from idp.realname.adapters.population.reading import judge
from idp.realname.ports import Refutation, Refuted, Unavailable, Verified
from tests.contract.population.asking import ATTESTED, PERSON, ask
from tests.sandbox import wire

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


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("endpoint", "gateway"),
        ("endpoint", "ftp://gateway.example"),
        ("app_id", ""),
        ("app_id", "应用"),
        ("app_key", Secret("")),
        ("soap_password", Secret("")),
        ("person_name", ""),
        ("person_name", "测\x00试"),
        ("operation", "a b"),
        ("channel", "carrier_pigeon"),
        ("envelope", "xml"),
        ("answer_seconds", 0.0),
        ("answer_seconds", 60.0),
    ],
)
def test_wrong_options_stop_the_boot(options, member, value):
    with pytest.raises(ConfigurationError, match=f"{member}: "):
        replace(options, **{member: value})


def test_nobody_shows_in_representations(options, adapter):
    shown = f"{options!r} {PERSON!r} {adapter!r} {read(soap(PACKAGE))!r} {ask(adapter)!r}"

    for hidden in ("测试甲", "测试乙", "370199198503070017", "370199198503070025", wire.APP_KEY, "sandbox-pwd"):
        assert hidden not in shown
