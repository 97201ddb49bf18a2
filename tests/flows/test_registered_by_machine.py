"""Sites that registered themselves, at work: what they asked for at registration is what they get."""

import json
from collections.abc import Iterator

import pytest
import requests
from joserfc import jwe, jwt

from tests.flows import assertions
from tests.flows.browser import Page
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.key_host import KeyHost, ec_key, key_set
from tests.flows.registrant import Registrant, leave
from tests.flows.rp import Answer, RelyingParty
from tests.flows.site import Site


@pytest.fixture
def machine(centre: Centre) -> Iterator[Registrant]:
    made = Registrant(centre, leave(centre))
    yield made
    made.close()


@pytest.fixture
def sites() -> Iterator[list[Site]]:
    made = [Site(), Site()]
    yield made
    for each in made:
        each.close()


@pytest.fixture
def host() -> Iterator[KeyHost]:
    made = KeyHost()
    yield made
    made.close()


def at_work(machine: Registrant, site: Site, made: Answer, scope: str = "openid profile") -> RelyingParty:
    assert made.status_code == 201, made.json
    return RelyingParty(machine.centre.issuer, site, made.client_id, made.json.get("client_secret"), scope)


def subject_at(machine: Registrant, site: Site, person: object, **members: object) -> str:
    party = at_work(machine, site, machine.register(redirect_uris=[site.redirect_uri], **members))
    subject: str = party.claims(party.tokens_of(person).id_token)["sub"]  # type: ignore[arg-type]
    party.close()
    return subject


def test_sites_of_one_sector_know_a_person_by_one_name_and_others_do_not(machine, sites, host, bob):
    host.body = json.dumps([site.redirect_uri for site in sites]).encode()
    together = {subject_at(machine, site, bob, sector_identifier_uri=host.url) for site in sites}
    apart = {subject_at(machine, site, bob) for site in sites}
    public = {subject_at(machine, site, bob, subject_type="public") for site in sites}
    assert (len(together), len(apart), len(public)) == (1, 2, 1)
    assert len(together | apart | public) == 4


@both_pairs
def test_a_signature_that_nobody_asked_for_before_is_made_at_once_and_encrypted_to_the_sites_key(
    machine, sites, host, bob
):
    key = ec_key("mine", use="enc")
    host.body = json.dumps(key_set(key)).encode()
    made = machine.register(
        redirect_uris=[sites[0].redirect_uri], id_token_signed_response_alg="PS384", jwks_uri=host.url,
        id_token_encrypted_response_alg="ECDH-ES+A256KW", id_token_encrypted_response_enc="A256GCM",
    )  # fmt: skip
    party = at_work(machine, sites[0], made)
    token = party.tokens_of(bob).id_token
    opened = jwe.decrypt_compact(token, key, algorithms=["ECDH-ES+A256KW", "A256GCM"])
    assert opened.headers()["alg"] == "ECDH-ES+A256KW"
    said = jwt.decode((opened.plaintext or b"").decode(), party.keys(), algorithms=["PS384"])
    assert said.claims["aud"] == made.client_id
    party.close()


def token_by(machine: Registrant, made: Answer, assertion: str) -> requests.Response:
    form = assertions.form(assertion, grant_type="client_credentials")
    return machine.http.post(f"{machine.centre.issuer}/token", data=form, timeout=30)


def test_a_site_proves_itself_by_the_mac_that_its_secret_is_long_enough_for(machine):
    made = machine.register(
        {"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_jwt",
         "token_endpoint_auth_signing_alg": "HS512"}
    )  # fmt: skip
    assert len(made.client_secret) >= 64
    said = assertions.claims(made.client_id, machine.centre.issuer)
    assert token_by(machine, made, assertions.maced(said, made.client_secret, "HS512")).status_code == 200
    assert token_by(machine, made, assertions.maced(said, made.client_secret, "HS256")).status_code == 401


def test_a_site_that_takes_up_macs_gets_a_secret_for_them(machine):
    made = machine.register({"grant_types": ["client_credentials"]})
    changed = machine.change(made, token_endpoint_auth_method="client_secret_jwt")
    assert changed.client_secret != made.client_secret
    said = assertions.claims(made.client_id, machine.centre.issuer)
    assert token_by(machine, made, assertions.maced(said, changed.client_secret)).status_code == 200


def test_a_site_proves_itself_by_the_key_it_registered_and_by_the_next_one_after_a_change(machine):
    first, second = assertions.key_for("ES256", "one"), assertions.key_for("ES256", "two")
    made = machine.register(
        {
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": assertions.jwks(first),
        }
    )

    def status(key: object) -> int:
        said = assertions.claims(made.client_id, machine.centre.issuer)
        return token_by(machine, made, assertions.signed(said, key, "ES256")).status_code  # type: ignore[arg-type]

    assert (status(first), status(second)) == (200, 401)
    assert machine.change(made, jwks=assertions.jwks(second)).status_code == 200
    assert (status(first), status(second)) == (401, 200)


def test_a_person_is_asked_before_a_site_that_nobody_looked_at_learns_anything(machine, sites, alice):
    made = machine.register(redirect_uris=[sites[0].redirect_uri], client_name="自助网站")
    party = at_work(machine, sites[0], made, "openid profile phone realname")
    seen = party.visit()
    assert isinstance(seen, Page)
    seen = party.browser.submit("continue", identifier=alice.username, password=alice.password)
    assert isinstance(seen, Page)
    assert seen.path == "/consent"
    assert "自助网站" in seen.text
    facts = party.userinfo(party.redeem(party.go_on(alice, party.browser, seen).code).access_token)
    assert "resident_id" not in facts.json
    assert facts.phone_number
    party.close()


def test_an_app_comes_back_at_any_port_of_its_loopback(machine, sites, bob):
    port = sites[0].url.rpartition(":")[2]
    made = machine.register(
        redirect_uris=["http://127.0.0.1/callback"], application_type="native", token_endpoint_auth_method="none"
    )
    party = at_work(machine, sites[0], made)
    landing = party.sign_in(bob, redirect_uri=f"http://127.0.0.1:{port}/callback")
    tokens = party.redeem(landing.code, redirect_uri=f"http://127.0.0.1:{port}/callback")
    assert tokens.status_code == 200
    party.close()


def test_an_app_is_answered_by_its_own_scheme_which_its_pages_may_lead_to(machine, sites, bob):
    back = "com.example.app:/callback"
    made = machine.register(redirect_uris=[back], application_type="native", token_endpoint_auth_method="none")
    party = at_work(machine, sites[0], made)
    seen = party.visit(redirect_uri=back)
    assert isinstance(seen, Page)
    assert "form-action 'self' com.example.app:;" in seen.headers["Content-Security-Policy"]
    landing = party.sign_in(bob, redirect_uri=back)
    assert landing.address == back
    assert party.redeem(landing.code, redirect_uri=back).status_code == 200
    party.close()
