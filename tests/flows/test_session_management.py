"""What a site can see of the session without asking: session_state, the browser's state behind it, and the frame's page."""

import base64
import hashlib
import re
from datetime import timedelta

from idp.core import clock
from tests.flows.browser import Browser
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed, page

pytestmark = both_pairs


def says_unchanged(rp: RelyingParty, session_state: str, browser: Browser | None = None) -> bool:
    """What the frame computes (Session Management 1.0 §3.2)."""
    digest, salt = session_state.split(".")
    state = (browser or rp.browser).cookie("idp_state") or ""
    text = f"{rp.client_id} {rp.site.url} {state} {salt}"
    made = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return made == digest


def test_a_site_sees_that_nothing_changed_until_something_does(
    rp: RelyingParty, other: RelyingParty, alice: Person, bob: Person
) -> None:
    first = rp.sign_in(alice).params["session_state"]
    assert says_unchanged(rp, first)
    second = landed(rp.visit()).params["session_state"]
    assert second != first  # salted anew, and true of the same session
    assert says_unchanged(rp, second)
    assert says_unchanged(rp, first)
    elsewhere = landed(other.visit(rp.browser)).params["session_state"]
    assert says_unchanged(other, elsewhere, rp.browser)
    assert not says_unchanged(rp, elsewhere)  # another site's value is of no use here
    rp.sign_in(alice, prompt="login")
    assert says_unchanged(rp, first)  # the same session, proven once more

    rp.browser.get("/sign-out")
    rp.browser.submit("confirm")
    assert not says_unchanged(rp, first)
    again = rp.sign_in(bob).params["session_state"]
    assert not says_unchanged(rp, first)
    assert says_unchanged(rp, again)


def test_the_state_ends_with_the_session_wherever_it_ended(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    known = rp.sign_in(alice).params["session_state"]
    centre.freeze(alice)
    refused = landed(rp.visit(prompt="none"))
    assert refused.error == "login_required"
    assert "session_state" not in refused.params
    assert not says_unchanged(rp, known)


def test_an_expired_session_takes_its_state_along(rp: RelyingParty, alice: Person) -> None:
    known = rp.sign_in(alice).params["session_state"]
    clock.travel(timedelta(minutes=31))
    assert page(rp.visit()).path == "/sign-in"
    assert not says_unchanged(rp, known)


def test_the_cookie_is_for_scripts_lives_as_long_as_an_unused_session_and_says_nothing(
    rp: RelyingParty, alice: Person
) -> None:
    rp.sign_in(alice)
    answer = rp.browser.raw("GET", rp.ask().url)
    (cookie,) = (each for each in answer.raw.headers.getlist("Set-Cookie") if each.startswith("idp_state="))
    assert re.fullmatch(r"idp_state=[A-Za-z0-9_-]{43}; Max-Age=1800; Path=/; SameSite=Lax", cookie)
    assert cookie.split(";")[0] != f"idp_state={rp.browser.session_cookie}"
    account = rp.browser.raw("GET", "/account")
    assert any(each.startswith("idp_state=") for each in account.raw.headers.getlist("Set-Cookie"))


def test_the_frame_is_the_one_page_that_others_may_frame(rp: RelyingParty, alice: Person) -> None:
    known = rp.http.get(f"{rp.issuer}/.well-known/openid-configuration", timeout=30).json()
    assert known["check_session_iframe"] == f"{rp.issuer}/check-session"
    rp.sign_in(alice)
    frame = rp.browser.raw("GET", "/check-session")
    assert frame.status_code == 200
    assert "X-Frame-Options" not in frame.headers
    assert "frame-ancestors *" in frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in frame.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in frame.headers
    assert "<form" not in frame.text
    for path in ("/", "/sign-in", "/account", "/signed-out", "/sign-out", "/end-session", "/check-session/x"):
        shown = rp.browser.raw("GET", path)
        assert shown.headers["X-Frame-Options"] == "DENY", path
        assert "frame-ancestors 'none'" in shown.headers["Content-Security-Policy"], path
