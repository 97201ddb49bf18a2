"""The device flow (RFC 8628): a device shows a code, a person allows it in a browser, the device fetches its tokens."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from idp.core import clock
from idp.oidc.registration import clients
from tests.flows.browser import Browser
from tests.flows.centre import Centre
from tests.flows.device import GRANT, Device, allow, enter, go_on, shown
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.registrant import Registrant, leave
from tests.flows.rp import RelyingParty
from tests.flows.site import Site

pytestmark = both_pairs
MAKE = Callable[..., RelyingParty]


@pytest.fixture
def kiosk_site(site_of: MAKE) -> RelyingParty:
    """A confidential client for the device flow and nothing else."""
    return site_of(
        grant_types=[GRANT, "refresh_token"], redirect_uris=[], response_types=[], client_name="自助终端",
    )  # fmt: skip


@pytest.fixture
def tv_site(site_of: MAKE) -> RelyingParty:
    """A public client that needs the person's consent."""
    return site_of(
        grant_types=[GRANT], redirect_uris=[], response_types=[], token_endpoint_auth_method="none",
        client_name="电视应用", scope="openid phone", release_basis=clients.CONSENT,
    )  # fmt: skip


@pytest.fixture
def kiosk(kiosk_site: RelyingParty) -> Device:
    return Device(kiosk_site)


@pytest.fixture
def tv(tv_site: RelyingParty) -> Device:
    return Device(tv_site)


def test_a_device_gets_its_tokens_once_its_person_allowed_it(
    kiosk: Device, alice: Person, browser: Browser, centre: Centre
) -> None:
    asked = kiosk.ask(acr_values="ial1", nonce="n-1")
    assert asked.status_code == 200
    assert set(asked.json) == {
        "device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval",
    }  # fmt: skip
    assert (asked.expires_in, asked.interval) == (600, 5)
    assert asked.verification_uri == f"{kiosk.rp.issuer}/device"
    assert asked.verification_uri_complete == f"{kiosk.rp.issuer}/device?user_code={asked.user_code}"
    assert asked.headers["Cache-Control"] == "no-store"
    assert kiosk.poll().error == "authorization_pending"

    compared = enter(browser, asked.user_code)
    assert urlsplit(compared.url).path == "/device"
    for said in ("自助终端", asked.user_code, "手机号", "拒绝"):
        assert said in compared.text
    assert kiosk.wait_and_poll().error == "authorization_pending"
    seen = shown(browser.submit("confirm"))
    assert seen.path == "/sign-in"
    assert "正在让一台设备登录 自助终端" in seen.text
    done = go_on(browser, alice, seen)
    assert "设备已登录" in done.text

    tokens = kiosk.wait_and_poll()
    assert tokens.status_code == 200, tokens.json
    claims = kiosk.rp.claims(tokens.id_token)
    assert claims["nonce"] == "n-1"
    assert claims["acr"] == "ial1.aal1"
    assert claims["amr"] == ["pwd"]
    assert {"auth_time", "sid", "at_hash"} <= set(claims)
    assert set(tokens.scope.split()) == set(kiosk.rp.scope.split())
    assert kiosk.rp.userinfo(tokens.access_token).json["sub"] == claims["sub"]
    assert kiosk.rp.refresh(tokens.refresh_token).status_code == 200
    assert centre.audited("oidc.device_approved", account_id=alice.account_id)
    assert "自助终端" in shown(browser.get("/account/sites")).text
    assert "允许一台设备登录自助终端" in shown(browser.get("/account/activity")).text


def test_software_of_a_device_may_register_itself(centre: Centre, bob: Person, browser: Browser) -> None:
    machine = Registrant(centre, leave(centre))
    made = machine.register(
        {"client_name": "某电视", "grant_types": [GRANT], "response_types": [], "token_endpoint_auth_method": "none"}
    )
    assert made.status_code == 201, made.json
    assert made.grant_types == [GRANT]
    site = Site()
    rp = RelyingParty(centre.issuer, site, made.client_id, None, "openid")
    television = Device(rp)
    assert television.ask().status_code == 200
    allow(browser, bob, television.user_code)
    tokens = television.wait_and_poll()
    assert rp.userinfo(tokens.access_token).status_code == 200
    for part in (rp, site, machine):
        part.close()


