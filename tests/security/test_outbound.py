"""URLs that a relying site registered are called only where that is allowed (server-side request forgery)."""

import socket
from collections.abc import Iterator

import pytest

from idp.core.deadline import Deadline
from idp.core.http import GuardedClient, HttpUnavailable
from tests.architecture.source import modules
from tests.flows.site import Site

LOOPBACK = ("127.0.0.0/8", "::1/128")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def call(client: GuardedClient, url: str) -> int:
    return client.request("POST", url, headers=FORM, body=b"logout_token=x", deadline=Deadline.after(3)).status


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.mark.parametrize("allowed", [(), LOOPBACK, ("192.0.2.0/24",)])
@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "[fe80::1]", "[fd00::1]",
        "[::ffff:169.254.169.254]", "[::ffff:10.0.0.1]", "[64:ff9b::a9fe:a9fe]",
    ],
)  # fmt: skip
def test_inner_addresses_are_closed(allowed: tuple[str, ...], address: str) -> None:
    scheme = "http" if allowed else "https"
    with pytest.raises(HttpUnavailable) as refused:
        call(GuardedClient(allowed), f"{scheme}://{address}/latest/meta-data")
    assert refused.value.reason == "forbidden_address"


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://127.1:{port}/"])
def test_loopback_is_closed_unless_it_is_allowed(site: Site, url: str) -> None:
    port = site.url.rpartition(":")[2]
    for allowed in ((), ("10.0.0.0/8",)):
        with pytest.raises(HttpUnavailable):
            call(GuardedClient(allowed), url.format(port=port))
    assert site.received == []
    assert call(GuardedClient(LOOPBACK), f"http://127.0.0.1:{port}/") == 200


def test_a_name_that_leads_inside_is_closed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is judged, not the name: DNS of a stranger may say anything."""
    port = int(site.url.rpartition(":")[2])
    for inner in ("127.0.0.1", "169.254.169.254", "10.1.2.3"):

        def resolve(host: object, *_a: object, inner: str = inner, **_k: object) -> list[object]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (inner, port))]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        with pytest.raises(HttpUnavailable) as refused:
            call(GuardedClient(("192.0.2.0/24",)), f"http://rp.example:{port}/backchannel-logout")
        assert refused.value.reason == "forbidden_address"
    assert site.received == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_not_followed(site: Site, status: int) -> None:
    site.answers[:] = [status]
    assert call(GuardedClient(LOOPBACK), site.url + "/") == status


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "unix:///var/run/x", "http://"]
)
def test_other_schemes_are_closed(url: str) -> None:
    with pytest.raises(HttpUnavailable):
        call(GuardedClient(LOOPBACK), url)


def test_the_environments_proxy_is_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert call(GuardedClient(LOOPBACK), site.url + "/") == 200


def test_four_addresses_of_a_site_are_ever_called_each_in_one_place() -> None:
    """Key sets, request objects, the sector's file and the back channel; whatever else is registered is for browsers."""
    calling = {
        module.name
        for module in (*modules("idp/oidc"), *modules("idp/core/jwt"))
        for _, receiver, method in module.calls_of_methods()
        if (receiver, method) == ("http", "request")
    }
    assert calling == {
        "idp.core.jwt.remote_keys",
        "idp.oidc.authorization.request_uris",
        "idp.oidc.registration.sectors",
        "idp.oidc.logout.back_channel",
    }
    unguarded = {
        module.name for module in modules("idp/oidc") for _, used in module.uses() if used.endswith(".HttpClient")
    }
    assert not unguarded
