"""Ports of the demo: a busy one is named, together with the way out."""

import socket

import pytest

from launcher import demo, machine
from launcher.layout import Layout
from launcher.say import Refusal


@pytest.fixture
def base():
    """A base whose six ports are free."""
    for candidate in range(21000, 60000, 137):
        if all(machine.port_is_free(candidate + offset) for offset in (0, 1, 2, 3, 4, 10)):
            return candidate
    pytest.fail("no free ports on this machine")


@pytest.mark.parametrize("offset", [0, 3, 10])
def test_a_busy_port_is_named_with_a_way_out(base, offset):
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", base + offset))
        somebody.listen()
        with pytest.raises(Refusal, match=rf"Port {base + offset}, .*--port-base \d+"):
            demo._check_ports(Layout(base, f"http://localhost:{base}"))


def test_free_ports_are_no_obstacle(base):
    demo._check_ports(Layout(base, f"http://localhost:{base}"))


@pytest.mark.parametrize("wrong", [0, -5, 65530, 700000])
def test_a_base_outside_of_the_range_is_refused(wrong):
    with pytest.raises(Refusal, match="--port-base"):
        demo._layout(demo.Options(port_base=wrong))


@pytest.mark.parametrize(
    "wrong", ["http://id.example.test", "https://", "https://a.example.test/path", "https://u@a.example.test"]
)
def test_an_issuer_must_be_a_bare_https_address(wrong):
    with pytest.raises(Refusal, match="--issuer"):
        demo._layout(demo.Options(issuer=wrong))


def test_behind_a_front_the_centre_believes_the_front_and_sites_keep_their_own_address():
    layout = demo._layout(demo.Options(port_base=9100, issuer="https://id.example.test:8443/"))
    assert layout.front_settings == {"IDP_TRUSTED_PROXIES": "127.0.0.1/32"}
    assert layout.issuer == "https://id.example.test:8443"
    assert layout.is_behind_front
    assert layout.site_urls["portal"] == "http://localhost:9101"
    assert layout.ports == [9100, 9101, 9102, 9103, 9104, 9110]


def test_certificates_of_sites_come_from_a_front_alone(tmp_path):
    authorities = tmp_path / "sites.pem"
    authorities.write_text("")
    front = {"issuer": "https://id.example.test:8443", "client_ca_file": str(authorities)}
    told = demo._layout(demo.Options(**front, certificate_header="Client-Cert")).front_settings
    assert told["IDP_CLIENT_CERTIFICATE_HEADER"] == "Client-Cert"
    assert told["IDP_CLIENT_CA_FILE"] == str(authorities)
    for wrong in ({"certificate_header": "Client-Cert"}, front, {**front, "client_ca_file": "missing"}):
        with pytest.raises(Refusal, match="--client"):
            demo._layout(demo.Options(**wrong))