def test_a_second_redemption_ends_what_the_first_one_brought(kiosk: Device, alice: Person, browser: Browser) -> None:
    kiosk.ask()
    allow(browser, alice, kiosk.user_code)
    tokens = kiosk.wait_and_poll()
    assert kiosk.rp.userinfo(tokens.access_token).status_code == 200
    assert kiosk.wait_and_poll().error == "invalid_grant"
    assert kiosk.rp.userinfo(tokens.access_token).status_code == 401
    assert kiosk.rp.refresh(tokens.refresh_token).error == "invalid_grant"


def test_who_polls_too_fast_waits_five_seconds_longer_each_time(kiosk: Device, alice: Person, browser: Browser) -> None:
    kiosk.ask()
    assert kiosk.poll().error == "authorization_pending"
    assert kiosk.poll().error == "slow_down"
    clock.travel(timedelta(seconds=6))
    too_early = kiosk.poll()
    assert (too_early.error, too_early.status_code) == ("slow_down", 400)
    clock.travel(timedelta(seconds=14))
    assert kiosk.poll().error == "slow_down"
    clock.travel(timedelta(seconds=20))
    assert kiosk.poll().error == "authorization_pending"
    clock.travel(timedelta(seconds=20))
    assert kiosk.poll().error == "authorization_pending"  # and so it stays
    allow(browser, alice, kiosk.user_code)
    clock.travel(timedelta(seconds=20))
    assert kiosk.poll().status_code == 200


def test_a_device_is_told_that_its_person_refused(kiosk: Device, browser: Browser, centre: Centre) -> None:
    kiosk.ask()
    enter(browser, kiosk.user_code)
    assert "已拒绝这台设备" in shown(browser.submit("deny")).text
    refused = kiosk.wait_and_poll()
    assert (refused.error, refused.status_code) == ("access_denied", 400)
    assert enter(browser, kiosk.user_code).status == 400  # it leads nowhere any more
    assert centre.audited("oidc.device_denied", client_id=kiosk.rp.client_id)


def test_refusing_later_on_the_road_refuses_the_device(tv: Device, bob: Person, browser: Browser) -> None:
    tv.ask()
    enter(browser, tv.user_code)
    assert shown(browser.submit("confirm")).path == "/sign-in"
    asked = shown(browser.submit("continue", identifier=bob.username, password=bob.password))
    assert asked.path == "/consent"
    assert tv.poll().error == "authorization_pending"
    assert "已拒绝这台设备" in shown(browser.submit("deny")).text
    assert tv.wait_and_poll().error == "access_denied"


def test_leaving_at_the_sign_in_refuses_the_device(kiosk: Device, browser: Browser) -> None:
    kiosk.ask()
    enter(browser, kiosk.user_code)
    seen = shown(browser.submit("confirm"))
    assert "不登录，拒绝这台设备" in seen.text
    assert shown(browser.submit("cancel")).path == "/device/done"
    assert kiosk.poll().error == "access_denied"


def test_a_consent_that_is_given_is_the_persons_and_ends_the_device_when_withdrawn(
    tv: Device, bob: Person, browser: Browser
) -> None:
    tv.ask()
    allow(browser, bob, tv.user_code)
    tokens = tv.wait_and_poll()
    assert "refresh_token" not in tokens.json
    assert tv.rp.userinfo(tokens.access_token).json["phone_number"]
    shown(browser.get(f"/account/sites/{tv.rp.client_id}"))
    browser.submit("confirm")
    assert tv.rp.userinfo(tokens.access_token).status_code == 401


