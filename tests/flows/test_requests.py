"""What a site may ask of a sign-in: prompt, max_age, hints, levels, languages; and what it is told when it cannot be."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from idp.core import clock
from idp.oidc.models import Authorization
from idp.realname.ports import Refutation, Refuted, Unavailable, Verified
from tests.flows.browser import Browser, Landing, Page
from tests.flows.centre import Centre
from tests.flows.people import Person
from tests.flows.rp import RelyingParty


def landed(seen: Page | Landing) -> Landing:
    assert isinstance(seen, Landing), f"{seen.path} {seen.status} {seen.text[:300]}"
    return seen


def page(seen: Page | Landing) -> Page:
    assert isinstance(seen, Page), seen
    return seen


def test_prompt_none_asks_nobody(rp: RelyingParty, alice: Person) -> None:
    assert landed(rp.visit(prompt="none")).error == "login_required"
    rp.sign_in(alice)
    assert landed(rp.visit(prompt="none")).code
    assert landed(rp.visit(prompt="none login")).error == "invalid_request"


def test_prompt_login_asks_again_and_moves_auth_time(rp: RelyingParty, alice: Person) -> None:
    before = rp.claims(rp.tokens_of(alice).id_token)
    cookie = rp.browser.session_cookie
    clock.travel(timedelta(minutes=3))
    assert page(rp.visit(prompt="login")).path == "/sign-in"
    after = rp.claims(rp.redeem(rp.go_on(alice, rp.browser, rp.browser.page or page(rp.visit())).code).id_token)
    assert after["auth_time"] >= before["auth_time"] + 180
    assert after["sid"] == before["sid"]
    assert rp.browser.session_cookie != cookie


def test_max_age_asks_again_when_the_sign_in_is_older(rp: RelyingParty, alice: Person) -> None:
    rp.sign_in(alice)
    clock.travel(timedelta(minutes=5))
    assert landed(rp.visit(max_age="600")).code
    assert landed(rp.visit(max_age="60", prompt="none")).error == "login_required"
    tokens = rp.tokens_of(alice, max_age="60")
    claims = rp.claims(tokens.id_token)
    assert claims["iat"] - claims["auth_time"] < 60
    assert page(rp.visit(max_age="0")).path == "/sign-in"
    assert rp.go_on(alice, rp.browser, rp.browser.page or page(rp.visit())).code  # asked once, not for ever


def test_a_default_max_age_counts_when_none_is_sent(site_of: Callable[..., RelyingParty], alice: Person) -> None:
    rp = site_of(default_max_age=60)
    rp.sign_in(alice)
    clock.travel(timedelta(minutes=2))
    assert landed(rp.visit(prompt="none")).error == "login_required"
    assert landed(rp.visit(prompt="none", max_age="600")).code


def test_select_account_asks_with_whom_to_go_on(rp: RelyingParty, alice: Person, bob: Person) -> None:
    rp.sign_in(alice)
    assert landed(rp.visit(prompt="select_account none")).error == "invalid_request"
    assert page(rp.visit(prompt="select_account")).path == "/choose-account"
    mine = rp.redeem(landed(rp._noted(rp.browser.submit("continue"))).code)
    rp.visit(prompt="select_account")
    assert page(rp.browser.submit("switch")).path == "/sign-in"
    theirs = rp.redeem(rp.go_on(bob, rp.browser, rp.browser.page or page(rp.visit())).code)
    assert rp.claims(mine.id_token)["sub"] != rp.claims(theirs.id_token)["sub"]


def test_prompt_consent_asks_even_where_it_was_given(asking_site: RelyingParty, alice: Person) -> None:
    asking_site.sign_in(alice)
    assert page(asking_site.visit(prompt="consent")).path == "/consent"
    assert asking_site.go_on(alice, asking_site.browser, asking_site.browser.page or page(asking_site.visit())).code


def test_prompt_create_leads_to_registration(rp: RelyingParty) -> None:
    assert page(rp.visit(prompt="create")).path.startswith("/register")


def test_login_hint_fills_the_form(rp: RelyingParty, alice: Person) -> None:
    seen = page(rp.visit(login_hint=alice.username))
    assert seen.form("continue").fields["identifier"] == alice.username


def test_a_hint_means_one_person(rp: RelyingParty, alice: Person, bob: Person) -> None:
    about_alice = rp.tokens_of(alice).id_token
    assert landed(rp.visit(prompt="none", id_token_hint=about_alice)).code
    somebody_else = Browser(rp.issuer)
    rp.sign_in(bob, somebody_else)
    assert landed(rp.visit(somebody_else, prompt="none", id_token_hint=about_alice)).error == "login_required"
    assert page(rp.visit(somebody_else, id_token_hint=about_alice)).path == "/sign-in"
    clock.travel(timedelta(seconds=1))
    answer = somebody_else.submit("continue", identifier=bob.username, password=bob.password)
    assert landed(answer).error == "login_required"  # Core §3.1.2.1: not the person the site asked for, and no loop
    rp.visit(somebody_else, id_token_hint=about_alice)
    assert landed(somebody_else.submit("continue", identifier=alice.username, password=alice.password)).code
    somebody_else.close()


def test_an_old_hint_still_names_its_person(rp: RelyingParty, alice: Person) -> None:
    token = rp.tokens_of(alice).id_token
    clock.travel(timedelta(minutes=20))
    assert landed(rp.visit(prompt="none", id_token_hint=token)).code


def test_a_level_is_reached_on_the_way(rp: RelyingParty, bob: Person) -> None:
    assert rp.claims(rp.tokens_of(bob).id_token)["acr"] == "ial0.aal1"
    assert landed(rp.visit(prompt="none", acr_values="ial1")).error == "interaction_required"
    cookie = rp.browser.session_cookie
    answer = rp.tokens_of(bob, acr_values="urn:other:scheme ial1.aal1")
    assert rp.claims(answer.id_token)["acr"] == "ial1.aal1"
    assert rp.userinfo(answer.access_token).name == bob.name
    assert rp.browser.session_cookie != cookie
    assert landed(rp.visit(prompt="none", acr_values="ial1")).code


def test_a_level_that_nothing_reaches_is_refused(rp: RelyingParty, alice: Person) -> None:
    assert landed(rp.visit(acr_values="ial2")).error == "unmet_authentication_requirements"
    rp.sign_in(alice)
    for acr in ("ial2", "aal2", "ial1.aal3"):
        assert landed(rp.visit(acr_values=acr)).error == "unmet_authentication_requirements"
    assert landed(rp.visit(acr_values="ial3 ial1")).code
    assert landed(rp.visit(acr_values="urn:nobody:knows")).code


def test_who_does_not_prove_themselves_takes_an_error_home(rp: RelyingParty, bob: Person, centre: Centre) -> None:
    rp.sign_in(bob)
    centre.registry.answer = Refuted(Refutation.MISMATCH)
    try:
        assert page(rp.visit(acr_values="ial1")).path == "/verify-identity"
        refused = page(rp.browser.submit("continue", name=bob.name, resident_id=bob.resident_id))
        assert (refused.path, refused.status) == ("/verify-identity", 400)
        centre.registry.answer = Unavailable("timeout")
        assert page(rp.browser.submit("continue", name=bob.name, resident_id=bob.resident_id)).has_button("later")
        assert landed(rp.browser.submit("later")).error == "unmet_authentication_requirements"
    finally:
        centre.registry.answer = Verified(frozenset({"name", "resident_id"}))


def test_the_site_may_wish_for_a_language(rp: RelyingParty) -> None:
    assert '<html lang="zh-CN"' in page(rp.visit()).body
    assert '<html lang="en"' in page(rp.visit(ui_locales="fr en")).body


def test_cancelling_is_an_answer(rp: RelyingParty) -> None:
    rp.visit(state="s-1")
    answer = landed(rp.browser.submit("cancel"))
    assert (answer.error, answer.state, answer.params["iss"]) == ("access_denied", "s-1", rp.issuer)


def test_state_comes_back_as_it_went(rp: RelyingParty, alice: Person) -> None:
    rp.sign_in(alice)
    for state in ("汉字 & = ? # +%20", "a" * 2048, '"><script>'):
        assert landed(rp.visit(state=state)).state == state
    assert landed(rp.visit(state=None)).state is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unauthorized_client"),
        ({"response_type": "id_token code"}, "unauthorized_client"),
        ({"response_type": "none"}, "unauthorized_client"),
        ({"response_type": "code code"}, "unsupported_response_type"),
        ({"response_type": "code magic"}, "unsupported_response_type"),
        ({"response_mode": "pigeon"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"prompt": "later"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1.5"}, "invalid_request"),
        ({"max_age": "٣"}, "invalid_request"),
        ({"display": "hologram"}, "invalid_request"),
        ({"request": "eyJ"}, "invalid_request_object"),
        ({"request_uri": "https://rp.example/r"}, "invalid_request_uri"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"nonce": "n" * 513}, "invalid_request"),
        ({"state": "s" * 2049}, "invalid_request"),
        ({"id_token_hint": "nonsense"}, "invalid_request"),
    ],
)
def test_a_wrong_request_is_told_to_the_site(rp: RelyingParty, changes: dict[str, str | None], error: str) -> None:
    answer = landed(rp.visit(**changes))
    assert answer.error == error
    assert answer.params["iss"] == rp.issuer
    assert answer.params["error_description"].isascii()
    assert "code" not in answer.params


def test_a_scope_nobody_registered_is_passed_over(site_of: Callable[..., RelyingParty], alice: Person) -> None:
    rp = site_of(scope="openid profile")
    rp.scope = "openid profile phone offline_access telepathy"
    rp.site.metadata()
    tokens = rp.tokens_of(alice)
    assert "telepathy" not in tokens.scope


def test_offline_access_needs_the_refresh_grant(site_of: Callable[..., RelyingParty], alice: Person) -> None:
    tokens = site_of(grant_types=["authorization_code"]).tokens_of(alice)
    assert "offline_access" not in tokens.scope.split()
    assert "refresh_token" not in tokens.json


def test_a_posted_request_from_another_site_finds_the_session(rp: RelyingParty, alice: Person) -> None:
    """A browser sends no SameSite=Lax cookie with a cross-site POST: the centre must look again by GET (Core §3.1.2.1)."""
    rp.sign_in(alice)
    device = rp.browser.cookie("idp_browser")
    address, _, query = rp.ask().url.partition("?")
    stranger = Browser(rp.issuer)  # the POST as it arrives: without cookies
    posted = stranger.raw("POST", address, data=query, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert posted.status_code == 303
    assert "Set-Cookie" not in posted.headers
    assert urlsplit(posted.headers["Location"]).path == "/authorize"
    assert landed(rp.browser.get(posted.headers["Location"])).code
    assert rp.browser.cookie("idp_browser") == device
    stranger.close()


def test_a_posted_request_with_cookies_is_answered_at_once(rp: RelyingParty, alice: Person) -> None:
    rp.sign_in(alice)
    address, _, query = rp.ask().url.partition("?")
    answer = rp.browser.raw("POST", address, data=query, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(rp.site.redirect_uri + "?code=")


def test_a_client_acts_for_itself(site_of: Callable[..., RelyingParty]) -> None:
    machine = site_of(grant_types=["client_credentials"], redirect_uris=[], initiate_login_uri=None)
    answer = machine.post("/token", {"grant_type": "client_credentials"})
    assert answer.status_code == 200
    assert "id_token" not in answer.json
    told = machine.introspect(answer.access_token).json
    assert (told["active"], told["sub"]) == (True, machine.client_id)
    refused = machine.userinfo(answer.access_token)
    assert (refused.status_code, refused.error) == (403, "insufficient_scope")
    assert machine.post("/token", {"grant_type": "client_credentials", "scope": "openid"}).error == "invalid_scope"


def test_the_row_of_an_answer_names_no_person(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    code = rp.sign_in(alice).code
    with centre.services.database.view() as db:
        row = db.query(Authorization).filter_by(client_id=rp.client_id).one()
        shown = repr({column: getattr(row, column) for column in [c.key for c in row.__table__.columns]})
    assert code not in shown
    assert not any(secret in shown for secret in alice.secrets)
