"""What the person is asked before a site gets anything, item by item; what is remembered, shown, widened and taken back."""

from typing import Any

import pytest

from idp.core import clock
from idp.db import stamps
from idp.oidc import consents
from idp.oidc.models import Client
from idp.oidc.registration import client_metadata, clients
from tests.contract.signing_in import race
from tests.flows.asking import EVERY_SCOPE, Registered, Writes, arrived, in_userinfo, page, singly, told
from tests.flows.browser import Browser
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty


@pytest.fixture
def known_site(asking: RelyingParty, alice: Person, writes: Writes) -> RelyingParty:
    """The asking site, in whose browser Alice is signed in already."""
    writes(alice)
    asking.go_on(alice, asking.browser, asking.visit())
    return asking


def words_of(centre: Centre, who: Person) -> set[str]:
    with centre.services.database.view() as db:
        return {word for view in consents.of_account(db, who.account_id) for word in view.scope}


def test_openid_alone_asks_nothing_and_is_shown_all_the_same(
    asking: RelyingParty, alice: Person, centre: Centre
) -> None:
    assert arrived(asking.go_on(alice, asking.browser, asking.visit())).code
    shown = page(asking.browser.get("/account/sites")).text
    assert "测试网站" in shown
    assert "只有登录状态" in shown
    assert words_of(centre, alice) == set()


@pytest.mark.parametrize("scope", ["profile", "email", "address", "phone", "realname"])
def test_every_fact_is_asked_for_first(known_site: RelyingParty, centre: Centre, scope: str) -> None:
    assert arrived(known_site.visit(scope=f"openid {scope}", prompt="none")).error == "consent_required"
    assert page(known_site.visit(scope=f"openid {scope}")).path == "/consent"
    assert arrived(known_site.browser.submit("deny")).error == "access_denied"
    assert len(centre.audited("consent.refused", client_id=known_site.client_id)) == 1


def test_the_page_says_exactly_what_would_go_out_and_masks_it(
    registered: Registered, alice: Person, writes: Writes
) -> None:
    writes(alice)
    site = registered(EVERY_SCOPE, basis=clients.CONSENT, purposes={"email": "给您寄回执", "address": "寄送证照"})
    site.visit(
        scope="openid profile email",
        claims=singly(userinfo={"address": {"essential": True}, "resident_id": None, "name#en": None}),
    )
    shown = page(site.browser.submit("continue", identifier=alice.username, password=alice.password)).text
    for words in (
        "是否允许 测试网站 得到以下信息", site.site.url.removeprefix("http://"), "t***@mail.example.com",
        "给您寄回执", "寄送证照", "山东省济南市****", "该网站必需", "1990-**-**", "小试", alice.username, "姓名（英文）",
        "该网站没有说明用途",
        f"{alice.resident_id[:6]}********{alice.resident_id[-4:]}",
    ):  # fmt: skip
        assert words in shown, words
    for secret in (alice.name, alice.resident_id, "tess@mail", "试行路", "1990-01-01", alice.phone, "未经平台审核"):
        assert secret not in shown, secret


def test_what_the_person_has_not_written_is_said_to_be_missing(asking: RelyingParty, bob: Person) -> None:
    asking.visit(scope="openid email realname")
    shown = page(asking.browser.submit("continue", identifier=bob.username, password=bob.password)).text
    assert "您还没有填写，现在不会提供" in shown
    assert "您还没有核验身份，现在不会提供" in shown


@both_pairs
def test_single_claims_are_remembered_one_by_one(known_site: RelyingParty, alice: Person, centre: Centre) -> None:
    one = in_userinfo("email")
    assert page(known_site.visit(claims=one)).path == "/consent"
    known_site.browser.submit("allow")
    assert words_of(centre, alice) == {"claim:email"}
    assert told(known_site, alice, claims=one, prompt="none") == {"email": "tess@mail.example.com"}

    more = in_userinfo("email", "nickname")
    assert arrived(known_site.visit(claims=more, prompt="none")).error == "consent_required"
    assert "昵称" in page(known_site.visit(claims=more)).text
    known_site.browser.submit("allow")
    assert words_of(centre, alice) == {"claim:email", "claim:nickname"}
    assert arrived(known_site.visit(claims=more, prompt="none")).code

    # A claim never stands for its scope; a scope stands for its claims.
    assert page(known_site.visit(scope="openid email")).path == "/consent"
    known_site.browser.submit("allow")
    assert arrived(known_site.visit(claims=in_userinfo("email_verified"), prompt="none")).code

    shown = page(known_site.browser.get("/account/sites")).text
    assert "昵称" in shown
    assert "电子邮箱" in shown
    assert "昵称" in page(known_site.browser.get("/account/activity")).text


def test_a_claim_that_the_asked_scope_brings_is_no_item_of_its_own(
    known_site: RelyingParty, alice: Person, centre: Centre
) -> None:
    known_site.tokens_of(alice, scope="openid email", claims=in_userinfo("email", "email_verified"))
    assert words_of(centre, alice) == {"email"}