def test_a_code_nobody_typed_in_time_expires(kiosk: Device, browser: Browser) -> None:
    kiosk.ask()
    clock.travel(timedelta(minutes=10, seconds=1))
    assert kiosk.poll().error == "expired_token"
    assert enter(browser, kiosk.user_code).status == 400


def test_a_person_who_took_too_long_is_told(kiosk: Device, alice: Person, browser: Browser) -> None:
    kiosk.ask()
    enter(browser, kiosk.user_code)
    browser.submit("confirm")
    clock.travel(timedelta(minutes=11))
    done = shown(browser.submit("continue", identifier=alice.username, password=alice.password))
    assert "这个代码已经失效" in done.text
    assert kiosk.poll().error == "expired_token"


def test_what_was_allowed_in_the_last_moment_can_still_be_fetched(
    kiosk: Device, alice: Person, browser: Browser
) -> None:
    kiosk.ask()
    clock.travel(timedelta(minutes=9, seconds=58))
    allow(browser, alice, kiosk.user_code)
    assert kiosk.wait_and_poll().status_code == 200


def test_a_device_code_is_good_for_the_client_that_got_it(
    kiosk: Device, tv: Device, alice: Person, browser: Browser
) -> None:
    kiosk.ask()
    tv.ask()
    allow(browser, alice, kiosk.user_code)
    kiosk_code = kiosk.asked.device_code  # type: ignore[union-attr]
    assert tv.poll(device_code=kiosk_code).error == "invalid_grant"
    assert tv.poll(device_code="made-up").error == "invalid_grant"
    assert tv.rp.post("/token", {"grant_type": GRANT}).error == "invalid_request"
    assert kiosk.wait_and_poll().status_code == 200


def test_a_code_of_another_flow_is_no_device_code(site_of: MAKE, alice: Person) -> None:
    both = site_of(grant_types=["authorization_code", "refresh_token", GRANT])
    code = both.sign_in(alice).code
    assert both.post("/token", {"grant_type": GRANT, "device_code": code}).error == "invalid_grant"
    assert both.redeem(code).status_code == 200


def test_what_the_device_asks_is_checked_at_once(kiosk: Device, rp: RelyingParty) -> None:
    assert rp.post("/device_authorization", {"scope": "openid"}).error == "unauthorized_client"
    assert kiosk.ask(max_age="soon").error == "invalid_request"
    assert kiosk.ask(claims="{").error == "invalid_request"
    assert kiosk.ask(scope="nothing-of-ours").error == "invalid_scope"
    wrong = kiosk.rp.post("/device_authorization", {"scope": "openid"}, auth=(kiosk.rp.client_id, "wrong"))
    assert (wrong.error, wrong.status_code) == ("invalid_client", 401)
    assert "WWW-Authenticate" in wrong.headers


def test_without_a_scope_a_device_learns_who_signs_in_and_no_more(
    kiosk: Device, alice: Person, browser: Browser
) -> None:
    kiosk.asked = kiosk.rp.post("/device_authorization", {"ui_locales": "zh"})
    assert "只有登录状态" in enter(browser, kiosk.user_code).text
    go_on(browser, alice, browser.submit("confirm"))
    tokens = kiosk.wait_and_poll()
    assert tokens.scope == "openid"
    assert set(kiosk.rp.userinfo(tokens.access_token).json) == {"sub"}


@pytest.mark.parametrize("how", ["{}", "{} ", "lower", "none", "dots", "wide"])
def test_however_the_code_is_typed(kiosk: Device, browser: Browser, how: str) -> None:
    kiosk.ask()
    code = kiosk.user_code
    typed = {
        "lower": code.lower(),
        "none": code.replace("-", ""),
        "dots": f" {code[:2]} {code[2:4]}–{code[5:]}".lower(),
        "wide": "".join(chr(ord(each) + 0xFEE0) for each in code),
    }.get(how, how.format(code))
    assert enter(browser, typed).has_button("confirm")


