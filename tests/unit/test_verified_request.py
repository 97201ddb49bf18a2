"""How verified claims are asked for: what is read, what is refused, and that hostile input is refused and nothing else."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.authorization import claims_request
from idp.oidc.authorization.claims_request import ClaimsMalformed
from idp.oidc.verified import asking
from idp.oidc.verified.asking import VerifiedMalformed
from tests import schemas

ANY: dict[str, Any] = {"trust_framework": None}
RECORD: dict[str, Any] = {"type": {"value": "electronic_record"}}
ACCEPTED: dict[str, Any] = {
    "as little as possible": {"verification": ANY, "claims": {"name": None}},
    "an empty object for a claim": {"verification": ANY, "claims": {"name": {}}},
    "a framework by value": {"verification": {"trust_framework": {"value": "cn_realname"}}, "claims": {"name": None}},
    "one framework of several": {"verification": {"trust_framework": {"values": ["a", "b"]}}, "claims": {"name": None}},
    "an age": {"verification": {**ANY, "time": {"max_age": 63113852}}, "claims": {"name": None}},
    "evidence with its record": {
        "verification": {**ANY, "evidence": [{**RECORD, "record": {"type": {"values": ["population_register"]}}}]},
        "claims": {"name": {"essential": True, "value": "试验", "purpose": "给您办证"}},
    },
    "two kinds of evidence": {
        "verification": {
            **ANY,
            "evidence": [
                {**RECORD, "check_details": [{"check_method": {"value": "bvr"}, "txn": None, "check_id": None}]},
                {"type": {"value": "document"}, "document_details": {"type": None, "issuer": {"country_code": None}}},
            ],
        },
        "claims": {"resident_id": None},
    },
    "evidence of kinds that nobody has here": {
        "verification": {
            **ANY,
            "evidence": [
                {"type": {"value": "vouch"}, "attestation": {"type": None, "voucher": {"name": None}}},
                {"type": {"value": "electronic_signature"}, "issuer": None, "created_at": {"max_age": 5}},
            ],
        },
        "claims": {"name": None},
    },
    "an array": [{"verification": ANY, "claims": {"name": None}}, {"verification": ANY, "claims": {"gender": None}}],
    "members that nobody knows": {
        "verification": {**ANY, "mood": {"value": 7}, "evidence": [{**RECORD, "smell": None}]},
        "claims": {"shoe_size": {"max_age": 5, "unknown": [1]}},
        "other": 1,
    },
    "a purpose of three letters": {"verification": ANY, "claims": {"name": {"purpose": "abc"}}},
    "a purpose of three hundred": {"verification": ANY, "claims": {"name": {"purpose": "文" * 300}}},
}


def of_name(**how: Any) -> dict[str, Any]:
    return {"verification": ANY, "claims": {"name": how}}


def of_verification(**members: Any) -> dict[str, Any]:
    return {"verification": {**ANY, **members}, "claims": {"name": None}}


REFUSED: dict[str, Any] = {
    "a text": "name",
    "an empty array": [],
    "an array of texts": ["name"],
    "no verification": {"claims": {"name": None}},
    "no framework": {"verification": {"time": None}, "claims": {"name": None}},
    "no claims": {"verification": ANY},
    "null for claims": {"verification": ANY, "claims": None},
    "empty claims": {"verification": ANY, "claims": {}},
    "a claim that is true": {"verification": ANY, "claims": {"name": True}},
    "a purpose of two letters": of_name(purpose="ab"),
    "a purpose of 301": of_name(purpose="x" * 301),
    "a purpose that is a number": of_name(purpose=7),
    "a short purpose inside the verification": of_verification(assurance_level={"purpose": "ab"}),
    "essential as a text": of_name(essential="true"),
    "an empty list of values": of_name(values=[]),
    "values that are no list": of_name(values="a"),
    "a framework that is a text": {"verification": {"trust_framework": "cn_realname"}, "claims": {"name": None}},
    "a framework by number": {"verification": {"trust_framework": {"value": 7}}, "claims": {"name": None}},
    "an age that is a text": of_verification(time={"max_age": "60"}),
    "an age below zero": of_verification(time={"max_age": -1}),
    "evidence that is an object": of_verification(evidence=RECORD),
    "evidence without entries": of_verification(evidence=[]),
    "evidence without a type": of_verification(evidence=[{"record": None}]),
    "evidence of any type": of_verification(evidence=[{"type": None}]),
    "evidence of several types": of_verification(evidence=[{"type": {"values": ["document"]}}]),
    "a record that is a text": of_verification(evidence=[{**RECORD, "record": "x"}]),
    "checks that are an object": of_verification(evidence=[{**RECORD, "check_details": {"check_method": None}}]),
}
TOO_MUCH: dict[str, Any] = {
    "too many elements": [{"verification": ANY, "claims": {"name": None}}] * 9,
    "too many claims": {"verification": ANY, "claims": {f"c{n}": None for n in range(31)}},
    "too many filters": of_verification(evidence=[RECORD] * 9),
    "too long a name": {"verification": ANY, "claims": {"n" * 101: None}},
    "too long a value": of_name(value="x" * 301),
    "an age of more than any life": of_verification(time={"max_age": 10**11}),
}


@pytest.mark.parametrize("asked", ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_specification_allows_is_read(asked: Any) -> None:
    assert schemas.is_request(asked)
    assert asking.parse(asked)
    read = claims_request.parse(json.dumps({"userinfo": {"verified_claims": asked}, "id_token": {}}))
    assert set(read.verified) == {"userinfo"}
    assert read.userinfo == {}


@pytest.mark.parametrize("asked", REFUSED.values(), ids=REFUSED)
def test_what_the_specification_forbids_is_refused(asked: Any) -> None:
    assert not schemas.is_request(asked)
    with pytest.raises(VerifiedMalformed) as refused:
        asking.parse(asked)
    assert str(refused.value).isascii()
    with pytest.raises(ClaimsMalformed):
        claims_request.parse(json.dumps({"id_token": {"verified_claims": asked}}))


@pytest.mark.parametrize("asked", TOO_MUCH.values(), ids=TOO_MUCH)
def test_too_much_is_refused(asked: Any) -> None:
    with pytest.raises(VerifiedMalformed):
        asking.parse(asked)


def test_null_asks_for_nothing() -> None:
    assert not asking.parse(None)
    assert claims_request.parse('{"userinfo": {"verified_claims": null}}').verified == {}


_leaf = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6)
_names = st.sampled_from([
    "verification", "claims", "trust_framework", "evidence", "type", "value", "values", "check_details", "record", "time",
    "max_age", "purpose", "essential", "name", "resident_id", "source", "document_details", "issuer",
])  # fmt: skip
_trees = st.recursive(
    _leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=5), max_leaves=25
)


@given(tree=_trees)
def test_nothing_makes_the_reader_fall_over(tree: Any) -> None:
    try:
        asked = asking.parse(tree)
    except VerifiedMalformed:
        return
    kept = asking.kept(asked, allowed={"name", "resident_id"}, digest=lambda name, value: "d")
    json.dumps(kept)
    for each in asked.elements:
        assert each.claims


@given(tree=_trees)
def test_what_stands_beside_a_good_framework_is_read_or_refused(tree: Any) -> None:
    members = tree if isinstance(tree, dict) else {"evidence": tree}
    with contextlib.suppress(VerifiedMalformed):
        asking.parse({"verification": {**members, "trust_framework": None}, "claims": {"name": None}})


def test_what_is_kept_holds_no_value_and_nothing_that_the_site_may_not_have() -> None:
    asked = asking.parse(
        {
            "verification": {"trust_framework": {"value": "cn_realname"}, "time": {"max_age": 9}},
            "claims": {"name": {"value": "试验甲", "purpose": "办理证照"}, "resident_id": {"values": ["3701"]}},
        }
    )
    kept = asking.kept(asked, allowed={"name"}, digest=lambda name, value: f"digest of {name}")
    assert "试验甲" not in json.dumps(kept, ensure_ascii=False)
    assert set(kept["claims"]) == {"name"}
    assert kept["verification"] == {"trust_framework": ["cn_realname"], "time": 9}
    assert asking.kept(asked, allowed=set(), digest=lambda name, value: "") is None
