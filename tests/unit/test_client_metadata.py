"""What a site may say of itself: every member on its own, how they fit together, and what a machine may not have."""

from typing import Any

import pytest
from authlib.oauth2.rfc6749.errors import OAuth2Error
from pydantic import ValidationError

from idp.oidc.registration import language_tags, machine_metadata, metadata_rules
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.registration.machine_metadata import RegistrationRefused
from tests.flows import assertions

CODE = "https://rp.example/callback"
JWKS = assertions.jwks(assertions.key_for("ES256"))
PRIVATE = {"keys": [assertions.key_for("ES256").as_dict(private=True)]}
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def machine(is_development: bool = False, **members: Any) -> ClientMetadata:
    said = {"redirect_uris": [CODE], **members}
    return machine_metadata.checked(
        {name: value for name, value in said.items() if value is not None}, is_development=is_development
    )


def refusal(**members: Any) -> tuple[str, str]:
    with pytest.raises(OAuth2Error) as refused:
        machine(**members)
    described = refused.value.get_error_description()
    assert described.isascii()
    assert not {'"', "\\"} & set(described)
    return refused.value.error, described


@pytest.mark.parametrize(
    "uri",
    [
        "http://rp.example/cb", "https://rp.example/cb#", "https://rp.example/cb#x", "https://u@rp.example/",
        "https://u:p@rp.example/",
        "https://rp.example/a b", "https://rp.example/\n", "https://rp.example/\\@evil.example", "https://rp.example/a/../b",
        "https://*.rp.example/",
        "https://网站.example/", "https://rp%2eexample/", "https://rp.example:99999/", "https://[::1", "https:///cb",
        "//rp.example/", "/cb", "",
        "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "about:blank",
        "ftp://rp.example/",
        "com.example.app:/cb", "com.example.app://cb", "myapp://cb", "urn:ietf:wg:oauth:2.0:oob", "https:rp.example",
        "http://localhost.evil.example/",
        "https://rp.example/" + "a" * 2000, "https://rp.example/{x}", "https://rp.example/|",
    ],
)  # fmt: skip
def test_a_web_site_is_answered_at_plain_https_addresses_only(uri: str) -> None:
    error, described = refusal(redirect_uris=[CODE, uri])
    assert error == "invalid_redirect_uri"
    assert "redirect_uris" in described


@pytest.mark.parametrize("value", [[], "https://rp.example/", [7], [None], [[CODE]], {"0": CODE}, 7, None, [CODE] * 21])
def test_redirect_uris_are_a_short_list_of_texts(value: Any) -> None:
    assert refusal(redirect_uris=value)[0] == "invalid_redirect_uri"


@pytest.mark.parametrize(
    "uri",
    [
        "com.example.app:/cb", "com.example.app://callback/x?y=1", "http://127.0.0.1/cb", "http://127.0.0.1:8000/cb",
        "http://[::1]/cb",
        "http://localhost:1/cb", "https://app.example/claimed",
    ],
)  # fmt: skip
def test_an_app_on_a_device_has_more_ways_back(uri: str) -> None:
    assert machine(application_type="native", redirect_uris=[uri]).redirect_uris == (uri,)
    back = machine(application_type="native", redirect_uris=[uri], post_logout_redirect_uris=[uri])
    assert back.post_logout_redirect_uris == (uri,)


@pytest.mark.parametrize(
    "uri", ["myapp:/cb", "javascript:/x.y", "Com.Example.App:/cb", "com.example.app:cb", "com.example.app:/cb#x",
            "com.example.app:/a b", "com.example.app:/é", "http://rp.example/cb", "com.example.app:", ".app:/x",
            "http.x:/cb#", "data.x:/\\"],
)  # fmt: skip
def test_but_not_any_way(uri: str) -> None:
    assert refusal(application_type="native", redirect_uris=[uri])[0] == "invalid_redirect_uri"


