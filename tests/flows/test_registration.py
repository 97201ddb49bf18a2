"""Sites register, read, change and delete themselves over HTTP (OpenID Registration, RFC 7591, RFC 7592)."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.config import RegistrationSettings
from idp.core import clock
from idp.oidc.models import Client
from idp.oidc.registration import client_changes, clients
from idp.oidc.registration.client_metadata import ClientMetadata
from tests.contract.durable import sqlite_url
from tests.flows.centre import OPERATOR, Centre, open_centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.registrant import REDIRECT, Registrant, leave
from tests.flows.rp import Answer, RelyingParty
from tests.flows.site import Site


@pytest.fixture
def machine(centre: Centre) -> Iterator[Registrant]:
    made = Registrant(centre, leave(centre))
    yield made
    made.close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


def as_rp(centre: Centre, site: Site, made: Answer, scope: str = "openid profile") -> RelyingParty:
    return RelyingParty(centre.issuer, site, made.client_id, made.json.get("client_secret"), scope)


@both_pairs
def test_a_site_registers_itself_and_signs_somebody_in(centre, machine, site, bob):
    made = machine.register(redirect_uris=[site.redirect_uri], grant_types=["authorization_code", "refresh_token"])
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"

    party = as_rp(centre, site, made, "openid profile offline_access")
    tokens = party.tokens_of(bob, prompt="consent")
    assert party.claims(tokens.id_token)["aud"] == made.client_id
    assert party.refresh(tokens.refresh_token).status_code == 200
    party.close()
    assert [entry.details["origin"] for entry in centre.audited("client.registered", client_id=made.client_id)] == [
        "dynamic"
    ]


def test_the_answer_tells_all_that_is_registered_defaults_too(machine):
    made = machine.register(client_name="Some site", **{"client_name#zh-Hans-CN": "某网站", "nonsense": 1})
    now = clock.epoch()
    assert len(made.client_secret) >= 43
    assert made.client_secret_expires_at == 0
    assert now - 5 <= made.client_id_issued_at <= now
    assert made.registration_client_uri.startswith(machine.endpoint)
    told = {
        "redirect_uris": [REDIRECT], "client_name": "Some site", "client_name#zh-Hans-CN": "某网站",
        "application_type": "web", "grant_types": ["authorization_code"], "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic", "id_token_signed_response_alg": "RS256",
        "subject_type": "pairwise", "require_auth_time": False, "backchannel_logout_session_required": False,
        "scope": "openid profile email address phone offline_access",
    }  # fmt: skip
    assert told.items() <= made.json.items()
    assert "nonsense" not in made.json
    assert not {"purposes", "require_pkce", "localised", "release_basis", "state", "origin"} & set(made.json)


def test_a_client_without_a_secret_gets_none(machine):
    made = machine.register(token_endpoint_auth_method="none")
    assert made.status_code == 201
    assert not {"client_secret", "client_secret_expires_at"} & set(made.json)


def test_pkce_is_required_of_public_clients_alone(centre, machine):
    for method, required in (("none", True), ("client_secret_post", False)):
        made = machine.register(token_endpoint_auth_method=method, require_pkce=not required)
        assert centre.services.provider.clients.find(made.client_id).metadata.require_pkce is required


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, 'Bearer realm="registration"'),
        ({"Authorization": "Bearer nobody-made-this"}, 'Bearer realm="registration", error="invalid_token"'),
        ({"Authorization": "Bearer "}, 'Bearer realm="registration", error="invalid_token"'),
        ({"Authorization": "Basic eDp5"}, 'Bearer realm="registration", error="invalid_token"'),
        (
            {"Authorization": "Bearer \u00ff\u00fe".encode("latin-1")},
            'Bearer realm="registration", error="invalid_token"',
        ),
    ],
)
def test_without_a_good_initial_token_nobody_registers(machine, headers, challenge):
    url = f"{machine.centre.issuer}/clients"
    refused = machine.call("POST", url, token=None, body={"redirect_uris": [REDIRECT]}, headers=headers)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == challenge


def test_an_initial_token_is_counted_down_by_registrations_alone(centre):
    machine = Registrant(centre, leave(centre, uses=2))
    assert machine.register(redirect_uris=["ftp://x"]).error == "invalid_redirect_uri"
    assert [machine.register().status_code for _ in range(3)] == [201, 201, 401]
    machine.close()


def test_an_initial_token_expires(centre):
    machine = Registrant(centre, leave(centre, lives=timedelta(minutes=1)))
    clock.travel(timedelta(minutes=2))
    assert machine.register().status_code == 401
    machine.close()


def test_a_registration_is_read_as_it_was_told(machine):
    made = machine.register(contacts=["ops@rp.example"], default_max_age=300)
    read = machine.read(made)
    assert read.status_code == 200
    assert read.json == {n: v for n, v in made.json.items() if n not in {"client_secret", "client_secret_expires_at"}}


def test_a_change_replaces_everything(machine):
    made = machine.register(client_name="Before", logo_uri="https://rp.example/logo.png", default_max_age=60)
    changed = machine.change(made, client_name="After", logo_uri=None, redirect_uris=[REDIRECT, "https://rp.example/2"])
    assert changed.status_code == 200
    assert changed.client_name == "After"
    assert "logo_uri" not in changed.json
    assert changed.default_max_age == 60
    assert changed.registration_access_token == made.registration_access_token
    assert (changed.client_secret, changed.client_secret_expires_at) == (made.client_secret, 0)  # it was repeated
    secret = {"client_secret", "client_secret_expires_at"}
    assert machine.read(made).json == {name: value for name, value in changed.json.items() if name not in secret}
    assert machine.centre.audited("client.changed", client_id=made.client_id)[0].actor_id == made.client_id


def test_a_null_in_a_change_deletes_the_member(machine):
    made = machine.register(client_name="Before")
    body = {"client_id": made.client_id, "redirect_uris": [REDIRECT], "client_name": None}
    changed = machine.call("PUT", made.registration_client_uri, token=made.registration_access_token, body=body)
    assert changed.status_code == 200
    assert "client_name" not in changed.json


@pytest.mark.parametrize(
    "members",
    [
        {"client_id": "somebody-else"},
        {"client_id": ""},
        {"client_secret": "another"},
        {"client_secret": 7},
        {"registration_access_token": "mine"},
        {"registration_client_uri": "https://rp.example/"},
        {"client_secret_expires_at": 0},
        {"client_id_issued_at": 1},
    ],
)
def test_a_change_sets_nothing_that_is_the_centres_to_say(machine, members):
    made = machine.register()
    body = {"client_id": made.client_id, "redirect_uris": [REDIRECT], **members}
    refused = machine.call("PUT", made.registration_client_uri, token=made.registration_access_token, body=body)
    assert (refused.status_code, refused.error) == (400, "invalid_client_metadata")
    assert next(iter(members)) in refused.error_description


def test_a_change_names_its_client(machine):
    made = machine.register()
    refused = machine.call(
        "PUT", made.registration_client_uri, token=made.registration_access_token, body={"redirect_uris": [REDIRECT]}
    )
    assert (refused.status_code, refused.error) == (400, "invalid_client_metadata")
    assert "client_id" in refused.error_description


def test_a_changed_redirect_holds_at_once_and_the_old_one_ends(centre, machine, site, bob):
    made = machine.register(redirect_uris=[REDIRECT])
    party = as_rp(centre, site, made)
    assert party.visit().status == 400
    assert machine.change(made, redirect_uris=[site.redirect_uri]).status_code == 200
    assert party.sign_in(bob).code
    party.close()


def test_a_method_that_needs_a_secret_brings_one_and_others_end_it(centre, machine):
    made = machine.register(token_endpoint_auth_method="none")
    confidential = machine.change(made, token_endpoint_auth_method="client_secret_post")
    assert confidential.client_secret_expires_at == 0
    secret = confidential.client_secret
    client = centre.services.provider.clients.find(made.client_id)
    assert client.accepts_secret(secret, clock.now())
    assert "client_secret" not in machine.change(confidential, client_name="The same", client_secret=None).json
    machine.change(confidential, token_endpoint_auth_method="none", client_secret=None)
    assert not centre.services.provider.clients.find(made.client_id).accepts_secret(secret, clock.now())


def test_what_an_operator_added_stays_when_the_site_changes_itself(centre, machine):
    made = machine.register(client_name="站")
    with centre.services.database.transaction() as db:
        row = db.get_one(Client, made.client_id)
        more = {"scope": "openid realname", "purposes": {"realname": "办事"}, "require_pkce": True}
        client_changes.change(
            db, centre.services.trail, row, ClientMetadata.of_machine({**row.metadata_, **more}),
            keyring=centre.services.keyring, actor=OPERATOR,
        )  # fmt: skip
    assert machine.read(made).scope == "openid realname"
    assert machine.change(made, scope="openid realname", client_name="新站").status_code == 200
    centre.see_changes()
    metadata = centre.services.provider.clients.find(made.client_id).metadata
    assert (metadata.purposes, metadata.require_pkce, metadata.client_name) == ({"realname": "办事"}, True, "新站")
    assert machine.change(made, scope="openid").status_code == 200
    assert machine.change(made, scope="openid realname").error == "invalid_client_metadata"


def test_a_deleted_client_is_gone_with_all_its_tokens(centre, machine, site, bob):
    made = machine.register(redirect_uris=[site.redirect_uri], grant_types=["authorization_code", "refresh_token"])
    party = as_rp(centre, site, made, "openid profile offline_access")
    tokens = party.tokens_of(bob, prompt="consent")
    gone = machine.delete(made)
    assert (gone.status_code, gone.response.content) == (204, b"")
    assert party.userinfo(tokens.access_token).status_code == 401
    assert party.refresh(tokens.refresh_token).error == "invalid_client"
    assert machine.read(made).status_code == 401
    assert machine.delete(made).status_code == 401
    assert machine.change(made).status_code == 401
    assert party.visit().status == 400
    party.close()
    assert len(centre.audited("client.deleted", client_id=made.client_id)) == 1
    with pytest.raises(Exception, match=r"(?i)unique"), centre.services.database.transaction() as db:
        clients.register(
            db, centre.services.trail, site.metadata(), keyring=centre.services.keyring, client_id=made.client_id
        )


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_clients_token_opens_nothing(machine, method):
    mine, theirs = machine.register(), machine.register()
    for url, token in (
        (mine.registration_client_uri, theirs.registration_access_token),
        (mine.registration_client_uri, machine.token),
        (mine.registration_client_uri, mine.client_secret),
        (f"{machine.centre.issuer}/clients?client_id=nobody", mine.registration_access_token),
        (f"{machine.centre.issuer}/clients", mine.registration_access_token),
        (f"{machine.centre.issuer}/clients?client_id=%00%FF", mine.registration_access_token),
    ):
        refused = machine.call(
            method, url, token=token, body={"client_id": mine.client_id, "redirect_uris": [REDIRECT]}
        )
        assert refused.status_code == 401, url
        assert refused.headers["WWW-Authenticate"] == 'Bearer realm="registration", error="invalid_token"'
    refused = machine.call(method, mine.registration_client_uri, token=None)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="registration"')
    assert machine.read(mine).status_code == 200


def test_a_disabled_client_may_not_manage_itself(centre, machine):
    made = machine.register()
    with centre.services.database.transaction() as db:
        assert clients.set_state(db, centre.services.trail, made.client_id, "disabled", actor=None)
    assert [machine.read(made).status_code, machine.change(made).status_code, machine.delete(made).status_code] == [
        403
    ] * 3


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {"Content-Type": "application/json"}),
        (b"{", {"Content-Type": "application/json"}),
        (b"[]", {"Content-Type": "application/json"}),
        (b'"x"', {"Content-Type": "application/json"}),
        (b'{"redirect_uris": ["https://a.b/"], "redirect_uris": ["https://c.d/"]}', {"Content-Type": "application/json"}),
        (b'{"a": ' + b"[" * 2000 + b"]" * 2000 + b"}", {"Content-Type": "application/json"}),
        (b'{"client_name": "\\ud800", "redirect_uris": ["https://rp.example/"]}', {"Content-Type": "application/json"}),
        (b'{"client_name": "a\\u0000", "redirect_uris": ["https://rp.example/"]}', {"Content-Type": "application/json"}),
        (b'{"default_max_age": NaN, "redirect_uris": ["https://rp.example/"]}', {"Content-Type": "application/json"}),
        (b'{"default_max_age": 1e999, "redirect_uris": ["https://rp.example/"]}', {"Content-Type": "application/json"}),
        (b'\xff\xfe{\x00}', {"Content-Type": "application/json"}),
        (b'{"redirect_uris": ["https://rp.example/callback"]}', {"Content-Type": "text/plain"}),
        (b"redirect_uris=https://rp.example/callback", {"Content-Type": "application/x-www-form-urlencoded"}),
    ],
)  # fmt: skip
def test_a_body_that_is_not_one_clean_object_is_refused(machine, body, headers):
    refused = machine.call("POST", f"{machine.centre.issuer}/clients", token=machine.token, body=body, headers=headers)
    assert (refused.status_code, refused.error) == (400, "invalid_client_metadata")
    assert refused.error_description.isascii()


def test_a_body_without_bounds_is_refused(machine):
    body = json.dumps({"redirect_uris": [REDIRECT], "x": "y" * 70_000})
    refused = machine.call(
        "POST",
        f"{machine.centre.issuer}/clients",
        token=machine.token,
        body=body,
        headers={"Content-Type": "application/json"},
    )
    assert refused.status_code == 413


def test_other_methods_are_not_allowed(machine):
    refused = machine.call("PATCH", f"{machine.centre.issuer}/clients", token=machine.token)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, POST, PUT, DELETE, HEAD, OPTIONS")


@pytest.fixture
def centre_with(tmp_path: Path, service_log: Path) -> Iterator[Callable[..., Centre]]:
    opened: list[Any] = []

    def make(**changes: Any) -> Centre:
        manager = open_centre(sqlite_url(tmp_path), "", log_file=service_log, **changes)
        opened.append(manager)
        return manager.__enter__()

    yield make
    for manager in opened:
        manager.__exit__(None, None, None)


def test_a_closed_centre_has_no_such_endpoint(centre_with):
    centre = centre_with(client_registration="closed")
    machine = Registrant(centre, leave(centre))
    told = machine.http.get(f"{centre.issuer}/.well-known/openid-configuration", timeout=30).json()
    assert "registration_endpoint" not in told
    for method in ("POST", "GET", "PUT", "DELETE"):
        assert machine.call(method, f"{centre.issuer}/clients", token=machine.token, body={}).status_code == 404
    machine.close()


def test_an_open_centre_takes_anybody_but_not_any_number(centre_with):
    centre = centre_with(client_registration="open", registration=RegistrationSettings(per_network_hour=2, per_hour=3))
    here, there = Registrant(centre, None, "10.1.1.1"), Registrant(centre, None, "10.1.1.2")
    assert [here.register().status_code for _ in range(3)] == [201, 201, 429]
    assert [there.register().status_code for _ in range(2)] == [201, 429]
    refused = here.register()
    assert refused.error == "slow_down"
    assert int(refused.headers["Retry-After"]) > 0
    with_leave = Registrant(centre, leave(centre), "10.1.1.1")
    assert with_leave.register().status_code == 201
    wrong = Registrant(centre, "nobody-made-this", "10.1.1.3")
    assert wrong.register().status_code == 401
    for each in (here, there, with_leave, wrong):
        each.close()


def test_secrets_are_in_no_log(machine, service_log, bob: Person):
    made = machine.register()
    machine.change(made, client_name="Other")
    written = service_log.read_text(encoding="utf-8")
    for secret in (machine.token, made.client_secret, made.registration_access_token):
        assert secret not in written
