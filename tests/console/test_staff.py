"""The staff among themselves: who asks, who allows, what ends with a change, and that nobody decides about themselves."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.audit.trail import SYSTEM
from idp.core import clock
from idp.staff import operators, tokens
from idp.staff.errors import LastOfRole, RoleFixed
from idp.staff.models import Invitation, Operator, Role
from idp.staff.operators import Duty, NewOperator
from idp.staff.permissions import Permission
from tests.console.house import Browser, Console
from tests.console.test_confirming import who
from tests.console.test_enrolling import finish

WANTED = {"login": "li.wei", "role": "department", "region": "370100", "networks": "10.0.0.0/8", "reason": "new_duty"}


@pytest.fixture
def second(house: Console) -> NewOperator:
    """Another security administrator."""
    return added(house, "sample.security2", Role.SECURITY)


def added(house: Console, login: str, role: Role, **more) -> NewOperator:
    everything = house.services
    with everything.database.transaction() as db:
        return operators.add(db, everything.keyring, everything.trail, login=login, role=role, actor=SYSTEM, **more)


def test_somebody_new_takes_two_people_one_gets_the_link_and_the_other_its_code(house, signed_in):
    system, security = signed_in[Role.SYSTEM], signed_in[Role.SECURITY]
    system.get("/admin/staff/new")
    asked = system.post("/admin/staff/new", **WANTED).location
    assert asked.startswith("/admin/approvals/")
    goes_on = f"/admin/staff/approved/{asked.rpartition('/')[2]}"
    assert system.post(goes_on).status_code == 409  # not allowed yet
    assert system.post(f"{asked}/decision", action="allow").status_code == 403  # nor by oneself

    page = security.get(asked).text
    assert "li.wei" in page
    assert "济南市 370100" in page
    assert "登记码" in page
    allowed = security.post(f"{asked}/decision", action="allow").text
    [code] = re.findall(r'<code class="once">([A-Z2-9]{5}-[A-Z2-9]{5})</code>', allowed)
    assert code not in security.get(asked).text + system.get(asked).text
    assert security.post(goes_on).status_code in {403, 404, 409}
    assert goes_on in system.get(asked).text
    system.get(goes_on)
    shown = system.post(goes_on).text
    [link] = re.findall(r"/admin/enrol/[A-Za-z0-9_-]{43}", shown)
    assert code not in shown
    assert Browser(house).get(link).status_code == 200
    assert system.post(goes_on).status_code == 409  # once
    with house.services.database.view() as db:
        row = operators.of_login(db, "li.wei")
        assert Duty.of(row) == Duty(Role.DEPARTMENT, "370100", None, ("10.0.0.0/8",))
        kept = [str(each.__dict__) for each in db.scalars(select(Invitation))]
        assert not [each for each in kept if link.rpartition("/")[2] in each or code.replace("-", "") in each]
    browser = Browser(house)
    page = browser.get(link)
    assert finish(browser, link, page).status_code == 400  # the link alone
    assert finish(browser, link, page, second_half=code.lower().replace("-", " ")).status_code == 303


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"login": "admin"}, "默认名称"),
        ({"login": "sample.audit"}, "已经有人使用"),
        ({"region": "37"}, "六位代码"),
        ({"role": "audit"}, "负责全域"),
        ({"clients": "nobody"}, "指定的应用不存在"),
        ({"networks": "ten"}, "地址段"),
        ({"role": "king"}, "选择一个角色"),
    ],
)
def test_what_cannot_be_asked_for_is_said(signed_in, changes, sentence):
    system = signed_in[Role.SYSTEM]
    system.get("/admin/staff/new")

    refused = system.post("/admin/staff/new", **{**WANTED, **changes})
    assert refused.status_code == 400
    assert sentence in refused.text


def test_another_duty_ends_sessions_tokens_and_what_was_asked_for(house, signed_in):
    everything, target = house.services, house.staff[Role.DEPARTMENT]
    department = signed_in[Role.DEPARTMENT]
    with everything.database.transaction() as db:
        made = tokens.make(
            db, everything.trail, who(house, department), name="job", scopes=[Permission.CLIENTS_READ.value], days=9
        )
        assert tokens.find(db, made.secret, address="192.0.2.1") is not None
    path = f"/admin/staff/{target.id}"
    signed_in[Role.SYSTEM].get(path)
    form = {"action": "change", "role": "counter", "region": "370200", "reason": "changed_duty"}
    asked = signed_in[Role.SYSTEM].post(path, **form).location
    signed_in[Role.SECURITY].get(asked)
    assert signed_in[Role.SECURITY].post(f"{asked}/decision", action="allow").status_code == 303

    assert department.get("/admin/accounts").location == "/admin/sign-in"
    with everything.database.transaction() as db:
        assert tokens.find(db, made.secret, address="192.0.2.1") is None
        assert Duty.of(db.get_one(Operator, target.id)) == Duty(Role.COUNTER, "370200")
    assert "operator.changed" in house.acts()


def test_nobody_acts_on_or_decides_about_themselves(house, signed_in, second):
    security, me = signed_in[Role.SECURITY], house.staff[Role.SECURITY]
    mine = f"/admin/staff/{me.id}"
    security.get(mine)
    for path, form in (
        (mine, {"action": "change", "role": "system", "reason": "changed_duty"}),
        (mine, {"action": "link", "reason": "lost_factor"}),
        (f"{mine}/disable", {}),
    ):
        assert "不能更改自己的" in security.post(path, **form).text
    system = signed_in[Role.SYSTEM]
    system.get(mine)
    asked = system.post(mine, action="link", reason="lost_factor").location
    security.get(asked)
    assert "不能审批关于自己的申请" in security.post(f"{asked}/decision", action="allow").text
    assert asked not in security.get("/admin/approvals").text.partition("<h2>全部申请")[0]
    other = Browser(house)
    other.sign_in(second)
    other.get(asked)
    assert "登记码" in other.post(f"{asked}/decision", action="allow").text


def test_security_disables_at_once_and_alone_but_never_the_last_of_a_role(house, signed_in, second):
    security, system = signed_in[Role.SECURITY], signed_in[Role.SYSTEM]
    audit = f"/admin/staff/{house.staff[Role.AUDIT].id}"
    page = security.get(audit)
    assert page.status_code == 200
    assert "最后一位" in security.post(f"{audit}/disable").text
    counter = house.staff[Role.COUNTER]
    system.get("/admin/staff")
    assert system.post(f"/admin/staff/{counter.id}/disable").status_code == 403
    assert security.post(f"/admin/staff/{counter.id}/disable").status_code == 303
    assert signed_in[Role.COUNTER].get("/admin/counter").location == "/admin/sign-in"
    assert "没有这位" in security.post(f"/admin/staff/{counter.id}/disable").text


def test_an_auditor_gets_no_other_role_and_nobody_becomes_one(house, second):
    everything, audit = house.services, house.staff[Role.AUDIT]
    with everything.database.transaction() as db:
        operators.add(db, everything.keyring, everything.trail, login="audit.two", role=Role.AUDIT, actor=SYSTEM)
    for operator_id, role in ((audit.id, Role.SYSTEM), (second.id, Role.AUDIT)):
        with pytest.raises(RoleFixed), everything.database.transaction() as db:
            operators.change(db, everything.trail, operator_id, Duty(role), actor=SYSTEM)


def test_the_last_of_a_role_gets_no_other_one(house):
    everything = house.services
    with pytest.raises(LastOfRole), everything.database.transaction() as db:
        operators.change(
            db, everything.trail, house.staff[Role.SYSTEM].id, Duty(Role.DEPARTMENT, "370100"), actor=SYSTEM
        )


def test_an_operator_comes_in_from_their_networks_only(house):
    everything, made = house.services, added(house, "net.one", Role.DEPARTMENT)
    with everything.database.transaction() as db:
        db.get_one(Operator, made.id).networks = ["10.0.0.0/8"]
    assert Browser(house).sign_in(made).status_code == 400
    with everything.database.transaction() as db:
        db.get_one(Operator, made.id).networks = ["127.0.0.0/8"]
    clock.travel(timedelta(minutes=1))
    browser = Browser(house)
    assert browser.sign_in(made).status_code == 303
    with everything.database.transaction() as db:
        db.get_one(Operator, made.id).networks = ["10.0.0.0/8"]
    assert browser.get("/admin/me").location == "/admin/sign-in"


def test_security_reads_what_auditors_did_and_nothing_else(house, signed_in):
    auditor = signed_in[Role.AUDIT]
    auditor.get("/admin/audit?act=key")
    page = signed_in[Role.SECURITY].get("/admin/auditors").text
    assert "audit.searched" in page
    assert "operator.signed_in" in page
    for elsewhere in (house.staff[Role.SYSTEM].id, house.account_id, "key.created"):
        assert elsewhere not in page
    assert "sample.audit" in page


def test_the_list_is_filtered_by_the_address(house, signed_in):
    added(house, "li.wei", Role.DEPARTMENT, region="370100")
    page = signed_in[Role.SECURITY].get("/admin/staff?login=li.wei").text.partition("<tbody>")[2]
    assert page.count("<tr>") == 1
    assert "济南市" in page
    assert "没有符合条件" in signed_in[Role.SECURITY].get("/admin/staff?state=invited").text


def test_two_who_are_not_of_security_are_told_so_before_they_try(house, signed_in):
    other = Browser(house)
    assert other.sign_in(added(house, "sample.system2", Role.SYSTEM)).status_code == 303
    system = signed_in[Role.SYSTEM]
    system.get("/admin/staff/new")
    asked = system.post("/admin/staff/new", **WANTED).location

    shown = other.get(asked).text
    assert "要由另一位安全管理员审批" in shown
    assert 'value="allow"' not in shown
    assert 'value="allow"' in signed_in[Role.SECURITY].get(asked).text


def test_a_division_with_a_digit_too_many_is_refused_and_not_cut(house, signed_in):
    system = signed_in[Role.SYSTEM]
    system.get("/admin/staff/new")

    assert "六位代码" in system.post("/admin/staff/new", **{**WANTED, "region": "3701001"}).text
