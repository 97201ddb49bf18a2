"""Signing in with a licence over real HTTP: who holds it, what is believed, and what happens once."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import gmalg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.core import clock, sm2, strict_json
from idp.core.errors import ConfigurationError
from idp.core.secret import Secret
from idp.realname.adapters.elicence import LicencePlatform, answer
from idp.realname.adapters.elicence.adapter import sorted_text
from idp.realname.adapters.elicence.answer import AnswerBroken
from idp.realname.ports import LicenceHolder, LicenceRole, Pending, Refutation, Refuted, Unavailable
from idp.store.redis import open_store
from tests.contract.elicence.conftest import OURS
from tests.contract.elicence.holding import COMPANY, NUMBER, poll, start
from tests.contract.population.asking import at_once, travel


def test_the_legal_representative_holds_the_licence(platform, phone):
    started = start(platform)
    assert isinstance(poll(platform, started), Pending)
    assert "出示执照登录" in phone.scan(started)
    assert isinstance(poll(platform, started), Pending)
    phone.confirm(started)
    held = poll(platform, started)

    assert isinstance(held, LicenceHolder)
    record = held.record
    assert (record.uscc.code, record.name, record.kind) == (COMPANY, "山东示例科技有限公司", "company")
    assert (record.legal_representative, record.state) == ("测试甲", "active")
    assert (held.role, held.holder_name) == (LicenceRole.LEGAL_REPRESENTATIVE, "测试甲")
    assert held.request_number == started.request_number
    assert platform.is_holder(held, NUMBER)
    assert not platform.is_holder(held, "370199198503070025")


@pytest.mark.parametrize(("role", "known"), [("MANAGER", LicenceRole.MANAGER), ("AGENT", LicenceRole.AGENT)])
def test_others_hold_it_in_their_own_role(platform, phone, role, known):
    started = start(platform)
    phone.confirm(started, role=role, holder="person-03")
    held = poll(platform, started)

    assert (held.role, held.holder_name) == (known, "买买提·测试")
    assert platform.is_holder(held, "37019919900520008x")


def test_an_individual_business_without_a_trade_name_has_a_licence_too(platform, phone):
    started = start(platform)
    phone.confirm(started, uscc="92370199MA3DEM414K")

    assert poll(platform, started).record.name == ""


@pytest.mark.parametrize(
    ("uscc", "outcome"),
    [
        ("91370199MA3DEM115Q", Refutation.NOT_ACTIVE),  # 1005
        ("91370199MA3DEM5025", Refutation.NOT_ACTIVE),  # by its state
        ("91370199MA3DEM537P", Refutation.NOT_ACTIVE),
    ],
)
def test_an_organisation_that_is_not_live_is_refuted(platform, phone, uscc, outcome):
    started = start(platform)
    phone.confirm(started, uscc=uscc)

    assert poll(platform, started) == Refuted(outcome, started.request_number)


def test_a_state_nobody_agreed_on_is_no_proof(platform, phone):
    started = start(platform)
    phone.confirm(started, uscc="91370199MA3DEM545J")

    assert poll(platform, started).reason == "unknown_state"


def test_only_the_roles_of_the_agreement_are_let_in(options, http, phone):
    platform = LicencePlatform.of(
        replace(options, roles=frozenset({"LEGAL_REP"})), http, open_store(""), source="elicence"
    )
    started = start(platform)
    phone.confirm(started, role="AGENT", holder="person-03")

    assert poll(platform, started).reason is Refutation.NOT_ALLOWED


def test_a_wrong_pin_confirms_nothing(platform, phone):
    started = start(platform)

    assert phone.confirm(started, pin="000000").status_code == 400
    assert isinstance(poll(platform, started), Pending)


def test_a_refusal_ends_it(platform, phone):
    started = start(platform)
    phone.refuse(started)

    assert poll(platform, started) == Refuted(Refutation.ABANDONED, started.request_number)


def test_a_code_that_nobody_confirmed_in_time_is_abandoned(platform, sandbox, phone):
    started = start(platform)
    assert poll(platform, started, is_last=True).reason is Refutation.ABANDONED
    travel(sandbox, 181)

    assert poll(platform, started).reason is Refutation.ABANDONED
    assert phone.confirm(started).status_code == 200
    assert poll(platform, started).reason is Refutation.ABANDONED


def test_an_authorisation_code_is_traded_once(platform, phone, http):
    started = start(platform)
    phone.confirm(started)
    outcomes = at_once(6, lambda: poll(platform, started))

    assert sum(isinstance(outcome, LicenceHolder) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Pending) for outcome in outcomes) == 5
    assert sum(url.endswith("/token") for url, _, _ in http.sent) == 1
    assert poll(platform, started, is_last=True).reason == "code_spent"


def test_the_platform_takes_a_code_once(options, http, phone):
    first, second = (LicencePlatform.of(options, http, open_store(""), source="elicence") for _ in range(2))
    started = start(first)
    phone.confirm(started)

    assert isinstance(poll(first, started), LicenceHolder)
    assert poll(second, started).reason == "code:1004"


def test_a_code_aged_out_is_no_proof(platform, sandbox, phone):
    started = start(platform)
    phone.confirm(started)
    travel(sandbox, 61)

    assert poll(platform, started).reason is Refutation.ABANDONED


def test_requests_are_signed_over_their_sorted_members(platform, http):
    started = start(platform)
    [(url, _, body)] = http.sent
    asked = json.loads(body)

    assert url.endswith("/eblicense/api/v1/qrcode")
    assert set(asked) == {
        "appId", "interfaceCode", "areaPrefix", "bizType", "bizSeq", "timestamp", "nonce", "sign",
    }  # fmt: skip
    assert (asked["interfaceCode"], asked["areaPrefix"], asked["bizType"]) == ("0004", "3700", "LOGIN")
    assert asked["bizSeq"] == started.request_number
    text = sorted_text({name: value for name, value in asked.items() if name != "sign"})
    assert text.startswith("appId=licence-app-001&areaPrefix=3700&bizSeq=")
    ours = sm2.PrivateKey.parse(OURS).public_key
    assert ours.verifies(base64.b64decode(asked["sign"]), text.encode(), encoding=sm2.Encoding.RAW)
    assert "areaPrefix=3700&interfaceCode=0004" in started.open_url


def test_a_request_sent_twice_is_refused_by_the_platform(platform, http, sandbox):
    start(platform)
    again = sandbox.post("/eblicense/api/v1/qrcode", data=http.sent[0][2])

    assert again.json()["code"] != "0"


def test_our_clock_astray_is_unavailability(platform):
    clock.travel(timedelta(minutes=6))

    assert start(platform).reason == "code:1002"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"app_id": "other"}, "code:1001"),
        ({"private_key": Secret("55" * 32)}, "code:1002"),
        ({"path": "/x"}, "http_404"),
    ],
)
def test_wrong_credentials_are_unavailability(options, http, change, reason):
    platform = LicencePlatform.of(replace(options, **change), http, open_store(""), source="elicence")

    assert start(platform).reason == reason


def test_an_answer_of_another_platform_is_not_believed(options, http, phone):
    other = gmalg.SM2().generate_pk(b"\x66" * 32).hex()
    platform = LicencePlatform.of(replace(options, platform_public_key=other), http, open_store(""), source="elicence")
    started = start(platform)
    phone.confirm(started)

    assert poll(platform, started) == Unavailable("platform_signature", started.request_number)


def test_nobody_shows_in_representations(platform, options, phone):
    started = start(platform)
    phone.confirm(started)
    held = poll(platform, started)
    shown = f"{platform!r} {options!r} {started!r} {held!r}"

    for hidden in ("测试甲", NUMBER, OURS, held.holder_digest, started.ticket):
        assert hidden not in shown


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "platform"},
        {"app_id": ""},
        {"private_key": Secret("")},
        {"platform_public_key": "04" + "00" * 64},
        {"roles": frozenset({"OWNER"})},
        {"skew_seconds": -1},
    ],
)
def test_wrong_options_stop_the_boot(options, change):
    with pytest.raises(ConfigurationError, match=next(iter(change))):
        replace(options, **change)


def test_without_the_library_the_boot_stops_and_names_the_extra(options, monkeypatch):
    monkeypatch.setattr(sm2, "gmalg", None)

    with pytest.raises(ConfigurationError, match=r"\[gm\]"):
        replace(options)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"0"',
        b'{"code":0,"data":{}}',
        b'{"code":"0"}',
        b'{"code":"0","data":[]}',
        b'{"code":"0","data":{},"data":{}}',
        b'{"code":"0","data":{"a":1,"a":2}}',
        b'{"code":"0","data":{}} {}',
    ],
)
def test_what_is_no_answer_is_broken(body):
    with pytest.raises(AnswerBroken):
        answer.read(body)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_characters="\0", codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
members = st.dictionaries(st.text(st.characters(exclude_characters="\0", codec="utf-8")), values, max_size=4)


@given(before=members, data=members, indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_the_text_of_the_data_is_cut_out_exactly(before, data, indent, ascii_only):
    told = {**before, "code": "0", "data": data}
    body = json.dumps(told, indent=indent, ensure_ascii=ascii_only)
    text = strict_json.member_text(body, "data")

    assert json.loads(text) == data
    assert body.count(text)
    assert answer.read(body.encode()).text == text
