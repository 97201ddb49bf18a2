"""Every answer that is a token, in every algorithm that a site may register: signed, encrypted, or both."""

import base64
import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from joserfc import jwe
from joserfc.jwk import JWKRegistry, Key, OKPKey

from idp.core import signing
from idp.core.jwt import jose, jwks
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.key_host import KeyHost, ec_key, key_set, rsa_key
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed

RSA, EC = rsa_key("site-rsa", use="enc"), ec_key("site-ec", use="enc")
X25519 = OKPKey.generate_key("X25519", {"kid": "site-x", "use": "enc"})
SIGNING_KEY = ec_key("site-sig")


def verified(rp: RelyingParty, token: str, alg: str, *, typ: str | None = None) -> dict[str, Any]:
    """The claims, once they hold under the published key set as a site reads it."""
    published = jwks.read_set(rp.http.get(f"{rp.issuer}/jwks", timeout=30).json())
    read = jose.read_signed(token, lambda header: published.named(header["kid"]), algorithms=[alg])
    assert read.header.get("typ") == typ
    return read.claims


def opened(token: str, key: Key, alg: str, enc: str) -> tuple[dict[str, Any], str]:
    """The header of an envelope and what is inside, as the site's own library opens it."""
    registry = jwe.JWERegistry(algorithms=[alg, enc], strict_check_header=False)
    read = jwe.decrypt_compact(token, key, registry=registry)
    assert (read.protected["alg"], read.protected["enc"], read.protected["kid"]) == (alg, enc, key.kid)
    assert read.plaintext is not None
    return read.protected, read.plaintext.decode()


def half_hash(alg: str, value: str) -> str:
    name = "sha512" if alg == "EdDSA" else f"sha{alg[2:]}"
    whole = hashlib.new(name, value.encode()).digest()
    return base64.urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()


@pytest.mark.parametrize("alg", signing.ALGORITHMS)
def test_the_site_chooses_among_ten_signatures(site_of: Callable[..., RelyingParty], alice: Person, alg: str) -> None:
    rp = site_of(id_token_signed_response_alg=alg)
    tokens = rp.tokens_of(alice)
    claims = verified(rp, tokens.id_token, alg)
    assert (claims["iss"], claims["aud"]) == (rp.issuer, rp.client_id)
    assert claims["at_hash"] == half_hash(alg, tokens.access_token)
    again = verified(rp, rp.refresh(tokens.refresh_token).id_token, alg)
    assert again["sub"] == claims["sub"]
    assert landed(rp.visit(prompt="none", id_token_hint=tokens.id_token)).code


