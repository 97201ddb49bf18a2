"""A device without a browser: it asks, shows its code, polls, and never sees more of its person than the tokens."""

from __future__ import annotations

from datetime import timedelta

from idp.core import clock
from tests.flows.browser import Browser, Landing, Page
from tests.flows.people import Person
from tests.flows.rp import Answer, RelyingParty

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Device:
    """A television of a site: the site's credentials, no browser; `waits` is the interval that it keeps to."""

    def __init__(self, rp: RelyingParty) -> None:
        self.rp = rp
        self.asked: Answer | None = None
        self.waits = 5

    def ask(self, **parameters: str) -> Answer:
        self.asked = self.rp.post("/device_authorization", {"scope": self.rp.scope, **parameters})
        self.waits = self.asked.json.get("interval", 5)
        return self.asked

    @property
    def user_code(self) -> str:
        assert self.asked is not None
        return str(self.asked.user_code)

    def poll(self, **parameters: str) -> Answer:
        """One question at the token endpoint, at once."""
        assert self.asked is not None
        return self.rp.post("/token", {"grant_type": GRANT, "device_code": self.asked.device_code, **parameters})

    def wait_and_poll(self, **parameters: str) -> Answer:
        """The next question, after the time that the device has to wait."""
        clock.travel(timedelta(seconds=self.waits))
        answer = self.poll(**parameters)
        if answer.error == "slow_down":
            self.waits += 5
        return answer


def shown(seen: Page | Landing) -> Page:
    assert isinstance(seen, Page), seen
    return seen


def enter(browser: Browser, user_code: str) -> Page:
    """Open the page and type the code."""
    assert shown(browser.get("/device")).status == 200
    return shown(browser.submit("continue", user_code=user_code))


def go_on(browser: Browser, person: Person, seen: Page | Landing) -> Page:
    """Whatever else the centre asks, until the end page."""
    for _ in range(8):
        at = shown(seen)
        assert at.status == 200, f"{at.path} {at.status} {at.text[:300]}"
        match at.path:
            case "/device/done":
                return at
            case "/sign-in":
                seen = browser.submit("continue", identifier=person.username, password=person.password)
            case "/consent":
                seen = browser.submit("allow")
            case "/verify-identity":
                asked = at.form("continue").fields  # who is known already writes nothing
                typed = {"name": person.name, "resident_id": person.resident_id}
                seen = browser.submit("continue", **{name: typed[name] for name in typed if name in asked})
            case elsewhere:
                raise AssertionError(f"nobody told what to do at {elsewhere}: {at.text[:300]}")
    raise AssertionError("the road does not end")


def allow(browser: Browser, person: Person, user_code: str) -> Page:
    """A whole approval through the pages."""
    compared = enter(browser, user_code)
    assert compared.has_button("confirm"), compared.text[:300]
    return go_on(browser, person, browser.submit("confirm"))
