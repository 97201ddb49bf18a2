"""What is vouched for: every rule of the answer, as a table of requests and what they come to."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp.oidc.verified import answers, asking, framework, missing
from idp.oidc.verified.answers import Ground
from idp.oidc.verified.framework import Kind, Offer, Proof
from tests import schemas

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CHECK = Kind("check:population", "population", 1, "electronic_record", "data", frozenset({"population_register"}))
FACE = Kind("challenge:alipay", "alipay", 2, "electronic_record", "bvr", frozenset({"population_register"}))
COUNTER = Kind("counter", "counter", 3, "document", "pvp", frozenset({"idcard", "passport"}))
UPSTREAM = Kind("", "province", 2, "electronic_record", "auth", frozenset({"identity_provider"}))
REGISTER = Kind("", "business", 1, "electronic_record", "data", frozenset({"business_register"}))
OFFER = Offer(
    (CHECK, FACE, COUNTER, UPSTREAM, REGISTER),
    {
        "population": "人口库",
        "alipay": "支付宝",
        "counter": "政务服务大厅",
        "province": "省平台",
        "business": "市场监管",
    },
)


def proof(kind: Kind, age: timedelta, number: str | None = None, **other: Any) -> Proof:
    made = Proof(
        f"id-{kind.source}", kind.level, NOW - age, kind.source, kind.evidence_type, kind.check_method,
        min(kind.records), number or f"n-{kind.source}",
    )  # fmt: skip
    return dataclasses.replace(made, **other)


AT_COUNTER = proof(COUNTER, 300 * DAY)
BY_FACE = proof(FACE, 10 * DAY)
BY_CHECK = proof(CHECK, 40 * DAY)
KNOWN = {
    "name": "试验甲", "birthdate": "1990-01-01", "gender": "female", "nationalities": ["CHN"],
    "resident_id": "370199199001010001",
}  # fmt: skip
PERSON = Ground((AT_COUNTER, BY_FACE, BY_CHECK), KNOWN)
COMPANY = Ground(
    (proof(REGISTER, DAY),),
    {
        "legal_person": {"name": "试验样例有限公司", "uscc": "91370199MA3T00001X", "type": "company"},
        "legal_representative": "试验乙",
        "role": "agent",
    },
)
EVERYTHING = frozenset(framework.IN_ORDER)
ANY: dict[str, Any] = {"trust_framework": None}
NAME: dict[str, Any] = {"name": None}
RECORD: dict[str, Any] = {"type": {"value": "electronic_record"}}
DOCUMENT: dict[str, Any] = {"type": {"value": "document"}}


def digest(name: str, value: Any) -> str:
    return f"{name}={asking.canonical(value)}"


def told(asked: Any, *grounds: Ground, allowed: frozenset[str] = EVERYTHING, offer: Offer = OFFER) -> Any:
    kept = asking.kept(asking.parse(asked), allowed=allowed, digest=digest)
    if kept is None:
        return None
    made = answers.answer(kept, grounds or (PERSON,), offer=offer, allowed=allowed, digest=digest, now=NOW)
    assert made is None or schemas.is_answer(made)
    return made


def one(verification: dict[str, Any], claims: dict[str, Any] = NAME) -> dict[str, Any]:
    return {"verification": verification, "claims": claims}


def evidence(*filters: dict[str, Any]) -> dict[str, Any]:
    return {**ANY, "evidence": list(filters)}


# --- what comes -------------------------------------------------------------------------------------------------------


def test_no_more_comes_than_was_asked() -> None:
    assert told(one(ANY)) == {"verification": {"trust_framework": "cn_realname"}, "claims": {"name": "试验甲"}}


COMES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the level": ({"assurance_level": None}, {"assurance_level": "ial3"}),
    "a lower level, which the higher one includes": (
        {"assurance_level": {"value": "ial1"}},
        {"assurance_level": "ial1"},
    ),
    "the highest of several levels": (
        {"assurance_level": {"values": ["ial1", "ial2", "ial9"]}},
        {"assurance_level": "ial2"},
    ),
    "the time": ({"time": {}}, {"time": "2025-08-05T12:00:00Z"}),
    "a time that is young enough, of another proof": (
        {"time": {"max_age": 86400 * 20}},
        {"time": "2026-05-22T12:00:00Z"},
    ),
    "the number of the request": ({"verification_process": None}, {"verification_process": "n-counter"}),
    "the process": (
        {"assurance_process": {"policy": None, "procedure": None}},
        {"assurance_process": {"policy": "cn_realname", "procedure": "counter_two_officers"}},
    ),
    "the process as a whole": (
        {"assurance_process": None},
        {"assurance_process": {"policy": "cn_realname", "procedure": "counter_two_officers"}},
    ),
    "nothing for a member that nobody knows": ({"mood": None}, {}),
}


@pytest.mark.parametrize(("asked", "expected"), COMES.values(), ids=COMES)
def test_what_is_asked_of_the_verification_comes(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    assert told(one({**ANY, **asked}))["verification"] == {"trust_framework": "cn_realname", **expected}


CHECKS = [{"check_method": None, "organization": None, "txn": None, "time": None}]
EVIDENCE: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "records": (
        evidence({**RECORD, "check_details": CHECKS, "record": {"source": {"name": None, "country_code": None}}}),
        [
            {
                "type": "electronic_record",
                "check_details": [
                    {"check_method": "bvr", "organization": "支付宝", "txn": "n-alipay", "time": "2026-05-22T12:00:00Z"}
                ],
                "record": {"type": "population_register"},
            },
            {
                "type": "electronic_record",
                "check_details": [
                    {"check_method": "data", "organization": "人口库", "txn": "n-population", "time": "2026-04-22T12:00:00Z"}
                ],
                "record": {"type": "population_register", "source": {"name": "人口库", "country_code": "CHN"}},
            },
        ],
    ),
    "one check method": (
        evidence({**RECORD, "check_details": [{"check_method": {"value": "data"}, "check_id": None}]}),
        [{"type": "electronic_record", "check_details": [{"check_method": "data", "check_id": "n-population"}]}],
    ),
    "one of two check methods": (
        evidence({**RECORD, "check_details": [{"check_method": {"value": "kbv"}}, {"check_method": {"value": "bvr"}}]}),
        [{"type": "electronic_record", "check_details": [{"check_method": "bvr"}]}],
    ),
    "a document": (
        evidence({**DOCUMENT, "document_details": {"type": {"values": ["idcard"]}, "issuer": {"country_code": None},
                  "document_number": None}}),
        [{"type": "document", "document_details": {"type": "idcard", "issuer": {"country_code": "CHN"}}}],
    ),
    "a document or a record": (
        evidence({**DOCUMENT, "document_details": None}, {**RECORD, "check_details": [{"check_method": {"value": "bvr"}}]}),
        [
            {"type": "document", "document_details": {"type": "idcard"}},
            {"type": "electronic_record", "check_details": [{"check_method": "bvr"}]},
        ],
    ),
    "evidence as it is": ({**ANY, "evidence": None}, [{"type": "document"}, *[{"type": "electronic_record"}] * 2]),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "expected"), EVIDENCE.values(), ids=EVIDENCE)
def test_evidence_comes_as_its_filters_ask(asked: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    assert told(one(asked))["verification"]["evidence"] == expected


def test_each_kind_of_evidence_comes_once_the_newest() -> None:
    older = proof(CHECK, 90 * DAY, "older")
    made = told(
        one(evidence({**RECORD, "check_details": [{"check_method": None, "txn": None}]})),
        Ground((BY_CHECK, older), KNOWN),
    )
    assert [each["check_details"][0]["txn"] for each in made["verification"]["evidence"]] == ["n-population"]


def test_a_source_that_gives_no_number_is_known_by_ours() -> None:
    nameless = proof(CHECK, DAY, request_number=None)
    made = told(one({**ANY, "verification_process": None}), Ground((nameless,), KNOWN))
    assert made["verification"]["verification_process"] == "id-population"


def test_a_foreign_passport_has_no_issuer_of_this_country() -> None:
    seen = proof(COUNTER, DAY, record="passport", is_chinese=False)
    asked = one(evidence({**DOCUMENT, "document_details": {"issuer": {"country_code": None}}}))
    made = told(asked, Ground((seen,), KNOWN))
    assert made["verification"]["evidence"] == [{"type": "document", "document_details": {"type": "passport"}}]


# --- what is left out -------------------------------------------------------------------------------------------------

ALONE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a claim that nobody knows": ({"name": None, "shoe_size": None}, {"name": "试验甲"}),
    "essential or not": ({"name": None, "shoe_size": {"essential": True}}, {"name": "试验甲"}),
    "a value of a claim that is not known": ({"name": None, "email": {"value": "x"}}, {"name": "试验甲"}),
}


@pytest.mark.parametrize(("claims", "expected"), ALONE.values(), ids=ALONE)
def test_what_is_not_known_is_left_out_alone(claims: dict[str, Any], expected: dict[str, Any]) -> None:
    assert told(one(ANY, claims))["claims"] == expected


WHOLE: dict[str, Any] = {
    "another framework": one({"trust_framework": {"value": "eidas"}}),
    "one of other frameworks": one({"trust_framework": {"values": ["eidas", "de_aml"]}}),
    "a level that is not reached": one({**ANY, "assurance_level": {"value": "ial4"}}),
    "a level of another scale": one({**ANY, "assurance_level": {"value": "high"}}),
    "too old": one({**ANY, "time": {"max_age": 3600}}),
    "evidence that nobody has": one(evidence({"type": {"value": "vouch"}, "attestation": None})),
    "a signature": one(evidence({"type": {"value": "electronic_signature"}})),
    "another document": one(evidence({**DOCUMENT, "document_details": {"type": {"value": "passport"}}})),
    "another record": one(evidence({**RECORD, "record": {"type": {"value": "bank_account"}}})),
    "another organization": one(evidence({**RECORD, "check_details": [{"organization": {"value": "Nobody"}}]})),
    "a check that is too old": one(evidence({**RECORD, "check_details": [{"time": {"max_age": 60}}]})),
    "a demand on what is never told": one(
        evidence({**DOCUMENT, "document_details": {"document_number": {"value": "1"}}})
    ),
    "a record by age, which is not known": one(evidence({**RECORD, "record": {"created_at": {"max_age": 10**9}}})),
    "level and age of two proofs": one({**ANY, "assurance_level": {"value": "ial3"}, "time": {"max_age": 86400 * 20}}),
    "another value of a claim": one(ANY, {"name": {"value": "别人"}, "gender": None}),
    "another value of an essential claim": one(
        ANY, {"gender": None, "name": {"essential": True, "values": ["别", "人"]}}
    ),
    "claims that nobody knows": one(ANY, {"shoe_size": None, "email": {"essential": True}}),
}


@pytest.mark.parametrize("asked", WHOLE.values(), ids=WHOLE)
def test_what_does_not_match_leaves_the_element_out(asked: Any) -> None:
    assert told(asked) is None


def test_the_right_values_leave_it_in() -> None:
    claims = {
        "name": {"values": ["别人", "试验甲"]},
        "nationalities": {"value": ["CHN"]},
        "gender": {"value": "female"},
    }
    assert told(one(ANY, claims))["claims"] == {"name": "试验甲", "nationalities": ["CHN"], "gender": "female"}


def test_what_a_site_may_not_have_is_neither_told_nor_compared() -> None:
    asked = one(ANY, {"name": None, "resident_id": {"value": "370199199001010001"}})
    wrong = one(ANY, {"name": None, "resident_id": {"value": "370199199001010009"}})
    narrow = frozenset({"name"})
    assert told(asked, allowed=narrow) == told(wrong, allowed=narrow) == told(one(ANY))
    assert told(one(ANY, {"resident_id": None}), allowed=narrow) is None


def test_nobody_is_vouched_for_without_a_proof() -> None:
    assert told(one(ANY), Ground((), {})) is None
    assert told(one(ANY), Ground((), KNOWN)) is None


def test_an_array_is_answered_element_by_element() -> None:
    asked = [
        one({**ANY, "assurance_level": {"value": "ial2"}}, {"name": None}),
        one({"trust_framework": {"value": "eidas"}}, {"name": None}),
        one({**ANY, "time": {"max_age": 86400 * 20}}, {"gender": None}),
    ]
    made = told(asked)
    assert [each["claims"] for each in made] == [{"name": "试验甲"}, {"gender": "female"}]
    assert told(asked[1:2]) is None
    assert isinstance(told(asked[:1]), list)


def test_an_object_tells_of_one_ground() -> None:
    """The evidence about a company says nothing about a person, and the other way round."""
    asked = [one({**ANY, "evidence": None}, {"legal_person": None, "role": None}), one(ANY)]
    company, person = told(asked, PERSON, COMPANY)
    assert company["claims"] == {"legal_person": COMPANY.known["legal_person"], "role": "agent"}
    assert person["claims"] == {"name": "试验甲"}
    mixed = told(one(ANY, {"name": None, "legal_representative": None}), PERSON, COMPANY)
    assert mixed["claims"] == {"name": "试验甲"}
    assert told(one(ANY, {"legal_person": None})) is None


# --- what is advertised -----------------------------------------------------------------------------------------------

ALL_OF_IT = [
    one({**ANY, "assurance_level": None, "evidence": [
        {**RECORD, "check_details": CHECKS, "record": None}, {**DOCUMENT, "check_details": CHECKS, "document_details": None}
    ]}, dict.fromkeys(framework.IN_ORDER)),
    one(evidence({**RECORD, "record": {"type": None}}), dict.fromkeys(framework.OF_ORGANISATION)),
]  # fmt: skip


@pytest.mark.parametrize("kinds", [OFFER.kinds[:n] for n in range(len(OFFER.kinds) + 1)], ids=len)
def test_nothing_is_told_that_is_not_advertised(kinds: tuple[Kind, ...]) -> None:
    offer = Offer(kinds, OFFER.organizations)
    said = offer.metadata()
    made = told(ALL_OF_IT, PERSON, COMPANY, offer=offer) or []
    assert said["verified_claims_supported"] is bool(kinds)
    for each in made:
        assert each["verification"]["trust_framework"] in said["trust_frameworks_supported"]
        assert set(each["claims"]) <= set(said["claims_in_verified_claims_supported"])
        for entry in each["verification"]["evidence"]:
            assert entry["type"] in said["evidence_supported"]
            if entry["type"] == "document":
                assert entry["document_details"]["type"] in said["documents_supported"]
                assert entry["check_details"][0]["check_method"] in said["documents_check_methods_supported"]
            else:
                assert entry["record"]["type"] in said["electronic_records_supported"]


# --- when a new proof is wanted ---------------------------------------------------------------------------------------

YES = {"name": {"essential": True}}
WANTED: dict[str, tuple[Any, int | None, set[str]]] = {
    "nothing is essential": (one({**ANY, "time": {"max_age": 60}}), None, set()),
    "what there is will do": (one(ANY, YES), None, set()),
    "too old": (one({**ANY, "time": {"max_age": 60}}, YES), 1, {"check:population", "challenge:alipay", "counter"}),
    "too old, and the age is what is essential": (
        one({**ANY, "time": {"max_age": 60, "essential": True}}),
        1,
        {"check:population", "challenge:alipay", "counter"},
    ),
    "too old for its level": (
        one({**ANY, "assurance_level": {"value": "ial2"}, "time": {"max_age": 60}}, YES),
        2,
        {"challenge:alipay", "counter"},
    ),
    "a fresh face": (
        one(
            {**evidence({**RECORD, "check_details": [{"check_method": {"value": "bvr"}, "time": {"max_age": 60}}]})},
            YES,
        ),
        2,
        {"challenge:alipay"},
    ),
    "a passport at a counter": (
        one(evidence({**DOCUMENT, "document_details": {"type": {"value": "passport"}}}), YES),
        3,
        {"counter"},
    ),
    "no way leads there": (one({**ANY, "assurance_level": {"value": "ial9"}}, YES), None, set()),
    "only a sign-in elsewhere would": (
        one(evidence({**RECORD, "record": {"type": {"value": "identity_provider"}}}), YES),
        None,
        set(),
    ),
    "another framework": (one({"trust_framework": {"value": "eidas"}}, YES), None, set()),
    "only what it may not have": (one({**ANY, "time": {"max_age": 60}}, {"email": {"essential": True}}), None, set()),
}


@pytest.mark.parametrize(("asked", "level", "ways"), WANTED.values(), ids=WANTED)
def test_when_a_new_proof_is_wanted_and_which(asked: Any, level: int | None, ways: set[str]) -> None:
    elements = asking.parse(asked).elements
    found = missing.missing(elements, PERSON.proofs, OFFER, allowed=EVERYTHING, now=NOW)
    assert (found.level if found else None, set(found.ways) if found else set()) == (level, ways)


def test_of_several_the_one_is_wanted_that_takes_most() -> None:
    asked = [one({**ANY, "time": {"max_age": 60}}, YES), one({**ANY, "assurance_level": {"value": "ial3"}}, YES)]
    found = missing.missing(asking.parse(asked).elements, (BY_CHECK,), OFFER, allowed=EVERYTHING, now=NOW)
    assert found is not None
    assert (found.level, found.ways) == (3, {"counter"})
