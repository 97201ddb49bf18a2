"""Whatever goes wrong at the gateway or behind it is unavailability, never a proof."""

import socket
from dataclasses import replace
from datetime import timedelta

import pytest

from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.secret import Secret
from idp.realname.ports import Unavailable
from sandbox.population import PART
from tests.contract.population.asking import PERSON, ask
from tests.contract.population.pictures import jpeg
from tests.contract.population.roads import ROADS, source_of
from tests.contract.sources import FaultContract


class TestFaultsOfTheRegistry(FaultContract):
    part = PART
    reasons = {
        "hang": "timeout",
        "half": "broken_xml",
        "unknown_code": "package_code:77",
        "replay": "package_code:20",
        "stale_time": "token:401003",
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
        "token_garbage": "token:not_opened",
        "quota": "token:429001",
        "not_granted": "gateway:403001",
    }
    reasons_later = {
        "garbage": "broken_xml",
        "server_error": "gateway:http_500",
        "closed": "gateway:500001",
        "quota": "gateway:429001",
        "stale_time": "gateway:401003",
    }
    not_met = frozenset({"photo_unknown"})

    @pytest.fixture
    def asked(self, adapter):
        return lambda seconds: ask(adapter, seconds=seconds)

    def test_every_fault_of_the_control_page_is_tried(self):
        assert {*self.reasons, *self.not_met} == set(PART.faults)


class TestFaultsOfTheIdentityCheck(FaultContract):
    part = PART
    not_met = frozenset({"photo_unknown"})

    @pytest.fixture(params=ROADS)
    def road(self, request):
        return request.param

    @pytest.fixture
    def asked(self, adapter):
        return lambda seconds: ask(adapter, seconds=seconds)


class TestFaultsOfThePhotoComparison(FaultContract):
    part = PART

    @pytest.fixture(params=ROADS)
    def road(self, request):
        return request.param

    @pytest.fixture
    def asked(self, source):
        return lambda seconds: source.photo.compare(PERSON, jpeg(), Deadline.after(seconds))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"app_id": "gw-app-002"}, "token:401001"),
        ({"app_key": Secret("other")}, "token:401002"),
        ({"soap_user": "other"}, "package_code:20"),
        ({"soap_password": Secret("other")}, "package_code:20"),
        ({"service": "/proxy/api/GK_JZCX_RKJCXXCX"}, "gateway:403001"),
        ({"operation": "GK_OTHER"}, "gateway:403001"),
        ({"operation": "GK_OTHER", "service": "/proxy/api/GK_GXFW_SFHC"}, "soap_fault"),
        ({"token_path": "/auth/token"}, "token:http_404"),
        ({"namespace": "http://elsewhere.example/"}, "soap_fault"),
    ],
)
def test_wrong_credentials_and_addresses_are_unavailability(options, http, change, reason):
    outcome = ask(source_of(replace(options, **change), http).check)

    assert isinstance(outcome, Unavailable)
    assert outcome.reason == reason


def test_a_gateway_that_is_not_there_is_unavailability(options, http):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
        outcome = ask(source_of(replace(options, endpoint=nobody), http).check)

    assert outcome.reason == "refused"


def test_our_clock_astray_is_unavailability(adapter):
    clock.travel(timedelta(minutes=6))

    assert ask(adapter).reason == "token:401003"


def test_a_deadline_that_is_over_asks_nobody(adapter):
    assert ask(adapter, seconds=0).reason == "timeout"
