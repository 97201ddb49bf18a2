"""How a site may ask: displays, its own defaults, PKCE by choice or by duty, apps with schemes of their own, a start from us."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from idp.core import clock
from tests.flows.browser import Browser
from tests.flows.centre import Centre
from tests.flows.people import Person
from tests.flows.registrant import Registrant, leave
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed, page

SiteOf = Callable[..., RelyingParty]


@pytest.mark.parametrize(
    ("display", "announced", "look"),
    [
        ("popup", True, "popup"),
        ("touch", True, "touch"),
        ("wap", False, None),
        ("page", True, None),
        (None, False, None),
    ],
)
def test_a_page_suits_the_surroundings_that_the_site_opened_it_in(
    rp: RelyingParty, display: str | None, announced: bool, look: str | None
) -> None:
    """No class of the root may be one that a part of the page bears too: `page` is one."""
    body = page(rp.visit(display=display)).body
    told = rp.http.get(f"{rp.issuer}/.well-known/openid-configuration", timeout=10).json()["display_values_supported"]
    assert re.findall(r'<html[^>]* class="([^"]*)"', body) == ([look] if look else [])
    assert (display in told) is announced


def test_a_popup_stays_tied_to_the_window_that_opened_it(rp: RelyingParty, alice: Person) -> None:
    """The site's window waits for word from its popup: no page on the way may cut the tie; all others do."""
    opener = "Cross-Origin-Opener-Policy"
    for display, policy in ((None, "same-origin"), ("popup", "unsafe-none")):
        visitor = Browser(rp.issuer)
        asked = rp.ask(display=display).url
        redirect = visitor.raw("GET", asked)
        assert opener not in redirect.headers
        form = page(visitor.get(asked))
        assert form.headers[opener] == policy
        answer = visitor.raw("POST", form.url, data={
            **form.form("continue").fields, "identifier": alice.username, "password": alice.password, "action": "continue",
        })  # fmt: skip
        assert opener not in answer.headers
        assert landed(visitor._follow(answer)).code
        assert opener not in visitor.raw("GET", asked).headers
        posts = visitor.raw("GET", rp.ask(display=display, response_mode="form_post").url)
        assert posts.headers[opener] == policy
        visitor.close()


def test_the_registered_level_counts_when_the_request_is_silent(site_of: SiteOf, bob: Person) -> None:
    """OpenID Connect Registration §2, `default_acr_values`."""
    rp = site_of(default_acr_values=["ial1"])
    rp.visit()
    seen = page(rp.browser.submit("continue", identifier=bob.username, password=bob.password))
    assert seen.path == "/verify-identity"
    assert landed(rp.visit(prompt="none")).error == "interaction_required"
    assert landed(rp.visit(prompt="none", acr_values="ial0")).code
    assert landed(rp.visit(prompt="none", claims='{"id_token":{"acr":{"essential":true,"values":["ial0.aal1"]}}}')).code
    assert rp.claims(rp.tokens_of(bob).id_token)["acr"] == "ial1.aal1"


def test_when_somebody_signed_in_is_always_said(site_of: SiteOf, alice: Person) -> None:
    rp = site_of(require_auth_time=True)
    assert rp.claims(rp.tokens_of(alice).id_token)["auth_time"] > 0


class TestPkce:
    """RFC 7636, and who must use it (RFC 9700 §2.1.1, RFC 8252 §6)."""

    @pytest.fixture
    def free(self, site_of: SiteOf) -> RelyingParty:
        """A confidential site that may leave it out."""
        return site_of(require_pkce=False)

    BARE = {"code_challenge": None, "code_challenge_method": None}

    def test_a_confidential_site_may_leave_it_out(self, free: RelyingParty, alice: Person) -> None:
        landing = free.sign_in(alice, **self.BARE)
        assert free.redeem(landing.code, code_verifier="").status_code == 200

    @pytest.mark.parametrize(
        "metadata",
        [{}, {"require_pkce": False, "token_endpoint_auth_method": "none"},
         {"require_pkce": False, "application_type": "native"}],
    )  # fmt: skip
    def test_nobody_else_may(self, site_of: SiteOf, metadata: dict[str, Any]) -> None:
        native = metadata.get("application_type") == "native"
        rp = site_of(**metadata, **({"redirect_uris": ["http://127.0.0.1/cb"]} if native else {}))
        redirect = {"redirect_uri": "http://127.0.0.1:7007/cb"} if native else {}
        assert landed(rp.visit(**self.BARE, **redirect)).error == "invalid_request"

    @pytest.mark.parametrize(
        "changes",
        [{"code_challenge": None}, {"code_challenge_method": "plain"}, {"code_challenge_method": None},
         {"code_challenge": "short"}, {"code_challenge": None, "code_challenge_method": "plain"}],
    )  # fmt: skip
    def test_nobody_may_use_half_of_it(self, free: RelyingParty, changes: dict[str, str | None]) -> None:
        assert landed(free.visit(**changes)).error == "invalid_request"

    def test_a_challenge_needs_its_verifier(self, free: RelyingParty, alice: Person) -> None:
        landing = free.sign_in(alice)
        assert free.redeem(landing.code, code_verifier="").error == "invalid_grant"
        assert free.redeem(landing.code).error == "invalid_grant"

    def test_without_a_challenge_no_verifier_is_taken(self, free: RelyingParty, alice: Person) -> None:
        """RFC 9700 §4.8.2: somebody cut the challenge out of the request; the site notices by its verifier's refusal."""
        landing = free.sign_in(alice, **self.BARE)
        assert free.redeem(landing.code).error == "invalid_grant"
        assert free.redeem(landing.code, code_verifier="").error == "invalid_grant"

    def test_it_is_no_matter_where_no_code_is_issued(self, site_of: SiteOf, alice: Person) -> None:
        rp = site_of(response_types=["id_token"], grant_types=["implicit"])
        assert rp.accepted(rp.sign_in(alice, response_type="id_token", **self.BARE))["sub"]


