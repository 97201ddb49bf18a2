"""Which resources a request is granted and what one token of it is aimed at, as tables of cases; and how records are kept."""

from typing import Any, cast

import pytest

from idp.oidc import resources
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.resource_servers import JWT, OPAQUE, Known, Resource, ResourceServers
from idp.oidc.resources import InvalidTarget
from idp.oidc.tokens.access_tokens import AccessToken
from tests.unit.test_oidc_clients import MINIMAL

ME, A, B = "https://id.example", "https://a.example/", "urn:example:b"
SERVERS = {
    A: Resource(A, "甲", "a", frozenset({"a:read", "a:write"}), JWT, "ES256"),
    B: Resource(B, "乙", None, frozenset({"b:read"}), OPAQUE, "ES256"),
}
KNOWN = Known(SERVERS, {word: server for server in SERVERS.values() for word in server.scopes}, {"a": frozenset({A})})
REGISTERED = "openid profile a:read a:write b:read"


class Register:
    """The servers above; counts how often it is looked at."""

    def __init__(self) -> None:
        self.looks = 0

    def known(self) -> Known:
        self.looks += 1
        return KNOWN


def servers() -> ResourceServers:
    return cast("ResourceServers", Register())


def client(scope: str = REGISTERED, client_id: str = "c") -> RegisteredClient:
    return RegisteredClient(client_id, "consent", ClientMetadata.model_validate({**MINIMAL, "scope": scope}), ())


@pytest.mark.parametrize(
    ("asked", "scope", "granted", "released"),
    [
        ((), "openid profile", (), "openid profile"),
        ((), "openid a:read", (ME, A), "openid a:read"),
        ((), "a:read b:read", (A, B), "a:read b:read"),
        ((), "openid gone:read", (), "openid"),
        ((A,), "openid profile a:read b:read", (A,), "openid profile a:read"),
        ((A, A), "openid a:read", (A,), "openid a:read"),
        ((A, B), "openid a:read", (A, B), "openid a:read"),
        ((A,), "openid", (A,), "openid"),
        ((ME,), "openid a:read", (), "openid"),
        ((ME, A), "openid a:read", (ME, A), "openid a:read"),
    ],
)
def test_what_a_request_is_granted(asked: tuple[str, ...], scope: str, granted: tuple[str, ...], released: str) -> None:
    given = resources.granted(servers(), ME, client(), asked, scope.split())
    assert given == (granted, tuple(released.split()))


@pytest.mark.parametrize(
    "asked", [("https://x.example/",), (A, "x"), ("",), (A + "#",), tuple(f"urn:x:{n}" for n in range(11))]
)
def test_what_nobody_registered_is_no_target(asked: tuple[str, ...]) -> None:
    with pytest.raises(InvalidTarget):
        resources.granted(servers(), ME, client(), asked, ["openid"])


def test_a_server_is_for_those_who_are_registered_for_a_scope_of_it_and_for_itself() -> None:
    assert resources.required(KNOWN, ME, client("openid a:write"), [A]) == (A,)
    assert resources.required(KNOWN, ME, client("openid", "a"), [A]) == (A,)
    for stranger in (client("openid b:read"), client("openid", "b")):
        with pytest.raises(InvalidTarget):
            resources.required(KNOWN, ME, stranger, [A])


@pytest.mark.parametrize(
    ("granted", "asked", "scope", "audience", "narrowed", "is_jwt"),
    [
        (None, (), "openid profile", None, "openid profile", False),
        (None, (), "", None, "", False),
        (None, (ME,), "openid profile", None, "openid profile", False),
        ((A,), (), "openid a:read", (A,), "a:read", True),
        ((A,), (A,), "openid a:read a:write", (A,), "a:read a:write", True),
        ((A,), (ME,), "openid a:read", None, "openid", False),
        ((B,), (), "openid b:read", (B,), "b:read", False),
        ((A, B), (), "openid a:read b:read", (A, B), "a:read b:read", False),
        ((A, B), (A,), "openid a:read b:read", (A,), "a:read", True),
        ((ME, A), (), "openid a:read", (ME, A), "openid a:read", False),
        ((ME, A), (A, ME), "openid a:read", (A, ME), "openid a:read", False),
        ((A, "https://gone.example/"), (), "a:read gone:read", (A,), "a:read", True),
        ((A,), (), "openid", (A,), "", True),
    ],
)
def test_what_a_token_is_aimed_at(
    granted: tuple[str, ...] | None, asked: tuple[str, ...], scope: str, audience: Any, narrowed: str, is_jwt: bool
) -> None:
    aimed = resources.target(servers(), ME, resources=granted, asked=asked, scope=scope)
    assert (aimed.audience, aimed.scope, aimed.reader is not None) == (audience, narrowed, is_jwt)
    assert aimed.is_for_issuer(ME) is (audience is None or ME in audience)


@pytest.mark.parametrize(
    ("granted", "asked", "scope"),
    [
        (None, (A,), "openid"),
        ((A,), (B,), "openid a:read"),
        ((A,), (A, B), "openid a:read"),
        ((A,), (ME,), "a:read"),  # no openid: nothing of the issuer was granted
        (("https://gone.example/",), (), "openid"),
        (("https://gone.example/",), ("https://gone.example/",), "openid"),
    ],
)
def test_what_was_not_granted_is_no_target(granted: Any, asked: tuple[str, ...], scope: str) -> None:
    with pytest.raises(InvalidTarget):
        resources.target(servers(), ME, resources=granted, asked=asked, scope=scope)


def test_an_ordinary_token_costs_no_look_at_the_servers() -> None:
    register = Register()
    resources.granted(cast("ResourceServers", register), ME, client(), (), ["openid", "profile"])
    resources.target(cast("ResourceServers", register), ME, resources=None, asked=(), scope="openid profile")
    assert register.looks == 0


def test_a_record_holds_what_is_there_and_nothing_else() -> None:
    plain = AccessToken("c", "openid", 1, 2)
    assert plain.to_bytes() == b'{"client_id":"c","scope":"openid","iat":1,"exp":2}'
    aimed = AccessToken("c", "", 1, 2, aud=[A], act={"sub": "x", "act": {"sub": "y"}}, jti="j", origin="o")
    for record in (plain, aimed):
        assert AccessToken.from_bytes(record.to_bytes()) == record
    assert aimed.is_for(A, issuer=ME)
    assert not aimed.is_for(ME, issuer=ME)
    assert plain.is_for(ME, issuer=ME)
    assert not plain.is_for(A, issuer=ME)
