"""Makes the pictures of the README from a running demo, by walking the two-minute tour in Chromium.

    python3 run.py demo --fresh
    .venv/bin/pip install --require-hashes -r requirements-dev.txt
    .venv/bin/python -m docs.screenshots var/demo.json docs/images

The tour registers a person and proves who they are, which succeeds once: start from a fresh demo.
"""

import json
import os
import re
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from launcher import machine

NEWCOMER = {"phone": "19900009001", "name": "新人甲", "resident_id": "370199199002102118"}
ACCOUNT, PASSWORD = "xinren_jia", "山高水长2026-tour"
DESK, PHONE = {"width": 1200, "height": 820}, {"width": 390, "height": 760}


class Tour:
    """One walk through the demo, leaving pictures behind."""

    def __init__(self, facts: dict, folder: Path, tab: Page) -> None:
        self.sites = {client["name"]: client["url"] for client in facts["clients"]}
        self.centre, self.inbox = facts["issuer"], facts["sms_inbox_url"]
        self.folder, self.tab = folder, tab

    def look(self, name: str, *, tab: Page | None = None) -> None:
        (tab or self.tab).screenshot(path=self.folder / f"{name}.png")

    def press(self, action: str, *, tab: Page | None = None) -> None:
        (tab or self.tab).click(f"main button[name=action][value={action}]")

    def code(self, phone: str) -> str:
        """The newest one-time code in the gateway's inbox."""
        for _ in range(40):
            text = self.tab.request.get(self.inbox).text()
            lines = [json.loads(line) for line in text.splitlines() if line]
            mine = [line["text"] for line in lines if line["to"].endswith(phone)]
            if mine and (found := re.search(r"\d{6}", mine[-1])):
                return found[0]
            self.tab.wait_for_timeout(250)
        raise SystemExit("no message arrived; is the demo running, and fresh?")

    def register(self) -> None:
        tab = self.tab
        tab.goto(self.sites["portal"])
        self.look("1-portal")
        tab.click("#sign-in")
        self.look("2-sign-in")
        tab.click("main a[href^='/register']")
        tab.fill("[name=phone]", NEWCOMER["phone"])
        tab.check("[name=agree]")
        self.press("send_code")
        code = self.code(NEWCOMER["phone"])
        inbox = tab.context.new_page()
        inbox.goto(self.inbox.removesuffix("/inbox.jsonl"))
        self.look("3-inbox", tab=inbox)
        inbox.close()
        tab.fill("[name=otp]", code)
        self.press("continue")
        tab.fill("[name=identifier]", ACCOUNT)
        tab.fill("[name=password]", PASSWORD)
        self.look("4-register")
        self.press("continue")
        tab.wait_for_selector("#who")

    def apply(self) -> None:
        tab = self.tab
        tab.goto(self.sites["service_hall"])
        tab.wait_for_selector("#who")
        tab.goto(f"{self.sites['service_hall']}/services/flexible-employment")
        tab.click("#apply")
        tab.fill("[name=name]", NEWCOMER["name"])
        tab.fill("[name=resident_id]", NEWCOMER["resident_id"])
        self.look("5-verify")
        self.press("continue")
        tab.wait_for_selector("#applicant")
        self.look("6-service-hall")

    def agree(self) -> None:
        tab = self.tab
        tab.goto(self.sites["credit"])
        tab.click("#report")
        self.look("7-consent")
        self.press("allow")
        tab.wait_for_selector("#record-name")
        self.look("8-credit")
        tab.goto(self.sites["investment"])
        tab.wait_for_selector("#who")
        self.look("9-investment")
        tab.goto(f"{self.centre}/account/sites")
        self.look("10-account")

    def leave(self) -> None:
        tab = self.tab
        tab.goto(self.sites["investment"])
        tab.click("#sign-out")
        tab.wait_for_timeout(1500)
        tab.goto(f"{self.centre}/signed-out")
        self.look("11-signed-out")


def phones(browser: Browser, facts: dict, folder: Path) -> None:
    """The sign-in page on a phone: dark, and in elder mode."""
    for name, scheme, elder in (("12-phone-dark", "dark", False), ("13-phone-elder", "light", True)):
        context = browser.new_context(viewport=PHONE, color_scheme=scheme, locale="zh-CN")
        tab = context.new_page()
        if elder:
            tab.goto(f"{facts['issuer']}/preferences/set?elder=on&back=/")
        tab.goto(facts["clients"][0]["url"])
        tab.click("#sign-in")
        tab.screenshot(path=folder / f"{name}.png")
        context.close()


def launched(playwright: Playwright) -> Browser:
    """Chromium, as this machine has it."""
    program = os.environ.get("TEST_CHROMIUM") or machine.find_chromium() or playwright.chromium.executable_path
    return playwright.chromium.launch(executable_path=program, args=["--no-sandbox"] if machine.is_root() else [])


def main() -> None:
    facts, folder = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launched(playwright)
        tab = browser.new_context(viewport=DESK, locale="zh-CN").new_page()
        tour = Tour(facts, folder, tab)
        for step in (tour.register, tour.apply, tour.agree, tour.leave):
            step()
        phones(browser, facts, folder)
        browser.close()


if __name__ == "__main__":
    main()