def test_tokens_of_the_implicit_grant_go_to_https_hosts_only_outside_of_development() -> None:
    for uri in ("http://localhost:8001/cb", "https://localhost/cb", "http://127.0.0.1/cb"):
        asked = {"redirect_uris": [uri], "response_types": ["id_token token"]}
        assert refusal(**asked)[0] == "invalid_redirect_uri"
        assert machine(is_development=True, **asked).redirect_uris == (uri,)
        assert machine(redirect_uris=[uri]).redirect_uris == (uri,)
        assert machine(application_type="native", **asked).redirect_uris == (uri,)


@pytest.mark.parametrize(
    ("said", "grants", "types"),
    [
        ({}, ["authorization_code"], ["code"]),
        ({"response_types": ["code"]}, ["authorization_code"], ["code"]),
        ({"response_types": ["id_token"]}, ["implicit"], ["id_token"]),
        ({"response_types": ["token id_token"]}, ["implicit"], ["id_token token"]),
        ({"response_types": ["code id_token"]}, ["authorization_code", "implicit"], ["code id_token"]),
        ({"response_types": ["token code id_token", "code"]}, ["authorization_code", "implicit"], ["code id_token token",
        "code"]),
        ({"response_types": ["none"], "grant_types": ["authorization_code"]}, ["authorization_code"], ["none"]),
        ({"grant_types": ["authorization_code", "refresh_token"]}, ["authorization_code", "refresh_token"], ["code"]),
        ({"grant_types": ["authorization_code", "implicit"]}, ["authorization_code", "implicit"], ["code"]),
        ({"grant_types": ["implicit"]}, ["implicit"], ["id_token", "id_token token"]),
        ({"grant_types": ["client_credentials"], "redirect_uris": None}, ["client_credentials"], []),
        ({"grant_types": [DEVICE], "redirect_uris": None}, [DEVICE], []),
        ({"grant_types": [], "response_types": [], "redirect_uris": None}, [], []),
    ],
)  # fmt: skip
def test_of_grant_types_and_response_types_one_follows_from_the_other(
    said: dict[str, Any], grants: list[str], types: list[str]
) -> None:
    made = machine(**said)
    assert (list(made.grant_types), list(made.response_types)) == (grants, types)
    again = ClientMetadata.stored(made.to_store())
    assert again == made


