"""Signing in with an account elsewhere, page by page: out and back, linked after the account's own sign-in, unlinked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sqlalchemy import select

from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.identifiers import Document, DocumentKind
from idp.realname import levels, persons
from idp.realname.models import Evidence
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    Begun,
    Capability,
    ExternalIdentity,
    Refutation,
    Refuted,
    Scene,
    Source,
    SubjectKind,
    Surface,
    Unavailable,
)
from idp.realname.sources import Sources
from tests.web.conftest import ISSUER, PASSWORD, new_phone


class ScriptedSignIn:
    """A source that says what it was told to; what it gives to be kept must come back."""

    capability = Capability(SubjectKind.NATURAL_PERSON, frozenset(), AssuranceLevel.REGISTERED, "electronic_record")

    def __init__(self, source: str, *surfaces: Surface) -> None:
        self.source = source
        self.surfaces = surfaces or tuple(Surface)
        self.says: ExternalIdentity | Refuted | Unavailable | None = None
        self.asked: list[tuple[Mapping[str, str], Scene]] = []
        self.is_away = False

    def suits(self, surface: Surface) -> bool:
        return surface in self.surfaces

    def begin(self, state: str, scene: Scene) -> Begun | Unavailable:
        if self.is_away:
            return Unavailable("scripted")
        query = urlencode({"state": state, "redirect_uri": scene.return_url})
        return Begun(f"https://{self.source}.example/authorize?{query}", keep=f"kept-for-{state}")

    def finish(self, answer: Mapping[str, str], keep: str, scene: Scene, deadline: Deadline):
        assert keep == f"kept-for-{answer['state']}"
        self.asked.append((answer, scene))
        if answer.get("code") == "breaks":
            raise RuntimeError("broken adapter")
        return self.says or ExternalIdentity(self.source, answer["code"], shown="小明")


@pytest.fixture(scope="module")
def wechat() -> ScriptedSignIn:
    return ScriptedSignIn("wechat")


@pytest.fixture(scope="module")
def alipay() -> ScriptedSignIn:
    return ScriptedSignIn("alipay", Surface.IN_ALIPAY)


@pytest.fixture
def centre(centre, wechat, alipay):
    before = centre.services
    wechat.says, wechat.is_away, wechat.asked = None, False, []
    sources = Sources((Source("wechat", "微信", sign_in=wechat), Source("alipay", "支付宝", sign_in=alipay)))
    centre.services = centre.app.extensions["idp"] = dataclasses.replace(before, sources=sources)
    yield centre
    centre.services = centre.app.extensions["idp"] = before


def left(visitor, path: str = "/sign-in/with/wechat") -> str:
    """Go out to the source; the state that it was given."""
    page = visitor.get(path)
    assert page.location is not None, page.text
    assert page.location.startswith("https://wechat.example/authorize?")
    query = parse_qs(urlsplit(page.location).query)
    assert query["redirect_uri"] == [f"{ISSUER}/sign-in/with/wechat/return"]
    return query["state"][0]


def back(visitor, state: str, code: str = "somebody", source: str = "wechat", **more: str):
    return visitor.get(f"/sign-in/with/{source}/return?" + urlencode({"state": state, "code": code, **more}))


def link(visitor, phone: str, code: str) -> None:
    back(visitor, left(visitor), code)
    visitor.get("/sign-in")
    visitor.submit(identifier=phone, password=PASSWORD)
    visitor.submit("link")


def links_of(centre, account_id: str):
    with centre.services.database.view() as db:
        return centre.services.links.of(db, account_id)


def test_only_the_sources_that_suit_the_browser_are_offered(centre):
    desk, in_alipay = centre.visitor(), centre.visitor(**{"User-Agent": "Mozilla/5.0 (iPhone) AlipayClient/10.5"})

    assert "用微信登录" in desk.get("/sign-in").text
    assert "支付宝" not in desk.page.text
    assert "用支付宝登录" in in_alipay.get("/sign-in/code").text
    assert desk.get("/sign-in/with/alipay").path.startswith("/sign-in?said=away")
    assert desk.get("/sign-in/with/nobody").path == "/sign-in"


def test_a_browser_is_told_apart_by_what_it_says_it_is(centre, wechat):
    for agent, surface in (
        ("Mozilla/5.0 (iPhone) MicroMessenger/8.0", Surface.IN_WECHAT),
        ("Mozilla/5.0 (Linux; Android 15) Mobile", Surface.PHONE),
        ("Mozilla/5.0 (X11; Linux)", Surface.DESK),
    ):
        visitor = centre.visitor(**{"User-Agent": agent})
        back(visitor, left(visitor), "surface")
        assert wechat.asked[-1][1].surface is surface


def test_a_state_is_long_and_plain_and_never_the_same(centre):
    visitor = centre.visitor()
    states = {left(visitor) for _ in range(5)}

    assert len(states) == 5
    assert all(state.isascii() and state.isalnum() and 22 <= len(state) <= 64 for state in states)


def test_an_unlinked_account_elsewhere_is_linked_after_a_sign_in_and_a_click_and_ends_at_the_site(centre):
    account_id, phone = centre.person()
    visitor = centre.visitor()
    visitor.authorize(state="from-portal")
    journey = visitor.page.path.partition("?")[2]

    page = back(visitor, left(visitor, f"/sign-in/with/wechat?{journey}"), "first-time")
    assert "这个微信账号还没有关联账户" in page.text
    assert "小明" in page.text
    assert "登录后返回 样例站点portal" in " ".join(page.text.split())
    assert links_of(centre, account_id) == []
    visitor.get(f"/sign-in?{journey}")
    page = visitor.submit(identifier=phone, password=PASSWORD)
    assert "以后用微信登录这个账户？" in page.text
    assert links_of(centre, account_id) == []
    visitor.submit("link")

    assert visitor.arrived["state"] == "from-portal"
    [linked] = links_of(centre, account_id)
    assert (linked.source, linked.shown) == ("wechat", "小明")
    assert "关联了一种新的登录方式" in centre.last_sms(phone)

    again = centre.visitor()
    again.authorize(state="next")
    journey = again.page.path.partition("?")[2]
    back(again, left(again, f"/sign-in/with/wechat?{journey}"), "first-time")
    assert again.arrived["state"] == "next"
    page = again.get("/account/activity")
    assert "关联了一种登录方式" in page.text
    assert "微信" in page.text
    assert "关联的账户" in again.get("/account/security").text


def test_who_registers_may_link_as_well(centre):
    visitor, phone = centre.visitor(), new_phone()
    back(visitor, left(visitor), "newcomer")
    visitor.get("/register")
    visitor.submit("send_code", phone=phone, agree="yes")
    visitor.submit(otp=centre.code_for(phone))
    page = visitor.submit()

    assert "以后用微信登录这个账户？" in page.text
    visitor.submit("link")
    assert visitor.page.path == "/account/security?done=linked" or visitor.page.path == "/account"

    again = centre.visitor()
    assert back(again, left(again), "newcomer").path == "/account"


def test_saying_no_links_nothing_and_goes_on(centre):
    account_id, phone = centre.person()
    visitor = centre.visitor()
    back(visitor, left(visitor), "not-mine")
    visitor.get("/sign-in")
    visitor.submit(identifier=phone, password=PASSWORD)

    assert visitor.submit("later").path == "/account"
    assert links_of(centre, account_id) == []
    assert visitor.get("/sign-in/link").path == "/account"


def test_a_session_from_before_is_not_asked_to_link(centre):
    account_id, phone = centre.person()
    visitor = centre.visitor()
    visitor.sign_in(phone)
    back(visitor, left(visitor), "of-a-passer-by")

    assert visitor.get("/sign-in/link").path == "/account"
    visitor.get("/sign-in")
    assert visitor.page.path == "/sign-in"
    assert links_of(centre, account_id) == []


def test_an_arrival_belongs_to_the_journey_it_came_in(centre):
    account_id, phone = centre.person()
    visitor = centre.visitor()
    back(visitor, left(visitor), "outside-of-any-journey")
    visitor.authorize()
    visitor.submit(identifier=phone, password=PASSWORD)

    assert visitor.arrived["code"]
    assert links_of(centre, account_id) == []


@pytest.mark.parametrize(
    "how", ["unknown", "replayed", "another browser", "another source", "missing", "twice", "late"]
)
def test_a_return_that_this_browser_did_not_leave_for_signs_nobody_in(centre, how):
    _, phone = centre.person()
    code = f"victim {how}"
    link(centre.visitor(), phone, code)
    visitor = centre.visitor()
    state = left(visitor)
    match how:
        case "unknown":
            page = back(visitor, "A" * 32, code)
        case "replayed":
            back(visitor, state, "somebody-else")
            page = back(visitor, state, code)
        case "another browser":
            page = back(other := centre.visitor(), state, code)
            visitor = other
        case "another source":
            page = back(visitor, state, code, source="alipay")
        case "missing":
            page = visitor.get(f"/sign-in/with/wechat/return?code={code}")
        case "twice":
            page = visitor.get(f"/sign-in/with/wechat/return?state={state}&state={state}&code={code}")
        case _:
            # The embedded store keeps real time: what is over there is gone, which is all that a late return meets.
            centre.services.store.delete(_away(), state)
            page = back(visitor, state, code)

    assert page.status == 400
    assert "这次登录没有完成" in page.text
    assert 'href="/sign-in"' in page.html
    assert visitor.get("/account").path.startswith("/sign-in")


def _away():
    from idp.web.elsewhere import Away

    return Away


def test_a_refusal_and_a_silence_lead_back_to_the_other_ways(centre, wechat):
    visitor = centre.visitor()
    wechat.says = Refuted(Refutation.NOT_ALLOWED)
    page = back(visitor, left(visitor))
    assert "您没有在微信完成登录" in page.text
    assert page.path.startswith("/sign-in")
    wechat.says = Unavailable("timeout")
    assert "微信现在没有答复" in back(visitor, left(visitor)).text
    wechat.says = None
    assert "微信现在没有答复" in back(visitor, left(visitor), "breaks").text
    wechat.is_away = True
    assert "微信现在没有答复" in visitor.get("/sign-in/with/wechat").text


def test_a_refusal_in_a_journey_keeps_the_journey(centre, wechat):
    _, phone = centre.person()
    visitor = centre.visitor()
    visitor.authorize(state="still-there")
    journey = visitor.page.path.partition("?")[2]
    wechat.says = Refuted(Refutation.ABANDONED)

    back(visitor, left(visitor, f"/sign-in/with/wechat?{journey}"))
    visitor.submit(identifier=phone, password=PASSWORD)

    assert visitor.arrived["state"] == "still-there"


def test_the_account_centre_links_another_and_takes_it_away_again(centre):
    account_id, phone = centre.person()
    visitor = centre.visitor()
    visitor.sign_in(phone)
    assert "关联微信" in visitor.get("/account/security").text

    page = back(visitor, left(visitor, "/account/links/with/wechat"), "from-the-centre")
    assert "以后用微信登录这个账户？" in page.text
    page = visitor.submit("link")
    assert "登录方式已关联。" in page.text
    [linked] = links_of(centre, account_id)
    page = visitor.get(f"/account/links/{linked.id}")
    assert "不再用微信登录？" in page.text
    page = visitor.submit("unlink")

    assert "登录方式已取消关联。" in page.text
    assert links_of(centre, account_id) == []
    assert "取消了一种登录方式" in centre.last_sms(phone)


def test_what_is_changed_about_links_wants_a_fresh_sign_in(centre):
    account_id, phone = centre.person()
    visitor = centre.visitor()
    link(visitor, phone, "fresh")
    [linked] = links_of(centre, account_id)
    clock.travel(timedelta(minutes=11))

    for path in (f"/account/links/{linked.id}", "/account/links/with/wechat"):
        assert visitor.get(path).path == "/sign-in/code"


def test_nobody_takes_away_the_link_of_somebody_else(centre):
    account_id, phone = centre.person()
    link(centre.visitor(), phone, "of-the-owner")
    [linked] = links_of(centre, account_id)
    _, other = centre.person()
    visitor = centre.visitor()
    visitor.sign_in(other)

    assert visitor.get(f"/account/links/{linked.id}").path == "/account/security"
    assert len(links_of(centre, account_id)) == 1


def test_one_that_opens_another_account_is_not_linked_from_the_account_centre(centre):
    _, phone = centre.person()
    link(centre.visitor(), phone, "taken")
    mine, other = centre.person()
    visitor = centre.visitor()
    visitor.sign_in(other)
    back(visitor, left(visitor, "/account/links/with/wechat"), "taken")

    page = visitor.submit("link")

    assert page.status == 409
    assert "它已经关联了另一个账户" in page.text
    assert links_of(centre, mine) == []


def test_a_return_to_the_account_centre_without_its_session_links_nothing(centre):
    mine, phone = centre.person()
    _, other = centre.person()
    visitor = centre.visitor()
    visitor.sign_in(phone)
    state = left(visitor, "/account/links/with/wechat")
    visitor.get("/sign-out")
    visitor.submit("sign_out")
    visitor.sign_in(other)

    assert back(visitor, state, "whose").status == 400
    assert links_of(centre, mine) == []


NAME, NUMBER = "测试甲", "370199198503070017"


def vouched_for(code: str, *, level: AssuranceLevel = AssuranceLevel.ON_RECORD) -> ExternalIdentity:
    document = Document.parse(DocumentKind.RESIDENT_ID, NUMBER, today=date(2026, 11, 22))
    return ExternalIdentity(
        "wechat", code, applicant=Applicant(NAME, document), level=level, request_number="upstream-1"
    )


def free(centre) -> None:
    document = Document.parse(DocumentKind.RESIDENT_ID, NUMBER, today=date(2026, 11, 22))
    with centre.services.database.transaction() as db:
        if (holder := persons.holder_of(db, centre.services.keyring, document)) is not None:
            persons.forget(db, holder)


def level_of(centre, account_id: str) -> int:
    with centre.services.database.glance() as db:
        return levels.ial_of(db, account_id, clock.now())


@pytest.fixture
def vouching(wechat):
    """The source vouches for people up to the level at which a register knows them."""
    before = wechat.capability
    wechat.capability = dataclasses.replace(before, assurance_level=AssuranceLevel.ON_RECORD)
    yield wechat
    wechat.capability = before


def test_a_proof_of_another_centre_is_taken_over_when_its_person_agrees(centre, vouching):
    free(centre)
    account_id, phone = centre.person()
    vouching.says = vouched_for("of-another-centre", level=AssuranceLevel.IN_PERSON)
    visitor = centre.visitor()
    visitor.authorize(state="proven-elsewhere")
    journey = visitor.page.path.partition("?")[2]
    back(visitor, left(visitor, f"/sign-in/with/wechat?{journey}"))
    visitor.get(f"/sign-in?{journey}")
    visitor.submit(identifier=phone, password=PASSWORD)
    page = visitor.submit("link")
    assert "微信已核验您的身份" in page.text
    assert "370199********0017" in page.text
    assert NUMBER not in page.text
    assert level_of(centre, account_id) == 0
    cookie = visitor.client.get_cookie("idp_session", domain="localhost")
    visitor.submit("accept")

    assert visitor.arrived["state"] == "proven-elsewhere"
    assert visitor.client.get_cookie("idp_session", domain="localhost") != cookie
    assert level_of(centre, account_id) == 1  # never above what the source may vouch for
    with centre.services.database.view() as db:
        evidence = db.scalars(select(Evidence).where(Evidence.account_id == account_id)).one()
    told = (evidence.source, evidence.channel, evidence.purpose, evidence.request_number, evidence.client_id)
    assert told == ("wechat", "sign_in", "sign_in", "upstream-1", "portal")

    again = centre.visitor()
    assert back(again, left(again)).path == "/account"


def test_who_says_no_to_the_proof_is_signed_in_all_the_same(centre, vouching):
    free(centre)
    account_id, phone = centre.person()
    link(centre.visitor(), phone, "linked-before")
    vouching.says = vouched_for("linked-before")
    visitor = centre.visitor()

    assert "微信已核验您的身份" in back(visitor, left(visitor)).text
    assert visitor.submit("later").path == "/account"
    assert level_of(centre, account_id) == 0


def test_a_proof_of_somebody_who_has_another_account_changes_nothing(centre, vouching):
    free(centre)
    first, phone = centre.person()
    second, other = centre.person()
    for who, code in ((phone, "first-of-two"), (other, "second-of-two")):
        link(centre.visitor(), who, code)
    visitor = centre.visitor()
    vouching.says = vouched_for("first-of-two")
    back(visitor, left(visitor))
    visitor.submit("accept")
    visitor = centre.visitor()
    vouching.says = vouched_for("second-of-two")
    back(visitor, left(visitor))
    page = visitor.submit("accept")

    assert "这次核验结果不能使用" in page.text
    assert "这个身份已在另一个账户中核验" in page.text
    assert (level_of(centre, first), level_of(centre, second)) == (1, 0)
    assert "合并我的两个账户" in page.text
    assert visitor.submit("later").path == "/account"


def test_the_proof_page_is_for_whom_the_source_vouched_for(centre, vouching):
    free(centre)
    _, phone = centre.person()
    link(centre.visitor(), phone, "only-for-one")
    mine, other = centre.person()
    vouching.says = vouched_for("only-for-one")
    visitor = centre.visitor()
    back(visitor, left(visitor))
    visitor.get("/sign-out")
    visitor.submit("sign_out")
    visitor.sign_in(other)

    assert visitor.get("/sign-in/proof").path == "/account"
    assert level_of(centre, mine) == 0
