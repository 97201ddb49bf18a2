"""Leaving by way of the browser: a frame for each site that registered one, and what the page of frames may do."""

import html
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.flows.browser import Landing, Page
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed, page

pytestmark = both_pairs
FRONT = "{url}/gone?from=centre"


def leave(rp: RelyingParty, **parameters: str) -> Page | Landing:
    return rp.browser.get("/end-session?" + urlencode(parameters))


def frames(shown: Page) -> list[str]:
    return [html.unescape(src) for src in re.findall(r'<iframe src="([^"]*)"', shown.body)]


def policy(shown: Page) -> dict[str, list[str]]:
    parts = (part.split() for part in shown.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in parts}


@pytest.fixture
def first(site_of: Callable[..., RelyingParty]) -> RelyingParty:
    """A site that needs to hear which session is meant."""
    return site_of(frontchannel_logout_uri=FRONT, frontchannel_logout_session_required=True)


@pytest.fixture
def second(site_of: Callable[..., RelyingParty]) -> RelyingParty:
    """A site that has no other channel, and ends whatever the browser has there."""
    return site_of(frontchannel_logout_uri=FRONT, backchannel_logout_uri=None, client_name="只有浏览器的网站")


def test_every_site_of_the_session_that_registered_a_frame_gets_one(
    first: RelyingParty, second: RelyingParty, rp: RelyingParty, alice: Person, centre: Centre
) -> None:
    token = first.tokens_of(alice).id_token
    sid = first.claims(token)["sid"]
    landed(second.visit(first.browser))
    landed(rp.visit(first.browser))

    back = f"{first.site.url}/signed-out"
    shown = page(leave(first, id_token_hint=token, post_logout_redirect_uri=back, state="x&y"))
    assert shown.status == 200
    assert first.browser.session_cookie is None
    to_first, to_second = frames(shown)
    assert to_first.startswith(f"{first.site.url}/gone?from=centre&")
    assert dict(parse_qsl(urlsplit(to_first).query)) == {"from": "centre", "iss": first.issuer, "sid": sid}
    assert to_second == f"{second.site.url}/gone?from=centre"
    assert policy(shown)["frame-src"] == sorted([first.site.url, second.site.url])
    assert policy(shown)["frame-ancestors"] == ["'none'"]
    assert "测试网站" in shown.text
    assert "只有浏览器的网站" in shown.text
    onward = f"{back}?state=x%26y"
    assert onward in shown.links  # by hand, by script, and without a script by itself
    assert f'<noscript><meta http-equiv="refresh" content="5; url={onward}"></noscript>' in shown.body

    centre.deliver()
    assert len(first.site.received) == 1  # who has both channels is told by both
    assert second.site.received == []
    answers = page(first.browser.get("/signed-out"))
    assert "已在浏览器中通知" in answers.text
    assert "需要您自己退出" not in answers.text
    assert "frame-src" not in policy(answers)


def test_without_such_a_site_the_browser_goes_back_at_once(rp: RelyingParty, alice: Person) -> None:
    token = rp.tokens_of(alice).id_token
    gone = leave(rp, id_token_hint=token, post_logout_redirect_uri=f"{rp.site.url}/signed-out")
    assert landed(gone).address == f"{rp.site.url}/signed-out"


def test_a_site_that_the_session_never_reached_gets_no_frame(
    first: RelyingParty, second: RelyingParty, alice: Person
) -> None:
    token = first.tokens_of(alice).id_token
    shown = page(leave(first, id_token_hint=token))
    assert [urlsplit(frame).netloc for frame in frames(shown)] == [urlsplit(first.site.url).netloc]


def test_leaving_at_the_centre_goes_by_way_of_the_sites_too(second: RelyingParty, alice: Person) -> None:
    second.sign_in(alice)
    second.browser.get("/sign-out")
    shown = page(second.browser.submit("confirm"))
    assert frames(shown) == [f"{second.site.url}/gone?from=centre"]
    assert "/signed-out" in shown.links
    assert landed(second.visit(prompt="none")).error == "login_required"


def test_a_question_comes_before_any_frame(second: RelyingParty, alice: Person) -> None:
    second.sign_in(alice)
    asked = page(leave(second, client_id=second.client_id))
    assert frames(asked) == []
    assert asked.has_button("confirm")
    assert landed(second.visit(prompt="none")).code


def test_another_account_in_the_same_browser_leaves_no_site_with_the_first_one(
    first: RelyingParty, second: RelyingParty, alice: Person, bob: Person
) -> None:
    first.sign_in(alice)
    asked = page(second.visit(first.browser, prompt="select_account"))
    assert asked.path == "/choose-account"
    between = page(first.browser.submit("switch"))
    assert frames(between)[0].startswith(f"{first.site.url}/gone?")
    assert "正在换账户" in between.text
    (onward,) = [link for link in between.links if link.startswith("/authorize?journey=")]
    landed(second.go_on(bob, first.browser, first.browser.get(onward)))

    asked = page(first.visit(prompt="login"))
    replaced = page(first.browser.submit("continue", identifier=alice.username, password=alice.password))
    assert frames(replaced) == [f"{second.site.url}/gone?from=centre"]
    (onward,) = [link for link in replaced.links if link.startswith("/authorize?journey=")]
    assert landed(first.browser.get(onward)).code


def test_discovery_says_so(rp: RelyingParty) -> None:
    known = rp.http.get(f"{rp.issuer}/.well-known/openid-configuration", timeout=30).json()
    assert known["frontchannel_logout_supported"] is True
    assert known["frontchannel_logout_session_supported"] is True
    assert known["backchannel_logout_supported"] is True
    assert known["backchannel_logout_session_supported"] is True
