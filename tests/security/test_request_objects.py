"""Attacks with request objects: foreign, forged, altered, old, or meant for something else (RFC 9101 §10)."""

import base64
import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from idp.core import clock
from tests.flows import assertions
from tests.flows.assertions import key_for, maced
from tests.flows.browser import Browser
from tests.flows.key_host import KeyHost
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_request_objects import SigningSite, signing_site
from tests.flows.test_requests import landed, page

__all__ = ["signing_site"]


@pytest.fixture
def site(signing_site: Callable[..., SigningSite]) -> SigningSite:
    return signing_site()


def refused(site: SigningSite, text: str) -> str | None:
    """The error that comes back to the redirect URI outside, which is registered."""
    return landed(site.send(site.rp.ask(), request=text, redirect_uri=site.rp.site.redirect_uri)).error


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody-else"}, {"iss": 7}, {"iss": ["x"]}, {"aud": "https://other.example"}, {"aud": []}, {"aud": {}},
        {"aud": ["https://other.example"]}, {"client_id": "somebody-else"}, {"client_id": 7},
        {"response_type": "code token"}, {"response_type": "id_token"},
        {"exp": 1}, {"exp": "soon"}, {"exp": True}, {"exp": -1}, {"nbf": 9_999_999_999}, {"nbf": []}, {"iat": 9_999_999_999},
        {"request": "x.y.z"}, {"request_uri": "https://rp.example/r"},
        {"state": 7}, {"state": ["a"]}, {"scope": ["openid"]}, {"redirect_uri": {}}, {"max_age": 1.5}, {"max_age": True},
        {"prompt": False}, {"resource": ["a b"]}, {"resource": [7]}, {"claims": []},
    ],
    ids=repr,
)  # fmt: skip
def test_an_object_that_is_not_as_it_should_be_is_refused(site: SigningSite, changes: dict[str, Any]) -> None:
    assert refused(site, site.object(site.rp.ask(), **changes)) == "invalid_request_object"


@pytest.mark.parametrize("missing", ["iss", "aud", "client_id"])
def test_what_may_be_left_out_may_not_where_the_object_is_all(
    signing_site: Callable[..., SigningSite], missing: str
) -> None:
    for strict, header in ((True, None), (False, {"typ": "oauth-authz-req+jwt"})):
        site = signing_site(require_signed_request_object=strict)
        assert refused(site, site.object(site.rp.ask(), header=header, **{missing: None})) == "invalid_request_object"
    plain = signing_site()
    assert page(plain.visit(**{missing: None})).path == "/sign-in"


@pytest.mark.parametrize(
    "typ", ["at+jwt", "logout+jwt", "client-authentication+jwt", "dpop+jwt", "JOSE", "secevent+jwt"]
)
def test_a_jwt_of_another_kind_is_none(site: SigningSite, typ: str) -> None:
    assert refused(site, site.object(site.rp.ask(), header={"typ": typ})) == "invalid_request_object"


