"""Registration attacked: any JSON, addresses that lead inside, rights that nobody gave, and names that pretend."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from idp.oidc.models import Client, InitialAccessToken
from idp.oidc.registration import clients, machine_metadata
from idp.oidc.registration.client_metadata import ClientMetadata
from tests.contract.durable import sqlite_url
from tests.flows.centre import Centre, open_centre
from tests.flows.key_host import KeyHost
from tests.flows.registrant import REDIRECT, Registrant, leave

quick = settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
JSON = {"Content-Type": "application/json"}
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=30),
    st.sampled_from([REDIRECT, "code", "id_token", "none", "implicit", "RS256", "native", "pairwise", "a" * 3000, "\ud7ff", "https://"]),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
MEMBERS = st.sampled_from(
    [*sorted(machine_metadata.KNOWN), "client_name#en", "logo_uri#zh-Hans", "localised", "client_id"]
)


@pytest.fixture(scope="module")
def walled(tmp_path_factory: pytest.TempPathFactory, service_log: Path) -> Iterator[Centre]:
    """A centre whose calls may reach public addresses only."""
    url = sqlite_url(tmp_path_factory.mktemp("walled"))
    with open_centre(url, "", log_file=service_log, outbound_allow=()) as centre:
        yield centre


@pytest.fixture
def machine(centre: Centre) -> Iterator[Registrant]:
    made = Registrant(centre, leave(centre))
    yield made
    made.close()


@pytest.fixture
def host() -> Iterator[KeyHost]:
    made = KeyHost()
    made.body = json.dumps([REDIRECT]).encode()
    yield made
    made.close()


def is_decent(answer: Any) -> None:
    assert answer.status_code in {201, 400}, answer.response.text[:400]
    if answer.status_code == 400:
        assert answer.error in {
            "invalid_client_metadata", "invalid_redirect_uri", "invalid_software_statement", "unapproved_software_statement",
        }  # fmt: skip
        assert answer.error_description.isascii()
        assert not {'"', "\\"} & set(answer.error_description)


@quick
@given(members=st.dictionaries(MEMBERS, VALUES, max_size=5), has_redirect=st.booleans())
@example(members={"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}}, has_redirect=True)
@example(members={"scope": "\u2028 openid"}, has_redirect=True)
@example(members={"default_max_age": 10**30}, has_redirect=True)
def test_any_members(machine: Registrant, members: dict[str, Any], has_redirect: bool) -> None:
    body = {**({"redirect_uris": [REDIRECT]} if has_redirect else {}), **members}
    made = machine.register(body)
    is_decent(made)
    if made.status_code == 201:
        assert machine.read(made).status_code == 200
        assert machine.change(made).status_code == 200
        assert machine.delete(made).status_code == 204


@quick
@given(value=VALUES)
def test_any_json(machine: Registrant, value: Any) -> None:
    is_decent(
        machine.call(
            "POST", f"{machine.centre.issuer}/clients", token=machine.token, body=json.dumps(value), headers=JSON
        )
    )


@quick
@given(raw=st.binary(max_size=200))
def test_any_bytes(machine: Registrant, raw: bytes) -> None:
    made = machine.call("POST", f"{machine.centre.issuer}/clients", token=machine.token, body=raw or b" ", headers=JSON)
    is_decent(made)


def test_no_address_of_a_site_is_called_but_the_sectors_and_that_one_through_the_guard(walled, host):
    machine = Registrant(walled, leave(walled))
    member_of = {"jwks_uri": host.url, "logo_uri": host.url, "policy_uri": host.url, "tos_uri": host.url, "client_uri": host.url,
                 "initiate_login_uri": host.url.replace("http:", "https:"), "backchannel_logout_uri": host.url,
                 "logo_uri#en": host.url,
                 "request_uris": [host.url]}  # fmt: skip
    made = machine.register(**member_of)
    assert made.status_code == 201, made.json
    assert host.asked == []
    port = host.url.rpartition(":")[2].partition("/")[0]
    for inside in (
        host.url, f"https://127.0.0.1:{port}/", f"https://localhost:{port}/", f"https://[::1]:{port}/", f"https://0.0.0.0:{port}/",
        f"https://2130706433:{port}/", f"https://0x7f.1:{port}/", f"https://[::ffff:127.0.0.1]:{port}/", "https://169.254.169.254/latest",
        "https://10.0.0.1/", "https://192.168.1.1/", "https://[fd00::1]/", "https://localhost.:1/",
    ):  # fmt: skip
        refused = machine.register(sector_identifier_uri=inside)
        assert (refused.status_code, refused.error) == (400, "invalid_client_metadata"), inside
        assert refused.error_description == "sector_identifier_uri: its file cannot be fetched"
    assert host.asked == []
    machine.close()


def test_a_machine_without_leave_makes_nobody_call_anything(centre, host):
    stranger = Registrant(centre, "nobody-made-this")
    assert stranger.register(sector_identifier_uri=host.url).status_code == 401
    assert host.asked == []
    stranger.close()


def test_nobody_gives_themselves_more_than_a_machine_may_have(centre, machine):
    made = machine.register(
        release_basis="statutory_duty", state="deleted", origin="operator", registration_digest="x", client_id="portal",
        client_secret="mine", client_id_issued_at=1, client_secret_expires_at=9, registration_access_token="mine",
        registration_client_uri="https://evil.example/", metadata_={"scope": "realname"}, created_at="x", localised={"a": "b"},
        purposes={"profile": "法律规定"}, require_pkce=False, token_endpoint_auth_method="none",
    )  # fmt: skip
    assert made.status_code == 201
    with centre.services.database.view() as db:
        row = db.get_one(Client, made.client_id)
        assert (row.release_basis, row.state, row.origin) == (clients.CONSENT, "active", "dynamic")
        kept = ClientMetadata.stored(row.metadata_)
    assert kept.purposes == {}
    assert kept.require_pkce
    assert "realname" not in kept.scopes
    assert made.client_id != "portal"
    assert made.registration_access_token != "mine"
    assert "evil" not in made.registration_client_uri
    for scope in ("openid realname", "realname"):
        assert machine.register(scope=scope).error == "invalid_client_metadata"
        assert machine.change(made, scope=scope).error == "invalid_client_metadata"


def test_a_change_gives_no_more_either(centre, machine):
    made = machine.register()
    assert (
        machine.change(made, release_basis="statutory_duty", origin="operator", purposes={"profile": "x"}).status_code
        == 200
    )
    client = centre.services.provider.clients.find(made.client_id)
    assert (client.release_basis, client.origin, client.metadata.purposes) == (clients.CONSENT, "dynamic", {})


def test_a_client_of_an_operator_cannot_be_managed_from_outside(centre, machine):
    client_id, secret = centre.register_client(
        {"client_name": "站", "client_uri": "https://rp.example/", "grant_types": ["client_credentials"]}
    )
    url = f"{centre.issuer}/clients?client_id={client_id}"
    for token in (secret, machine.token, "", "None", client_id):
        for method in ("GET", "PUT", "DELETE"):
            assert machine.call(method, url, token=token, body={"client_id": client_id}).status_code == 401


def test_an_initial_token_manages_nothing_and_a_management_token_registers_nothing(centre, machine):
    made = machine.register()
    thief = Registrant(centre, made.registration_access_token)
    assert thief.register().status_code == 401
    assert machine.call("GET", made.registration_client_uri, token=machine.token).status_code == 401
    thief.close()


def test_tokens_are_kept_by_digest_alone(centre, machine):
    made = machine.register()
    with centre.services.database.view() as db:
        row = db.get_one(Client, made.client_id)
        kept = json.dumps([row.metadata_, row.registration_digest])
        digests = [each.digest for each in db.query(InitialAccessToken)]
    for secret in (made.client_secret, made.registration_access_token, machine.token):
        assert secret not in kept
        assert secret not in digests


@pytest.mark.parametrize(
    "name", ["省政府\u202e门户", "Bank\u200b", "a\u0007", "\u2066x", "x\u0085", "\ufeffx", "\ue000"]
)
def test_a_name_hides_nothing(machine, name):
    assert machine.register(client_name=name).error == "invalid_client_metadata"
    assert machine.register(**{"client_name#en": name}).error == "invalid_client_metadata"


def test_the_token_is_taken_from_the_header_alone(machine):
    url = f"{machine.centre.issuer}/clients"
    refused = machine.call(
        "POST", f"{url}?access_token={machine.token}", token=None, body={"redirect_uris": [REDIRECT]}
    )
    assert refused.status_code == 401
    refused = machine.call("POST", url, token=None, body={"redirect_uris": [REDIRECT], "access_token": machine.token})
    assert refused.status_code == 401


def test_a_flood_of_changes_is_slowed(machine, monkeypatch):
    monkeypatch.setattr("idp.oidc.registration.registrar._CHANGES_PER_HOUR", 2)
    made = machine.register()
    assert [machine.change(made).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    "authority",
    ["rp.example;sandbox", "rp.example,x", "rp.example'", "[::1]x", "[::1].evil.example", "rp.example!", "a(b)"],
)
def test_a_host_that_others_read_in_their_own_ways_is_none(machine, authority):
    """The content policy of a page names it, where `;` ends a directive and `,` a policy."""
    assert machine.register(redirect_uris=[f"https://{authority}/cb"]).error == "invalid_redirect_uri"
    assert machine.register(initiate_login_uri=f"https://{authority}/in").error == "invalid_client_metadata"
