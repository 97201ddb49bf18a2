"""Leaving at a site, and being signed out by the centre: what a logout token may do, and what a forged one may not."""

import time

import pytest
import requests
from joserfc.jwk import ECKey

from tests.clients_demo.provider import EVENT


@pytest.fixture
def portal(sites, browser):
    browser.open(f"{sites['portal']}/sign-in")
    return sites["portal"]


def deliver(portal: str, token: str) -> requests.Response:
    return requests.post(f"{portal}/backchannel-logout", data={"logout_token": token}, timeout=10)


def test_signing_out_ends_the_session_here_and_at_the_centre(portal, browser, provider):
    before = browser.http.cookies.copy()

    page = browser.sign_out(browser.open(portal), portal)

    assert page.url.startswith(f"{portal}/signed-out?state=")
    assert page.status == 200
    assert page.element("sign-in")
    assert page.who is None
    (ended,) = provider.ended
    assert ended["post_logout_redirect_uri"] == f"{portal}/signed-out"
    assert ended["id_token_hint"].count(".") == 2
    browser.http.cookies = before  # the old cookie is worth nothing
    assert browser.open(portal).who is None


def test_nobody_who_signed_out_is_looked_up_at_once(portal, browser, provider):
    browser.sign_out(browser.open(portal), portal)
    provider.is_signed_in = True

    assert browser.open(portal).who is None


def test_signing_out_needs_the_form_of_this_session(portal, browser, provider):
    page = browser.post(f"{portal}/sign-out", {"csrf_token": "made up"})

    assert page.status == 400
    assert page.who
    assert provider.ended == []
    assert browser.open(portal).who


def test_signing_out_twice_or_from_an_old_tab_is_no_dead_end(portal, browser):
    page = browser.open(portal)
    browser.sign_out(page, portal)

    again = browser.sign_out(page, portal)

    assert again.status == 200
    assert "退出" in again.text
    assert again.element("sign-in")


def test_signing_out_while_the_centre_is_down_ends_the_session_here_and_says_so(portal, browser, provider, monkeypatch):
    monkeypatch.setattr("clients.kit.centre._ALIVE_FOR", -1)
    page = browser.open(portal)
    provider.is_down = True

    page = browser.sign_out(page, portal)

    assert page.status == 503
    assert "其他网站可能仍处于登录状态" in page.text
    assert page.who is None


def test_sign_out_cannot_be_opened_as_a_link(portal, browser):
    page = browser.open(f"{portal}/sign-out")

    assert page.status == 405
    assert page.who


def test_the_signed_out_page_opened_while_signed_in_goes_home(portal, browser):
    assert browser.open(f"{portal}/signed-out").url == f"{portal}/"


@pytest.mark.parametrize("without", [(), ("sub",), ("sid",)], ids=["both", "sid", "sub"])
def test_a_logout_token_ends_the_session_it_names(portal, browser, provider, without):
    provider.is_signed_in = False

    answer = deliver(portal, provider.logout_token(without=without))

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert browser.open(portal).who is None


def test_a_logout_token_leaves_other_sessions_alone(portal, browser, provider):
    for changes in ({"sid": "another"}, {"sub": "another"}, {"sid": "another", "sub": "another"}):
        assert deliver(portal, provider.logout_token(**changes)).status_code == 200
    assert browser.open(portal).who
    assert len(provider.asked) == 1


def test_a_repeated_logout_token_is_answered_and_ends_nothing_new(portal, browser, provider):
    token = provider.logout_token(without=("sid",))
    assert deliver(portal, token).status_code == 200
    browser.http.cookies.clear()
    browser.open(f"{portal}/sign-in")

    assert deliver(portal, token).status_code == 200
    assert browser.open(portal).who
    assert provider.asked[-1].get("prompt") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "http://somebody.else"},
        {"aud": "another-client"},
        {"aud": None},
        {"exp": -600},
        {"exp": "soon"},
        {"iat": +600},
        {"nonce": "of an ID token"},
        {"events": {}},
        {"events": {EVENT: True}},
        {"events": [EVENT]},
        {"jti": ""},
        {"sid": 7},
        {"typ": "JWT"},
        {"without": ("events",)},
        {"without": ("jti",)},
        {"without": ("iat",)},
        {"without": ("exp",)},
        {"without": ("sub", "sid")},
    ],
    ids=str,
)
def test_a_logout_token_that_is_not_quite_one_is_refused(portal, browser, provider, wrong):
    times = {name: int(time.time()) + wrong[name] for name in ("exp", "iat") if isinstance(wrong.get(name), int)}

    answer = deliver(portal, provider.logout_token(**wrong | times))

    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"
    assert browser.open(portal).who
    assert len(provider.asked) == 1


def test_a_forged_logout_token_is_refused(portal, browser, provider):
    stranger = ECKey.generate_key("P-256", parameters={"kid": "one"})
    unknown = ECKey.generate_key("P-256", parameters={"kid": "unheard of"})
    genuine = provider.logout_token()
    forged = [
        provider.logout_token(key=stranger),
        provider.logout_token(key=unknown),
        genuine[:-8] + "AAAAAAAA",
        genuine.rsplit(".", 1)[0] + ".",
        "",
        "中文",
        "a.b.c",
        "{}",
    ]
    for token in forged:
        assert deliver(portal, token).status_code == 400
    assert requests.post(f"{portal}/backchannel-logout", timeout=10).status_code == 400
    assert requests.get(f"{portal}/backchannel-logout", timeout=10).status_code == 405
    assert browser.open(portal).who
    assert len(provider.asked) == 1


def test_a_logout_token_signed_by_a_new_key_is_believed_after_a_look(portal, browser, provider, monkeypatch):
    monkeypatch.setattr("clients.kit.centre._KEYS_PAUSE", 0)
    provider.rotate()

    assert deliver(portal, provider.logout_token()).status_code == 200


def test_a_logout_token_that_cannot_be_checked_now_is_asked_for_again(portal, provider, monkeypatch):
    monkeypatch.setattr("clients.kit.centre._KEYS_PAUSE", 0)
    provider.rotate()
    provider.is_down = True

    assert deliver(portal, provider.logout_token()).status_code == 503
