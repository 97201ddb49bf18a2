"""Attacks on the device flow: guessed codes, codes sent by others, forged approvals, framed pages (RFC 8628 §5)."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from idp.core import clock
from idp.oidc.devices import user_codes
from idp.oidc.models import Authorization, DeviceRequest
from tests.contract.signing_in import race
from tests.flows.browser import Browser
from tests.flows.centre import Centre
from tests.flows.device import GRANT, Device, allow, enter, go_on, shown
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.moments import window_begins


@pytest.fixture
def device(site_of: Callable[..., RelyingParty]) -> Device:
    made = Device(site_of(grant_types=[GRANT, "refresh_token"], redirect_uris=[], response_types=[]))
    made.ask()
    return made


@pytest.fixture
def visitors(centre: Centre) -> Iterator[Callable[[], Browser]]:
    made: list[Browser] = []

    def arrive() -> Browser:
        made.append(Browser(centre.issuer))
        return made[-1]

    yield arrive
    for each in made:
        each.close()


def guess(browser: Browser) -> int:
    return enter(browser, user_codes.shown(user_codes.new())).status


def test_one_browser_may_be_wrong_ten_times(device: Device, visitors: Callable[[], Browser]) -> None:
    guesser = visitors()
    assert [guess(guesser) for _ in range(11)] == [400] * 10 + [429]
    assert enter(guesser, device.user_code).status == 429  # even the right one, now
    assert enter(visitors(), device.user_code).status == 200  # nobody else has to wait for that
    clock.travel(timedelta(minutes=21))
    device.ask()
    assert enter(guesser, device.user_code).status == 200


def test_throwing_the_cookie_away_does_not_help(device: Device, visitors: Callable[[], Browser], alice: Person) -> None:
    guesser = visitors()

    def fresh_guess() -> tuple[int, str]:
        guesser.http.cookies.clear()
        seen = enter(guesser, user_codes.shown(user_codes.new()))
        return seen.status, seen.path

    window_begins(user_codes.PERIOD)
    device.ask()
    answers = [fresh_guess() for _ in range(61)]
    assert set(answers[:60]) == {(400, "/device")}
    assert answers[-1] == (200, "/sign-in")  # from here on only for people who can be counted
    neighbour = visitors()
    neighbour.http.headers["X-Forwarded-For"] = str(guesser.http.headers["X-Forwarded-For"])
    assert enter(neighbour, device.user_code).path == "/sign-in"
    seen = neighbour.submit("continue", identifier=alice.username, password=alice.password)
    assert shown(seen).has_button("confirm")
    picture = guesser.raw("GET", f"/device/qr?user_code={device.user_code}")
    assert picture.status_code == 429  # the picture tells whether a code is alive: the same count
    assert picture.headers["Retry-After"]


def test_pictures_are_drawn_sixty_times_a_minute(device: Device, visitors: Callable[[], Browser]) -> None:
    television = visitors()
    window_begins(60)
    drawn = [television.raw("GET", f"/device/qr?user_code={device.user_code}").status_code for _ in range(61)]
    assert drawn == [200] * 60 + [429]


def test_right_codes_are_not_counted(device: Device, visitors: Callable[[], Browser]) -> None:
    person = visitors()
    for _ in range(15):
        assert enter(person, device.user_code).status == 200


def test_when_the_whole_world_guesses_who_is_signed_in_goes_on(
    device: Device, visitors: Callable[[], Browser], alice: Person, rp: RelyingParty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_codes, "PER_INSTALLATION", 1)
    guess(visitors())
    stranger = visitors()
    sent = enter(stranger, device.user_code)
    assert sent.path == "/sign-in"
    seen = stranger.submit("continue", identifier=alice.username, password=alice.password)
    assert shown(seen).has_button("confirm")  # and is back where they were
    assert shown(stranger.submit("confirm")).path == "/device/done"
    assert device.wait_and_poll().status_code == 200


def test_a_code_that_somebody_sent_does_nothing_until_the_person_compares(
    device: Device, alice: Person, rp: RelyingParty
) -> None:
    """Remote phishing (§5.4): the link of an attacker's device, opened by somebody who is signed in."""
    rp.sign_in(alice)
    compared = shown(rp.browser.get(f"/device?user_code={device.user_code}"))
    for said in (device.user_code, "测试网站", "代码是别人发给您的", alice.username):
        assert said in compared.text
    assert compared.form("confirm").fields["user_code"] == device.user_code
    assert device.poll().error == "authorization_pending"


