"""Makes the README's pictures of the third tour, a site from the workbench to its going live, and of the console.

    .venv/bin/python -m docs.console_pictures var/demo.json docs/images [PORT]

The site of the tour runs on PORT of this machine (5000 unless told), from the very text that the workbench offers for it.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from docs.proof_pictures import Proofs
from docs.screenshots import launched

NAME, LATER = "停车缴费", "https://parking.example.gov.cn"


class Desk(Proofs):
    """The third walk: a developer of the demo's department, a test person, two operators and an auditor."""

    def __init__(self, facts: dict, folder: Path, browser: Browser, port: int) -> None:
        super().__init__(facts, folder, browser)
        self.here, self.client_id = f"http://localhost:{port}", ""
        self.developer = self.tab()

    def into(self, page: str, **fields: str) -> None:
        """A page of the site in the workbench, with fields filled in and its form sent."""
        tab = self.developer
        tab.goto(f"{self.centre}/workbench/sites/{self.client_id}/{page}")
        for name, value in fields.items():
            tab.fill(f"[name={name}]", value)

    def register(self) -> tuple[str, str]:
        """Registers the site; its password, and its program as the workbench offers it."""
        tab, who = self.developer, self.facts["workbench"]["identifier"]
        self.sign_in(tab, who, self.people[who]["password"])
        tab.goto(f"{self.centre}/workbench/register")
        tab.fill("[name=client_name]", NAME)
        tab.fill("[name=client_uri]", self.here)
        tab.fill("[name=redirect_uris]", f"{self.here}/callback")
        self.look("26-register-site", tab)
        self.press(tab, "continue")
        self.client_id, secret = tab.inner_text("#client_id"), tab.inner_text("#client_secret")
        self.into("settings")
        return secret, tab.inner_text("#python pre")

    def try_out(self) -> None:
        """A test person signs in at the running site, and the check plays every part with it."""
        tab = self.developer
        self.into("test-people")
        self.press(tab, "continue")
        self.look("27-test-person", tab)
        self.into("check", start_url=f"{self.here}/sign-in", page_url=f"{self.here}/")
        self.press(tab, "continue")
        tab.wait_for_selector("h2:text('没有发现问题')", timeout=60_000)
        self.look("28-check", tab)

    def go_live(self) -> None:
        """What the first three lines left open, the addresses people will use, the request, and two operators."""
        tab, one, other = self.developer, self.tab(), self.tab()
        self.into(
            "edit", about="在线缴纳公共停车场的停车费", client_uri=LATER, initiate_login_uri=f"{LATER}/sign-in",
            redirect_uris=f"{LATER}/callback",
        )  # fmt: skip
        tab.check("#scope-profile")
        tab.click("#scope-profile >> xpath=ancestor::div[@class='claim'] >> summary")
        tab.fill("[name=purpose_profile]", "在缴费页面上称呼您")
        tab.fill("[name=basis_profile]", "《机动车停车场管理办法》")
        self.press(tab, "continue")
        self.into("going-live", note="测试完成，请批准上线。")
        self.press(tab, "ask")
        self.work(one, "demo-system")
        self.look("29-console", one)
        one.goto(f"{self.centre}/admin/releases")
        one.click("main table a")
        one.fill("[name=waiver]", "检查通过后换了正式地址，并申请用账户名称呼用户")
        one.locator("form.card").first.scroll_into_view_if_needed()
        self.look("30-release", one)
        self.press(one, "approve")
        self.work(other, "demo-security")
        other.goto(f"{self.centre}/admin/approvals")
        other.click("main table a")
        self.look("31-second-person", other)
        self.press(other, "allow")

    def audit(self) -> None:
        """What the audit administrator finds of it, and the chain read from end to end."""
        tab = self.tab()
        self.work(tab, "demo-audit")
        tab.goto(f"{self.centre}/admin/audit?client_id={self.client_id}")
        self.look("32-audit", tab)
        tab.goto(f"{self.centre}/admin/audit/chain")
        tab.click("main button[name=action][value=confirm]")
        tab.wait_for_timeout(6000)
        tab.goto(f"{self.centre}/admin/audit/chain")
        self.look("33-chain", tab)


def main() -> None:
    facts, folder = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])
    port = int(sys.argv[3]) if len(sys.argv) > 3 else 5000
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        browser = launched(playwright)
        walk = Desk(facts, folder, browser, port)
        secret, program = walk.register()
        (Path(place) / "my_site.py").write_text(program, encoding="utf-8")
        site = subprocess.Popen(  # noqa: S603 - the program that the workbench gave us, on this machine
            [sys.executable, "-m", "flask", "--app", "my_site.py", "run", "--port", str(port)],
            cwd=place, env={**os.environ, "CLIENT_SECRET": secret},
        )  # fmt: skip
        try:
            walk.developer.wait_for_timeout(2000)
            for step in (walk.try_out, walk.go_live, walk.audit):
                step()
        finally:
            site.terminate()
            site.wait()
        browser.close()


if __name__ == "__main__":
    main()
