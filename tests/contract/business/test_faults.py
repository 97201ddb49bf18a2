"""Whatever goes wrong at a register of organisations is unavailability or a refusal, never a proof."""

import pytest

from idp.realname.ports import Refuted
from sandbox.business import library, samr, units
from tests.contract.business.conftest import look_up, verify
from tests.contract.sources import FaultContract

COMPANY = ("91370199MA3DEM019F", "山东示例科技有限公司", "测试甲")
SOCIETY = ("5237019950DEM08042", "示例社会服务中心", "测试甲")
SCHOOL = ("1237019949DEM05000", "示例市第一中学", "测试甲")

ON_THE_WAY = {
    "hang": "timeout",
    "garbage": "no_json",
    "html": "no_json",
    "truncated": "no_json",
    "oversize": "too_large",
    "server_error": "gateway:http_500",
    "closed": "gateway:500001",
    "expired_secret": "gateway:401002",
    "wrong_signature": "gateway:401002",
    "stale_time": "gateway:401003",
    "quota": "gateway:429001",
    "not_granted": "gateway:403001",
}
ON_THE_NATIONAL_WAY = ON_THE_WAY | {
    "server_error": "gateway:http_500",
    "closed": "gateway:-1",
    "expired_secret": "gateway:E-108",
    "wrong_signature": "gateway:E-108",
    "stale_time": "gateway:E-107",
    "quota": "gateway:-1",
    "not_granted": "gateway:E-106",
}
_NO_FAULT = {"no_apprdate", "wrapped"}


class TestFaultsOfTheBasicQuery(FaultContract):
    part = samr.PART
    reasons = ON_THE_WAY | {
        "other_subject": "other_subject",
        "half_record": "half_record",
        "wrapped_error": "status_failed",
        "query_failed": "status_failed",
        "unknown_code": "status_failed",
        "bad_request": "status_failed",
    }
    otherwise = {"empty": (Refuted,), "two_records": (Refuted,)}
    not_met = frozenset({*_NO_FAULT, "ambiguous", "no_code", "contradictory", "no_state", "strange_state"})

    @pytest.fixture
    def asked(self, samr):
        return lambda seconds: look_up(samr, COMPANY[0], seconds)


class TestFaultsOfTheVerification(FaultContract):
    part = samr.PART
    reasons = ON_THE_WAY | {
        "query_failed": "query_failed",
        "bad_request": "bad_request",
        "unknown_code": "unknown_code",
        "no_code": "no_code",
        "contradictory": "contradictory",
        "empty": "no_code",
        "two_records": "no_code",
        "other_subject": "other_subject",
        "half_record": "other_subject",
        "wrapped_error": "status_failed",
        "no_state": "unknown_state",
        "strange_state": "unknown_state",
    }
    otherwise = {"ambiguous": (Refuted,)}
    not_met = frozenset(_NO_FAULT)
    hidden = (*FaultContract.hidden, "样例另一人")

    @pytest.fixture
    def asked(self, samr):
        return lambda seconds: verify(samr, *COMPANY, seconds)


class TestFaultsOfTheBasicQueryOverTheNationalExchange(TestFaultsOfTheBasicQuery):
    reasons = TestFaultsOfTheBasicQuery.reasons | ON_THE_NATIONAL_WAY

    @pytest.fixture
    def channel(self):
        return "national"


class TestFaultsOfTheVerificationOverTheNationalExchange(TestFaultsOfTheVerification):
    reasons = TestFaultsOfTheVerification.reasons | ON_THE_NATIONAL_WAY

    @pytest.fixture
    def channel(self):
        return "national"


class _Units(FaultContract):
    reasons = ON_THE_WAY | {
        "status_failed": "status_failed",
        "other_subject": "other_subject",
        "half_record": "half_record",
    }
    otherwise = {"empty": (Refuted,), "two_records": (Refuted,)}
    unit = SOCIETY
    register = "civil_affairs"


class _UnitQuery(_Units):
    not_met = frozenset({"no_state", "strange_state"})

    @pytest.fixture
    def asked(self, registers):
        return lambda seconds: look_up(getattr(registers, self.register), self.unit[0], seconds)


class _UnitComparison(_Units):
    reasons = _Units.reasons | {"no_state": "unknown_state", "strange_state": "unknown_state"}

    @pytest.fixture
    def asked(self, registers):
        return lambda seconds: verify(getattr(registers, self.register), *self.unit, seconds)


class TestFaultsOfTheCivilAffairsQuery(_UnitQuery):
    part = units.CIVIL_PART


class TestFaultsOfTheCivilAffairsComparison(_UnitComparison):
    part = units.CIVIL_PART


class TestFaultsOfTheStaffingOfficeQuery(_UnitQuery):
    part, unit, register = units.STAFFING_PART, SCHOOL, "staffing_office"


class TestFaultsOfTheStaffingOfficeComparison(_UnitComparison):
    part, unit, register = units.STAFFING_PART, SCHOOL, "staffing_office"


class TestFaultsOfTheLibrary(_UnitComparison):
    part = library.PART
    reasons = _UnitComparison.reasons | {"status_failed": "gateway:99"}

    @pytest.fixture
    def asked(self, library_register):
        return lambda seconds: verify(library_register, *COMPANY, seconds)


class TestFaultsOfTheLibrarysQuery(_UnitQuery):
    part = library.PART
    reasons = _UnitQuery.reasons | {"status_failed": "gateway:99"}

    @pytest.fixture
    def asked(self, library_register):
        return lambda seconds: look_up(library_register, COMPANY[0], seconds)
