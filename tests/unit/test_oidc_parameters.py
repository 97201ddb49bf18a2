"""How strictly parameters are read, and what levels their `acr` strings name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc import levels
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.levels import Level
from idp.oidc.parameters import MalformedParameters, RepeatedParameter, parse


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", {}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=1+2%20%2B", {"a": "1 2 +"}),
        (b"a=%E6%B1%89", {"a": "汉"}),
        (b"a=&b=2", {"b": "2"}),  # RFC 6749 §3.1: a parameter without a value counts as not sent
        (b"a&b=2", {"b": "2"}),
        (b"a=1;b=2", {"a": "1;b=2"}),
        (b"a=b=c", {"a": "b=c"}),
        (b"=1&a=2", {"": "1", "a": "2"}),
    ],
)
def test_clean_parameters(raw: bytes, expected: dict[str, str]) -> None:
    assert parse(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        b"a=%FF",
        b"a=%C0%80",
        b"a=%ED%A0%80",  # a surrogate
        "a=汉".encode(),
        b"a=\xff",
        b"a=%00",
        b"a%00=1",
        b"a=" + b"x" * 16_384,
        b"&".join(b"a%d=1" % n for n in range(65)),
    ],
)
def test_what_cannot_be_read_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedParameters) as refused:
        parse(raw)
    assert not isinstance(refused.value, RepeatedParameter)
    assert refused.value.reason.isascii()


EXCHANGE = b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"


@pytest.mark.parametrize(
    ("raw", "name", "value"),
    [
        (
            b"resource=https://a.example/&resource=https://b.example/",
            "resource",
            "https://a.example/ https://b.example/",
        ),
        (b"resource=&resource=https://b.example/", "resource", "https://b.example/"),
        (EXCHANGE + b"&audience=a&audience=b&resource=urn:x", "audience", "a b"),
    ],
)
def test_resource_and_in_an_exchange_audience_may_come_again(raw: bytes, name: str, value: str) -> None:
    assert parse(raw)[name] == value


@pytest.mark.parametrize(
    "raw",
    [
        b"audience=a&audience=b",
        b"grant_type=client_credentials&audience=a&audience=b",
        EXCHANGE + b"&scope=a&scope=b",
        EXCHANGE + b"&subject_token=a&subject_token=b",
        EXCHANGE + b"&" + EXCHANGE,
    ],
)
def test_nothing_else_may(raw: bytes) -> None:
    with pytest.raises(RepeatedParameter):
        parse(raw)


@pytest.mark.parametrize("raw", [b"a=1&b=2&a=3", b"a=1&b=2&a=1", b"a=&b=2&a="])
def test_a_repeated_parameter_is_refused_and_the_rest_is_readable(raw: bytes) -> None:
    with pytest.raises(RepeatedParameter) as refused:
        parse(raw)
    assert refused.value.readable == {"b": "2"}


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        read = parse(raw)
    except MalformedParameters:
        return
    assert all(value and "\x00" not in name + value for name, value in read.items())


@given(st.text(max_size=60))
def test_an_acr_value_is_ours_or_passed_over(text: str) -> None:
    level = levels.parse(text)
    assert level is None or levels.parse(str(level)) == level


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("ial0", Level(0, 1)),
        ("ial1", Level(1, 1)),
        ("aal2", Level(0, 2)),
        ("ial1.aal2", Level(1, 2)),
        ("ial3.aal3", Level(3, 3)),
        ("", None),
        (".", None),
        ("ial", None),
        ("ial4", None),
        ("aal0", None),
        ("IAL1", None),
        ("ial1aal", None),
        ("ial1.", Level(1, 1)),
        ("aal1.ial1", None),
        ("ial１", None),
        ("urn:x:ial1", None),
    ],
)
def test_levels_by_name(text: str, level: Level | None) -> None:
    assert levels.parse(text) == level


@pytest.mark.parametrize(
    ("have", "want", "meets"),
    [
        ((1, 1), (1, 1), True),
        ((1, 1), (0, 1), True),
        ((0, 3), (1, 1), False),
        ((3, 1), (1, 2), False),
        ((2, 2), (1, 1), True),
    ],
)
def test_at_least_on_each_axis(have: tuple[int, int], want: tuple[int, int], meets: bool) -> None:
    assert Level(*have).meets(Level(*want)) is meets


def test_what_is_published_is_what_can_be_reached() -> None:
    reach = levels.reachable(2)
    assert levels.supported(reach) == ["ial0.aal1", "ial1.aal1", "ial2.aal1"]
    assert all((parsed := levels.parse(acr)) is not None and reach.meets(parsed) for acr in levels.supported(reach))


def test_a_request_keeps_what_the_specifications_name() -> None:
    asked = AuthorizationRequest.from_wire({"client_id": "c", "scope": "openid  phone", "utm_source": "x", "code": "y"})
    assert dict(asked.wire) == {"client_id": "c", "scope": "openid  phone"}
    assert asked.scope == ("openid", "phone")
    assert (asked.response_mode, asked.display, asked.max_age, asked.prompt) == (None, "page", None, frozenset())
    assert "openid" not in repr(asked)
