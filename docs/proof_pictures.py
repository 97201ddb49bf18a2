"""Makes the README's pictures of the second tour, proof of identity, from a demo in which the first tour was walked.

    .venv/bin/python -m docs.proof_pictures var/demo.json docs/images

Each step can be made once only: start from a fresh demo, and make the pictures of the first tour before (`docs.screenshots`).
"""

import json
import sys
from pathlib import Path

import pyotp
from playwright.sync_api import Browser, Page, sync_playwright

from docs.screenshots import ACCOUNT, DESK, PASSWORD, PHONE, launched

CHIEF, AGENT = "demo01", "demo02"
COMPANY_CODE, LICENCE_PIN = "91370199MA3DEM019F", "123456"


class Proofs:
    """The second walk: people with a desk, a phone beside it, and two officers."""

    def __init__(self, facts: dict, folder: Path, browser: Browser) -> None:
        self.facts, self.folder, self.browser = facts, folder, browser
        self.centre = facts["issuer"]
        self.people = {person["identifier"]: person for person in facts["people"]}
        self.sites = {client["name"]: client["url"] for client in facts["clients"]}

    def tab(self, *, phone: bool = False) -> Page:
        size = PHONE if phone else DESK
        return self.browser.new_context(viewport=size, locale="zh-CN").new_page()

    def look(self, name: str, tab: Page) -> None:
        tab.wait_for_load_state("networkidle")
        tab.screenshot(path=self.folder / f"{name}.png")

    def press(self, tab: Page, action: str) -> None:
        with tab.expect_navigation(wait_until="load"):
            tab.click(f"main button[name=action][value={action}]")

    def sign_in(self, tab: Page, identifier: str, password: str) -> None:
        tab.goto(f"{self.centre}/sign-in")
        tab.fill("[name=identifier]", identifier)
        tab.fill("[name=password]", password)
        self.press(tab, "continue")

    def face(self) -> None:
        """Level 2 by a face scan at Alipay: the code on the desk, the scan on the phone."""
        desk, phone = self.tab(), self.tab(phone=True)
        self.sign_in(desk, ACCOUNT, PASSWORD)
        desk.goto(f"{self.centre}/verify-identity?level=2")
        desk.check("[name=way][value='challenge:alipay']")
        self.look("14-ways", desk)
        self.press(desk, "continue")
        desk.check("[name=face_consent]")
        self.press(desk, "agree")
        self.look("15-scan", desk)
        phone.goto(desk.get_attribute("#continue-on-phone", "href") or "")
        phone.click("main a[href*='gateway.do']:not([href^='alipays:'])")
        phone.wait_for_selector("button[value=match]")
        self.look("16-phone", phone)
        self.press(phone, "match")
        desk.wait_for_url("**/account?done=verified")
        self.look("17-level-2", desk)

    def elsewhere(self) -> None:
        """Signing in with WeChat, and linking it on the first time."""
        tab = self.tab()
        tab.goto(self.sites["portal"])
        tab.click("#sign-in")
        tab.click("a[href*='/sign-in/with/wechat']")
        tab.wait_for_selector("select[name=user]")
        tab.select_option("select[name=user]", index=1)
        self.press(tab, "allow")
        tab.click("a:text-is('用密码登录')")
        tab.fill("[name=identifier]", ACCOUNT)
        tab.fill("[name=password]", PASSWORD)
        self.press(tab, "continue")
        self.look("18-link", tab)
        self.press(tab, "link")

    def counter(self) -> None:
        """Level 3: a code of the citizen, one officer who compares, another who confirms."""
        me, one, other = self.tab(), self.tab(), self.tab()
        person = self.people["demo04"]
        self.sign_in(me, "demo04", person["password"])
        me.goto(f"{self.centre}/verify-identity?level=3")
        me.fill("[name=name]", person["name"])
        me.fill("[name=resident_id]", person["resident_id"])
        self.press(me, "continue")
        self.press(me, "continue")
        code = me.inner_text(".user-code")
        self.look("19-counter-code", me)
        self.work(one, "demo-counter")
        one.goto(f"{self.centre}/admin/counter")
        one.fill("[name=code]", code)
        one.fill("[name=name]", person["name"])
        one.fill("[name=number]", person["resident_id"])
        one.fill("[name=valid_until]", "2044-05-06")
        one.check("[name=compared]")
        self.look("20-officer", one)
        self.press(one, "continue")
        self.work(other, "demo-counter-2")
        other.goto(f"{self.centre}/admin/counter")
        other.click("main table a")
        other.fill("[name=number_end]", person["resident_id"][-4:])
        other.check("[name=compared]")
        self.press(other, "confirm")

    def work(self, tab: Page, login: str) -> None:
        [who] = [each for each in self.facts["operators"] if each["identifier"] == login]
        tab.goto(f"{self.centre}/admin/sign-in")
        tab.fill("[name=identifier]", login)
        tab.fill("[name=password]", who["password"])
        tab.fill("[name=otp]", pyotp.TOTP(who["totp_secret"]).now())
        with tab.expect_navigation(wait_until="load"):
            tab.click("main button")

    def company(self) -> None:
        """A company by its licence, a mandate for an agent, and a project that the agent files."""
        chief, phone, agent = self.tab(), self.tab(phone=True), self.tab()
        worker = self.people[AGENT]
        self.sign_in(chief, CHIEF, self.people[CHIEF]["password"])
        chief.goto(f"{self.centre}/account/organisations")
        chief.click("a:text-is('添加单位')")
        chief.click("a:text-is('出示电子营业执照')")
        chief.wait_for_selector("main button[name=action][value=continue]")
        with chief.expect_response(lambda answer: "/account/licence/" in answer.url):
            self.press(chief, "continue")
        chief.wait_for_selector("main a.licence-app", state="attached")
        phone.goto(chief.locator("main a.licence-app").first.get_attribute("href") or "")
        phone.select_option("[name=uscc]", COMPANY_CODE)
        phone.fill("[name=pin]", LICENCE_PIN)
        self.look("21-licence", phone)
        self.press(phone, "confirm")
        chief.wait_for_url("**/account/organisations/*")
        self.look("22-company", chief)
        chief.click("a:text-is('授权经办人')")
        chief.fill("[name=name]", worker["name"])
        chief.fill("[name=phone]", worker["phone"])
        chief.fill("[name=days]", "30")
        chief.check("[name=sites][value=investment]")
        self.press(chief, "continue")
        self.sign_in(agent, AGENT, worker["password"])
        agent.goto(f"{self.centre}/account/mandates")
        agent.click("a:text-is('查看邀请')")
        agent.wait_for_selector("button[value=allow]")
        self.look("23-offer", agent)
        self.press(agent, "allow")
        agent.goto(f"{self.sites['investment']}/file")
        agent.locator("main .option label", has_text=COMPANY_CODE).click()
        self.look("24-on-behalf", agent)
        self.press(agent, "continue")
        self.write(agent)
        self.press(agent, "confirm")
        self.look("25-filed", agent)

    def write(self, agent: Page) -> None:
        """A project of the company, by its agent, at the platform."""
        agent.fill("[name=name]", "样例·质检实验室改造")
        agent.check("#kind-1")
        agent.select_option("#region", index=1)
        agent.fill("[name=amount]", "860")
        agent.check("#promise")


def main() -> None:
    facts, folder = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launched(playwright)
        walk = Proofs(facts, folder, browser)
        for step in (walk.face, walk.elsewhere, walk.counter, walk.company):
            step()
        browser.close()


if __name__ == "__main__":
    main()
