"""What a site may register, which redirects it is answered at, and what each site knows a person by."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from authlib.oauth2.rfc6749.errors import OAuth2Error
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import JWKRegistry, KeySet
from pydantic import ValidationError

from idp.core import crypto, ids, signing
from idp.core.crypto import Keyring, Purpose, Suite
from idp.oidc import discovery, subjects
from idp.oidc.authorization import response_types, rules
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.clients import RegisteredClient

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MINIMAL = {
    "client_name": "测试网站",
    "client_uri": "https://rp.example/",
    "initiate_login_uri": "https://rp.example/sign-in",
    "redirect_uris": ["https://rp.example/callback"],
}


def metadata(**changes: Any) -> ClientMetadata:
    return ClientMetadata.model_validate({**MINIMAL, **changes})


def client(secrets: tuple[tuple[str, datetime | None], ...] = (), **changes: Any) -> RegisteredClient:
    return RegisteredClient("c", "consent", metadata(**changes), secrets)


@pytest.mark.parametrize(
    "uri",
    [
        "https://rp.example/callback",
        "https://rp.example:8443/a/b?tenant=1",
        "http://localhost:8001/callback",
        "http://127.0.0.1/callback",
        "http://[::1]:7/callback",
    ],
)
def test_redirects_that_may_be_registered(uri: str) -> None:
    assert metadata(redirect_uris=[uri]).redirect_uris == (uri,)


@pytest.mark.parametrize(
    "uri",
    [
        "http://rp.example/callback",
        "http://localhost.rp.example/callback",
        "https://rp.example/callback#there",
        "https://rp.example/callback#",
        "https://user@rp.example/callback",
        "https://user:secret@rp.example/callback",
        "https://*.rp.example/callback",
        "https://rp.example/a/../b",
        "https://rp.example/a b",
        "https://rp.example/a\tb",
        "https://rp.example/\x00",
        "https://rp.example/\x7f",
        "https://rp.example\\@evil.example/",
        "https://网站.example/",
        "https:///callback",
        "https://rp.example:99999/",
        "//rp.example/callback",
        "/callback",
        "rp.example/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://rp.example/",
        "urn:ietf:wg:oauth:2.0:oob",
        "https://rp.example/" + "a" * 2000,
        "",
    ],
)
def test_redirects_that_may_not(uri: str) -> None:
    with pytest.raises(ValidationError):
        metadata(redirect_uris=[uri])


@pytest.mark.parametrize(
    "changes",
    [
        {"unknown_member": 1},
        {"client_name": ""},
        {"redirect_uris": []},
        {"redirect_uris": ["https://rp.example/a", "https://other.example/b"]},
        {"initiate_login_uri": None},
        {"scope": 'openid tele"pathy'},
        {"grant_types": ["password"]},
        {"response_types": ["token"], "grant_types": ["authorization_code"]},
        {"id_token_signed_response_alg": "none"},
        {"id_token_signed_response_alg": "HS256"},
        {"token_endpoint_auth_method": "none", "grant_types": ["client_credentials"], "redirect_uris": []},
        {"default_max_age": -1},
        {"backchannel_logout_uri": "file:///etc/passwd"},
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        metadata(**changes)


@pytest.mark.parametrize(
    "uri",
    [
        "https://rp.example/callback/",
        "https://rp.example/callback?",
        "https://rp.example/callback?x=1",
        "https://rp.example/callback#",
        "https://rp.example:443/callback",
        "https://RP.example/callback",
        "HTTPS://rp.example/callback",
        "https://rp.example/Callback",
        "https://rp.example/%63allback",
        "https://rp.example/a/../callback",
        "https://rp.example//callback",
        "https://rp.example.evil.example/callback",
        "https://rp.example@evil.example/callback",
        "https://evil.example/https://rp.example/callback",
        "https://rp.example\\.evil.example/callback",
        "http://rp.example/callback",
        " https://rp.example/callback",
        "https://rp.example/callback\n",
        "https://rp.example/callback\t",
        "",
    ],
)
def test_a_redirect_is_compared_exactly(uri: str) -> None:
    assert client().accepts_redirect("https://rp.example/callback")
    assert not client().accepts_redirect(uri)


def test_loopback_ports_are_free_for_native_clients_alone() -> None:
    registered = ["http://127.0.0.1/cb"]
    native = client(application_type="native", redirect_uris=registered)
    for port in ("", ":1", ":51234"):
        assert native.accepts_redirect(f"http://127.0.0.1{port}/cb")
        assert client(redirect_uris=registered).accepts_redirect(f"http://127.0.0.1{port}/cb") is (port == "")
    for wrong in (
        "http://127.0.0.1:51234/other", "http://127.0.0.1:51234/cb?x", "http://127.0.0.1:51234/cb#x",
        "https://127.0.0.1:51234/cb", "http://localhost:51234/cb", "http://127.0.0.2:51234/cb",
        "http://127.0.0.1:99999/cb", "http://127.0.0.1:x/cb", "http://a@127.0.0.1:5/cb", "http://127.0.0.1:5\\@evil/cb",
        "http://127.0.0.1:5/c\nb", "http://127.0.0.1:5/cb\r\n", " http://127.0.0.1:5/cb", "HTTP://127.0.0.1:5/cb",
        "http://127.0.0.1.evil.example:5/cb", "http://[::1]:5/cb",
    ):  # fmt: skip
        assert not native.accepts_redirect(wrong), wrong
    assert client(application_type="native", redirect_uris=["http://[::1]/cb"]).accepts_redirect("http://[::1]:5/cb")
    https = client(application_type="native", redirect_uris=["https://rp.example/cb"])
    assert not https.accepts_redirect("https://rp.example:444/cb")


def test_secrets_may_overlap_and_end() -> None:
    old, new, gone = ids.new_secret(), ids.new_secret(), ids.new_secret()
    site = client(
        ((ids.digest(old), NOW + timedelta(hours=1)), (ids.digest(new), None), (ids.digest(gone), NOW)),
    )
    assert site.accepts_secret(old, NOW)
    assert site.accepts_secret(new, NOW)
    assert not site.accepts_secret(gone, NOW)
    assert not site.accepts_secret("", NOW)
    assert not client().accepts_secret("", NOW)


def keyring() -> Keyring:
    return Keyring(crypto.new_data_key(purpose, Suite.INTERNATIONAL) for purpose in Purpose)


def test_a_pairwise_subject_is_stable_and_no_two_sites_share_it() -> None:
    ring = keyring()
    here = client()
    elsewhere = client(
        client_uri="https://b.example/", initiate_login_uri="https://b.example/s", redirect_uris=["https://b.example/c"]
    )
    assert subjects.subject_of(ring, here, "a1", known_as=None) == subjects.subject_of(ring, here, "a1", known_as=None)
    assert subjects.subject_of(ring, here, "a1", known_as=None) != subjects.subject_of(ring, here, "a2", known_as=None)
    assert subjects.subject_of(ring, here, "a1", known_as=None) != subjects.subject_of(
        ring, elsewhere, "a1", known_as=None
    )
    assert "a1" not in subjects.subject_of(ring, here, "a1", known_as=None)
    assert len(subjects.subject_of(ring, here, "a1", known_as=None)) <= 64
    assert subjects.subject_of(keyring(), here, "a1", known_as=None) != subjects.subject_of(
        ring, here, "a1", known_as=None
    )


def test_public_subjects_are_one_for_all() -> None:
    ring = keyring()
    one = client(subject_type="public")
    two = client(subject_type="public", redirect_uris=["https://b.example/c"])
    assert subjects.subject_of(ring, one, "a1", known_as=None) == subjects.subject_of(ring, two, "a1", known_as=None)
    assert subjects.subject_of(ring, one, "a1", known_as=None) != subjects.subject_of(
        ring, client(), "a1", known_as=None
    )


def test_loopback_sites_are_told_apart_by_port() -> None:
    assert client(redirect_uris=["http://localhost:8001/c"]).sector == "localhost:8001"
    assert client(redirect_uris=["https://rp.example:8443/c"]).sector == "rp.example"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # RFC 9864 renames it; sites know the old name
@pytest.mark.parametrize("alg", signing.ALGORITHMS)
def test_a_signature_holds_under_its_published_key(alg: str) -> None:
    signer = signing.load_signer("k1", alg, signing.new_private_key(alg))
    public = signing.public_jwk(signer)
    assert {"kid": "k1", "use": "sig", "alg": alg}.items() <= public.items()
    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(public)
    key = JWKRegistry.import_key(dict(public))
    token = signing.compact(signer, {"sub": "汉字"}, typ="logout+jwt")
    read = jwt.decode(token, KeySet([key]), algorithms=[alg])
    assert read.claims == {"sub": "汉字"}
    assert read.header == {"alg": alg, "kid": "k1", "typ": "logout+jwt"}
    head, body, _ = token.split(".")
    of_another = signing.compact(signer, {"sub": "x"}).rpartition(".")[2]
    with pytest.raises(BadSignatureError):
        jws.deserialize_compact(f"{head}.{body}.{of_another}", key, algorithms=[alg])


def test_keys_have_no_lying_algorithm() -> None:
    pem = signing.new_private_key("ES256")
    with pytest.raises(ValueError, match="RS256"):
        signing.load_signer("k", "RS256", pem)
    with pytest.raises(ValueError, match="HS256"):
        signing.new_private_key("HS256")


def test_discovery_says_what_is_on() -> None:
    told = discovery.document("https://id.example")
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert set(told["response_types_supported"]) == set(response_types.OFFERED)
    assert "none" not in told["introspection_endpoint_auth_methods_supported"]
    assert told["id_token_signing_alg_values_supported"] == [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    ]  # fmt: skip
    body, etag = discovery.validated_bytes("https://id.example")
    assert body.startswith(b"{")
    assert etag.startswith('"')


CHALLENGE = "a" * 43
GOOD = {
    "client_id": "c", "response_type": "code", "redirect_uri": "https://rp.example/callback", "scope": "openid",
    "code_challenge": CHALLENGE, "code_challenge_method": "S256",
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        (rules.response_type_is_offered, {"response_type": ""}),
        (rules.response_type_is_offered, {"response_type": "code token"}),
        (rules.response_mode_is_offered, {"response_mode": "query.jwt"}),
        (rules.registration_is_off, {"registration": "{}"}),
        (rules.scope_has_openid, {"scope": "Openid"}),
        (rules.pkce_is_s256, {"code_challenge": None}),
        (rules.pkce_is_s256, {"code_challenge_method": None}),
        (rules.pkce_is_s256, {"code_challenge_method": "plain"}),
        (rules.pkce_is_s256, {"code_challenge": "a" * 42}),
        (rules.pkce_is_s256, {"code_challenge": "a" * 44}),
        (rules.pkce_is_s256, {"code_challenge": "=" * 43}),
        (rules.prompt_makes_sense, {"prompt": "None"}),
        (rules.prompt_makes_sense, {"prompt": "none consent"}),
        (rules.max_age_is_a_number, {"max_age": "1e3"}),
        (rules.max_age_is_a_number, {"max_age": "1" * 10}),
        (rules.display_is_known, {"display": "tv"}),
        (rules.echoes_are_short, {"state": "s" * 2049}),
    ],
)
def test_each_rule_refuses(rule: Any, changes: dict[str, str | None]) -> None:
    asked = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    rule(AuthorizationRequest(GOOD), client())
    with pytest.raises(OAuth2Error) as refused:
        rule(AuthorizationRequest(asked), client())
    assert (refused.value.get_error_description() or "x").isascii()


def test_a_client_without_the_code_flow_is_refused() -> None:
    machine = client(grant_types=["client_credentials"], redirect_uris=[])
    with pytest.raises(OAuth2Error, match="unauthorized_client"):
        rules.response_type_is_offered(AuthorizationRequest(GOOD), machine)


@pytest.mark.parametrize(
    "asked",
    ["http://[::1].evil.example/cb", "http://[::1]evil.example/cb", "http://[::1]@evil.example/cb", "http://[::1]:1x/cb",
     "http://127.0.0.1.evil.example/cb", "http://127.0.0.1;x/cb", "http://[::1%25lo]/cb"],
)  # fmt: skip
def test_no_other_host_passes_for_loopback(asked: str) -> None:
    app = client(
        application_type="native", subject_type="public", redirect_uris=["http://127.0.0.1/cb", "http://[::1]/cb"]
    )
    assert app.accepts_redirect("http://[::1]:50123/cb")
    assert app.accepts_redirect("http://127.0.0.1:50123/cb")
    assert not app.accepts_redirect(asked)
