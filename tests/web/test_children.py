"""Children: no account of their own under 14, one that a guardian opens, and what each of the two may do with it."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.accounts.models import Guardianship
from idp.audit.trail import Actor
from idp.core import clock
from idp.core.identifiers.resident_id import check_character
from idp.edge.services import Services
from idp.guardians import guardianships
from idp.guardians.errors import CannotHandOver
from idp.guardians.guardians import MOST
from idp.realname.models import Evidence
from idp.realname.ports import Refutation, Refuted, Verified
from tests.web.conftest import PASSWORD, Centre, Page, Visitor

_numbers = itertools.count(100)
CHILDS_PASSWORD = "zwölf-Enten-45-teich"


def number_of(born: str) -> str:
    body = f"370198{born}{next(_numbers):03d}"
    return body + check_character(body)


class Family:
    """A guardian, verified, signed in, and what is known of a child."""

    def __init__(self, centre: Centre, *, born: str = "20180601") -> None:
        self.centre, self.child_number = centre, number_of(born)
        self.guardian_id, self.phone = centre.person()
        self.guardian = self.browser(self.phone)
        self.username = f"haizi{next(_numbers)}"

    def browser(self, identifier: str, password: str = PASSWORD) -> Visitor:
        visitor = self.centre.visitor()
        visitor.client.environ_base["REMOTE_ADDR"] = f"10.7.{next(_numbers) % 250}.1"
        visitor.sign_in(identifier, password)
        return visitor

    def verify_guardian(self, born: str = "19880808") -> None:
        self.guardian.get("/verify-identity")
        self.guardian.submit(name="测试甲", resident_id=number_of(born))

    def add(self, **changed: str) -> Page:
        self.guardian.get("/account/children/add")
        typed = {
            "name": "测试小", "resident_id": self.child_number, "relation": "parent", "identifier": self.username,
            "password": CHILDS_PASSWORD, "agree": "yes",
        }  # fmt: skip
        return self.guardian.submit(**{**typed, **changed})

    def begin(self) -> str:
        """The child's account is open; its id."""
        self.verify_guardian()
        assert self.add().path == "/account/children?done=added"
        with self.centre.services.database.view() as db:
            return db.scalars(
                select(Guardianship.child_account_id).where(Guardianship.guardian_account_id == self.guardian_id)
            ).one()

    def child(self) -> Visitor:
        return self.browser(self.username, CHILDS_PASSWORD)


@pytest.fixture
def family(centre: Centre):
    yield Family(centre)
    centre.registry.answer = Verified(centre.registry.capability.attests)


def test_a_guardian_opens_an_account_and_the_child_signs_in(family: Family) -> None:
    child_id = family.begin()
    page = family.guardian.get("/account/children")
    assert ("测**" in page.text, "由您声明" in page.text, family.child_number in page.html) == (True, True, False)

    child = family.child()
    assert "测**" in child.get("/account").text
    assert "还未满 18 周岁" in child.page.text
    assert "孩子的账户刚刚登录" in family.centre.last_sms(family.phone)
    with family.centre.services.database.view() as db:
        asked = db.scalars(select(Evidence).where(Evidence.account_id == child_id)).one()
    assert (asked.purpose, asked.verdict, asked.ial) == ("guardian", "verified", 1)


def test_a_child_does_not_verify_itself(family: Family) -> None:
    family.guardian.get("/verify-identity")
    page = family.guardian.submit(name="测试小", resident_id=family.child_number)

    assert "请监护人登录自己的账户" in page.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"resident_id": number_of("20100101")}, "年满 14 周岁可以自己注册和核验"),
        ({"relation": ""}, "请选择您与孩子的关系"),
        ({"agree": ""}, "请先阅读并勾选同意"),
        ({"password": "12345678"}, "密码"),
        ({"resident_id": "370199201506010031"}, "不是有效的公民身份号码"),
    ],
    ids=["fourteen", "relation", "consent", "password", "number"],
)
def test_what_is_wrong_is_said_before_the_register_is_asked(family: Family, change: dict[str, str], said: str) -> None:
    family.verify_guardian()
    before = len(family.centre.registry.asked)
    if change.get("agree") == "":
        family.guardian.get("/account/children/add")
        page = family.guardian.submit(
            name="测试小", resident_id=family.child_number, relation="parent", identifier=family.username,
            password=CHILDS_PASSWORD,
        )  # fmt: skip
    else:
        page = family.add(**change)

    assert page.status == 400
    assert said in page.text
    assert len(family.centre.registry.asked) == before


@pytest.mark.parametrize("born", [None, "20090101"], ids=["not verified", "seventeen"])
def test_only_a_verified_adult_is_a_guardian(family: Family, born: str | None) -> None:
    if born is not None:
        family.verify_guardian(born)
    assert "请先核验您本人的身份" in family.guardian.get("/account/children").text
    assert "请先核验您本人的身份" in family.add().text


