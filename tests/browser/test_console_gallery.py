"""Every page of the console and the workbench, taken from the router: looked at, measured, and asked what axe says of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import flask
import pytest

from idp.admin import console
from idp.staff.models import Role
from idp.staff.permissions import MATRIX
from idp.workbench import workbench
from launcher import tree
from tests.browser import at_console
from tests.browser.running_demo import until
from tests.browser.test_gallery import Look
from tests.browser.visitor import AXE, RULES, SERIOUS, WEIGHT, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ARTEFACTS = Path(os.environ.get("TEST_ARTEFACTS", "var/artefacts")) / "console"
LOOKS = [Look(1440, "light", "zh"), Look(390, "dark", "en")]
MOST_BYTES = 60_000
HEAVIER = {"admin.statistics": 70_000}  # every chart stands there as a table too
OWN_WEIGHT = WEIGHT.replace(".reduce", ".filter(one => !one.name.includes('echarts')).reduce")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SEEN_BY = {  # whose page is looked at, where several roles have it; else the first that may
    "admin.home": Role.SECURITY, "admin.approval": Role.SECURITY, "admin.key": Role.SECURITY, "admin.sources": Role.SYSTEM,
}  # fmt: skip
SAMPLES = {"act": "close", "name": "population", "kind": "session", "secret": "A" * 43}
NOT_HERE = {
    "admin.static": "a file", "workbench.static": "a file", "admin.import_report": "a file", "admin.review_paper": "a file",
    "admin.statistics_file": "a file", "workbench.text_taken": "a file",
    "admin.export_ready": "of an export that somebody allowed: tests/console/test_bulk.py",
    "admin.staff_approved": "of a request that somebody allowed: tests/console/test_enrolling.py",
}  # fmt: skip


def routes() -> list[tuple[str, str]]:
    """Endpoint and rule of every page, from the router."""
    app = flask.Flask(__name__)
    console.init_app(app)
    workbench.init_app(app)
    found = [
        (rule.endpoint, rule.rule)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.partition(".")[0] in ("admin", "workbench")
    ]
    return [each for each in found if each[0] not in NOT_HERE]


@pytest.fixture(scope="module")
def records(demo_of_run):
    """The ids of a record of each kind, by the argument of the routes."""
    root = demo_of_run.facts["log_file"].rpartition("/var/")[0]
    settings = {
        "IDP_ISSUER": demo_of_run.centre, "IDP_DATABASE_URL": f"sqlite:///{root}/var/idp.db", "IDP_COUNTER": "true",
        "IDP_MASTER_KEY_FILE": f"{root}/var/secrets/master_key", "IDP_EMBEDDED_WORKER": "false",
    }  # fmt: skip
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.console_records"], cwd=tree.ROOT, env=tree.environment(**settings),
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-2000:]
    return SAMPLES | json.loads(made.stdout.rpartition("\n")[2])


@pytest.fixture
def pages(visit, demo, records):
    """Each page's endpoint, address and reader, all of whom are signed in."""
    readers = {role: visit() for role in Role}
    for role, reader in readers.items():
        at_console.sign_in_at_demo(reader, demo, f"demo-{role.value}")
    _more_records(readers[Role.SYSTEM], records)
    developer = visit()
    [who] = [each for each in demo.facts["people"] if each["identifier"] == demo.facts["workbench"]["identifier"]]
    developer.open("/sign-in")
    developer.fill(identifier=who["identifier"], password=who["password"])
    developer.press("continue")
    nobody = visit()
    return [_page(endpoint, rule, readers, developer, nobody, records) for endpoint, rule in routes()]