def test_prompt_consent_asks_again(known_site: RelyingParty, alice: Person) -> None:
    asked = in_userinfo("email")
    known_site.tokens_of(alice, claims=asked)
    assert page(known_site.visit(claims=asked, prompt="consent")).path == "/consent"
    assert arrived(known_site.browser.submit("allow")).code


def test_a_withdrawn_consent_ends_tokens_and_is_asked_for_anew(
    known_site: RelyingParty, alice: Person, centre: Centre
) -> None:
    asked = in_userinfo("email")
    tokens = known_site.tokens_of(alice, claims=asked, scope="openid offline_access")
    assert known_site.userinfo(tokens.access_token).json["email"]
    known_site.browser.get(f"/account/sites/{known_site.client_id}")
    known_site.browser.submit("confirm")
    assert known_site.userinfo(tokens.access_token).status_code == 401
    assert known_site.refresh(tokens.refresh_token).error == "invalid_grant"
    assert words_of(centre, alice) == set()
    shown = page(known_site.browser.get("/account/sites"))
    assert ("已撤回" in shown.text, "电子邮箱" in shown.text, "撤回时间" in shown.text) == (True, True, True)
    assert "还没有用这个账户登录过网站" not in shown.text
    assert f"/account/sites/{known_site.client_id}" not in shown.body  # there is nothing left to take back
    assert arrived(known_site.visit(claims=asked, prompt="none")).error == "consent_required"


def test_what_a_duty_released_is_no_yes_when_the_duty_ends(site: RelyingParty, alice: Person, centre: Centre) -> None:
    site.tokens_of(alice, scope="openid profile", claims=in_userinfo("email"))
    assert words_of(centre, alice) == {"profile", "claim:email"}
    with centre.services.database.transaction() as db:
        row = db.get(Client, site.client_id)
        assert row is not None
        row.release_basis = clients.CONSENT
        stamps.touch(db, clients.STAMP)
    centre.see_changes()
    assert arrived(site.visit(scope="openid profile", prompt="none")).error == "consent_required"
    site.tokens_of(alice, claims=in_userinfo("email"))
    assert words_of(centre, alice) == {"claim:email"}


def test_a_site_that_registered_itself_is_met_with_care(registered: Registered, alice: Person, centre: Centre) -> None:
    site = registered(
        "openid profile", basis=clients.CONSENT, origin=client_metadata.DYNAMIC, policy_uri="https://rp.example/privacy",
        tos_uri="https://rp.example/terms", logo_uri="https://rp.example/logo.png",
    )  # fmt: skip
    site.visit()
    first = page(site.browser.submit("continue", identifier=alice.username, password=alice.password))
    assert first.path == "/consent"
    assert "未经平台审核" in first.text
    assert "是否登录 测试网站" in first.text
    assert {"https://rp.example/privacy", "https://rp.example/terms"} <= set(first.links)
    assert "logo.png" not in first.body
    assert arrived(site.browser.submit("allow")).code
    assert arrived(site.visit(prompt="none")).code
    assert "未经平台审核" in page(site.browser.get("/account/sites")).text
    asked = page(site.visit(scope="openid profile"))
    assert "该网站没有说明用途" in asked.text


@both_pairs
def test_a_sign_in_and_a_withdrawal_at_once_leave_no_token_behind(
    known_site: RelyingParty, alice: Person, centre: Centre
) -> None:
    asked = in_userinfo("email")
    for _ in range(4):
        known_site.tokens_of(alice, claims=asked)
        codes: list[Any] = []

        def work(n: int) -> None:
            if n:
                browser = Browser(known_site.issuer)
                browser.http.cookies.update(known_site.browser.http.cookies)
                codes.append(known_site.visit(browser, claims=asked, prompt="none"))  # noqa: B023
            else:
                s = centre.services
                with s.database.transaction() as db:
                    consents.withdraw(db, s.trail, alice.account_id, known_site.client_id)

        assert race(work, 6) == [None] * 6
        for landed in map(arrived, codes):
            answer = known_site.redeem(landed.code) if landed.error is None else None
            assert landed.error in {None, "consent_required"}
            assert answer is None or answer.error == "invalid_grant"


def test_sign_ins_at_once_add_up_what_a_site_learned(site: RelyingParty, alice: Person, centre: Centre) -> None:
    now, s = clock.now(), centre.services
    client = s.provider.clients.find(site.client_id)
    assert client is not None
    words = ["profile", "email", "claim:address", "phone", "claim:gender", "realname"]

    def work(n: int) -> None:
        with s.database.quick() as db:
            consents.note_first_release(
                db, alice.account_id, client, known=frozenset(), wanted=(words[n % 6],), is_first=True, now=now
            )

    assert race(work, 12) == [None] * 12
    assert words_of(centre, alice) == set(words)
