"""The population adapter against the sandbox over real HTTP: every verdict, and the bytes on the wire."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from idp.core import clock
from idp.realname.adapters.population import PopulationCheck, Registry, road_of, soap
from idp.realname.adapters.population.messages import Question
from idp.realname.ports import Refutation, Refuted, Verified
from tests.contract.population.asking import ATTESTED, PERSON, applicant, ask
from tests.contract.population.roads import source_of
from tests.sandbox import wire


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
    outcome = ask(adapter, applicant(name, number))

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
    outcome = ask(adapter, applicant(name, number))

    assert isinstance(outcome, Refuted)
    assert (outcome.reason, len(outcome.request_number)) == (reason, 32)


@pytest.mark.parametrize("number", ["370199198503070018", "37019919900520008x", "370199209901010010", ""])
def test_an_impossible_number_costs_no_call(adapter, http, number):
    assert ask(adapter, applicant("测试甲", number)) == Refuted(Refutation.NOT_FOUND)
    assert http.sent == []


def test_the_adapter_says_what_it_is(adapter):
    assert (adapter.source, adapter.channel) == ("population", "provincial_gateway")
    assert adapter.capability.assurance_level == 1


def test_the_request_is_the_published_one_byte_for_byte(options):
    at = datetime.fromtimestamp(wire.RTIME / 1000, UTC)
    built = soap.build(options, Question("GK_GXFW_SFHC", wire.SERVICE, PERSON, wire.REQUEST_NUMBER, at))

    assert built == wire.REQUEST.encode()


def test_the_call_travels_with_the_published_headers(sandbox, options, http):
    clock.travel(datetime.fromtimestamp(wire.RTIME / 1000, UTC) - clock.now())
    sandbox.set_clock(wire.RTIME)
    registry = Registry(road_of(options, http, None), soap.SoapEnvelope(options), "GK_GXFW_SFHC", wire.SERVICE)
    adapter = PopulationCheck(replace(registry, new_request_number=lambda: wire.REQUEST_NUMBER))

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


def test_another_namespace_is_a_setting(options, http):
    changed = replace(options, namespace="http://webservice.tongtech.com/")

    assert isinstance(ask(source_of(changed, http).check), Verified)
    assert b'xmlns:web="http://webservice.tongtech.com/"' in http.sent[-1][2]
