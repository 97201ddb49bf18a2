"""Request objects by value and by reference, signed and encrypted, as honest sites send them (OpenID Connect Core §6)."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import JWKRegistry, Key

from idp.core import clock
from tests.flows.assertions import jwks, key_for, signed
from tests.flows.browser import Landing, Page
from tests.flows.fixtures import both_pairs
from tests.flows.key_host import KeyHost
from tests.flows.people import Person
from tests.flows.rp import Asked, RelyingParty
from tests.flows.test_requests import landed, page

ALGORITHMS = ("RS256", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA")


@dataclass
class SigningSite:
    """A relying party that signs what it asks."""

    rp: RelyingParty
    key: Key
    alg: str = "ES256"

    def object(
        self, asked: Asked, *, header: dict[str, Any] | None = None, key: Key | None = None, **changes: Any
    ) -> str:
        """The request as a signed object; a change of None leaves a claim out."""
        now = clock.epoch()
        said = {
            **asked.parameters, "iss": self.rp.client_id, "aud": self.rp.issuer, "iat": now, "exp": now + 120, **changes,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        return signed(said, key or self.key, self.alg, header=header)

    def visit(
        self, *, beside: dict[str, str | None] | None = None, header: dict[str, Any] | None = None, **changes: Any
    ) -> Page | Landing:
        """Ask by value: all parameters inside, and outside what OAuth wants to see (Core §6.1)."""
        asked = self.rp.ask()
        return self.send(asked, request=self.object(asked, header=header, **changes), **(beside or {}))

    def send(self, asked: Asked, **outside: str | None) -> Page | Landing:
        outer = {"client_id": self.rp.client_id, "response_type": "code", "scope": "openid", **outside}
        return self.rp._noted(self.rp.browser.get(self.rp.address({n: v for n, v in outer.items() if v is not None})))


@pytest.fixture
def signing_site(site_of: Callable[..., RelyingParty]) -> Callable[..., SigningSite]:
    def make(alg: str = "ES256", **metadata: Any) -> SigningSite:
        key = key_for(alg, "signing")
        return SigningSite(site_of(jwks=jwks(key), **metadata), key, alg)

    return make


@pytest.fixture
def host() -> Iterator[KeyHost]:
    made = KeyHost()
    made.headers = {"Content-Type": "application/oauth-authz-req+jwt"}
    yield made
    made.close()


def hash_of(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@both_pairs
def test_a_signed_request_is_answered(signing_site: Callable[..., SigningSite], alice: Person) -> None:
    site = signing_site()
    rp = site.rp
    landing = rp.go_on(alice, rp.browser, site.visit())
    assert landing.state == rp.asked_for(landing.code).state
    tokens = rp.redeem(landing.code)
    assert rp.claims(tokens.id_token, code=landing.code)["nonce"] == rp.asked_for(landing.code).nonce
    assert landed(site.visit()).code  # now without a question


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_every_algorithm_of_the_discovery_document_signs(
    signing_site: Callable[..., SigningSite], alice: Person, alg: str
) -> None:
    site = signing_site(alg, request_object_signing_alg=alg)
    told = site.rp.http.get(f"{site.rp.issuer}/.well-known/openid-configuration", timeout=10).json()
    assert alg in told["request_object_signing_alg_values_supported"]
    assert (told["request_parameter_supported"], told["request_uri_parameter_supported"]) == (True, True)
    assert told["require_request_uri_registration"] is True
    assert page(site.visit()).path == "/sign-in"


def test_another_algorithm_than_the_registered_one_is_refused(signing_site: Callable[..., SigningSite]) -> None:
    site = signing_site("ES256", request_object_signing_alg="PS256")
    refusal = landed(site.visit(beside={"redirect_uri": site.rp.site.redirect_uri}))
    assert refusal.error == "invalid_request_object"


def test_what_is_inside_counts_before_what_is_outside(signing_site: Callable[..., SigningSite], alice: Person) -> None:
    """OpenID Connect Core §6.1: the values supersede; a parameter that is not inside is taken from outside."""
    site = signing_site()
    site.rp.sign_in(alice)
    outside: dict[str, str | None] = {
        "state": "outer", "nonce": "outer", "redirect_uri": "https://evil.example/", "prompt": "none", "display": "popup",
    }  # fmt: skip
    landing = landed(site.visit(beside=outside, state="inner"))
    assert (landing.state, landing.address) == ("inner", site.rp.site.redirect_uri)
    only_outside = landed(site.visit(beside={"state": "outer"}, state=None))
    assert only_outside.state == "outer"


@pytest.mark.parametrize("is_typed", [True, False])
def test_nothing_outside_counts_where_the_object_is_all(
    signing_site: Callable[..., SigningSite], alice: Person, is_typed: bool
) -> None:
    """RFC 9101 §6.3, for who registered to sign always and for an object that names the specification in `typ`."""
    site = signing_site(require_signed_request_object=not is_typed)
    header = {"typ": "oauth-authz-req+jwt"} if is_typed else None
    site.rp.sign_in(alice) if is_typed else site.rp.go_on(alice, site.rp.browser, site.visit())
    outside: dict[str, str | None] = {"state": "outer", "prompt": "login", "response_mode": "fragment"}
    landing = landed(site.visit(beside=outside, header=header, state=None))
    assert (landing.state, landing.mode) == (None, "query")
    bare = landed(site.visit(beside={"response_type": None, "scope": None}, header=header))
    assert bare.code


def test_who_always_signs_is_not_answered_otherwise(signing_site: Callable[..., SigningSite]) -> None:
    site = signing_site(require_signed_request_object=True)
    assert landed(site.rp.visit()).error == "invalid_request"
    seen = page(site.visit())
    assert seen.path == "/sign-in"
    assert landed(site.rp.browser.submit("cancel")).error == "access_denied"  # a parked request stays opened


@pytest.mark.parametrize("alg", ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"])
@pytest.mark.parametrize("enc", ["A128GCM", "A256CBC-HS512"])
def test_a_request_may_be_encrypted_to_us(signing_site: Callable[..., SigningSite], alg: str, enc: str) -> None:
    site = signing_site(request_object_encryption_alg=alg, request_object_encryption_enc=enc)
    published = site.rp.http.get(f"{site.rp.issuer}/jwks", timeout=10).json()["keys"]
    kind = "EC" if alg.startswith("ECDH") else "RSA"
    theirs = next(each for each in published if each.get("use") == "enc" and each["kty"] == kind)
    asked = site.rp.ask()
    sealed = jwe.encrypt_compact(
        {"alg": alg, "enc": enc, "kid": theirs["kid"], "cty": "JWT"}, site.object(asked), JWKRegistry.import_key(theirs),
        algorithms=[alg, enc],
    )  # fmt: skip
    assert page(site.send(asked, request=sealed)).path == "/sign-in"
    unsigned = jwe.encrypt_compact(
        {"alg": alg, "enc": enc}, '{"client_id":"x"}', JWKRegistry.import_key(theirs), algorithms=[alg, enc]
    )
    assert (
        landed(site.send(asked, request=unsigned, redirect_uri=site.rp.site.redirect_uri)).error
        == "invalid_request_object"
    )


def test_values_that_json_writes_otherwise_are_understood(
    signing_site: Callable[..., SigningSite], alice: Person
) -> None:
    site = signing_site()
    wanted = {"id_token": {"phone_number": {"essential": True}}}
    landing = site.rp.go_on(alice, site.rp.browser, site.visit(max_age=600, claims=wanted, nonce="n-1"))
    claims = site.rp.claims(site.rp.redeem(landing.code).id_token)
    assert claims["phone_number"] == f"+86{alice.phone}"
    assert claims["nonce"] == "n-1"


class TestByReference:
    """OpenID Connect Core §6.2."""

    def test_it_is_fetched_where_it_was_registered(
        self, signing_site: Callable[..., SigningSite], host: KeyHost, alice: Person
    ) -> None:
        site = signing_site(request_uris=[host.url])
        asked = site.rp.ask()
        host.body = site.object(asked).encode()
        landing = site.rp.go_on(alice, site.rp.browser, site.send(asked, request_uri=host.url))
        assert landing.state == asked.state
        assert len(host.asked) == 1  # once, however many steps the sign-in took
        assert site.rp.redeem(landing.code).status_code == 200

    def test_a_fragment_is_the_hash_of_the_file(self, signing_site: Callable[..., SigningSite], host: KeyHost) -> None:
        site = signing_site(request_uris=[f"{host.url}#registered-with-another"])
        asked = site.rp.ask()
        text = site.object(asked)
        host.body = text.encode()
        assert page(site.send(asked, request_uri=f"{host.url}#{hash_of(text)}")).path == "/sign-in"
        wrong = site.send(asked, request_uri=f"{host.url}#{hash_of('x')}", redirect_uri=site.rp.site.redirect_uri)
        assert landed(wrong).error == "invalid_request_uri"

    @pytest.mark.parametrize("trouble", ["missing", "redirect", "large", "binary", "gone", "slow"])
    def test_one_that_cannot_be_fetched_is_told(
        self, signing_site: Callable[..., SigningSite], host: KeyHost, trouble: str
    ) -> None:
        site = signing_site(request_uris=[host.url])
        asked = site.rp.ask()
        host.body = site.object(asked).encode()
        match trouble:
            case "missing":
                host.status = 404
            case "redirect":
                host.status, host.headers = 302, {"Location": "http://127.0.0.1:1/"}
            case "large":
                host.body = b"x" * 65_537
            case "binary":
                host.body = b"\xff\x00"
            case "gone":
                host.close()
            case "slow":
                host.delay = 4
        refusal = landed(site.send(asked, request_uri=host.url, redirect_uri=site.rp.site.redirect_uri, state="s"))
        assert (refusal.error, refusal.state) == ("invalid_request_uri", "s")

    @pytest.mark.parametrize(
        "uri", ["http://127.0.0.1:1/", "{url}/other", "{url}?x=1", "file:///etc/passwd", "urn:ietf:params:oauth:request_uri:x",
                "http://169.254.169.254/", "{url}" + "x" * 600, "汉字", "http://[::1"]
    )  # fmt: skip
    def test_no_other_address_is_called(
        self, signing_site: Callable[..., SigningSite], host: KeyHost, uri: str
    ) -> None:
        site = signing_site(request_uris=[host.url])
        asked = site.rp.ask()
        wanted = uri.replace("{url}", host.url)
        refusal = landed(site.send(asked, request_uri=wanted, redirect_uri=site.rp.site.redirect_uri))
        assert refusal.error == "invalid_request_uri"
        assert host.asked == []


def test_a_parked_request_holds_plain_parameters(signing_site: Callable[..., SigningSite], alice: Person) -> None:
    site = signing_site()
    assert (
        page(site.visit(login_hint=alice.username, ui_locales="en")).form("continue").fields["identifier"]
        == alice.username
    )
    assert '<html lang="en"' in (site.rp.browser.page or page(site.visit())).body


def test_both_ways_at_once_are_one_too_many(signing_site: Callable[..., SigningSite], host: KeyHost) -> None:
    site = signing_site(request_uris=[host.url])
    asked = site.rp.ask()
    refusal = site.send(asked, request=site.object(asked), request_uri=host.url, redirect_uri=site.rp.site.redirect_uri)
    assert landed(refusal).error == "invalid_request"


def test_a_signed_request_may_be_posted(signing_site: Callable[..., SigningSite], alice: Person) -> None:
    site = signing_site()
    site.rp.sign_in(alice)
    asked = site.rp.ask()
    answer = site.rp.browser.post("/authorize", {"client_id": site.rp.client_id, "request": site.object(asked)})
    assert landed(answer).state == asked.state