def test_a_no_of_the_register_opens_nothing(family: Family) -> None:
    family.verify_guardian()
    family.centre.registry.answer = Refuted(Refutation.MISMATCH)

    assert "没有通过核验" in family.add().text
    assert family.child().page.path.startswith("/sign-in")


def test_one_child_has_one_account(family: Family, centre: Centre) -> None:
    family.begin()
    other = Family(centre)
    other.child_number = family.child_number
    other.verify_guardian()

    assert "这个孩子已经有账户" in other.add().text
    assert other.guardian.get("/merge").path == "/account"  # it was no proof of the guardian


def test_consent_of_a_child_is_the_guardians(family: Family) -> None:
    family.begin()
    child = family.child()
    page = child.authorize(client_id="credit", scope="openid profile realname")
    assert page.path.startswith("/consent")
    assert "要先由监护人同意" in page.text
    assert child.submit("continue").path.startswith("/consent")
    child.submit("ask")
    assert "申请让一个网站得到信息" in family.centre.last_sms(family.phone)
    path, fields = child.page.form()
    child.post(path, {**fields, "action": "allow"})  # a button that is not there
    assert child.arrived["error"] == "access_denied"

    page = family.guardian.get("/account/children")
    assert "测** 想让 样例站点credit 得到" in page.text
    assert "已允许" in family.guardian.submit("allow").text
    child.authorize(client_id="credit", scope="openid profile realname")
    assert child.arrived["code"]


def test_a_guardian_allows_what_they_saw_and_no_more(family: Family) -> None:
    family.begin()
    child = family.child()
    child.authorize(client_id="credit", scope="openid profile")
    child.submit("ask")
    family.guardian.get("/account/children")
    child.authorize(client_id="credit", scope="openid profile realname")
    child.submit("ask")

    assert "已允许" not in family.guardian.submit("allow").text
    assert "想让 样例站点credit 得到" in family.guardian.page.text
    assert "已允许" in family.guardian.submit("allow").text


def test_a_guardian_takes_back_once_asked_and_reads_it_later(family: Family) -> None:
    child_id = family.begin()
    child = family.child()
    child.authorize(client_id="credit", scope="openid profile realname")
    child.submit("ask")
    assert "孩子想让网站得到信息" in family.guardian.get("/account").text
    family.guardian.get("/account/children")
    family.guardian.submit("allow")
    assert "孩子想让网站得到信息" not in family.guardian.get("/account").text
    child.authorize(client_id="credit", scope="openid profile realname")

    here = f"/account/children/{child_id}"
    assert f"{here}/sites/credit" in family.guardian.get(here).html
    page = family.guardian.get(f"{here}/sites/credit")
    assert "撤回对 样例站点credit 的授权？" in page.text
    assert "已撤回" not in family.guardian.submit("cancel").text
    family.guardian.get(f"{here}/sites/credit")
    page = family.guardian.submit("confirm")
    assert ("授权已撤回" in page.text, "样例站点credit" in page.text, "撤回时间" in page.text) == (True, True, True)
    assert "还没有网站得到过孩子的信息" not in page.text
    assert "撤回时间" in child.get("/account/sites").text
    assert child.authorize(client_id="credit", scope="openid profile realname").path.startswith("/consent")


def test_what_a_guardian_refuses_stays_refused(family: Family) -> None:
    family.begin()
    child = family.child()
    child.authorize(client_id="credit", scope="openid profile realname")
    child.submit("ask")
    family.guardian.get("/account/children")
    assert "已拒绝" in family.guardian.submit("deny").text

    assert child.authorize(client_id="credit", scope="openid profile realname").path.startswith("/consent")


def test_a_guardian_sees_and_manages_the_account(family: Family) -> None:
    child_id = family.begin()
    child = family.child()
    child.authorize()
    here = f"/account/children/{child_id}"
    page = family.guardian.get(here)
    assert ("样例站点portal" in page.text, "已登录的设备" in page.text) == (True, True)

    family.guardian.submit("sign_out")
    assert child.get("/account").path.startswith("/sign-in")
    family.guardian.get(here)
    new = "neue-Brücke-88-am-See"
    assert "密码已保存" in family.guardian.submit("set_password", password=new).text
    assert family.browser(family.username, new).get("/account").path == "/account"
    assert "需要监护人" in family.guardian.get(here).text
    path, fields = family.guardian.page.form()
    assert "需要监护人" in family.guardian.post(path, {**fields, "action": "let_go"}).text
    family.guardian.get(f"{here}/close")
    assert family.guardian.submit("confirm").path == "/account/children?done=closed"
    assert family.browser(family.username, new).page.path.startswith("/sign-in")


def test_a_stranger_manages_nobody(family: Family, centre: Centre) -> None:
    child_id = family.begin()
    stranger = Family(centre)
    stranger.verify_guardian()

    assert stranger.guardian.get(f"/account/children/{child_id}").path == "/account/children"
    assert stranger.guardian.get(f"/account/children/{child_id}/close").path == "/account/children"


