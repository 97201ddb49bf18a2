"""Attacks on answers that travel through the browser: injected, mixed, leaked, sent elsewhere (RFC 9700 §4)."""

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.flows.browser import Browser, Landing
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed, page
from tests.flows.test_response_types import TYPES, any_rp

__all__ = ["any_rp"]
MODES = ("query", "fragment", "form_post")


def mixed(first: Landing, second: Landing, *names: str) -> Landing:
    """The first answer with these parameters of the second one put in."""
    return Landing(first.url, {**first.params, **{name: second.params[name] for name in names}}, first.mode)


def test_an_injected_code_does_not_fit_the_id_token_beside_it(
    any_rp: RelyingParty, alice: Person, bob: Person, browser: Browser
) -> None:
    """RFC 9700 §4.5, OpenID Connect Core §3.3.2.10: `c_hash` names the code that the answer was made with."""
    mine = any_rp.sign_in(alice, response_type="code id_token")
    theirs = any_rp.sign_in(bob, browser, response_type="code id_token")
    assert any_rp.accepted(mine)["sub"] != any_rp.accepted(theirs)["sub"]
    with pytest.raises(AssertionError, match="c_hash"):
        any_rp.accepted(mixed(mine, theirs, "code"))


def test_an_injected_token_does_not_fit_the_id_token_beside_it(
    any_rp: RelyingParty, alice: Person, bob: Person, browser: Browser
) -> None:
    """RFC 9700 §4.6: `at_hash`."""
    mine = any_rp.sign_in(alice, response_type="id_token token")
    theirs = any_rp.sign_in(bob, browser, response_type="id_token token")
    with pytest.raises(AssertionError, match="at_hash"):
        any_rp.accepted(mixed(mine, theirs, "access_token"))


def test_an_injected_id_token_carries_another_nonce(
    any_rp: RelyingParty, alice: Person, bob: Person, browser: Browser
) -> None:
    mine = any_rp.sign_in(alice, response_type="id_token")
    theirs = any_rp.sign_in(bob, browser, response_type="id_token")
    with pytest.raises(Exception, match="nonce"):
        any_rp.accepted(mixed(mine, theirs, "id_token"))


def test_an_injected_code_meets_another_verifier_in_the_hybrid_flow_too(
    any_rp: RelyingParty, alice: Person, bob: Person, browser: Browser
) -> None:
    mine = any_rp.sign_in(alice, response_type="code id_token")
    theirs = any_rp.sign_in(bob, browser, response_type="code id_token")
    verifier = any_rp.asked_for(mine.code).verifier
    assert any_rp.redeem(theirs.code, code_verifier=verifier).error == "invalid_grant"


def test_a_hybrid_code_is_worth_nothing_at_another_client(
    any_rp: RelyingParty, other: RelyingParty, alice: Person
) -> None:
    landing = any_rp.sign_in(alice, response_type="code id_token token")
    stolen = {"code_verifier": any_rp.asked_for(landing.code).verifier, "redirect_uri": any_rp.site.redirect_uri}
    assert other.redeem(landing.code, **stolen).error == "invalid_grant"
    assert other.introspect(landing.params["access_token"]).json == {"active": False}
    assert any_rp.redeem(landing.code).status_code == 200


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("response_type", ["code", "code id_token", "none", "magic"])
def test_no_mode_leads_to_an_unregistered_address(
    any_rp: RelyingParty, alice: Person, mode: str, response_type: str
) -> None:
    any_rp.sign_in(alice)
    for evil in (
        "https://evil.example/",
        f"{any_rp.site.redirect_uri}/../x",
        f"{any_rp.site.redirect_uri}#x",
        "javascript:alert(1)",
    ):
        answer = any_rp.browser.raw(
            "GET", any_rp.ask(response_type=response_type, response_mode=mode, redirect_uri=evil).url
        )
        assert answer.status_code == 400
        assert "Location" not in answer.headers
        assert f'action="{evil}' not in answer.text
        assert "evil.example" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("mode", MODES)
