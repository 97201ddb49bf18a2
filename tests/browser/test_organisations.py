"""A company in the running demo: its legal representative by licence, its agent by mandate, given, accepted and taken back."""

from __future__ import annotations

import pytest

from tests.browser.running_demo import until
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COMPANY, CODE, CHIEF = "山东示例科技有限公司", "91370199MA3DEM019F", "测试甲"
NUMBERS = "SELECT count(*) FROM audit_entries WHERE act = ?"


def _shown_to_the_platform(chief: Visitor, phone: Visitor) -> None:
    """What the person does on the phone with the code that stands on the desk."""
    with chief.page.expect_response(lambda answer: "/account/licence/" in answer.url):
        chief.press("continue")
    sandbox = chief.demo.facts["sandbox_url"]
    [shown] = until("a code to scan", lambda: _codes(chief))
    assert shown.startswith(sandbox)
    phone.open(shown)
    phone.page.select_option("[name=uscc]", CODE)
    phone.fill(pin="123456")
    phone.page.click("button[name=action][value=confirm]")
    phone.page.wait_for_load_state()


def _codes(visitor: Visitor) -> list[str]:
    """The address in the code: the link that a phone is shown says the same."""
    return [link.get_attribute("href") or "" for link in visitor.page.locator("main a.licence-app").all()]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_company_by_licence_and_its_agent_by_mandate(visit, demo, script):
    person, worker = demo.named(CHIEF), demo.citizen(ial=1)
    chief, phone, agent = visit("desk", script=script), visit("phone", script=script), visit("phone", script=script)

    chief.open("/sign-in")
    chief.give_password(person)
    chief.open("/account/organisations")
    chief.look("organisations")
    chief.link("添加单位")
    chief.look("add")
    chief.link("出示电子营业执照")
    chief.look("licence")
    _shown_to_the_platform(chief, phone)
    phone.look("licence-on-the-phone")
    until("the company's page", lambda: _goes_on(chief))
    chief.look("company")
    assert chief.heading == COMPANY
    assert "已确认本人就是登记的法定代表人" in chief.text
    company = chief.where.partition("?")[0].removeprefix(demo.centre)

    before = demo.texts_sent_to(worker.phone)
    chief.link("授权经办人")
    chief.fill(name=worker.name, phone=worker.phone, days="30")
    chief.page.check("[name=sites][value=investment]")
    chief.look("give")
    chief.press("continue")
    assert "邀请已发出" in chief.text
    until("the invitation by text message", lambda: demo.texts_sent_to(worker.phone) > before)

    agent.open("/sign-in")
    agent.give_password(worker)
    agent.open("/account/mandates")
    agent.look("offers")
    agent.link("查看邀请")
    agent.look("offer")
    assert f"{COMPANY}请您担任经办人" in agent.heading
    agent.press("allow")
    assert "已接受授权" in agent.text
    agent.look("accepted")

    chief.open(company)
    chief.page.locator("li", has_text=worker.name).locator("a:has-text('查看')").first.click()
    chief.page.wait_for_load_state()
    chief.link("收回授权")
    chief.look("revoke")
    chief.press("confirm")
    assert "授权已结束" in chief.text
    agent.open("/account/mandates")
    assert "已收回" in agent.text
    agent.look("revoked")

    chief.open(f"{company}/leave")
    chief.press("confirm")
    assert COMPANY not in chief.text
    assert demo.rows(NUMBERS, "representation.ended")[0][0] >= 1
    written = demo.log.read_text(encoding="utf-8")
    assert [fact for fact in (person.resident_id, person.phone, worker.phone) if fact in written] == []


def _goes_on(chief: Visitor) -> bool:
    """By itself where there are scripts or the page reloads; else by the button."""
    if chief.is_at("/account/licence/"):
        chief.press("continue")
    return chief.is_at("/account/organisations/")
