"""Attacks on the protocol: codes and tokens in the wrong hands, redirects to the wrong place, keys of the wrong kind."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests.flows.browser import Browser, Page
from tests.flows.centre import Centre
from tests.flows.people import Person
from tests.flows.rp import RelyingParty, challenge_of
from tests.flows.test_requests import landed, page
from tests.moments import window_begins

EVIL = [
    "https://evil.example/callback",
    "//evil.example/callback",
    "{own}@evil.example/",
    "{own}.evil.example",
    "{own}/../evil",
    "{own}/",
    "{own}?next=https://evil.example",
    "{own}#evil",
    "{own}%0d%0aLocation:%20https://evil.example",
    "{own}\r\nSet-Cookie: a=b",
    "{own}\\@evil.example",
    "{own}\t",
    " {own}",
    "javascript:alert(document.cookie)",
    "data:text/html,<script>alert(1)</script>",
    "http://[::1",
    "http://localhost:99999999/callback",
    "汉字",
]


@pytest.mark.parametrize("wrong", EVIL)
def test_an_unregistered_redirect_is_a_page_and_never_a_redirect(rp: RelyingParty, alice: Person, wrong: str) -> None:
    rp.sign_in(alice)
    answer = rp.browser.raw("GET", rp.ask(redirect_uri=wrong.replace("{own}", rp.site.redirect_uri)).url)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert answer.headers["Content-Type"].startswith("text/html")
    seen = Page(answer)
    leads_to = [*seen.links, *(form.action for form in seen.forms)]
    assert not any("evil" in urlsplit(urljoin(seen.url, address)).netloc for address in leads_to)


@pytest.mark.parametrize("client_id", [None, "nobody", "x" * 5000, "汉字", "'; drop table clients;--", "a\u0000b"])
def test_an_unknown_client_is_a_page(rp: RelyingParty, client_id: str | None) -> None:
    seen = page(rp.visit(client_id=client_id))
    assert seen.status == 400
    assert "drop table" not in seen.body


def test_another_clients_redirect_is_not_mine(rp: RelyingParty, other: RelyingParty, alice: Person) -> None:
    rp.sign_in(alice)
    assert page(rp.visit(redirect_uri=other.site.redirect_uri)).status == 400


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "/%5Cevil.example"])
@pytest.mark.parametrize("name", ["next", "return", "url", "redirect", "post_logout_redirect_uri", "back"])
def test_no_page_of_the_centre_leads_out(rp: RelyingParty, alice: Person, path: str, name: str) -> None:
    rp.sign_in(alice)
    for start in ("/sign-in", "/preferences", "/sign-out", "/end-session", "/signed-out"):
        answer = rp.browser.raw("GET", f"{start}?{name}={quote(path)}")
        target = urlsplit(answer.headers.get("Location", ""))
        assert "evil.example" not in target.netloc
        assert not answer.headers.get("Location", "").startswith(("//", "/\\"))
        assert f'href="{path}"' not in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "too-short"},
        {"code_challenge": "x" * 43 + "="},
    ],
)
def test_pkce_cannot_be_left_out_or_weakened(rp: RelyingParty, alice: Person, changes: dict[str, str | None]) -> None:
    rp.sign_in(alice)
    assert landed(rp.visit(**changes)).error == "invalid_request"


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "y" * 43},
        {"code_verifier": "汉" * 43},
        {"code_verifier": "y" * 129},
        {"redirect_uri": "https://evil.example/"},
    ],
)
def test_a_code_needs_its_own_request_and_is_spent_by_a_wrong_one(
    rp: RelyingParty, alice: Person, wrong: dict[str, str]
) -> None:
    code = rp.sign_in(alice).code
    assert rp.redeem(code, **wrong).error == "invalid_grant"
    assert rp.redeem(code).error == "invalid_grant"


def test_the_challenge_itself_is_no_verifier(rp: RelyingParty, alice: Person) -> None:
    code = rp.sign_in(alice).code
    assert rp.redeem(code, code_verifier=challenge_of(rp.asked_for(code).verifier)).error == "invalid_grant"


@pytest.mark.parametrize(
    "verifier", ["v" * 42, "v" * 129, "v" * 42 + " ", "v" * 42 + "+", "v" * 42 + "/", "v" * 42 + "="]
)
def test_a_verifier_has_its_length_and_its_letters(rp: RelyingParty, alice: Person, verifier: str) -> None:
    """RFC 7636 §4.1, also where the challenge is its own."""
    code = rp.sign_in(alice, code_challenge=challenge_of(verifier)).code
    assert rp.redeem(code, code_verifier=verifier).error == "invalid_grant"


def test_a_missing_part_spends_nothing(rp: RelyingParty, alice: Person) -> None:
    code = rp.sign_in(alice).code
    assert rp.redeem(code, code_verifier="").error == "invalid_request"
    assert rp.redeem(code, redirect_uri="").error == "invalid_request"
    assert rp.redeem(code).status_code == 200


def test_a_stolen_code_is_worth_nothing_at_another_client(rp: RelyingParty, other: RelyingParty, alice: Person) -> None:
    code = rp.sign_in(alice).code
    asked = rp.asked_for(code)
    stolen = {"code_verifier": asked.verifier, "redirect_uri": rp.site.redirect_uri}
    assert other.redeem(code, **stolen).error == "invalid_grant"
    assert rp.redeem(code).status_code == 200  # nor can a stranger spend it


def test_an_injected_code_meets_another_verifier(
    rp: RelyingParty, alice: Person, bob: Person, browser: Browser
) -> None:
    """RFC 9700 §4.5: the attacker's own code put into the victim's session at the site."""
    attackers = rp.sign_in(bob, browser).code
    victims = rp.sign_in(alice).code
    assert rp.redeem(attackers, code_verifier=rp.asked_for(victims).verifier).error == "invalid_grant"


def test_every_answer_names_the_issuer(rp: RelyingParty, alice: Person) -> None:
    """RFC 9207: a mixed-up site sees who answered."""
    assert rp.sign_in(alice).params["iss"] == rp.issuer
    for changes in ({"prompt": "none", "max_age": "0"}, {"scope": "x"}, {"response_type": "x"}):
        assert landed(rp.visit(**changes)).params["iss"] == rp.issuer


def test_a_token_of_one_kind_is_none_of_another(rp: RelyingParty, alice: Person) -> None:
    tokens = rp.tokens_of(alice)
    for wrong in (tokens.refresh_token, tokens.id_token, "x", "汉".encode().decode("latin-1")):
        refused = rp.userinfo(wrong)
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    for wrong in (tokens.access_token, tokens.id_token):
        assert rp.refresh(wrong).error == "invalid_grant"
    assert rp.redeem(tokens.access_token).error == "invalid_grant"
    by_query = rp.http.get(f"{rp.issuer}/userinfo?access_token={tokens.access_token}", timeout=10)
    assert by_query.status_code == 401  # RFC 9700 §4.3.2
    twice = rp.http.post(
        f"{rp.issuer}/userinfo", data={"access_token": tokens.access_token},
        headers={"Authorization": f"Bearer {tokens.access_token}"}, timeout=10,
    )  # fmt: skip
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")
    assert (
        rp.http.post(f"{rp.issuer}/userinfo", data={"access_token": tokens.access_token}, timeout=10).status_code == 200
    )


def test_a_client_proves_itself_in_its_own_way_and_once(rp: RelyingParty, other: RelyingParty, alice: Person) -> None:
    tokens = rp.tokens_of(alice)
    secret = rp.client_secret or ""
    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    by_post = {**form, "client_id": rp.client_id, "client_secret": secret}
    assert rp.post("/token", by_post, auth=None).error == "invalid_client"
    assert rp.post("/token", by_post).error == "invalid_request"
    assert rp.post("/token", {**form, "client_id": other.client_id}).error == "invalid_request"
    assert rp.post("/token", {**form, "client_id": rp.client_id}, auth=None).error == "invalid_client"
    assert rp.post("/token", form, auth=None).error == "invalid_client"
    for wrong in ("x", secret[:-1], secret + "x", other.client_secret or "", "汉字"):
        refused = rp.post("/token", form, auth=(rp.client_id, wrong) if wrong.isascii() else ("%E6", "%FF"))
        assert (refused.status_code, refused.error) == (401, "invalid_client")
        assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    odd = [base64.b64encode(raw).decode() for raw in (b"nocolon", b"a\x00b:c\x00d", b"\xff:\xff")]
    for header in ("Basic", "Basic ", "Basic !!!", "Bearer x", "Digest x", *(f"Basic {each}" for each in odd)):
        refused = rp.post("/token", form, auth=None, headers={"Authorization": header})
        assert (refused.status_code, refused.error) == (401, "invalid_client"), header
    assert rp.refresh(tokens.refresh_token).status_code == 200


def test_guessing_a_secret_is_slowed_down_for_the_guesser_alone(
    site_of: Callable[..., RelyingParty], alice: Person, centre: Centre
) -> None:
    rp = site_of()
    form, guesser = {"grant_type": "refresh_token", "refresh_token": "x"}, {"X-Forwarded-For": "10.66.0.1"}
    window_begins(60)
    statuses = [
        rp.post("/token", form, auth=(rp.client_id, f"guess{n}"), headers=guesser).status_code for n in range(25)
    ]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    told = [entry.details["reason"] for entry in centre.audited("oidc.client_refused", client_id=rp.client_id)]
    assert told == ["secret"]  # the guessing is on record, and does not flood it
    for n in range(5):
        rp.post("/token", form, auth=(f"nobody{n}", "guess"), headers=guesser)
    assert len([e for e in centre.audited("oidc.client_refused") if e.details["reason"] == "unknown_client"]) >= 1
    assert rp.tokens_of(alice).status_code == 200


def test_a_public_client_cannot_introspect(site_of: Callable[..., RelyingParty], alice: Person) -> None:
    native = site_of(token_endpoint_auth_method="none", application_type="native")
    tokens = native.tokens_of(alice)
    assert native.introspect(tokens.access_token).error == "invalid_client"
    assert native.revoke(tokens.access_token).status_code == 200
    assert native.userinfo(tokens.access_token).status_code == 401


def _unsigned(claims: dict[str, object], alg: str = "none") -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': alg})}.{part(claims)}."


def test_a_hint_is_believed_under_our_own_keys_alone(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    claims = rp.claims(rp.tokens_of(alice).id_token)
    published = rp.keys()
    (public,) = [key for key in published.keys if key.kid == centre.services.provider.keys.signer("RS256").kid]
    pem = public.as_pem(private=False)
    forged = ECKey.generate_key("P-256", {"kid": published.keys[0].kid})
    shared = OctKey.import_key(base64.urlsafe_b64encode(pem).decode())
    confused = jwt.encode({"alg": "HS256", "kid": public.kid}, claims, shared, algorithms=["HS256"])
    embedded = jwt.encode({"alg": "ES256", "jwk": forged.as_dict(private=False)}, claims, forged, algorithms=["ES256"])
    another_kid = jwt.encode({"alg": "ES256", "kid": "unknown"}, claims, forged, algorithms=["ES256"])
    right_kid = jwt.encode(
        {"alg": "ES256", "kid": centre.services.provider.keys.signer("ES256").kid}, claims, forged, algorithms=["ES256"]
    )
    good = rp.tokens_of(alice).id_token
    head, body, signature = good.split(".")
    altered = f"{head}.{body[:-4]}AAAA.{signature}"
    hints = [
        _unsigned(claims), _unsigned(claims, "None"), _unsigned(claims, "NONE"), confused, embedded, another_kid, right_kid,
        altered, f"{head}.{body}.", f"{head}.{body}", f"{body}.{head}.{signature}", "a.b.c", "...", "汉字", "x" * 9000,
    ]  # fmt: skip
    for hint in hints:
        assert landed(rp.visit(prompt="none", id_token_hint=hint)).error == "invalid_request", hint[:60]
        assert page(rp.browser.get(f"/end-session?id_token_hint={quote(hint)}")).status == 400, hint[:60]
    assert landed(rp.visit(prompt="none", id_token_hint=good)).code


def test_a_logout_token_is_no_hint(rp: RelyingParty, alice: Person, centre: Centre, browser: Browser) -> None:
    rp.sign_in(alice)
    other_session = rp.redeem(rp.sign_in(alice, browser).code)
    browser.get(f"/end-session?id_token_hint={other_session.id_token}")
    centre.deliver()
    (logout_token,) = rp.site.received
    assert landed(rp.visit(prompt="none", id_token_hint=logout_token)).error == "invalid_request"


def test_no_secret_of_the_protocol_is_logged(rp: RelyingParty, alice: Person, service_log: Path) -> None:
    landing = rp.sign_in(alice)
    tokens = rp.redeem(landing.code)
    rp.userinfo(tokens.access_token)
    rp.introspect(tokens.refresh_token)
    refreshed = rp.refresh(tokens.refresh_token)
    rp.redeem(landing.code)
    rp.browser.raw("GET", "/authorize?code=" + landing.code)
    written = service_log.read_text(encoding="utf-8")
    assert '"endpoint":"token"' in written
    for secret in (
        landing.code, rp.asked_for(landing.code).verifier, rp.client_secret or "?", rp.browser.session_cookie or "?",
        tokens.access_token, tokens.refresh_token, tokens.id_token, refreshed.access_token, refreshed.refresh_token,
    ):  # fmt: skip
        assert secret not in written


def test_nothing_secret_travels_in_an_address(rp: RelyingParty, alice: Person) -> None:
    seen: list[str] = []
    original = rp.browser.raw

    def watched(method: str, url: str, **more: object):  # type: ignore[no-untyped-def]
        answer = original(method, url, **more)
        seen.extend([answer.url, answer.headers.get("Location", "")])
        return answer

    rp.browser.raw = watched  # type: ignore[method-assign]
    landing = rp.sign_in(alice)
    cookie = rp.browser.session_cookie or "?"
    tokens = rp.redeem(landing.code)
    centre_addresses = [address for address in seen if address.startswith((rp.issuer, "/"))]
    for secret in (*alice.secrets, cookie, tokens.access_token, tokens.refresh_token, tokens.id_token, landing.code):
        assert not any(secret in address or quote(secret) in address for address in centre_addresses)
    assert set(landing.params) == {"code", "state", "iss", "session_state"}
    assert not urlsplit(landing.url).fragment