@both_pairs
@pytest.mark.parametrize(
    ("alg", "enc", "key"),
    [
        ("RSA-OAEP", "A128CBC-HS256", RSA), ("RSA-OAEP-256", "A256GCM", RSA), ("ECDH-ES", "A128GCM", EC),
        ("ECDH-ES+A128KW", "A256CBC-HS512", EC), ("ECDH-ES+A256KW", "A256GCM", X25519),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)  # fmt: skip
def test_an_id_token_is_encrypted_to_the_site(
    site_of: Callable[..., RelyingParty], alice: Person, alg: str, enc: str, key: Key
) -> None:
    rp = site_of(
        id_token_encrypted_response_alg=alg, id_token_encrypted_response_enc=enc, jwks=key_set(SIGNING_KEY, key)
    )
    tokens = rp.tokens_of(alice)
    header, inner = opened(tokens.id_token, key, alg, enc)
    assert header["cty"] == "JWT"
    claims = verified(rp, inner, "ES256")
    assert claims["at_hash"] == half_hash("ES256", tokens.access_token)
    # As a hint, the site sends what was inside; the envelope is closed to us (OpenID Core §3.1.2.1).
    assert landed(rp.visit(prompt="none", id_token_hint=inner)).code
    assert landed(rp.visit(prompt="none", id_token_hint=tokens.id_token)).error == "invalid_request"


@pytest.mark.parametrize(("alg", "kty"), [("RSA-OAEP-256", "RSA"), ("ECDH-ES+A128KW", "EC")])
def test_a_hint_may_be_encrypted_to_us(rp: RelyingParty, alice: Person, alg: str, kty: str) -> None:
    """OpenID Core §3.1.2.1, RP-Initiated Logout §2: the site puts what was inside into an envelope for us."""
    inner = rp.tokens_of(alice).id_token
    published = rp.http.get(f"{rp.issuer}/jwks", timeout=30).json()["keys"]
    (ours,) = [key for key in published if (key["use"], key["kty"]) == ("enc", kty)]
    registry = jwe.JWERegistry(algorithms=[alg, "A256GCM"], strict_check_header=False)
    header = {"alg": alg, "enc": "A256GCM", "kid": ours["kid"], "cty": "JWT"}
    hint = jwe.encrypt_compact(header, inner, JWKRegistry.import_key(ours), registry=registry)
    assert landed(rp.visit(prompt="none", id_token_hint=hint)).code
    forged = jwe.encrypt_compact(header, inner[:-8] + "AAAAAAAA", JWKRegistry.import_key(ours), registry=registry)
    assert landed(rp.visit(prompt="none", id_token_hint=forged)).error == "invalid_request"
    back = f"{rp.site.url}/signed-out"
    query = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": back})
    assert landed(rp.browser.get(f"/end-session?{query}")).address == back
    assert landed(rp.visit(prompt="none")).error == "login_required"


def test_the_content_encryption_has_the_default_of_the_specification(
    site_of: Callable[..., RelyingParty], alice: Person
) -> None:
    rp = site_of(id_token_encrypted_response_alg="RSA-OAEP", jwks=key_set(RSA))
    opened(rp.tokens_of(alice).id_token, RSA, "RSA-OAEP", "A128CBC-HS256")


@pytest.fixture
def host() -> Iterator[KeyHost]:
    made = KeyHost(SIGNING_KEY, EC)
    yield made
    made.close()


def test_the_sites_key_may_be_published(site_of: Callable[..., RelyingParty], alice: Person, host: KeyHost) -> None:
    rp = site_of(id_token_encrypted_response_alg="ECDH-ES", jwks_uri=host.url)
    for _ in range(3):
        _, inner = opened(rp.tokens_of(alice).id_token, EC, "ECDH-ES", "A128CBC-HS256")
        verified(rp, inner, "ES256")
    assert len(host.asked) == 1


def test_without_the_sites_key_nothing_is_answered_in_the_clear(
    site_of: Callable[..., RelyingParty], alice: Person, host: KeyHost
) -> None:
    wanted = {"id_token_encrypted_response_alg": "ECDH-ES", "userinfo_encrypted_response_alg": "ECDH-ES"}
    rp = site_of(**wanted, jwks_uri=host.url)
    token = rp.tokens_of(alice).access_token
    host.status = 503
    for unfit in (
        site_of(**wanted, jwks_uri=host.url.replace("/jwks", "/elsewhere")),
        site_of(**wanted, jwks=key_set(RSA)),
    ):
        refused = unfit.redeem(unfit.sign_in(alice).code)
        assert (refused.status_code, refused.error) == (503, "temporarily_unavailable")
        assert refused.headers["Retry-After"]
        assert "id_token" not in refused.json
    still = rp.http.get(f"{rp.issuer}/userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert still.status_code == 200  # the set in hand holds while its owner is away
    opened(still.text, EC, "ECDH-ES", "A128CBC-HS256")


def test_a_site_whose_key_is_away_for_a_moment_loses_nothing(
    site_of: Callable[..., RelyingParty], alice: Person, host: KeyHost
) -> None:
    host.status = 503
    rp = site_of(
        id_token_encrypted_response_alg="ECDH-ES",
        jwks_uri=host.url,
        grant_types=["authorization_code", "implicit", "refresh_token"],
        response_types=["code", "code id_token"],
    )
    code = rp.sign_in(alice).code
    assert rp.redeem(code).status_code == 503
    hybrid = landed(rp.visit(prompt="none", response_type="code id_token"))
    assert hybrid.error == "temporarily_unavailable"
    host.status = 200
    time.sleep(1.1)  # a set that could not be had is asked for again after a second
    tokens = rp.redeem(code)
    opened(tokens.id_token, EC, "ECDH-ES", "A128CBC-HS256")
    opened(
        landed(rp.visit(prompt="none", response_type="code id_token")).params["id_token"],
        EC,
        "ECDH-ES",
        "A128CBC-HS256",
    )
    opened(rp.refresh(tokens.refresh_token).id_token, EC, "ECDH-ES", "A128CBC-HS256")


@both_pairs
@pytest.mark.parametrize("response_type", ["code id_token", "code id_token token", "id_token token"])
@pytest.mark.parametrize("alg", ["ES512", "PS384", "EdDSA"])
def test_what_comes_beside_an_id_token_is_vouched_for_by_its_hash(
    site_of: Callable[..., RelyingParty], alice: Person, alg: str, response_type: str
) -> None:
    rp = site_of(
        id_token_signed_response_alg=alg,
        grant_types=["authorization_code", "implicit"],
        response_types=["code", response_type],
    )
    landing = rp.sign_in(alice, response_type=response_type)
    claims = verified(rp, landing.params["id_token"], alg)
    words = response_type.split()
    assert claims.get("c_hash") == (half_hash(alg, landing.code) if "code" in words else None)
    assert claims.get("at_hash") == (half_hash(alg, landing.params["access_token"]) if "token" in words else None)


@both_pairs
@pytest.mark.parametrize("alg", ["RS256", "PS384", "ES256", "EdDSA"])
def test_userinfo_is_signed_for_the_site(site_of: Callable[..., RelyingParty], alice: Person, alg: str) -> None:
    plain = site_of()
    rp = site_of(userinfo_signed_response_alg=alg)
    token = rp.tokens_of(alice).access_token
    bearer = {"Authorization": f"Bearer {token}"}
    for answer in (
        rp.http.get(f"{rp.issuer}/userinfo", headers=bearer, timeout=30),
        rp.http.post(f"{rp.issuer}/userinfo", data={"access_token": token}, timeout=30),
    ):
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/jwt"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        claims = verified(rp, answer.text, alg)
        assert (claims.pop("iss"), claims.pop("aud")) == (rp.issuer, rp.client_id)
        expected = plain.userinfo(plain.tokens_of(alice).access_token).json
        assert claims | {"sub": ""} == expected | {"sub": ""}
    refused = rp.userinfo("nothing of ours")
    assert (refused.status_code, refused.error) == (401, "invalid_token")


def test_userinfo_is_encrypted_with_and_without_a_signature(
    site_of: Callable[..., RelyingParty], alice: Person
) -> None:
    encrypted = {"userinfo_encrypted_response_alg": "RSA-OAEP-256", "userinfo_encrypted_response_enc": "A256GCM"}
    for signed in (None, "ES256"):
        rp = site_of(**encrypted, jwks=key_set(RSA), **({"userinfo_signed_response_alg": signed} if signed else {}))
        bearer = {"Authorization": f"Bearer {rp.tokens_of(alice).access_token}"}
        answer = rp.http.get(f"{rp.issuer}/userinfo", headers=bearer, timeout=30)
        assert answer.headers["Content-Type"] == "application/jwt"
        header, inner = opened(answer.text, RSA, "RSA-OAEP-256", "A256GCM")
        assert header.get("cty") == ("JWT" if signed else None)
        claims = verified(rp, inner, "ES256") if signed else orjson.loads(inner)
        assert claims["sub"]
        assert alice.name in inner or claims["name"] == alice.name
        assert alice.name not in answer.text


def test_a_signed_userinfo_response_is_no_hint(site_of: Callable[..., RelyingParty], alice: Person) -> None:
    rp = site_of(userinfo_signed_response_alg="ES256")
    bearer = {"Authorization": f"Bearer {rp.tokens_of(alice).access_token}"}
    answer = rp.http.get(f"{rp.issuer}/userinfo", headers=bearer, timeout=30).text
    assert landed(rp.visit(prompt="none", id_token_hint=answer)).error == "invalid_request"


def test_a_logout_token_is_signed_and_encrypted_like_an_id_token(
    site_of: Callable[..., RelyingParty], alice: Person, centre: Centre
) -> None:
    rp = site_of(
        id_token_signed_response_alg="PS256", id_token_encrypted_response_alg="ECDH-ES+A128KW", jwks=key_set(EC)
    )
    _, inner = opened(rp.tokens_of(alice).id_token, EC, "ECDH-ES+A128KW", "A128CBC-HS256")
    rp.browser.get(f"/end-session?id_token_hint={inner}")
    centre.deliver()
    (received,) = rp.site.received
    header, logout_token = opened(received, EC, "ECDH-ES+A128KW", "A128CBC-HS256")
    assert (header["cty"], header["iss"]) == ("JWT", rp.issuer)  # RFC 7519 §5.3
    claims = verified(rp, logout_token, "PS256", typ="logout+jwt")
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}


def test_discovery_names_what_a_site_may_register(rp: RelyingParty) -> None:
    told = rp.http.get(f"{rp.issuer}/.well-known/openid-configuration", timeout=30).json()
    for use in ("id_token", "userinfo"):
        assert told[f"{use}_signing_alg_values_supported"] == list(signing.ALGORITHMS)
        assert told[f"{use}_encryption_alg_values_supported"] == list(jose.KEY_WRAPS)
        assert told[f"{use}_encryption_enc_values_supported"] == list(jose.CONTENT_ENCRYPTIONS)
    assert "none" not in told["id_token_signing_alg_values_supported"]