class TestAnAppWithASchemeOfItsOwn:
    """RFC 8252 §7.1."""

    @pytest.fixture
    def app(self, site_of: SiteOf) -> RelyingParty:
        return site_of(
            application_type="native", token_endpoint_auth_method="none", redirect_uris=["cn.example.app:/callback"],
            response_types=["code", "code id_token"], grant_types=["authorization_code", "implicit", "refresh_token"],
        )  # fmt: skip

    @pytest.mark.parametrize("response_type", ["code", "code id_token"])
    def test_it_gets_its_answer(self, app: RelyingParty, alice: Person, response_type: str) -> None:
        landing = app.sign_in(alice, response_type=response_type, redirect_uri="cn.example.app:/callback")
        assert landing.url.startswith("cn.example.app:/callback")
        tokens = app.redeem(landing.code, redirect_uri="cn.example.app:/callback")
        assert tokens.status_code == 200

    def test_the_pages_on_the_way_may_end_there(self, app: RelyingParty) -> None:
        seen = page(app.visit(redirect_uri="cn.example.app:/callback"))
        assert " cn.example.app: " in seen.headers["Content-Security-Policy"]

    def test_no_form_is_posted_to_it(self, app: RelyingParty) -> None:
        refusal = landed(app.visit(redirect_uri="cn.example.app:/callback", response_mode="form_post"))
        assert (refusal.error, refusal.mode) == ("invalid_request", "query")


class TestAStartFromUs:
    """OpenID Connect Core §4: a visitor who is lost begins anew at the site, which is told who sends them."""

    def test_a_finished_journey_goes_to_the_sites_own_start(self, rp: RelyingParty, alice: Person) -> None:
        form = page(rp.visit())
        rp.go_on(alice, rp.browser, form)
        again = landed(rp.browser.get(form.url))
        assert again.address == f"{rp.site.url}/sign-in"
        assert again.params == {"iss": rp.issuer}

    def test_a_start_with_a_query_keeps_it(self, site_of: SiteOf, alice: Person) -> None:
        rp = site_of(initiate_login_uri="{url}/start?tenant=7")
        form = page(rp.visit())
        rp.go_on(alice, rp.browser, form)
        assert landed(rp.browser.get(form.url)).params == {"tenant": "7", "iss": rp.issuer}

    def test_a_site_without_one_is_met_at_its_front(self, rp: RelyingParty, centre: Centre) -> None:
        """Who registers by program may have none (OpenID Connect Registration §2)."""
        machine = Registrant(centre, leave(centre))
        made = machine.register(redirect_uris=[rp.site.redirect_uri], client_uri=f"{rp.site.url}/front")
        centre.see_changes()
        seen = page(rp.visit(client_id=made.client_id, redirect_uri="https://evil.example/"))
        assert f"{rp.site.url}/front" in seen.links
        machine.close()

    def test_an_error_page_offers_it(self, rp: RelyingParty) -> None:
        seen = page(rp.visit(redirect_uri="https://evil.example/"))
        (way_on,) = [link for link in seen.links if link.startswith(rp.site.url)]
        assert dict(parse_qsl(urlsplit(way_on).query)) == {"iss": rp.issuer}


def test_a_login_hint_proves_nothing(rp: RelyingParty, alice: Person, bob: Person) -> None:
    """It fills a field; who signs in as somebody else is somebody else, and a session is not changed by it."""
    rp.visit(login_hint=alice.username)
    mine = rp.redeem(
        landed(rp._noted(rp.browser.submit("continue", identifier=bob.username, password=bob.password))).code
    )
    clock.travel(timedelta(seconds=5))
    silent = rp.redeem(landed(rp.visit(prompt="none", login_hint=alice.username)).code)
    assert rp.claims(mine.id_token)["sub"] == rp.claims(silent.id_token)["sub"]


@pytest.mark.parametrize("response_mode", [None, "form_post"])
def test_a_posted_request_is_answered_in_every_mode(rp: RelyingParty, alice: Person, response_mode: str | None) -> None:
    rp.sign_in(alice)
    asked = rp.ask(response_mode=response_mode)
    assert landed(rp.browser.post("/authorize", asked.parameters)).state == asked.state
