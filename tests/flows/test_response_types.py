"""Every response type in every response mode, success and error, met by a site that checks what it gets."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from idp.core import clock
from idp.oidc.models import Authorization
from tests.flows.browser import Landing
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed, page

TYPES = ("code", "id_token", "token", "id_token token", "code id_token", "code token", "code id_token token", "none")
FRONT = {"id_token", "token"}


def default_mode(response_type: str) -> str:
    return "fragment" if FRONT & set(response_type.split()) else "query"


def modes(response_type: str) -> list[str | None]:
    return [None, *(["query"] if default_mode(response_type) == "query" else []), "fragment", "form_post"]


EVERY = [(response_type, mode) for response_type in TYPES for mode in modes(response_type)]


@pytest.fixture
def any_rp(site_of: Callable[..., RelyingParty]) -> RelyingParty:
    """A site that registered every response type."""
    return site_of(
        response_types=list(TYPES), grant_types=["authorization_code", "implicit", "refresh_token"],
        application_type="web",
    )  # fmt: skip


@both_pairs
@pytest.mark.parametrize(("response_type", "mode"), EVERY)
def test_a_success_comes_in_the_mode_asked_for(
    any_rp: RelyingParty, alice: Person, response_type: str, mode: str | None
) -> None:
    landing = any_rp.sign_in(alice, response_type=response_type, response_mode=mode)
    assert landing.mode == (mode or default_mode(response_type))
    words = set(response_type.split())
    expected = {"state", "iss", "session_state"} | (words & {"code", "id_token"})
    if "token" in words:
        expected |= {"access_token", "token_type", "expires_in"}
        if "code" not in words:
            expected.add("scope")  # offline_access needs a code, so the scope is not the one asked for
    assert set(landing.params) == expected
    claims = any_rp.accepted(landing)
    if "code" in words:
        tokens = any_rp.redeem(landing.code)
        assert tokens.status_code == 200
        assert not claims or claims["sub"] == any_rp.claims(tokens.id_token, code=landing.code)["sub"]
    if "token" in words:
        assert any_rp.userinfo(landing.params["access_token"]).json["phone_number"] == f"+86{alice.phone}"


@pytest.mark.parametrize(("response_type", "mode"), EVERY)
def test_an_error_comes_in_the_same_place(any_rp: RelyingParty, response_type: str, mode: str | None) -> None:
    refusal = landed(any_rp.visit(response_type=response_type, response_mode=mode, prompt="none"))
    assert refusal.mode == (mode or default_mode(response_type))
    assert refusal.error == "login_required"
    assert {"state", "iss"} <= set(refusal.params)
    assert refusal.address == any_rp.site.redirect_uri


@pytest.mark.parametrize("response_type", TYPES)
def test_a_refusal_by_the_person_comes_in_the_same_place(any_rp: RelyingParty, response_type: str) -> None:
    any_rp.visit(response_type=response_type, response_mode="form_post")
    refusal = landed(any_rp.browser.submit("cancel"))
    assert (refusal.mode, refusal.error, refusal.params["iss"]) == ("form_post", "access_denied", any_rp.issuer)


@pytest.mark.parametrize(
    ("response_type", "mode", "error", "where"),
    [
        ("id_token", "query", "invalid_request", "fragment"),
        ("code token", "query", "invalid_request", "fragment"),
        ("code", "pigeon", "invalid_request", "query"),
        ("id_token token", "pigeon", "invalid_request", "fragment"),
        ("magic", None, "unsupported_response_type", "query"),
        ("magic", "fragment", "unsupported_response_type", "fragment"),
        ("magic", "form_post", "unsupported_response_type", "form_post"),
        ("magic id_token", "pigeon", "unsupported_response_type", "query"),
        (None, None, "invalid_request", "query"),
        (None, "form_post", "invalid_request", "form_post"),
        ("none code", None, "unsupported_response_type", "query"),
        ("code", "query.jwt", "invalid_request", "query"),
    ],
)
def test_a_wrong_type_or_mode_is_told_where_the_site_looks(
    any_rp: RelyingParty, response_type: str | None, mode: str | None, error: str, where: str
) -> None:
    refusal = landed(any_rp.visit(response_type=response_type, response_mode=mode))
    assert (refusal.error, refusal.mode) == (error, where)
    assert refusal.params["iss"] == any_rp.issuer


@pytest.mark.parametrize("response_type", TYPES[1:])
def test_a_type_that_was_not_registered_is_not_for_this_client(rp: RelyingParty, response_type: str) -> None:
    refusal = landed(rp.visit(response_type=response_type))
    assert (refusal.error, refusal.mode) == ("unauthorized_client", default_mode(response_type))


def test_the_order_of_words_does_not_matter(any_rp: RelyingParty, alice: Person) -> None:
    landing = any_rp.sign_in(alice, response_type="token  id_token code")
    assert {"code", "id_token", "access_token"} <= set(landing.params)


@pytest.mark.parametrize("response_type", [t for t in TYPES if "id_token" in t.split()])
def test_an_id_token_by_way_of_the_browser_needs_a_nonce(any_rp: RelyingParty, response_type: str) -> None:
    assert landed(any_rp.visit(response_type=response_type, nonce=None)).error == "invalid_request"


@pytest.mark.parametrize("response_type", ["code", "token", "code token", "none"])
def test_without_it_the_nonce_is_a_choice(any_rp: RelyingParty, alice: Person, response_type: str) -> None:
    assert any_rp.sign_in(alice, response_type=response_type, nonce=None).error is None


def test_an_id_token_alone_says_what_userinfo_would(any_rp: RelyingParty, alice: Person) -> None:
    """OpenID Connect Core §5.4: no access token will come, so the scope's claims are in the ID token."""
    claims = any_rp.accepted(any_rp.sign_in(alice, response_type="id_token", scope="openid phone"))
    assert claims["phone_number"] == f"+86{alice.phone}"
    hybrid = any_rp.accepted(any_rp.sign_in(alice, response_type="code id_token", scope="openid phone"))
    assert "phone_number" not in hybrid