def test_the_address_with_the_code_leads_to_the_comparison_and_no_further(
    kiosk: Device, alice: Person, browser: Browser
) -> None:
    complete = kiosk.ask().verification_uri_complete
    compared = shown(browser.get(complete))
    assert compared.has_button("confirm")
    assert kiosk.poll().error == "authorization_pending"
    go_on(browser, alice, browser.submit("confirm"))
    assert kiosk.wait_and_poll().status_code == 200
    # whoever is signed in already is asked all the same
    again = shown(browser.get(kiosk.ask().verification_uri_complete))
    assert again.has_button("confirm")
    assert alice.username in again.text
    assert kiosk.poll().error == "authorization_pending"
    assert shown(browser.submit("confirm")).path == "/device/done"
    assert kiosk.wait_and_poll().status_code == 200


def test_the_end_of_the_browsers_session_ends_the_device_but_for_offline_access(
    kiosk: Device, alice: Person, browser: Browser, centre: Centre
) -> None:
    kiosk.ask(scope="openid profile")
    allow(browser, alice, kiosk.user_code)
    short = kiosk.wait_and_poll()
    kiosk.ask(scope="openid offline_access")
    allow(browser, alice, kiosk.user_code)
    long = kiosk.wait_and_poll()
    browser.get("/sign-out")
    browser.submit("confirm")
    assert kiosk.rp.userinfo(short.access_token).status_code == 401
    assert kiosk.rp.userinfo(long.access_token).status_code == 200
    assert kiosk.rp.refresh(long.refresh_token).status_code == 200
    centre.deliver()
    (told,) = kiosk.rp.site.logout_claims(kiosk.rp.keys())
    assert told["sid"] == kiosk.rp.claims(short.id_token)["sid"]
    centre.freeze(alice)
    assert kiosk.rp.userinfo(long.access_token).status_code == 401


def test_a_frozen_account_gives_a_waiting_device_nothing(
    kiosk: Device, alice: Person, browser: Browser, centre: Centre
) -> None:
    kiosk.ask()
    allow(browser, alice, kiosk.user_code)
    centre.freeze(alice)
    assert kiosk.wait_and_poll().error == "invalid_grant"


def test_the_picture_is_drawn_for_codes_that_are_alive(kiosk: Device, browser: Browser) -> None:
    code = kiosk.ask().user_code
    picture = browser.raw("GET", f"/device/qr?user_code={code}")
    assert picture.status_code == 200
    assert picture.headers["Content-Type"].startswith("image/svg+xml")
    assert picture.headers["Cache-Control"] == "no-store"
    assert "<svg" in picture.text
    assert "Set-Cookie" not in picture.headers
    assert browser.raw("GET", "/device/qr?user_code=BBBB-BBBB").status_code == 404
    assert browser.raw("GET", "/device/qr").status_code == 404
    enter(browser, code)
    browser.submit("deny")
    assert browser.raw("GET", f"/device/qr?user_code={code}").status_code == 404


def test_discovery_names_the_endpoint_and_the_grant(kiosk: Device) -> None:
    known = kiosk.rp.http.get(f"{kiosk.rp.issuer}/.well-known/openid-configuration", timeout=30).json()
    assert known["device_authorization_endpoint"] == f"{kiosk.rp.issuer}/device_authorization"
    assert GRANT in known["grant_types_supported"]


def test_what_was_decided_is_told_to_the_impatient_too(kiosk: Device, alice: Person, browser: Browser) -> None:
    """RFC 8628 §3.5: `slow_down` is for requests that are still pending."""
    kiosk.ask()
    assert kiosk.poll().error == "authorization_pending"
    allow(browser, alice, kiosk.user_code)
    tokens = kiosk.poll()
    assert tokens.status_code == 200
    assert kiosk.poll().error == "invalid_grant"
    assert kiosk.rp.userinfo(tokens.access_token).status_code == 200  # a poll too many may be impatience
