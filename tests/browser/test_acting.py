"""A company's agent in the running demo: files a project for it, and is refused once the mandate is taken back."""

from __future__ import annotations

import pytest

from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COMPANY, CODE, CHIEF = "沙箱试用能源有限公司", "91370199MA3T00180X", "测试庚"
PLATFORM = "投资项目在线审批监管平台"
ASKED = "SELECT count(*) FROM audit_entries WHERE act = 'mandate.asked' AND client_id = 'investment' AND outcome = ?"


@pytest.mark.parametrize(("size", "script"), [("desk", True), ("phone", False)], ids=["desk", "phone-no-script"])
def test_an_agent_files_a_project_until_the_mandate_is_taken_back(visit, demo, size, script):
    person, worker = demo.named(CHIEF), demo.citizen(ial=1)
    chief, agent = visit("desk", script=script), visit(size, script=script)
    company = _a_company(chief, person)
    _a_mandate(chief, company, worker)
    agent.open("/sign-in")
    agent.give_password(worker)
    agent.open("/account/mandates")
    agent.link("查看邀请")
    agent.press("allow")

    agent.site("investment")
    assert agent.page.locator("#who").count() == 0  # for whom, nobody can say silently
    agent.follow("#sign-in")
    assert agent.is_at("/choose-principal")
    assert agent.heading == "您这次代表谁？"
    agent.look("choose")
    agent.press("continue")
    agent.page.get_by_label(COMPANY).check()
    agent.look("chosen")
    agent.press("continue")
    assert agent.where.startswith(demo.sites["investment"])
    assert agent.page.inner_text("#company") == COMPANY
    assert agent.page.inner_text("#who") == worker.identifier
    assert _file(agent, "样例·储能电站一期") == f"经办人 {worker.identifier}"
    agent.look("filed")
    agent.follow("#mine")
    assert "样例·储能电站一期" in agent.text
    agent.look("mine")

    chief.open(company)
    assert PLATFORM in chief.text
    assert worker.name in chief.text
    chief.look("who-acted")
    refused = demo.rows(ASKED, "failure")[0][0]
    _take_back(chief, company, worker)
    assert _file(agent, "样例·储能电站二期") is None
    assert agent.heading == "您现在不能代表这个单位办理"
    agent.look("refused")
    assert demo.rows(ASKED, "failure")[0][0] == refused + 1
    agent.link("重新选择单位")
    assert f"您现在不能再代表 {COMPANY}" in agent.text
    agent.look("lost")
    agent.press("continue")
    assert "请以单位名义办理" in agent.text
    agent.look("for-oneself")
    agent.open("/account/activity")
    assert "代表单位登录投资项目在线审批监管平台" in agent.text
    agent.look("activity")

    chief.open(f"{company}/leave")
    chief.press("confirm")
    assert COMPANY not in chief.text
    written = demo.log.read_text(encoding="utf-8")
    assert [fact for fact in (person.resident_id, person.phone, worker.phone, worker.name) if fact in written] == []


def _a_company(chief: Visitor, person) -> str:
    """Registered by name and code; answers its page."""
    chief.open("/sign-in")
    chief.give_password(person)
    chief.open("/account/organisations/add")
    chief.fill(organisation_name=COMPANY, uscc=CODE)
    chief.press("continue")
    assert chief.heading == COMPANY, chief.text
    return chief.where.partition("?")[0].removeprefix(chief.demo.centre)


def _a_mandate(chief: Visitor, company: str, worker) -> None:
    chief.open(f"{company}/give")
    chief.fill(name=worker.name, phone=worker.phone, days="30")
    chief.page.check("[name=sites][value=investment]")
    chief.press("continue")
    assert "邀请已发出" in chief.text


def _take_back(chief: Visitor, company: str, worker) -> None:
    chief.open(company)
    chief.page.locator("li", has_text="有效").locator("a", has_text="查看").first.click()
    chief.page.wait_for_load_state()
    chief.link("收回授权")
    chief.press("confirm")
    assert "授权已结束" in chief.text


def _file(agent: Visitor, name: str) -> str | None:
    """A project filed at the platform; who filed it, as the receipt says, or None when there is no receipt."""
    agent.follow("#file")
    agent.look("form")
    agent.fill(name=name, amount="52000")
    agent.page.check("[name=kind][value=备案]")
    agent.page.select_option("[name=region]", "青岛")
    agent.page.check("[name=promise]")
    agent.press("confirm")
    receipt = agent.page.locator("#filed-by")
    return receipt.inner_text() if receipt.count() else None
