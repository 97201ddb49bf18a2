"""Sites that prove themselves by certificate, through real TLS: nginx as deploy/nginx.conf sets it up, and nobody past it."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from launcher import machine
from tests.flows import certificates
from tests.flows.centre import Centre, install, served, settings_for
from tests.flows.certificates import Holder
from tests.flows.rp import Answer
from tests.flows.site import Site
from tests.services import nginx_front
from tests.services.nginx_front import Ports

SELF = {"grant_type": "client_credentials"}
GRANTS = ["authorization_code", "client_credentials"]
AUTHORITY, SERVERS = certificates.authority("sites"), certificates.authority("servers")


@dataclass(frozen=True)
class Front:
    """The service behind nginx."""

    centre: Centre
    ports: Ports
    trust: Path
    folder: Path

    def post(
        self, path: str, form: dict[str, str], *, by: Holder | None = None, port: int | None = None, **more: Any
    ) -> Answer:
        cert = by.files(self.folder) if by is not None else None
        url = f"https://localhost:{port or self.ports.certificates}{path}"
        return Answer(requests.post(url, data=form, cert=cert, verify=str(self.trust), timeout=20, **more))

    def register(self, **metadata: Any) -> str:
        site = Site()
        site.close()
        client_id, _ = self.centre.register_client(site.metadata(grant_types=GRANTS, **metadata))
        return client_id


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, service_log: Path) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("front")
    ports, inner = nginx_front.free_ports(), machine.free_port()
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    server = SERVERS.issue("localhost", names=names, purposes=[certificates.SERVER])
    key = server.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    trust, anchors = folder / "servers.pem", folder / "sites.pem"
    trust.write_text(SERVERS.pem, encoding="ascii")
    anchors.write_text(AUTHORITY.pem, encoding="ascii")
    database = f"sqlite:///{folder / 'idp.sqlite3'}"
    install(database)
    centre = Centre(
        settings_for(
            database, "", inner, issuer=f"https://localhost:{ports.https}", log_file=service_log,
            client_certificate_header="X-SSL-Client-Cert", client_ca_file=anchors,
            client_certificate_url=f"https://localhost:{ports.certificates}",
        )
    )  # fmt: skip
    with (
        served(centre.app, inner),
        nginx_front.front(folder, ports, upstream=inner, certificate=server.pem, key=key.decode()),
    ):
        yield Front(centre, ports, trust, folder)
    centre.close()


def test_a_certificate_of_a_trusted_authority_proves_its_site(front: Front) -> None:
    mine = AUTHORITY.issue("site.example", names=[x509.DNSName("site.example")])
    by_name = front.register(token_endpoint_auth_method="tls_client_auth", tls_client_auth_san_dns="site.example")
    by_subject = front.register(
        token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn="CN=site.example,O=样例机关,C=CN"
    )
    for client_id in (by_name, by_subject):
        answer = front.post("/token", {**SELF, "client_id": client_id}, by=mine)
        assert answer.status_code == 200, answer.json
        told = front.post("/introspect", {"token": answer.access_token, "client_id": client_id}, by=mine)
        assert told.active is True
        assert front.post("/revoke", {"token": answer.access_token, "client_id": client_id}, by=mine).status_code == 200
        told = front.post("/introspect", {"token": answer.access_token, "client_id": client_id}, by=mine)
        assert told.json == {"active": False}
        for other in (None, AUTHORITY.issue("evil.example"), certificates.self_signed("site.example")):
            refused = front.post("/token", {**SELF, "client_id": client_id}, by=other)
            assert (refused.status_code, refused.error) == (401, "invalid_client")


def test_a_certificate_that_signs_itself_proves_the_site_that_registered_it(front: Front) -> None:
    own, other = certificates.self_signed(), certificates.self_signed()
    client_id = front.register(token_endpoint_auth_method="self_signed_tls_client_auth", jwks=own.x5c)
    assert front.post("/token", {**SELF, "client_id": client_id}, by=own).status_code == 200
    for wrong in (other, None, AUTHORITY.issue()):
        assert front.post("/token", {**SELF, "client_id": client_id}, by=wrong).error == "invalid_client"


def test_nobody_outside_says_whose_certificate_it_is(front: Front) -> None:
    own = certificates.self_signed()
    client_id = front.register(token_endpoint_auth_method="self_signed_tls_client_auth", jwks=own.x5c)
    forms = (own.escaped, own.rfc9440, own.pem.replace("\n", " ").strip())
    names = (
        "X-SSL-Client-Cert",
        "x-ssl-client-cert",
        "X_SSL_Client_Cert",
        "Client-Cert",
        "X-Client-Cert",
        "Client_Cert",
    )
    for port in (front.ports.https, front.ports.certificates):
        for name in names:
            for value in forms:
                spoofed = front.post("/token", {**SELF, "client_id": client_id}, port=port, headers={name: value})
                assert spoofed.status_code in {401, 429}, (name, value)
                assert spoofed.error in {"invalid_client", "slow_down"}
        mixed = {"X-SSL-Client-Cert": own.escaped, "X-Forwarded-For": "10.9.9.9"}
        other = certificates.self_signed()
        spoofed = front.post("/token", {**SELF, "client_id": client_id}, by=other, port=port, headers=mixed)
        assert spoofed.status_code in {401, 429}
    assert front.post("/token", {**SELF, "client_id": client_id}, by=own).status_code == 200
    at_the_front_door = front.post("/token", {**SELF, "client_id": client_id}, by=own, port=front.ports.https)
    assert at_the_front_door.status_code in {401, 429}  # where browsers come nobody is asked for a certificate


def test_the_port_for_certificates_serves_sites_and_nobody_else(front: Front) -> None:
    told = requests.get(
        f"{front.centre.issuer}/.well-known/openid-configuration", verify=str(front.trust), timeout=20
    ).json()
    aliases = told["mtls_endpoint_aliases"]
    assert {"tls_client_auth", "self_signed_tls_client_auth"} <= set(told["token_endpoint_auth_methods_supported"])
    base = f"https://localhost:{front.ports.certificates}"
    assert aliases["token_endpoint"] == f"{base}/token"
    for path in ("/", "/authorize", "/sign-in", "/.well-known/openid-configuration", "/tokens", "/token/", "/metrics"):
        answer = requests.get(f"{base}{path}", verify=str(front.trust), timeout=20)
        assert (answer.status_code, answer.json()) == (404, {"error": "invalid_request"}), path
    assert front.post("/token", SELF).status_code == 401