def test_a_replayed_hybrid_code_ends_the_token_that_came_with_it(any_rp: RelyingParty, alice: Person) -> None:
    landing = any_rp.sign_in(alice, response_type="code token")
    front = landing.params["access_token"]
    back = any_rp.redeem(landing.code).access_token
    assert front != back
    assert any_rp.redeem(landing.code).error == "invalid_grant"
    for token in (front, back):
        assert any_rp.userinfo(token).status_code == 401


def test_a_token_from_the_front_is_a_family_of_its_own(any_rp: RelyingParty, alice: Person, centre: Centre) -> None:
    token = any_rp.sign_in(alice, response_type="token").params["access_token"]
    assert any_rp.introspect(token).active is True
    with centre.services.database.view() as db:
        row = db.query(Authorization).filter_by(client_id=any_rp.client_id).one()
        assert (row.code_digest, row.code_spent_at) == (None, None)
    assert any_rp.revoke(token).status_code == 200
    assert any_rp.userinfo(token).status_code == 401
    other = any_rp.sign_in(alice, response_type="id_token token").params["access_token"]
    centre.freeze(alice)
    assert any_rp.userinfo(other).status_code == 401


def test_a_token_from_the_front_ends_in_its_time(any_rp: RelyingParty, alice: Person) -> None:
    token = any_rp.sign_in(alice, response_type="token").params["access_token"]
    clock.travel(timedelta(seconds=601))
    assert any_rp.userinfo(token).status_code == 401


def test_nothing_and_an_id_token_leave_no_family(any_rp: RelyingParty, alice: Person, centre: Centre) -> None:
    for response_type in ("none", "id_token"):
        any_rp.sign_in(alice, response_type=response_type)
    assert len(centre.audited("oidc.answered", client_id=any_rp.client_id)) == 2
    with centre.services.database.view() as db:
        assert db.query(Authorization).filter_by(client_id=any_rp.client_id).count() == 0


def test_no_refresh_token_grows_from_a_token_alone(any_rp: RelyingParty, alice: Person) -> None:
    landing = any_rp.sign_in(alice, response_type="token", scope="openid offline_access")
    assert landing.params["scope"] == "openid"


