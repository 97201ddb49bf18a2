"""Being recognised without a question, once, and never in a loop."""

import pytest

from tests.clients_demo.conftest import SITES


@pytest.mark.parametrize("name", SITES)
def test_somebody_signed_in_at_the_centre_is_recognised_on_arrival(sites, browser, provider, name):
    provider.is_signed_in = True

    page = browser.open(sites[name])

    assert page.who == ("测试甲" if name == "credit" else "测试甲的账号")
    assert page.url == f"{sites[name]}/"
    assert provider.asked[-1]["prompt"] == "none"
    assert provider.asked[-1]["scope"] == {"credit": "openid realname", "investment": "openid legal"}.get(
        name, "openid"
    )


def test_recognition_returns_to_the_very_page_that_was_opened(sites, browser, provider):
    provider.is_signed_in = True

    page = browser.open(f"{sites['investment']}/?status=已赋码")

    assert page.who
    assert page.url.endswith("/?status=%E5%B7%B2%E8%B5%8B%E7%A0%81")


@pytest.mark.parametrize("refusal", ["login_required", "interaction_required", "consent_required", "server_error"])
def test_a_refused_look_up_shows_the_page_signed_out_and_is_not_repeated(sites, browser, provider, refusal):
    provider.is_signed_in, provider.refusal = True, refusal
    first = browser.open(f"{sites['portal']}/news/elder-mode")
    assert first.status == 200
    assert first.url.endswith("/news/elder-mode")
    assert first.element("sign-in")

    browser.open(sites["portal"])
    browser.open(sites["portal"])
    assert len(provider.asked) == 1


@pytest.mark.parametrize("arrival", ["typed", "followed"])
def test_opening_the_site_afresh_looks_again_and_following_its_links_does_not(sites, browser, provider, arrival):
    browser.open(sites["portal"])
    provider.is_signed_in = True

    page = browser.open(sites["portal"], **{"Sec-Fetch-Site": "none" if arrival == "typed" else "same-origin"})

    assert (page.who is not None) == (arrival == "typed")


def test_opening_a_site_afresh_does_not_loop(sites, browser, provider):
    page = browser.open(sites["portal"], **{"Sec-Fetch-Site": "none"})

    assert page.status == 200
    assert len(provider.asked) == 1


def test_arriving_from_a_neighbour_looks_again(sites, browser, provider):
    browser.open(sites["portal"])
    provider.is_signed_in = True

    assert browser.open(sites["portal"], Referer=f"{sites['portal']}/").who is None
    assert browser.open(sites["portal"], Referer="http://[broken").who is None
    assert browser.open(sites["portal"], Referer=f"{sites['service_hall']}/").who


def test_arriving_from_a_neighbour_does_not_loop(sites, browser, provider):
    page = browser.open(sites["portal"], Referer=f"{sites['service_hall']}/")

    assert page.status == 200
    assert len(provider.asked) == 1


def test_a_browser_without_cookies_can_still_read_the_front_page(sites, browser, provider):
    browser.http.cookies.set_policy(_NoCookies())

    page = browser.open(sites["portal"])

    assert page.status == 200
    assert "政务要闻" in page.text


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Examplebot/1.0"},
        {"Accept": "image/png"},
        {"Sec-Fetch-Dest": "iframe"},
        {"Sec-Purpose": "prefetch"},
    ],
    ids=str,
)
def test_crawlers_files_frames_and_prefetches_are_left_alone(sites, browser, provider, headers):
    browser.http.headers.update(headers)

    assert browser.open(sites["portal"], follow=False).status == 200
    assert provider.asked == []


def test_head_and_health_checks_are_left_alone(sites, browser, provider):
    assert browser.http.head(sites["portal"]).status_code == 200
    assert browser.open(f"{sites['portal']}/healthz").text == "ok\n"
    assert provider.asked == []


def test_a_silent_sign_on_that_goes_wrong_shows_the_page_all_the_same(sites, browser, provider):
    provider.is_signed_in, provider.claims = True, {"nonce": "wrong"}

    page = browser.open(sites["portal"])

    assert page.status == 200
    assert page.url == f"{sites['portal']}/"
    assert page.element("sign-in")


class _NoCookies:
    netscape, rfc2965, hide_cookie2 = True, False, True

    def set_ok(self, cookie, request):
        return False

    def return_ok(self, cookie, request):
        return False

    def domain_return_ok(self, domain, request):
        return False

    def path_return_ok(self, path, request):
        return False
