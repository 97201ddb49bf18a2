"""Whatever goes wrong at the licence platform, nobody holds a licence by it."""

import pytest

from idp.realname.ports import Refuted
from sandbox.elicence.part import AT_QRCODE, AT_STATUS, AT_TOKEN, PART
from tests.contract.elicence.holding import poll, start
from tests.contract.sources import FaultContract

ON_THE_WAY = {
    "hang": "timeout",
    "garbage": "no_json",
    "html": "no_json",
    "truncated": "no_json",
    "oversize": "too_large",
    "server_error": "http_500",
    "closed": "http_503",
    "unknown_app": "code:1001",
    "wrong_signature": "code:1002",
    "stale_time": "code:1002",
    "unknown_code": "code:9999",
}


class TestFaultsOfStarting(FaultContract):
    part = PART
    reasons = ON_THE_WAY | {"no_qrcode": "no_qrcode", "strange_address": "no_qrcode"}
    not_met = frozenset(AT_STATUS) | frozenset(AT_TOKEN)

    @pytest.fixture
    def asked(self, platform):
        return lambda seconds: start(platform, seconds)


class TestFaultsOfPolling(FaultContract):
    part = PART
    reasons = ON_THE_WAY | {
        "unknown_status": "unknown_status",
        "no_auth_code": "unknown_status",
        "code_used": "code:1004",
        "unsigned": "platform_signature",
        "wrong_platform_signature": "platform_signature",
        "changed_data": "platform_signature",
        "other_text": "platform_signature",
        "replayed_data": "other_time",
        "later_data": "other_time",
        "half_data": "half_data",
        "no_digest": "half_data",
        "no_state": "unknown_state",
        "strange_state": "unknown_state",
        "strange_role": "unknown_role",
        "broken_uscc": "broken_uscc",
    }
    otherwise = dict.fromkeys(("expired", "licence_invalid", "role_not_allowed", "not_active"), (Refuted,))
    not_met = frozenset(AT_QRCODE)

    @pytest.fixture
    def asked(self, platform, phone):
        confirmed = [start(platform) for _ in range(3)]
        for each in confirmed:
            phone.confirm(each)
        return lambda seconds: poll(platform, confirmed.pop(), seconds)
