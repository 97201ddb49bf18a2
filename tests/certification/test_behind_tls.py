"""The profiles once more behind TLS, through nginx as deploy/nginx.conf sets it up: what TLS changes, and every response type."""

import ipaddress
from collections.abc import Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from launcher import machine
from tests.browser.running_demo import Citizen
from tests.certification import checks
from tests.certification.leaving import frames_of, leaver
from tests.certification.op import CODE, Provider, Variant
from tests.certification.test_session_management import says
from tests.flows import certificates
from tests.flows.centre import Centre, close_logs, install, served, settings_for
from tests.flows.registrant import leave
from tests.services import nginx_front

AUTHORITY = certificates.authority("servers")
EVERY_TYPE = ("code", "id_token", "id_token token", "code id_token", "code token", "code id_token token")


@pytest.fixture(scope="module")
def op(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A provider in this process, behind a front with a certificate of its own."""
    folder = tmp_path_factory.mktemp("front")
    ports, inner = nginx_front.free_ports(), machine.free_port()
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    server = AUTHORITY.issue("localhost", names=names, purposes=[certificates.SERVER])
    key = server.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    trust = folder / "servers.pem"
    trust.write_text(AUTHORITY.pem, encoding="ascii")
    database = f"sqlite:///{folder / 'idp.sqlite3'}"
    install(database)
    centre = Centre(
        settings_for(
            database, "", inner, issuer=f"https://localhost:{ports.https}", log_file=folder / "idp.jsonl", sandbox=True,
            client_registration="token",
        )
    )  # fmt: skip
    who = centre.person()
    facts = {"issuer": centre.issuer, "initial_access_token": leave(centre)}
    with (
        served(centre.app, inner),
        nginx_front.front(folder, ports, upstream=inner, certificate=server.pem, key=key.decode()),
    ):
        person = Citizen(who.name, who.resident_id, who.phone, who.username, who.password)
        provider = Provider(facts, person, str(trust))
        yield provider
        provider.close()
    centre.close()
    close_logs()


@pytest.mark.parametrize("form_post", [False, True])
@pytest.mark.parametrize("response_type", EVERY_TYPE)
def test_a_flow_brings_what_its_response_type_names(op: Provider, response_type: str, *, form_post: bool) -> None:
    """oidcc-server"""
    variant = Variant(response_type, form_post=form_post)
    op.party(variant).flow(variant)


def test_every_address_is_https(op: Provider) -> None:
    """oidcc-discovery-endpoint-verification"""
    checks.discovered(op.metadata, op.issuer)


def test_cookies_are_for_this_host_alone_and_one_of_them_for_frames(op: Provider) -> None:
    """RFC 6265bis §4.1.3; Session Management §3: the state must reach a frame on another site's page."""
    visitor, set_cookies = op.visitor(), []
    visitor.browser.http.hooks["response"].append(
        lambda answer, **_: set_cookies.extend(answer.raw.headers.getlist("Set-Cookie"))
    )
    op.party().flow(CODE, visitor)
    for name, same_site, from_scripts in (("idp_session", "Lax", False), ("idp_browser", "Lax", False),
                                          ("idp_state", "None", True)):  # fmt: skip
        found = [each for each in set_cookies if each.partition("=")[0] == f"__Host-{name}"]
        assert found, name
        for each in found:
            attributes = set(each.split("; ")[1:])
            assert {"Secure", "Path=/", f"SameSite={same_site}"} <= attributes
            assert ("HttpOnly" in attributes) is not from_scripts
            assert "Domain" not in each
    assert all(each.startswith("__Host-") for each in set_cookies)


def test_a_posted_request_keeps_its_session(op: Provider) -> None:
    """oidcc-ensure-post-request-succeeds"""
    party = op.party()
    asked = party.ask(CODE)
    party.complete(CODE, asked, op.known_visitor().visit(op.metadata["authorization_endpoint"], data=asked.sent))


def test_the_posting_page_may_post_to_the_site_and_nowhere_else(op: Provider) -> None:
    """OAuth 2.0 Form Post Response Mode §2"""
    party = op.party()
    op.known_visitor().visit(party.ask(CODE).url)
    answer = op.known_visitor().browser.raw("GET", party.ask(CODE, response_mode="form_post").url)
    assert f"form-action 'self' {op.site.url};" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Strict-Transport-Security"]


def test_leaving_is_seen_by_the_frame_and_heard_in_one(op: Provider) -> None:
    """oidcc-session-management-rp-initiated-logout, oidcc-frontchannel-rp-initiated-logout"""
    frame = f"{op.site.url}/frontchannel_logout"
    one = leaver(op, frontchannel_logout_uri=frame, frontchannel_logout_session_required=True)
    known = one.flow.landing.params["session_state"]
    assert says(one, known) == "unchanged"
    assert frames_of(one.leave()) == [(frame, {"iss": op.issuer, "sid": one.flow.claims["sid"]})]
    assert says(one, known) == "changed"
    one.is_out()