def test_no_value_of_the_request_grows_into_a_parameter_or_into_markup(any_rp: RelyingParty, mode: str) -> None:
    for state in (
        "x&code=evil&iss=evil",
        "x#code=evil",
        '"><input name="code" value="evil">',
        "x\r\nSet-Cookie: a=b",
        "x';alert(1)//",
    ):
        answer = any_rp.browser.raw("GET", any_rp.ask(state=state, prompt="none", response_mode=mode).url)
        refusal = landed(any_rp.browser._follow(answer))
        assert refusal.state is not None
        assert refusal.state.replace("\r\n", "\n") == state.replace("\r\n", "\n")
        assert set(refusal.params) - {"error_description"} == {"error", "state", "iss"}
        assert refusal.params["iss"] == any_rp.issuer
        assert "a" not in answer.cookies


def test_the_page_that_posts_has_one_form_and_only_our_own_scripts(any_rp: RelyingParty, alice: Person) -> None:
    any_rp.sign_in(alice)
    text = any_rp.browser.raw("GET", any_rp.ask(response_mode="form_post", state="</form><script>x</script>").url).text
    seen: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, dict(attrs)))

    Reader().feed(text)
    assert [attrs["action"] for tag, attrs in seen if tag == "form"] == [any_rp.site.redirect_uri]
    assert all((attrs.get("src") or "").startswith("/static/") for tag, attrs in seen if tag == "script")
    assert not any(name.startswith("on") for _, attrs in seen for name in attrs)


@pytest.mark.parametrize("response_type", TYPES)
def test_every_answer_names_the_issuer_in_every_mode(any_rp: RelyingParty, alice: Person, response_type: str) -> None:
    """RFC 9207 §2, §2.2: success and error, wherever the site looks for it; against mix-up (RFC 9700 §4.4)."""
    any_rp.sign_in(alice)
    for mode in (None, "fragment", "form_post"):
        for changes in ({}, {"max_age": "0", "prompt": "none"}, {"prompt": "later"}):
            assert (
                landed(any_rp.visit(response_type=response_type, response_mode=mode, **changes)).params["iss"]
                == any_rp.issuer
            )


def test_nothing_that_was_handed_out_in_front_is_logged(any_rp: RelyingParty, alice: Person, service_log: Path) -> None:
    secrets = []
    for mode in ("fragment", "form_post"):
        landing = any_rp.sign_in(alice, response_type="code id_token token", response_mode=mode)
        secrets += [landing.params[name] for name in ("code", "id_token", "access_token")]
    written = service_log.read_text(encoding="utf-8")
    assert not [secret for secret in secrets if secret in written]


def test_tokens_never_travel_in_a_query(any_rp: RelyingParty, alice: Person) -> None:
    any_rp.sign_in(alice)
    for response_type in TYPES:
        if {"token", "id_token"} & set(response_type.split()):
            seen = landed(any_rp.visit(response_type=response_type, response_mode="query"))
            assert seen.error == "invalid_request"
            assert not urlsplit(seen.url).query


def test_a_form_that_is_posted_back_to_us_finds_nobody(any_rp: RelyingParty) -> None:
    """A callback is the site's: the centre has no page that takes such an answer."""
    seen = page(any_rp.browser.post("/callback", {"code": "x", "state": "y"}))
    assert seen.status in {400, 404, 405}


@pytest.fixture
def confidential(site_of: Callable[..., RelyingParty]) -> RelyingParty:
    return site_of(require_pkce=False)


def test_a_challenge_cut_from_the_request_is_noticed(confidential: RelyingParty, alice: Person) -> None:
    """PKCE downgrade (RFC 9700 §4.8.2): the site sends its verifier, and the code without challenge refuses it."""
    asked = confidential.ask()
    cut = {name: value for name, value in asked.parameters.items() if not name.startswith("code_challenge")}
    seen = confidential.browser.get(confidential.address(cut))
    code = confidential.go_on(alice, confidential.browser, seen).code
    assert confidential.redeem(code, code_verifier=asked.verifier).error == "invalid_grant"