@pytest.mark.parametrize("typ", ["JWT", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt"])
def test_its_own_kind_is_known(site: SigningSite, typ: str) -> None:
    assert page(site.visit(header={"typ": typ})).path == "/sign-in"


def test_neither_can_pass_for_the_other(signing_site: Callable[..., SigningSite], alice: Person) -> None:
    """RFC 9101 §10.8: a client assertion is no request object, and a request object is no client assertion."""
    site = signing_site(token_endpoint_auth_method="private_key_jwt")
    rp = site.rp
    said = assertions.claims(rp.client_id, rp.issuer)
    assert (
        refused(site, assertions.signed({**said, **rp.ask().parameters}, site.key, "ES256")) == "invalid_request_object"
    )
    leaked = site.object(rp.ask(), jti="once")
    answer = rp.post(
        "/token", assertions.form(leaked, grant_type="authorization_code", code="x", redirect_uri="y"), auth=None
    )
    assert answer.error == "invalid_client"


def test_another_sites_object_is_not_mine(
    site: SigningSite, signing_site: Callable[..., SigningSite], alice: Person
) -> None:
    """Request-object substitution: signed by a registered site, sent in the name of another one."""
    other = signing_site()
    other.key = ECKey.generate_key("P-256", {"kid": "theirs"})
    theirs = other.object(other.rp.ask())
    assert refused(site, theirs) == "invalid_request_object"
    # Even under my own key, an object made for another client stays another client's.
    assert refused(site, site.object(other.rp.ask())) == "invalid_request_object"


def test_forged_signatures_are_refused(site: SigningSite, signing_site: Callable[..., SigningSite]) -> None:
    asked = site.rp.ask()
    good = site.object(asked)
    head, body, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    claims["redirect_uri"] = "https://evil.example/"

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    public = json.dumps(site.key.as_dict(private=False))
    forged = [
        f"{head}.{part(claims)}.{signature}", f"{head}.{body}.", f"{part({'alg': 'none'})}.{body}.",
        f"{part({'alg': 'None'})}.{body}.{signature}", maced(claims, public), maced(claims, site.rp.client_secret or ""),
        site.object(asked, key=ECKey.generate_key("P-256", {"kid": "signing"})),
        site.object(asked, key=(own := ECKey.generate_key("P-256", {"kid": "x"})), header={"jwk": own.as_dict(private=False)}),
        "a.b.c", ".", "..", "....", "汉字", "x" * 9000,
    ]  # fmt: skip
    for text in forged:
        assert refused(site, text) == "invalid_request_object", text[:80]


def test_an_object_proves_its_redirect_only_once_it_is_verified(site: SigningSite, alice: Person) -> None:
    """Without a registered redirect URI outside, a bad object leads nowhere: the person gets a page."""
    site.rp.sign_in(alice)
    bad = site.object(site.rp.ask(), key=ECKey.generate_key("P-256", {"kid": "signing"}))
    seen = page(site.send(site.rp.ask(), request=bad))
    assert seen.status == 400
    elsewhere = page(site.send(site.rp.ask(), request=bad, redirect_uri="https://evil.example/"))
    assert elsewhere.status == 400
    inside = page(site.visit(redirect_uri="https://evil.example/", beside={"redirect_uri": site.rp.site.redirect_uri}))
    assert inside.status == 400  # signed, but not registered


def test_an_object_ends_with_its_time(site: SigningSite) -> None:
    text = site.object(site.rp.ask(), exp=clock.epoch() + 60)
    assert page(site.send(site.rp.ask(), request=text)).path == "/sign-in"
    clock.travel(timedelta(seconds=100))
    assert refused(site, text) == "invalid_request_object"


def test_an_object_may_not_hold_more_than_an_address_could(signing_site: Callable[..., SigningSite]) -> None:
    host = KeyHost()
    site = signing_site(request_uris=[host.url])
    host.body = site.object(site.rp.ask(), nonce="n" * 20_000).encode()
    refusal = landed(site.send(site.rp.ask(), request_uri=host.url, redirect_uri=site.rp.site.redirect_uri))
    assert refusal.error == "invalid_request_object"
    host.close()


def test_a_site_without_keys_cannot_sign(rp: RelyingParty) -> None:
    key = key_for("ES256", "signing")
    site = SigningSite(rp, key)
    assert refused(site, site.object(rp.ask())) == "invalid_request_object"


def test_many_slow_files_do_not_hold_every_thread(signing_site: Callable[..., SigningSite], browser: Browser) -> None:
    host = KeyHost()
    host.delay = 2.5
    site = signing_site(request_uris=[host.url])
    address = site.rp.address({
        "client_id": site.rp.client_id, "response_type": "code", "request_uri": host.url,
        "redirect_uri": site.rp.site.redirect_uri,
    })  # fmt: skip
    threads = [
        threading.Thread(target=requests.get, args=(address,), kwargs={"timeout": 30, "allow_redirects": False})
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    time.sleep(0.5)
    began = time.monotonic()
    assert browser.raw("GET", address).status_code == 303
    assert time.monotonic() - began < 2.5
    for each in threads:
        each.join()
    assert len(host.asked) <= 3
    host.close()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["iss", "aud", "exp", "nbf", "iat", "sub", "client_id", "response_type", "redirect_uri", "scope", "state", "nonce",
     "response_mode", "prompt", "max_age", "claims", "resource", "request", "request_uri", "registration", "ui_locales",
     "id_token_hint",
     "login_hint", "acr_values", "code_challenge", "code_challenge_method", "display", "汉"]
)  # fmt: skip
quick = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(claims=st.dictionaries(NAMES, JSON, max_size=6))
def test_any_claims_in_a_signed_object_get_a_proper_answer(site: SigningSite, claims: dict[str, Any]) -> None:
    text = assertions.signed({**site.rp.ask().parameters, **claims}, site.key, "ES256")
    answer = site.rp.http.get(
        site.rp.address({"client_id": site.rp.client_id, "request": text}), allow_redirects=False, timeout=10
    )
    assert answer.status_code in {200, 303, 400}
    assert answer.headers.get("Location", "/").startswith(("/", site.rp.site.redirect_uri))


@quick
@given(
    text=st.text(max_size=60)
    | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode() + ".e30.x")
)
def test_any_text_for_an_object_is_refused(site: SigningSite, text: str) -> None:
    answer = site.rp.http.get(
        site.rp.address({"client_id": site.rp.client_id, "redirect_uri": site.rp.site.redirect_uri, "request": text}),
        allow_redirects=False, timeout=10,
    )  # fmt: skip
    assert answer.status_code in {303, 400}