def _page(endpoint, rule, readers, developer, nobody, records) -> tuple[str, str, Visitor]:
    values = dict(records)
    if endpoint == "workbench.test_person":
        values["account_id"] = records["test_person"]
    elif endpoint in ("workbench.numbers", "workbench.last_errors", "workbench.delivery_log", "admin.client"):
        values["client_id"] = records["live_client_id"]
    address = re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda part: values[part[1]], rule)
    if endpoint == "admin.sources_change":
        address += f"?do=down&source={records['name']}"
    if endpoint.startswith("workbench."):
        return endpoint, address, developer
    if (permission := console.RULES[endpoint].permission) is None:
        return endpoint, address, nobody
    role = SEEN_BY.get(endpoint) or next(role for role in Role if permission in MATRIX[role])
    return endpoint, address, readers[role]


def _more_records(system: Visitor, records: dict[str, str]) -> None:
    """A list with wrong rows, and a request for a second person, as they come about: once, by the forms."""
    if "import_id" in records:
        return
    system.open("/admin/imports")
    system.fill(label="city-portal")
    rows = "手机号,账户名\n19900981001,gallery1\n1380000,\n19900981001,gallery2\n,nobody\n"
    system.page.set_input_files("[name=list]", {"name": "list.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    system.press("check")
    until("the list to be checked", lambda: system.page.locator("button[value=start]").count())
    records["import_id"] = system.where.rpartition("/")[2]
    system.open("/admin/staff/new")
    system.fill(login="zhao.liu")
    system.page.select_option("[name=role]", "department")
    system.page.select_option("[name=reason]", index=1)
    system.follow("main form button")
    assert "/admin/approvals/" in system.where, system.text
    records["approval_id"] = system.where.rpartition("/")[2]


@pytest.mark.timeout(900)
def test_every_page_is_readable_narrow_light_and_clean(demo, pages):
    problems: list[str] = []
    for look in LOOKS:
        folder = ARTEFACTS / str(look)
        folder.mkdir(parents=True, exist_ok=True)
        for reader in {reader for _, _, reader in pages}:
            reader.page.set_viewport_size({"width": look.width, "height": 860})
            reader.page.emulate_media(color_scheme=look.theme)
            reader.context.add_cookies([{"name": "idp_display", "value": look.cookie, "url": demo.centre}])
        for endpoint, address, reader in pages:
            problems += [f"{look} {endpoint}: {each}" for each in _problems(reader, address, look, folder / endpoint)]
    assert "\n".join(problems) == ""


def _problems(reader: Visitor, address: str, look: Look, picture: Path) -> list[str]:
    page, found = reader.page, []
    answer = page.goto(reader.demo.centre + address)
    if answer.status != 200 and "/enrol/" not in address:
        return [f"{answer.status} {address}"]
    page.screenshot(path=picture.with_name(f"{picture.name}.png"), full_page=True)
    if (over := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
        found.append(f"{over} px too wide")
    if (weight := page.evaluate(OWN_WEIGHT)) > HEAVIER.get(picture.name, MOST_BYTES):
        found.append(f"weighs {weight} bytes")
    page.evaluate(AXE)
    found += [
        f"axe {one['id']} ({one['impact']}): {[node['target'] for node in one['nodes']][:3]}"
        for one in page.evaluate(RULES)["violations"]
        if one["impact"] in SERIOUS
    ]
    return found


def test_the_keyboard_reaches_the_search_the_rows_and_closes_the_menu(visit, demo):
    officer = visit("phone")
    at_console.sign_in_at_demo(officer, demo, "demo-system")
    officer.open("/admin/accounts")
    page, focus = officer.page, "document.activeElement.id || document.activeElement.tagName"
    page.keyboard.press("/")
    assert page.evaluate(focus) == "identifier"
    page.keyboard.press("Escape")
    assert page.evaluate(focus) == "BODY"
    links = page.locator("table.accounts tbody a")
    links.first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.href").endswith(links.nth(1).get_attribute("href"))
    page.click("header summary")
    assert page.locator("details[data-menu]").evaluate("one => one.open")
    page.keyboard.press("Escape")
    assert not page.locator("details[data-menu]").evaluate("one => one.open")
