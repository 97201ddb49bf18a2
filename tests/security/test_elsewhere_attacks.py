"""Signing in at another centre under attack: a browser left open must not count as somebody who is there."""

from contextlib import closing
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from idp.core import clock
from tests.flows.browser import Browser, Landing
from tests.flows.test_another_centre import METHODS, downstream_of, through_upstream, upstream  # noqa: F401


@pytest.fixture
def pair(upstream, downstream_of, everybody):  # noqa: F811
    """Two centres, and somebody whose account at the one opens their account at the other."""
    downstream = downstream_of(METHODS[0], 0)
    theirs, mine = upstream.person(), downstream.person()
    everybody += [theirs, mine]
    there = Browser(upstream.issuer)
    with closing(Browser(downstream.issuer)) as browser:
        browser.get("/sign-in")
        assert through_upstream(upstream, browser, theirs, there).path == "/sign-in/unlinked"
        browser.get("/sign-in")
        browser.submit("continue", identifier=mine.username, password=mine.password)
        browser.submit("link")
    yield upstream, downstream, theirs, there
    clock.travel_home()


def test_an_old_sign_in_there_is_no_fresh_one_here(pair):
    """The browser is signed in there since long, and nobody shows anything: no change that wants a fresh sign-in."""
    above, below, theirs, there = pair
    clock.travel(timedelta(minutes=11))
    with closing(Browser(below.issuer)) as browser:
        browser.get("/sign-in")
        assert through_upstream(above, browser, theirs, there).path == "/account"
        assert browser.get("/account/links/with/upstream").path == "/sign-in/code"


def test_who_is_asked_to_sign_in_again_shows_it_there_again(pair):
    above, below, theirs, there = pair
    with closing(Browser(below.issuer)) as browser:
        browser.get("/sign-in")
        through_upstream(above, browser, theirs, there)
        clock.travel(timedelta(minutes=11))
        browser.get("/account/links/with/upstream")
        [way] = [each for each in browser.page.links if each.startswith("/sign-in/with/upstream")]
        out = browser.get(way)
        assert isinstance(out, Landing)
        assert parse_qs(urlsplit(out.url).query)["prompt"] == ["login"]
        # Whoever takes that out of the address comes back with the time of the old sign-in.
        back = there.get(out.url.replace("&prompt=login", ""))
        assert isinstance(back, Landing)
        browser.get(back.url)
        assert browser.get("/account/links/with/upstream").path == "/sign-in/code"