def test_no_other_site_can_press_the_button(device: Device, alice: Person, rp: RelyingParty) -> None:
    rp.sign_in(alice)
    for action in ("confirm", "deny", "continue"):
        for token in ({}, {"csrf_token": "made up"}):
            sent = {"user_code": device.user_code, "action": action, **token}
            assert rp.browser.raw("POST", "/device", data=sent).status_code == 400
    assert device.poll().error == "authorization_pending"


@pytest.mark.parametrize("path", ["/device", "/device/done", "/device?user_code=BCDF-GHJK"])
def test_the_pages_cannot_be_framed(browser: Browser, path: str) -> None:
    shown_page = browser.raw("GET", path)
    assert shown_page.headers.get("X-Frame-Options") == "DENY" or shown_page.status_code == 303
    if shown_page.status_code != 303:
        assert "frame-ancestors 'none'" in shown_page.headers["Content-Security-Policy"]


def test_the_road_belongs_to_the_browser_that_entered_the_code(
    device: Device, visitors: Callable[[], Browser], alice: Person
) -> None:
    """A link into the middle of somebody's road leads nowhere in another browser."""
    attacker, victim = visitors(), visitors()
    enter(attacker, device.user_code)
    road = shown(attacker.submit("confirm")).query["journey"]
    for path in (f"/authorize?journey={road}", f"/sign-in?journey={road}"):
        assert shown(victim.get(path)).status == 400
    assert shown(victim.get(f"/device/done?journey={road}")).path == "/device"
    assert device.poll().error == "authorization_pending"


@both_pairs
def test_of_two_people_with_one_code_the_first_is_heard(
    device: Device, visitors: Callable[[], Browser], alice: Person, bob: Person, centre: Centre
) -> None:
    first, second = visitors(), visitors()
    for browser in (first, second):
        enter(browser, device.user_code)
        seen = shown(browser.submit("confirm"))
        assert seen.path == "/sign-in"
    assert "设备已登录" in go_on(first, alice, first.page).text  # type: ignore[arg-type]
    assert "这个代码已经失效" in go_on(second, bob, second.page).text  # type: ignore[arg-type]
    tokens = device.wait_and_poll()
    with centre.services.database.view() as db:
        families = [row.account_id for row in db.query(Authorization).filter_by(client_id=device.rp.client_id)]
    assert families == [alice.account_id]
    assert tokens.status_code == 200


@both_pairs
def test_of_polls_at_once_one_is_paid_and_none_ends_the_family(
    device: Device, visitors: Callable[[], Browser], alice: Person
) -> None:
    allow(visitors(), alice, device.user_code)
    clock.travel(timedelta(seconds=6))
    answers = race(lambda _n: device.poll(), 8)
    paid = [each for each in answers if each.status_code == 200]
    assert len(paid) == 1
    assert {each.error for each in answers if each.status_code != 200} == {"invalid_grant"}
    assert device.rp.userinfo(paid[0].access_token).status_code == 200


def test_a_site_that_floods_is_told_to_slow_down(device: Device, centre: Centre) -> None:
    window_begins(60)
    answers = [device.rp.post("/device_authorization", {"scope": "openid"}) for _ in range(32)]
    assert answers[-1].status_code == 429
    assert answers[-1].error == "slow_down"
    assert answers[-1].headers["Retry-After"]
    with centre.services.database.view() as db:
        assert db.query(DeviceRequest).filter_by(client_id=device.rp.client_id).count() <= 30


def test_a_request_that_is_kept_is_short(device: Device) -> None:
    """Whoever knows the name of a public device could fill the database with them."""
    assert device.ask(ui_locales="zh-CN " * 100).status_code == 200
    refused = device.ask(ui_locales="zh-CN " * 2000)
    assert (refused.status_code, refused.error) == (400, "invalid_request")