@pytest.mark.parametrize(
    "said",
    [
        {"response_types": ["code"], "grant_types": ["implicit"]},
        {"response_types": ["id_token"], "grant_types": ["authorization_code"]},
        {"response_types": ["code token"], "grant_types": ["authorization_code"]},
        {"response_types": ["code code"]}, {"response_types": ["telepathy"]}, {"response_types": [7]},
        {"response_types": "code"},
        {"response_types": ["code"], "grant_types": ["client_credentials"]}, {"response_types": [["code"]]},
        {"response_types": [{}]},
        {"grant_types": ["password"]}, {"grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer"]},
        {"grant_types": "implicit"},
        {"grant_types": ["urn:openid:params:grant-type:ciba"]}, {"grant_types": [None]}, {"grant_types": [[]]},
        {"token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "client_credentials"]},
        {"token_endpoint_auth_method": "telepathy"}, {"token_endpoint_auth_method": ["none"]},
        {"token_endpoint_auth_method": "private_key_jwt"}, {"token_endpoint_auth_method": "self_signed_tls_client_auth"},
        {"token_endpoint_auth_method": "tls_client_auth"},
        {"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.b", "tls_client_auth_san_ip": "::1"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": JWKS, "token_endpoint_auth_signing_alg": "HS256"},
        {"token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "ES256"},
        {"token_endpoint_auth_signing_alg": "none"},
        {"jwks": JWKS, "jwks_uri": "https://rp.example/jwks"},
        {"jwks": PRIVATE}, {"jwks": {}}, {"jwks": {"keys": []}}, {"jwks": {"keys": "x"}}, {"jwks": []}, {"jwks": "x"},
        {"jwks": {"keys": [7]}},
        {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}, {"jwks": {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}},
        {"jwks": {"keys": JWKS["keys"] * 60}},
        {"jwks_uri": "http://rp.example/jwks"}, {"jwks_uri": "file:///etc/passwd"}, {"jwks_uri": 7},
        {"id_token_signed_response_alg": "none"}, {"id_token_signed_response_alg": "HS256"},
        {"id_token_signed_response_alg": "RS1"},
        {"userinfo_signed_response_alg": "none"}, {"introspection_signed_response_alg": "HS256"},
        {"id_token_encrypted_response_enc": "A128GCM"}, {"userinfo_encrypted_response_enc": "A128GCM", "jwks": JWKS},
        {"id_token_encrypted_response_alg": "RSA-OAEP"}, {"id_token_encrypted_response_alg": "RSA1_5", "jwks": JWKS},
        {"id_token_encrypted_response_alg": "dir", "jwks": JWKS},
        {"id_token_encrypted_response_alg": "RSA-OAEP", "id_token_encrypted_response_enc": "A192GCM", "jwks": JWKS},
        {"request_object_encryption_enc": "A128GCM"}, {"request_object_signing_alg": "none"},
        {"request_uris": ["http://rp.example/r"]}, {"request_uris": ["javascript:x"]},
        {"request_uris": ["https://rp.example/" + "r" * 512]},
        {"subject_type": "private"}, {"subject_type": "pairwise", "redirect_uris": [CODE, "https://b.example/"]},
        {"sector_identifier_uri": "http://rp.example/s"}, {"application_type": "desktop"},
        {"client_name": ""}, {"client_name": "a" * 101}, {"client_name": 7}, {"client_name": "a\u202egnp.exe"},
        {"client_name": "a\nb"},
        {"client_name": " a"}, {"client_name#en": "a\u0000"}, {"client_name#en": 7},
        {"client_name#en": "a", "client_name#EN": "b"},
        {"logo_uri": "javascript:alert(1)"}, {"logo_uri#zh": "data:image/png,x"}, {"policy_uri": "http://rp.example/"},
        {"tos_uri": "x"},
        {"client_uri": "ftp://rp.example/"}, {"initiate_login_uri": "http://rp.example/"}, {"contacts": "ops@rp.example"},
        {"contacts": [7]},
        {"default_max_age": -1}, {"default_max_age": "60"}, {"default_max_age": 1.5}, {"default_max_age": True},
        {"require_auth_time": "yes"}, {"require_auth_time": 1}, {"default_acr_values": "ial1"}, {"default_acr_values": [1]},
        {"frontchannel_logout_uri": "https://elsewhere.example/"}, {"frontchannel_logout_uri": "https://rp.example:444/"},
        {"backchannel_logout_uri": "http://rp.example/"}, {"backchannel_logout_uri": "https://rp.example/#x"},
        {"post_logout_redirect_uris": ["https://rp.example/#x"]}, {"post_logout_redirect_uris": ["com.example.app:/x"]},
        {"post_logout_redirect_uris": ["javascript:alert(1)"]},
        {"scope": "openid telepathy"}, {"scope": "openid realname"}, {"scope": "openid \u6c49"}, {"scope": 7},
        {"scope": ["openid"]},
        {"software_id": 7}, {"software_version": ""},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(said: dict[str, Any]) -> None:
    error, described = refusal(**said)
    assert error == "invalid_client_metadata"
    assert described.partition(":")[0].partition("#")[0] in {
        *(name.partition("#")[0] for name in said), "grant_types", "response_types", "sector_identifier_uri"
    }  # fmt: skip


@pytest.mark.parametrize(
    "member",
    [
        "tls_client_certificate_bound_access_tokens", "dpop_bound_access_tokens", "require_pushed_authorization_requests",
        "authorization_signed_response_alg", "backchannel_token_delivery_mode",
    ],
)  # fmt: skip
def test_a_protection_that_is_not_given_is_not_promised(member: str) -> None:
    assert refusal(**{member: True}) == ("invalid_client_metadata", f"{member}: not offered here")
    assert member not in machine(**{member: False}).told()


def test_what_means_nothing_here_is_neither_kept_nor_told() -> None:
    made = machine(
        nonsense={"x": 1}, release_basis="statutory_duty", state="active", origin="operator", client_id="mine",
        client_secret="mine",
        purposes={"profile": "x"}, purposes_en={}, localised={"client_name#en": "x"}, require_pkce=True, logo_uri_x="y",
        **{"foo#en": "x", "client_name#": "y", "client_name#x y": "z", "redirect_uris#en": [CODE]},
    )  # fmt: skip
    plain = machine()
    assert made == plain
    assert made.told() == plain.told()
    assert made.to_store() == plain.to_store()


def test_an_encryption_has_a_default_content_encryption() -> None:
    made = machine(jwks=JWKS, id_token_encrypted_response_alg="ECDH-ES", request_object_encryption_alg="RSA-OAEP")
    assert made.told()["id_token_encrypted_response_enc"] == "A128CBC-HS256"
    assert made.told()["request_object_encryption_enc"] == "A128CBC-HS256"
    assert made.told()["jwks"] == JWKS
    assert ClientMetadata.stored(made.to_store()) == made


def test_every_answer_needs_an_address() -> None:
    for said in ({}, {"response_types": ["none"]}, {"grant_types": ["implicit"]}, {"response_types": ["code"]}):
        assert refusal(redirect_uris=None, **said)[0] == "invalid_redirect_uri"


def test_request_uris_may_carry_a_hash() -> None:
    uri = "https://rp.example/request.jwt#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"
    assert machine(request_uris=[uri]).request_uris == (uri,)


def test_an_operator_is_refused_what_is_unknown_and_has_to_name_the_site() -> None:
    whole = {
        "client_name": "站", "client_uri": "https://rp.example/", "initiate_login_uri": "https://rp.example/in",
        "redirect_uris": [CODE],
        "scope": "openid realname", "purposes": {"realname": "办事"},
    }  # fmt: skip
    assert ClientMetadata.model_validate(whole).subject_type == "pairwise"
    for changes in (
        {"nonsense": 1}, {"client_name": None}, {"client_uri": None}, {"initiate_login_uri": None}, {"localised": {}},
        {"foo#en": "x"}, {"client_name#": "x"},
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            ClientMetadata.model_validate({**whole, **changes})


def test_what_was_registered_once_goes_on_working_when_rules_change() -> None:
    kept = {
        "client_name": " 站 ", "client_name#en": "", "redirect_uris": [CODE, "https://b.example/cb"], "client_uri": "ftp://x/{y}",
        "grant_types": ["client_credentials"], "default_max_age": 10**10, "purposes": {"phone": "办事" * 200},
        "a_member_of_another_release": 1,
    }  # fmt: skip
    again = ClientMetadata.stored(kept)
    assert again.redirect_uris == (CODE, "https://b.example/cb")
    assert (again.purposes, again.localised, again.subject_type) == (kept["purposes"], {}, "pairwise")
    assert RegisteredClient("c1", "consent", again, ()).name("en") == " 站 "


def client(**members: Any) -> RegisteredClient:
    return RegisteredClient("c1", "consent", machine(**members), ())


@pytest.mark.parametrize(
    ("said", "zh", "en"),
    [
        ({}, "rp.example", "rp.example"),
        ({"client_name": "Site"}, "Site", "Site"),
        ({"client_name": "站", "client_name#en": "Site"}, "站", "Site"),
        ({"client_name": "Site", "client_name#zh-Hans-CN": "站"}, "站", "Site"),
        ({"client_name": "Site", "client_name#zh-TW": "站點", "client_name#zh": "站"}, "站", "Site"),
        ({"client_name": "Seite", "client_name#en-GB": "Site", "client_name#fr": "Le site"}, "Seite", "Site"),
        ({"client_name#de": "Seite"}, "rp.example", "rp.example"),
    ],
)
def test_people_read_the_name_in_their_language_and_else_the_host(said: dict[str, str], zh: str, en: str) -> None:
    assert (client(**said).name("zh_CN"), client(**said).name("en")) == (zh, en)


def test_pages_of_the_site_are_found_in_the_language_too() -> None:
    site = client(policy_uri="https://rp.example/p", **{"policy_uri#en": "https://rp.example/en/p"})
    assert site.page_for("policy_uri", "en") == "https://rp.example/en/p"
    assert site.page_for("policy_uri", "zh") == "https://rp.example/p"
    assert site.page_for("tos_uri", "zh") is None


def test_a_site_without_an_address_of_its_own_starts_at_its_origin() -> None:
    assert client().start_uri == "https://rp.example/"
    assert client(client_uri="https://rp.example/start").start_uri == "https://rp.example/start"
    assert client(initiate_login_uri="https://rp.example/in").start_uri == "https://rp.example/in"
    assert client(application_type="native", redirect_uris=["com.example.app:/cb"]).start_uri == ""


@pytest.mark.parametrize(
    ("said", "sector"),
    [
        ({}, "rp.example"),
        ({"sector_identifier_uri": "https://sector.example/file"}, "sector.example"),
        ({"redirect_uris": ["http://localhost:8001/c"]}, "localhost:8001"),
        ({"application_type": "native", "redirect_uris": ["http://127.0.0.1/c"]}, "client:c1"),
        ({"application_type": "native", "redirect_uris": ["com.example.app:/c"]}, "com.example.app"),
        ({"redirect_uris": None, "grant_types": ["client_credentials"]}, "client:c1"),
    ],
)
def test_the_sector_is_whose_address_it_is(said: dict[str, Any], sector: str) -> None:
    assert client(**said).sector == sector


@pytest.mark.parametrize(
    ("member", "address", "error"),
    [
        ("redirect_uris", ["https://rp.example/cb?state=fixed"], "invalid_redirect_uri"),
        ("redirect_uris", ["https://rp.example/cb?tenant=7&iss="], "invalid_redirect_uri"),
        ("redirect_uris", [CODE, "https://rp.example/cb?co%64e=x"], "invalid_redirect_uri"),
        ("post_logout_redirect_uris", ["https://rp.example/out?state=x"], "invalid_client_metadata"),
        ("initiate_login_uri", "https://rp.example/start?iss=https://evil.example", "invalid_client_metadata"),
        ("frontchannel_logout_uri", "https://rp.example/out?sid=x", "invalid_client_metadata"),
    ],
)
def test_no_address_holds_what_an_answer_brings(member: str, address: Any, error: str) -> None:
    """RFC 6749 §3.1: response parameters come once; a site that reads the first of two could be told anything."""
    with pytest.raises(RegistrationRefused) as refused:
        machine_metadata.checked({"redirect_uris": [CODE], member: address}, is_development=False)
    assert refused.value.error == error
    assert str(refused.value.description).startswith(f"{member}: its query")


def test_the_rules_have_names_that_can_be_read_aloud() -> None:
    assert all("_" in rule.__name__ for rule in metadata_rules.RULES)
    assert language_tags.is_tagged("client_name#zh-Hans-CN")
    assert not language_tags.is_tagged("client_name#")
    assert not language_tags.is_tagged("client_id#en")


def test_only_an_operator_says_that_a_site_serves_organisations() -> None:
    assert machine(serves="both").serves == "people"
    assert refusal(scope="openid legal")[1].startswith("scope: ")
    named = {"redirect_uris": [CODE], "client_name": "x", "client_uri": "https://rp.example/",
             "initiate_login_uri": "https://rp.example/sign-in"}  # fmt: skip
    with pytest.raises(ValidationError, match="legal is for a site that serves organisations"):
        ClientMetadata.model_validate({**named, "scope": "openid legal"})
    made = ClientMetadata.model_validate({**named, "scope": "openid legal", "serves": "organisations"})
    assert (made.serves_organisations, made.serves_people) == (True, False)
    assert "serves" not in made.told()
