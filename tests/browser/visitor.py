"""A person with a browser at the running demo, whose pages are looked at for what no page may do."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import BrowserContext, Error, Page, Response

from tests.browser.running_demo import Citizen, Demo

if TYPE_CHECKING:
    from tests.browser.at_console import Installation

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = "axe.run(document, {resultTypes: ['violations']})"
SERIOUS = {"serious", "critical"}
MOST_BYTES = 60_000
WEIGHT = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .reduce((sum, one) => sum + one.encodedBodySize, 0)"""
PASSWORD = "bright-Kettle-92x"


class Visitor:
    """One browser with an empty memory. `problems` collects what is wrong with any page it was shown."""

    def __init__(self, demo: Demo | Installation, context: BrowserContext, folder: Path, *, has_script: bool) -> None:
        self.demo, self.context, self.has_script = demo, context, has_script
        self.problems: list[str] = []
        self._folder, self._pictures = folder, 0
        self._axe_done: set[tuple[str, str]] = set()
        context.set_default_timeout(20_000)
        self.page = self.tab()

    def tab(self) -> Page:
        """One more tab of the same browser."""
        page = self.context.new_page()
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("response", self._weigh_answer)
        return page

    def turn_to(self, page: Page) -> None:
        """Go on in another tab."""
        self.page = page
        page.bring_to_front()

    # -- doing -------------------------------------------------------------------------------------------------

    def open(self, address: str) -> None:
        """Type an address: a page of the centre, or a whole URL."""
        self.page.goto(self.demo.centre + address if address.startswith("/") else address)

    def site(self, name: str, path: str = "/") -> None:
        self.open(self.demo.sites[name] + path)

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.fill(f"[name={name}]", value)

    def press(self, action: str) -> None:
        """The button with this value, and the page it leads to."""
        self.follow(f"main button[name=action][value={action}]")

    def follow(self, selector: str) -> None:
        with self.page.expect_navigation(wait_until="load"):
            self.page.click(selector)

    def link(self, text: str) -> None:
        self.follow(f"a:text-is('{text}')")

    def back(self) -> None:
        """The back button; where the browser asks whether to send a form once more, the person agrees."""
        try:
            self.page.go_back()
        except Error as asked:
            if "ERR_CACHE_MISS" not in asked.message:
                raise
            self.page.wait_for_load_state()
            self.page.wait_for_timeout(300)
            self.page.reload()

    # -- seeing ------------------------------------------------------------------------------------------------

    @property
    def heading(self) -> str:
        return self.page.inner_text("h1").strip()

    @property
    def text(self) -> str:
        return " ".join(self.page.inner_text("main").split())

    @property
    def where(self) -> str:
        return self.page.url

    def is_at(self, path: str) -> bool:
        return self.where.startswith(self.demo.centre + path)

    def name_at(self, site: str) -> str | None:
        """Whom the site greets, when it is opened; None when nobody."""
        self.site(site)
        shown = self.page.locator("#who")
        return shown.inner_text().strip() if shown.count() else None

    def look(self, name: str) -> None:
        """Keep a picture; note what is too wide, too heavy or a barrier (axe)."""
        self._pictures += 1
        self.page.screenshot(path=self._folder / f"{self._pictures:02d}-{name}.png", full_page=True)
        if (over := self.page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            self.problems.append(f"{name}: {over} px too wide")
        if not self.page.locator("main a, main button").count() and not self.page.locator("header a").count():
            self.problems.append(f"{name}: a dead end")
        if self.where.startswith(self.demo.centre) and (weight := self.page.evaluate(WEIGHT)) > MOST_BYTES:
            self.problems.append(f"{name}: weighs {weight} bytes")
        if self.has_script and (name, self.where.partition("?")[0]) not in self._axe_done:
            self._axe_done.add((name, self.where.partition("?")[0]))
            self.page.evaluate(AXE)
            for found in self.page.evaluate(RULES)["violations"]:
                if found["impact"] in SERIOUS:
                    where = [node["target"] for node in found["nodes"]][:3]
                    self.problems.append(f"{name}: axe {found['id']} ({found['impact']}): {where}")

    def _hear(self, kind: str, text: str) -> None:
        # A page that answers 400 to a wrong form is announced as a resource that failed; _weigh_answer knows better.
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.problems.append(f"console: {text}")

    def _weigh_answer(self, answer: Response) -> None:
        is_page = answer.request.is_navigation_request()
        if (answer.status >= 500 and answer.status != 503) or (answer.status >= 400 and not is_page):
            self.problems.append(f"{answer.status} {answer.request.method} {answer.url}")

    # -- whole acts, when a test is about something after them ---------------------------------------------------

    def sign_in(self, person: Citizen, site: str = "portal") -> None:
        """From the site's own button, by password, back to the site."""
        self.site(site)
        self.follow("#sign-in")
        self.give_password(person)

    def give_password(self, person: Citizen, password: str | None = None) -> None:
        self.fill(identifier=person.identifier, password=person.password if password is None else password)
        self.press("continue")

    def give_code(self, phone: str, *, after: int = 0) -> None:
        self.fill(otp=self.demo.code_for(phone, after=after))
        self.press("continue")

    def begin_registration(self, phone: str) -> None:
        """As far as the page that asks for a name and a password."""
        self.fill(phone=phone)
        self.page.check("[name=agree]")
        self.press("send_code")
        self.give_code(phone)

    def prove(self, person: Citizen) -> None:
        self.fill(name=person.name, resident_id=person.resident_id)
        self.press("continue")

    def cookie_names(self) -> set[Any]:
        return {cookie["name"] for cookie in self.context.cookies()}