def test_from_fourteen_on_a_guardian_may_let_go_and_the_child_decides(centre: Centre) -> None:
    family = Family(centre, born="20130101")  # fourteen in 2027
    child_id = family.begin()
    clock.travel(timedelta(days=60))
    family.guardian.sign_in(family.phone)
    family.guardian.get(f"/account/children/{child_id}")
    action, fields = family.guardian.page.form()
    assert family.guardian.post(action, {**fields, "action": "let_go"}).path == "/account/children?done=let_go"
    child = family.child()
    assert "是否允许" in child.authorize(client_id="credit", scope="openid profile realname").text


def test_an_officer_sees_the_papers(family: Family) -> None:
    child_id = family.begin()
    services = family.centre.services
    with services.database.transaction() as db:
        assert guardianships.confirm_relation(db, services.trail, child_id, officer=Actor("operator", "o1"))
    with services.database.transaction() as db:
        assert not guardianships.confirm_relation(db, services.trail, child_id, officer=Actor("operator", "o1"))
    assert "已核对" in family.guardian.get("/account/children").text


def test_a_request_that_was_left_is_the_childs_own_from_fourteen_on(centre: Centre) -> None:
    family = Family(centre, born="20130101")  # fourteen in 2027
    family.begin()
    child = family.child()
    child.authorize(client_id="credit", scope="openid profile realname")
    child.submit("ask")
    family.guardian.get("/account/children")
    action, fields = family.guardian.page.form()
    clock.travel(timedelta(days=60))
    family.guardian.sign_in(family.phone)

    assert "已允许" not in family.guardian.post(action, {**fields, "action": "allow"}).text
    assert "想让" not in family.guardian.get("/account/children").text


def test_when_a_guardian_leaves_nobody_decides_until_an_officer_hands_the_child_over(family: Family) -> None:
    child_id, services = family.begin(), family.centre.services
    child = family.child()
    child.authorize(client_id="credit", scope="openid profile realname")
    child.submit("ask")
    with services.database.transaction() as db:
        services.lifecycle.close(db, family.guardian_id, actor=Actor("operator", "o1"), reason="asked for")
    page = child.authorize(client_id="credit", scope="openid profile realname")
    assert page.path.startswith("/consent")
    assert "到政务服务大厅办理" in page.text
    assert "请监护人同意" not in page.text

    other = Family(family.centre)
    with pytest.raises(CannotHandOver):
        _hand_over(services, child_id, other.guardian_id)
    other.verify_guardian()
    _hand_over(services, child_id, other.guardian_id)
    with pytest.raises(CannotHandOver):
        _hand_over(services, child_id, other.guardian_id)
    assert "已核对" in other.guardian.get("/account/children").text
    assert "已允许" in other.guardian.submit("allow").text
    child.authorize(client_id="credit", scope="openid profile realname")
    assert child.arrived["code"]


def _hand_over(services: Services, child_id: str, guardian_id: str) -> None:
    with services.database.transaction() as db:
        guardianships.hand_over(
            db, services.keyring, services.trail, child_id, guardian_id, officer=Actor("operator", "o1")
        )


def test_a_guardianship_ends_when_the_child_comes_of_age_also_after_its_evidence(family: Family) -> None:
    child_id, services = family.begin(), family.centre.services
    assert guardianships.end_of_age(services.database, services.keyring, services.trail) == 0
    clock.travel(timedelta(days=365 * 12))  # no evidence holds so long
    assert guardianships.end_of_age(services.database, services.keyring, services.trail) >= 1
    assert guardianships.end_of_age(services.database, services.keyring, services.trail) == 0
    with services.database.view() as db:
        assert services.guardians.ward(db, child_id) is None
        mine = select(Guardianship.ended_at).where(Guardianship.child_account_id == child_id)
        assert db.scalars(mine).one() is not None


@pytest.mark.parametrize("by_guardian", [True, False])
def test_nobody_answers_for_an_account_that_was_closed(family: Family, by_guardian: bool) -> None:
    child_id, services = family.begin(), family.centre.services
    if by_guardian:
        services.guardians.close(family.guardian_id, child_id)
    else:
        with services.database.transaction() as db:
            services.lifecycle.close(db, child_id, actor=Actor("operator", "o1"), reason="asked for")
    with services.database.view() as db:
        ended = db.scalars(select(Guardianship.ended_at).where(Guardianship.child_account_id == child_id)).one()
    assert ended is not None
    assert family.add(identifier=f"haizi{next(_numbers)}").path == "/account/children?done=added"


def test_a_guardian_has_no_crowd_of_children(family: Family) -> None:
    family.begin()
    others = [family.centre.person()[0] for _ in range(MOST - 1)]
    with family.centre.services.database.transaction() as db:
        for other in others:
            db.add(
                Guardianship(
                    id=f"g{next(_numbers):031d}", guardian_account_id=family.guardian_id, child_account_id=other,
                    relation="parent", consent_version="1", consented_at=clock.now(),
                )
            )  # fmt: skip
    family.child_number, family.username = number_of("20190601"), f"haizi{next(_numbers)}"
    assert "最多可以管理" in family.add().text
