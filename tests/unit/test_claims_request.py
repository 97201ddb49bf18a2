"""The claims parameter, read: what is taken, what is refused, and that nothing makes it fall over."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc import standard_claims
from idp.oidc.authorization import claims_request
from idp.oidc.authorization.claims_request import MAX_LENGTH, ClaimsMalformed, ClaimsRequest, Wanted

ALL = ("openid", *standard_claims.SCOPE_CLAIMS)


def test_the_example_of_the_specification_is_read() -> None:
    asked = claims_request.parse("""
      {"userinfo":
        {"given_name": {"essential": true}, "nickname": null, "email": {"essential": true},
         "email_verified": {"essential": true}, "picture": null, "http://example.info/claims/groups": null},
       "id_token":
        {"auth_time": {"essential": true}, "acr": {"values": ["urn:mace:incommon:iap:silver"]}}}
    """)  # OpenID Connect Core §5.5
    assert asked.userinfo["given_name"] == Wanted(essential=True)
    assert asked.userinfo["nickname"] == Wanted()
    assert asked.id_token["acr"].accepted == ("urn:mace:incommon:iap:silver",)
    assert (asked.essential_acrs, asked.voluntary_acrs) == ((), ("urn:mace:incommon:iap:silver",))
    assert asked.essential == {"given_name", "email", "email_verified", "auth_time"}
    assert asked.beyond(("openid", "email"), registered=ALL) == ("given_name", "nickname", "picture")


TAKEN: dict[str, Any] = {
    "nothing": {},
    "null for a part": {"userinfo": None, "id_token": None},
    "a member that is not understood": {"userinfo": {"name": {"purpose": "x", "max_age": 5}}, "other": [1, {"a": 2}]},
    "claims of nobody": {"id_token": {"shoe_size": {"value": 43}}},
    "an address by value": {"userinfo": {"address": {"value": {"country": "中国"}}}},
    "verified claims, which are not offered": {
        "userinfo": {"verified_claims": {"verification": {"trust_framework": None}, "claims": {"name": None}}}
    },
}


@pytest.mark.parametrize("request_", TAKEN.values(), ids=TAKEN)
def test_what_is_not_understood_is_no_error(request_: Any) -> None:
    assert isinstance(claims_request.parse(json.dumps(request_)), ClaimsRequest)


REFUSED = {
    "no text": "",
    "no JSON": "{",
    "an array": "[]",
    "a number": "7",
    "null": "null",
    "a part that is an array": '{"userinfo": []}',
    "a part that is text": '{"id_token": "name"}',
    "a claim that is true": '{"userinfo": {"name": true}}',
    "a claim that is an array": '{"userinfo": {"name": []}}',
    "essential as text": '{"userinfo": {"name": {"essential": "true"}}}',
    "essential as a number": '{"userinfo": {"name": {"essential": 1}}}',
    "essential null": '{"userinfo": {"name": {"essential": null}}}',
    "values as text": '{"id_token": {"acr": {"values": "ial1"}}}',
    "no value among the values": '{"id_token": {"acr": {"values": []}}}',
    "an array among the values": '{"id_token": {"acr": {"values": [["ial1"]]}}}',
    "null as a value": '{"id_token": {"sub": {"value": null}}}',
    "an object as a value": '{"id_token": {"sub": {"value": {}}}}',
    "a claim twice": '{"userinfo": {"name": null, "name": {"essential": true}}}',
    "a part twice": '{"userinfo": {}, "userinfo": {"name": null}}',
    "not a number": '{"userinfo": {"name": {"value": NaN}}}',
    "too deep": '{"x": ' + "[" * 40 + "]" * 40 + "}",
    "much too deep": '{"x": ' + "[" * 4000 + "]" * 4000 + "}",
    "too many claims": json.dumps({"userinfo": {f"c{n}": None for n in range(61)}}),
    "too long a name": json.dumps({"userinfo": {"c" * 101: None}}),
    "too many values": json.dumps({"id_token": {"acr": {"values": ["ial1"] * 21}}}),
    "too long": json.dumps({"x": "y" * MAX_LENGTH}),
    "a NUL": '{"userinfo": {"name": {"value": "\\u0000"}}}',
    "half a character": '{"userinfo": {"name": {"value": "\\ud800"}}}',
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_malformed_is_refused_in_ascii(text: str) -> None:
    with pytest.raises(ClaimsMalformed) as refused:
        claims_request.parse(text)
    assert str(refused.value).isascii()


_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_json = st.recursive(
    _scalars, lambda some: st.lists(some, max_size=4) | st.dictionaries(st.text(max_size=12), some), max_leaves=20
)
_names = st.sampled_from(
    (*standard_claims.NAMES, "sub", "acr", "name#en", "address#zh-Hans-CN", "name#", "ial#en", "x#y#z")
)
_wanted = st.none() | st.fixed_dictionaries(
    {}, optional={"essential": st.booleans() | _scalars, "value": _json, "values": st.lists(_json, max_size=3) | _json}
)
_parts = st.dictionaries(_names | st.text(max_size=8), _wanted | _json, max_size=6)
_requests = st.fixed_dictionaries({}, optional={"userinfo": _parts | _json, "id_token": _parts | _json})


@given(st.text(max_size=200) | _json.map(json.dumps) | _requests.map(json.dumps))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        asked = claims_request.parse(text)
    except ClaimsMalformed:
        return
    for part in (asked.id_token, asked.userinfo):
        assert all(isinstance(wanted.essential, bool) for wanted in part.values())
    _ = (asked.subjects, asked.essential_acrs, asked.voluntary_acrs)


@given(
    _requests.map(json.dumps),
    st.sets(st.sampled_from(ALL)),
    st.sets(st.sampled_from(ALL)),
    st.lists(st.text(max_size=8)),
)
def test_nothing_beyond_the_registered_scopes_is_ever_kept(
    text: str, registered: set[str], scope: set[str], locales: list[str]
) -> None:
    try:
        asked = claims_request.parse(text)
    except ClaimsMalformed:
        return
    allowed = standard_claims.of_scope(registered)
    assert allowed.issuperset(asked.beyond(scope, registered=registered))
    assert standard_claims.of_scope(scope).isdisjoint(asked.beyond(scope, registered=registered))
    kept = claims_request.kept(asked, locales, registered=registered) or {}
    for name in (*kept.get("id_token", ()), *kept.get("userinfo", ())):
        assert standard_claims.base(name) in allowed
        assert standard_claims.is_offered(name)
    assert all(standard_claims.is_tag(tag) for tag in kept.get("locales", ()))


def test_the_values_of_a_request_are_not_kept() -> None:
    asked = claims_request.parse(json.dumps({"userinfo": {"phone_number": {"value": "+8619900000001"}, "name": None}}))
    assert claims_request.kept(asked, (), registered=("openid", "phone")) == {"userinfo": ["phone_number"]}


@pytest.mark.parametrize(
    ("id_token", "userinfo", "expected"),
    [
        (None, None, None),
        ({"value": "a"}, None, {"a"}),
        (None, {"values": ["a", "b"]}, {"a", "b"}),
        ({"value": "a"}, {"values": ["a", "b"]}, {"a"}),
        ({"value": "a"}, {"value": "b"}, set()),
        ({"essential": True}, None, None),
    ],
)
def test_a_subject_that_is_demanded_twice_must_be_both(id_token: Any, userinfo: Any, expected: Any) -> None:
    asked = {"id_token": {"sub": id_token}, "userinfo": {"sub": userinfo}}
    assert claims_request.parse(json.dumps(asked)).subjects == (None if expected is None else frozenset(expected))
