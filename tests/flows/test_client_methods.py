"""Every method of client authentication at every endpoint that sites call, by real HTTP."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from joserfc.jwk import Key

from idp.core import clock
from tests.flows import assertions, certificates
from tests.flows.centre import Centre, open_centre
from tests.flows.fixtures import both_pairs
from tests.flows.published import published_at
from tests.flows.rp import Answer, RelyingParty

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS = ["authorization_code", "refresh_token", "client_credentials", DEVICE]
SELF = {"grant_type": "client_credentials"}
AUTHORITY = certificates.authority()
MINE = AUTHORITY.issue("site.example")
OWN = certificates.self_signed("own.example")
KEYS = {alg: assertions.key_for(alg) for alg in ("ES256", "RS256", "EdDSA")}
ENDPOINTS = {
    "/token": SELF,
    "/introspect": {"token": "x"},
    "/revoke": {"token": "x"},
    "/device_authorization": {"scope": "openid"},
}


def post(rp: RelyingParty, path: str, form: dict[str, str], **more: Any) -> Answer:
    return rp.post(path, form, auth=more.pop("auth", None), **more)


def assertion_of(rp: RelyingParty, key: Key, alg: str, **changes: Any) -> str:
    return assertions.signed(assertions.claims(rp.client_id, rp.issuer, **changes), key, alg)


@pytest.fixture(scope="session")
def authority_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "clients.pem"
    path.write_text(AUTHORITY.pem, encoding="ascii")
    return path


@pytest.fixture(scope="session")
def certified_centre(
    tmp_path_factory: pytest.TempPathFactory, service_log: Path, authority_file: Path
) -> Iterator[Centre]:
    """The embedded pair behind a proxy that hands over certificates."""
    url = f"sqlite:///{tmp_path_factory.mktemp('centre') / 'idp.sqlite3'}"
    more = {"client_certificate_header": "Client-Cert", "client_ca_file": authority_file}
    with open_centre(url, "", log_file=service_log, **more) as centre:
        yield centre


@pytest.fixture(scope="session", params=["certified"])
def centre(request: pytest.FixtureRequest) -> Centre:
    """One of this file: a centre that other files have opened before hears of no certificates."""
    made: Centre = request.getfixturevalue(f"{request.param}_centre")
    return made


@pytest.fixture
def party(site_of: Callable[..., RelyingParty]) -> Callable[..., RelyingParty]:
    """A site of some method, that may act for itself."""

    def make(method: str, **metadata: object) -> RelyingParty:
        return site_of(token_endpoint_auth_method=method, grant_types=GRANTS, **metadata)

    return make


def proofs(rp: RelyingParty, method: str) -> tuple[dict[str, str], dict[str, Any]]:
    """What a site of this method sends: members of the form, and of the call."""
    secret = rp.client_secret or "x" * 64
    match method:
        case "client_secret_basic":
            return {}, {"auth": (rp.client_id, secret)}
        case "client_secret_post":
            return {"client_id": rp.client_id, "client_secret": secret}, {}
        case "client_secret_jwt":
            return assertions.form(assertion_of(rp, assertions.secret_key(secret), "HS256")), {}
        case "private_key_jwt":
            return assertions.form(assertion_of(rp, KEYS["ES256"], "ES256")), {}
        case "tls_client_auth":
            return {"client_id": rp.client_id}, {"headers": {"Client-Cert": MINE.rfc9440}}
        case "self_signed_tls_client_auth":
            return {"client_id": rp.client_id}, {"headers": {"Client-Cert": OWN.rfc9440}}
    return {"client_id": rp.client_id}, {}


METHODS: dict[str, dict[str, object]] = {
    "client_secret_basic": {},
    "client_secret_post": {},
    "client_secret_jwt": {},
    "private_key_jwt": {"jwks": assertions.jwks(*KEYS.values())},
    "tls_client_auth": {"tls_client_auth_subject_dn": "CN=site.example, O=样例机关, C=CN"},
    "self_signed_tls_client_auth": {"jwks": OWN.x5c},
    "none": {},
}


@pytest.mark.parametrize("method", [name for name in METHODS if name != "none"])
def test_a_site_proves_itself_by_its_own_method_alone_at_each_endpoint(
    party: Callable[..., RelyingParty], method: str
) -> None:
    rp = party(method, **METHODS[method])
    assert (rp.client_secret is not None) == method.startswith("client_secret_")
    for path, form in ENDPOINTS.items():
        clock.travel(timedelta(minutes=2))  # twenty failures a minute are all that an address has
        proof, call = proofs(rp, method)
        assert post(rp, path, {**form, **proof}, **call).status_code == 200, path
        for other in METHODS:
            if other == method:
                continue
            proof, call = proofs(rp, other)
            refused = post(rp, path, {**form, **proof}, headers={**call.pop("headers", {})}, **call)
            assert (refused.status_code, refused.error) == (401, "invalid_client"), (path, other)
            assert refused.headers["WWW-Authenticate"] == 'Basic realm="token", charset="UTF-8"'
            assert refused.headers["Cache-Control"] == "no-store"


def test_a_public_client_says_who_it_is_and_no_more(site_of: Callable[..., RelyingParty]) -> None:
    rp = site_of(token_endpoint_auth_method="none", application_type="native")
    assert post(rp, "/revoke", {"token": "x", "client_id": rp.client_id}).status_code == 200
    assert post(rp, "/introspect", {"token": "x", "client_id": rp.client_id}).error == "invalid_client"
    by_secret = {"token": "x", "client_id": rp.client_id, "client_secret": "x"}
    assert post(rp, "/revoke", by_secret).error == "invalid_client"


@pytest.mark.parametrize("alg", assertions.ALL)
def test_every_algorithm_of_the_discovery_document_is_taken(party: Callable[..., RelyingParty], alg: str) -> None:
    if alg.startswith("HS"):
        rp = party("client_secret_jwt")
        key = assertions.secret_key(rp.client_secret or "")
    else:
        key = assertions.key_for(alg)
        rp = party("private_key_jwt", jwks=assertions.jwks(key))
    told = requests.get(f"{rp.issuer}/.well-known/openid-configuration", timeout=10).json()
    for endpoint in ("token", "introspection", "revocation"):
        assert alg in told[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
    assert post(rp, "/token", {**SELF, **assertions.form(assertion_of(rp, key, alg))}).status_code == 200


@both_pairs
def test_tokens_of_a_sign_in_are_redeemed_and_refreshed_with_assertions(
    party: Callable[..., RelyingParty], alice: Any
) -> None:
    rp = party("private_key_jwt", **METHODS["private_key_jwt"])
    key = KEYS["ES256"]
    code = rp.sign_in(alice).code
    tokens = rp.redeem(code, **assertions.form(assertion_of(rp, key, "ES256"), client_id=rp.client_id))
    assert tokens.status_code == 200, tokens.json
    again = rp.refresh(tokens.refresh_token, **assertions.form(assertion_of(rp, key, "ES256")))
    assert again.status_code == 200, again.json
    told = rp.introspect(again.access_token, **assertions.form(assertion_of(rp, key, "ES256")))
    assert told.active is True
    assert rp.revoke(again.access_token, **assertions.form(assertion_of(rp, key, "ES256"))).status_code == 200


def test_published_keys_prove_a_site_too(party: Callable[..., RelyingParty], centre: Centre) -> None:
    """`jwks_uri`, with a key that appears later (`kid` unknown: fetched again at once)."""
    published = assertions.jwks(KEYS["ES256"])
    with published_at(published) as uri:
        rp = party("private_key_jwt", jwks_uri=uri)
        assert (
            post(rp, "/token", {**SELF, **assertions.form(assertion_of(rp, KEYS["ES256"], "ES256"))}).status_code == 200
        )
        later = assertions.key_for("ES256", "k2")
        published["keys"].append(later.as_dict(private=False))
        for _ in range(20):
            answer = post(rp, "/token", {**SELF, **assertions.form(assertion_of(rp, later, "ES256"))})
            if answer.status_code == 200:
                break
            time.sleep(0.1)
        assert answer.status_code == 200


def test_authlibs_client_proves_itself_with_what_it_sends_by_default(party: Callable[..., RelyingParty]) -> None:
    """Its assertions live an hour and are made out to the URL that it calls."""
    signing = assertions.key_for("RS256", "authlib")
    rsa = party("private_key_jwt", jwks=assertions.jwks(signing))
    mac = party("client_secret_jwt")
    for rp, secret, method in (
        (rsa, signing, PrivateKeyJWT(f"{rsa.issuer}/token", headers={"kid": "authlib"})),
        (mac, mac.client_secret, ClientSecretJWT(f"{mac.issuer}/token")),
    ):
        with OAuth2Session(rp.client_id, secret, token_endpoint_auth_method=method.name) as session:
            session.register_client_auth_method(method)
            for _ in range(2):
                token = session.fetch_token(f"{rp.issuer}/token", grant_type="client_credentials")
                assert token["token_type"] == "Bearer"
