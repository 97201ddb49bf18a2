"""The console in an installation of its own: three people set it up, bring a list in, act by two, and prove the chain."""

from __future__ import annotations

import csv
import json
import urllib.request

import pytest

from tests.browser import at_console
from tests.browser.at_console import PASSWORD, Installation
from tests.browser.running_demo import until
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOGINS = {"system": "chen.yi", "security": "wu.er", "audit": "lin.san"}


@pytest.fixture
def empty(tmp_path):
    made = Installation(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """An installation that serves and works."""
    made = Installation(tmp_path_factory.mktemp("house"))
    made.links = made.init()
    made.secrets = {}
    made.serve()
    yield made
    made.close()


def at_work(arrivals, house, role: str) -> Visitor:
    """One of the three; who was not there before enrols first."""
    officer = arrivals(house)
    if role not in house.secrets:
        house.secrets[role] = at_console.enrol(officer, house.links[role], LOGINS[role])
    at_console.sign_in(officer, LOGINS[role], PASSWORD, house.secrets[role])
    return officer


def test_three_people_set_the_installation_up_and_none_of_them_can_do_everything(arrivals, empty):
    links = empty.init()
    assert set(links) == {"system", "security", "audit"}
    empty.serve()
    three = {role: arrivals(empty) for role in links}
    secrets = {}
    for role in ("system", "audit"):
        three[role].open(links[role])
        three[role].look("enrolling")
        secrets[role] = at_console.enrol(three[role], links[role], LOGINS[role])
    by_passkey = three["security"]
    at_console.with_authenticator(by_passkey)
    by_passkey.open(links["security"])
    by_passkey.fill(login=LOGINS["security"])
    by_passkey.follow("[data-passkey=make] button")
    assert by_passkey.is_at("/admin/sign-in"), by_passkey.text

    for role in ("system", "audit"):
        at_console.sign_in(three[role], LOGINS[role], PASSWORD, secrets[role])
    by_passkey.follow("[data-passkey=show] button")
    assert by_passkey.is_at("/admin/")

    late = arrivals(empty)
    late.open(links["system"])
    assert "链接" in late.text
    assert not late.page.locator("[name=password]").count()
    late.look("link-used-up")
    assert empty.init() == {}

    sees = {"/admin/accounts": "system", "/admin/policies": "security", "/admin/audit": "audit"}
    for role, officer in three.items():
        officer.open("/admin/")
        officer.look(f"first-page-of-{role}")
        shown = {link.get_attribute("href") for link in officer.page.locator("nav.side a").all()}
        assert {path for path in sees if path in shown} == {path for path, whose in sees.items() if whose == role}
        for path, whose in sees.items():
            assert officer.page.goto(empty.centre + path).status == (200 if whose == role else 403)


def test_a_rotation_of_keys_takes_two_people(arrivals, house):
    system, security = at_work(arrivals, house, "system"), at_work(arrivals, house, "security")
    before = _signing(house)
    system.open("/admin/keys/-/rotation")
    system.look("rotation")
    system.page.select_option("[name=reason]", "key_rehearsal")
    if system.page.locator("[name=understood]").count():
        system.page.check("[name=understood]")
    system.press("ask")
    asked = system.where
    system.look("asked")
    assert "您自己不能批准" in system.text
    assert not system.page.locator("button[value=allow]").count()
    forged = system.page.evaluate(
        """([to, token]) => fetch(to, {method: 'POST', body: new URLSearchParams({csrf_token: token, action: 'allow'})})
        .then(answer => answer.status)""",
        [f"{asked}/decision", system.page.input_value("main [name=csrf_token]")],
    )
    assert forged >= 400
    system.problems = [each for each in system.problems if "/decision" not in each]  # it was to be refused
    assert _signing(house) == before

    security.open("/admin/")
    security.look("what-waits")
    security.follow("main a[href*='/admin/approvals']")
    security.follow("main table a")
    security.look("to-decide")
    security.press("allow")
    assert "已完成" in security.text
    security.look("decided")
    until("the new keys in the key set", lambda: _signing(house) > before)  # and the old ones still there
    security.open("/admin/keys")
    security.look("keys")

    audit = at_work(arrivals, house, "audit")
    audit.open("/admin/audit")
    audit.page.select_option("#act", "approval")
    audit.follow("form[role=search] button")
    assert "approval.asked" in audit.text, audit.text
    assert LOGINS["system"] in audit.text
    assert LOGINS["security"] in audit.text


def _signing(house) -> set[str]:
    """The keys of the published set that sign."""
    with urllib.request.urlopen(f"{house.centre}/jwks", timeout=10) as answer:
        return {key["kid"] for key in json.load(answer)["keys"] if key["use"] == "sig"}


def test_an_auditor_finds_an_act_and_sees_that_a_row_was_altered_by_hand(arrivals, house):
    system = at_work(arrivals, house, "system")
    _bring_in(system, "phone\n19900990001\n", "one-person")
    system.open("/admin/accounts")
    system.fill(identifier="19900990001")
    system.press("continue")
    system.page.select_option("form.card [name=reason] >> nth=-1", index=0)
    system.press("freeze")
    assert "已冻结" in system.text

    audit = at_work(arrivals, house, "audit")
    audit.open("/admin/audit")
    audit.page.select_option("#find-kind", "phone")
    audit.fill(who="19900990001")
    audit.press("find")
    assert "19900990001" not in audit.where
    audit.look("of-a-person")
    assert "account.frozen" in audit.text
    audit.open("/admin/audit")
    audit.page.select_option("#find-kind", "operator")
    audit.fill(who=LOGINS["system"])
    audit.press("find")
    audit.look("of-an-operator")
    audit.follow("table.trail tr:has-text('account.frozen') a")
    audit.look("entry")
    assert LOGINS["system"] in audit.text
    entry = audit.where.rpartition("/")[2]
    until("the entry to be sealed", lambda: house.rows("SELECT seq FROM audit_entries WHERE id = ?", entry)[0][0])

    audit.open("/admin/audit/chain")
    _verify(audit)
    assert "完整" in audit.page.inner_text(".reading >> nth=0")
    audit.look("sound")

    assert house.alter("UPDATE audit_entries SET outcome = 'failure' WHERE id = ?", entry) == 1
    _verify(audit)
    assert "被修改" in audit.page.inner_text(".reading >> nth=0")
    assert entry in audit.page.inner_text(".reading >> nth=0")
    audit.look("altered")
    audit.follow(".reading >> nth=0 >> table a")
    assert "不一致" in audit.text
    audit.look("altered-entry")
    assert house.alter("UPDATE audit_entries SET outcome = 'success' WHERE id = ?", entry) == 1


def _verify(audit: Visitor) -> None:
    before = audit.page.locator(".reading").count()
    audit.press("confirm")
    until("the reading to end", lambda: audit.page.locator(".reading").count() > before)  # the page looks by itself


def _bring_in(system: Visitor, content: str, label: str) -> str:
    """Hand a list in, wait until it is checked, and start it; its address."""
    place = _hand_in(system, content, label)
    system.press("start")
    until("the import to be over", lambda: "已完成" in system.page.inner_text("main"))
    return place


def _hand_in(system: Visitor, content: str, label: str) -> str:
    system.open("/admin/imports")
    system.fill(label=label)
    system.page.set_input_files(
        "[name=list]", {"name": "people.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    system.press("check")
    until("the list to be checked", lambda: system.page.locator("button[value=start]").count())  # it looks by itself
    return system.where


WRONG = {  # what stands in the line: what the report says of it
    "1380000": ("手机号", "不是中国大陆的 11 位手机号"),
    "": ("手机号", "没有填写"),
    "19910000000": ("手机号", "在名单中重复"),
}


@pytest.mark.timeout(480)
def test_ten_thousand_rows_with_errors_come_in_once_each_although_the_process_was_killed(arrivals, house):
    system = at_work(arrivals, house, "system")
    lines, wrong = ["手机号,账户名"], {}
    for number in range(2, 10_002):
        phone = f"1991{number:07d}"
        if number % 100 == 50:
            phone = list(WRONG)[number // 100 % 3]
            wrong[number] = WRONG[phone]
        lines.append(f"{phone},row{number}")
    lines[1] = "19910000000,row2"  # the first of those that are the same
    place = _hand_in(system, "\n".join(lines), "city-portal")
    system.open(place)  # anew: what the page fetched while it looked is no weight of its own
    system.look("checked")
    told = list(csv.reader(_text_at(system, "下载全部问题（CSV）").splitlines()))
    assert told[0] == ["行", "列", "问题"]
    assert {int(row): (column, problem) for row, column, problem in told[1:]} == wrong
    right = set(range(2, 10_002)) - set(wrong)

    made = lambda: house.rows("SELECT count(*) FROM import_rows WHERE account_id IS NOT NULL")[0][0]  # noqa: E731
    before = made()
    system.press("start")
    system.page.goto("about:blank")  # a page that looks for itself would meet nobody
    until("some rows to be made", lambda: made() - before > 1000)
    house.kill()
    assert made() - before < len(right)
    # A killed worker's lease runs out within a minute; this minute goes by at once.
    house.alter("UPDATE imports SET leased_until = NULL WHERE state = 'running'")
    house.serve()
    system.open(place)
    system.look("going-on")
    until("every row to be made", lambda: made() - before == len(right), 150)
    system.open(place)
    system.look("over")
    results = list(csv.reader(_text_at(system, "下载结果（行号和账户编号，CSV）").splitlines()))[1:]
    assert sorted(int(row) for row, _ in results) == sorted(right)
    assert len({account for _, account in results}) == len(right)
    assert made() - before == len(right)
    [(accounts, phones)] = house.rows(
        "SELECT count(DISTINCT account_id), count(DISTINCT value_index) FROM account_identifiers WHERE kind = 'phone'"
        " AND account_id IN (SELECT account_id FROM import_rows r JOIN imports i ON i.id = r.import_id"
        " WHERE i.label = 'city-portal')"
    )
    assert (accounts, phones) == (len(right), len(right))


def _text_at(officer: Visitor, link: str) -> str:
    with officer.page.expect_download() as got:
        officer.page.click(f"a:text-is('{link}')")
    return got.value.path().read_text(encoding="utf-8-sig")