def test_a_callback_with_a_query_of_its_own_keeps_it(site_of: Callable[..., RelyingParty], alice: Person) -> None:
    rp = site_of(response_types=["code", "code id_token"], grant_types=["authorization_code", "implicit"])
    with_query = f"{rp.site.redirect_uri}?tenant=7"
    other = site_of(
        redirect_uris=[with_query], response_types=["code", "code id_token"],
        grant_types=["authorization_code", "implicit"],
    )  # fmt: skip
    for response_type, mode in (("code", None), ("code id_token", None), ("code", "form_post")):
        seen = other.sign_in(alice, response_type=response_type, response_mode=mode, redirect_uri=with_query)
        assert "tenant=7" in urlsplit(seen.url).query
        assert seen.params["state"]
        assert other.redeem(seen.code, redirect_uri=with_query).status_code == 200


def test_openid_may_be_left_out_by_those_who_never_registered_it(
    rp: RelyingParty, alice: Person, centre: Centre
) -> None:
    """Without it the request is OAuth and nothing more (RFC 6749 §4.1, OpenID Connect Core §3.1.2.1)."""
    assert landed(rp.visit(scope="profile")).error == "invalid_scope"
    metadata = rp.site.metadata(
        scope="profile offline_access", response_types=["code", "token", "id_token"],
        grant_types=["authorization_code", "implicit", "refresh_token"],
    )  # fmt: skip
    plain = RelyingParty(rp.issuer, rp.site, *centre.register_client(metadata), "profile offline_access")
    tokens = plain.tokens_of(alice)
    assert "id_token" not in tokens.json
    assert tokens.scope == "profile offline_access"
    refreshed = plain.refresh(tokens.refresh_token)
    assert refreshed.status_code == 200
    assert "id_token" not in refreshed.json
    assert landed(plain.visit(scope="phone")).error == "invalid_scope"
    assert landed(plain.visit(scope=None)).error == "invalid_scope"
    assert landed(plain.visit(response_type="id_token")).error == "invalid_scope"
    assert landed(plain.visit(response_type="token")).params["access_token"]
    plain.close()


class TestThePageThatPosts:
    """OAuth 2.0 Form Post Response Mode."""

    def test_it_carries_everything_escaped_and_leads_to_the_site_alone(
        self, any_rp: RelyingParty, alice: Person
    ) -> None:
        any_rp.sign_in(alice)
        state = "\"><script>alert(1)</script>'&amp;汉"
        answer = any_rp.browser.raw("GET", any_rp.ask(response_mode="form_post", state=state).url)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        policy = answer.headers["Content-Security-Policy"]
        origin = any_rp.site.url
        assert f"form-action 'self' {origin};" in policy
        assert "unsafe-inline" not in policy
        assert "script-src 'self'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert landed(any_rp.browser._follow(answer)).state == state

    def test_it_says_in_both_languages_what_it_does(self, any_rp: RelyingParty) -> None:
        for locale, words in (("zh-CN", "正在返回测试网站"), ("en", "Returning to Test site")):
            answer = any_rp.browser.raw(
                "GET", any_rp.ask(response_mode="form_post", prompt="none", ui_locales=locale).url
            )
            assert words in answer.text
            assert "<button" in answer.text

    def test_it_holds_no_field_of_ours(self, any_rp: RelyingParty, alice: Person) -> None:
        landing = any_rp.sign_in(alice, response_mode="form_post")
        assert isinstance(landing, Landing)
        assert set(landing.params) == {"code", "state", "iss", "session_state"}


def test_a_repeated_parameter_is_told_in_the_mode_of_the_request(any_rp: RelyingParty) -> None:
    url = any_rp.ask(response_type="code id_token").url
    assert landed(any_rp.browser.get(url + "&prompt=none&prompt=none")).mode == "fragment"
    form_post = any_rp.ask(response_type="id_token", response_mode="form_post").url
    refusal = landed(any_rp.browser.get(form_post + "&scope=openid"))
    assert (refusal.mode, refusal.error) == ("form_post", "invalid_request")


def test_discovery_names_every_type_and_mode(any_rp: RelyingParty) -> None:
    told = any_rp.http.get(f"{any_rp.issuer}/.well-known/openid-configuration", timeout=10).json()
    assert {frozenset(t.split()) for t in told["response_types_supported"]} == {frozenset(t.split()) for t in TYPES}
    assert set(told["response_modes_supported"]) == {"query", "fragment", "form_post"}
    assert "implicit" in told["grant_types_supported"]
    assert page(any_rp.visit(response_type="id_token")).path == "/sign-in"
