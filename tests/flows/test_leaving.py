"""Leaving: end-session with and without a hint, and every site told by a back-channel logout token."""

from datetime import timedelta
from urllib.parse import urlencode

from idp.audit.trail import SYSTEM
from idp.core import clock, signing
from idp.oidc.jwt import keys
from idp.oidc.models import Client
from tests.flows.browser import Browser, Landing, Page
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed, page

pytestmark = both_pairs


def leave(rp: RelyingParty, browser: Browser | None = None, **parameters: str) -> Page | Landing:
    return (browser or rp.browser).get("/end-session?" + urlencode(parameters))


def test_a_hint_ends_the_session_without_a_question(
    rp: RelyingParty, other: RelyingParty, alice: Person, centre: Centre
) -> None:
    mine = rp.tokens_of(alice)
    short = other.redeem(landed(other.visit(rp.browser, scope="openid profile")).code)
    theirs = other.claims(short.id_token)
    gone = landed(
        leave(rp, id_token_hint=mine.id_token, post_logout_redirect_uri=f"{rp.site.url}/signed-out", state="x y")
    )
    assert gone.address == f"{rp.site.url}/signed-out"
    assert gone.params == {"state": "x y"}
    assert rp.browser.session_cookie is None
    assert other.userinfo(short.access_token).status_code == 401  # what the session gave out ends with it
    assert rp.userinfo(mine.access_token).status_code == 200  # but for offline_access

    centre.deliver()
    for party, sign_in in ((rp, rp.claims(mine.id_token)), (other, theirs)):
        (told,) = party.site.logout_claims(party.keys())
        assert (told["iss"], told["aud"]) == (rp.issuer, party.client_id)
        assert (told["sub"], told["sid"]) == (sign_in["sub"], sign_in["sid"])
        assert told["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
        assert {"jti", "iat", "exp"} <= set(told)
        assert "nonce" not in told
        assert landed(party.visit(rp.browser, prompt="none")).error == "login_required"
    answers = page(rp.browser.get("/signed-out"))
    assert answers.status == 200
    assert "测试网站" in answers.text


def test_a_hint_under_a_revoked_key_leaves_the_question_to_the_person(
    rp: RelyingParty, alice: Person, centre: Centre
) -> None:
    tokens = rp.tokens_of(alice)
    everything = centre.services
    with everything.database.transaction() as db:
        kid = everything.provider.keys.signer("ES256").kid
        keys.revoke(db, everything.keyring, everything.trail, kid, actor=SYSTEM)
    centre.see_changes()

    asked = page(leave(rp, id_token_hint=tokens.id_token, post_logout_redirect_uri=f"{rp.site.url}/signed-out"))
    assert asked.status == 200
    assert asked.has_button("cancel")
    assert landed(rp.browser.submit("confirm")).address == f"{rp.site.url}/signed-out"


def test_without_a_hint_the_person_is_asked(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    rp.sign_in(alice)
    asked = page(leave(rp, client_id=rp.client_id, post_logout_redirect_uri=f"{rp.site.url}/signed-out", state="s"))
    assert asked.status == 200
    assert asked.has_button("cancel")
    assert landed(rp.visit(prompt="none")).code
    leave(rp, client_id=rp.client_id, post_logout_redirect_uri=f"{rp.site.url}/signed-out", state="s")
    gone = landed(rp.browser.submit("confirm"))
    assert (gone.address, gone.params) == (f"{rp.site.url}/signed-out", {"state": "s"})
    assert landed(rp.visit(prompt="none")).error == "login_required"
    assert centre.audited("session.ended", account_id=alice.account_id)


def test_who_stays_is_taken_back_to_the_site(rp: RelyingParty, alice: Person) -> None:
    rp.sign_in(alice)
    leave(rp, client_id=rp.client_id)
    assert landed(rp.browser.submit("cancel")).address == f"{rp.site.url}/sign-in"
    assert landed(rp.visit(prompt="none")).code


def test_the_hint_of_somebody_else_ends_nothing(rp: RelyingParty, alice: Person, bob: Person) -> None:
    about_alice = rp.tokens_of(alice).id_token
    rp.browser.http.cookies.clear()
    rp.sign_in(bob)
    assert page(leave(rp, id_token_hint=about_alice)).has_button("confirm")
    assert landed(rp.visit(prompt="none")).code


def test_an_expired_hint_still_ends_its_own_session(rp: RelyingParty, alice: Person) -> None:
    token = rp.tokens_of(alice).id_token
    clock.travel(timedelta(minutes=15))
    leave(rp, id_token_hint=token, post_logout_redirect_uri=f"{rp.site.url}/signed-out")
    assert landed(rp.visit(prompt="none")).error == "login_required"


def test_the_question_may_come_by_form(rp: RelyingParty, alice: Person) -> None:
    token = rp.tokens_of(alice).id_token
    sent = {"id_token_hint": token, "post_logout_redirect_uri": f"{rp.site.url}/signed-out"}
    assert landed(rp.browser.post("/end-session", sent)).address == f"{rp.site.url}/signed-out"
    assert landed(rp.visit(prompt="none")).error == "login_required"


def test_a_form_posted_from_another_site_finds_the_session(rp: RelyingParty, alice: Person) -> None:
    """The cross-site POST comes without Lax cookies; answered there and then, it would end nothing and say it had."""
    token = rp.tokens_of(alice).id_token
    stranger = Browser(rp.issuer)
    sent = {"id_token_hint": token, "post_logout_redirect_uri": f"{rp.site.url}/signed-out"}
    answer = stranger.raw("POST", "/end-session", data=sent)
    assert answer.status_code == 303
    assert landed(rp.browser.get(answer.headers["Location"])).address == f"{rp.site.url}/signed-out"
    assert landed(rp.visit(prompt="none")).error == "login_required"
    stranger.close()


def test_a_place_nobody_registered_is_a_page(rp: RelyingParty, other: RelyingParty, alice: Person) -> None:
    token = rp.tokens_of(alice).id_token
    for wrong in (
        {"post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": f"{rp.site.url}/signed-out"},  # whose?
        {"client_id": rp.client_id, "post_logout_redirect_uri": f"{rp.site.url}/signed-out/../x"},
        {"client_id": other.client_id, "id_token_hint": token},
        {"id_token_hint": token, "post_logout_redirect_uri": f"{other.site.url}/signed-out"},
        {"id_token_hint": "not.a.token"},
        {"id_token_hint": "an.encrypted.token.of.five"},
        {"client_id": "nobody"},
        {"client_id": rp.client_id, "post_logout_redirect_uri": f"{rp.site.url}/signed-out?more=1"},
        {"client_id": rp.client_id, "post_logout_redirect_uri": f"{rp.site.url}/signed-out", "state": "x" * 3000},
    ):
        refused = page(leave(rp, **wrong))
        assert refused.status == 400, wrong
        assert "/sign-out" in refused.links
    assert landed(rp.visit(prompt="none")).code


def test_the_question_names_who_asks_and_what_ends(rp: RelyingParty, site_of, alice: Person) -> None:  # type: ignore[no-untyped-def]
    second = site_of(client_name="另一个测试网站", **{"client_name#en": "Another site"})
    rp.sign_in(alice)
    second.visit(rp.browser)
    asked = page(leave(rp, client_id=second.client_id, logout_hint="somebody"))
    assert "另一个测试网站 请您确认退出。" in asked.text
    assert "测试网站、另一个测试网站" in asked.text
    foreign = page(leave(rp, client_id=second.client_id, ui_locales="fr en-GB"))
    assert "Another site asks you to sign out." in foreign.text
    assert 'lang="en"' in foreign.body


def test_a_hint_whose_audience_is_a_list_of_one_is_ours_too(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    claims = rp.claims(rp.tokens_of(alice).id_token)
    signer = centre.services.provider.keys.signer("ES256")
    one = signing.compact(signer, {**claims, "aud": [rp.client_id]})
    two = signing.compact(signer, {**claims, "aud": [rp.client_id, "another"]})
    back = {"post_logout_redirect_uri": f"{rp.site.url}/signed-out"}
    assert page(leave(rp, id_token_hint=two, **back)).status == 400
    assert landed(leave(rp, id_token_hint=one, **back)).address == f"{rp.site.url}/signed-out"
    assert landed(rp.visit(prompt="none")).error == "login_required"


def test_a_native_application_may_come_back_on_any_loopback_port(site_of, alice: Person) -> None:  # type: ignore[no-untyped-def]
    registered = {"redirect_uris": ["http://127.0.0.1/callback"], "post_logout_redirect_uris": ["http://127.0.0.1/out"]}
    native = site_of(application_type="native", initiate_login_uri=None, **registered)
    web = site_of(**registered)
    for party, uri, status in (
        (native, "http://127.0.0.1:50505/out", 303),
        (native, "http://127.0.0.1:50505/out/", 400),
        (native, "http://localhost:50505/out", 400),
        (web, "http://127.0.0.1:50505/out", 400),
    ):
        query = urlencode({"client_id": party.client_id, "post_logout_redirect_uri": uri, "state": "s"})
        answer = party.browser.raw("GET", f"/end-session?{query}")
        assert answer.status_code == status, uri
        assert answer.headers.get("Location") == (f"{uri}?state=s" if status == 303 else None)


def test_an_image_on_a_strangers_page_ends_no_session(rp: RelyingParty, alice: Person) -> None:
    rp.sign_in(alice)
    for method in ("GET", "POST"):
        more = {"data": {"client_id": rp.client_id}} if method == "POST" else {}
        answer = rp.browser.raw(method, f"/end-session?client_id={rp.client_id}", **more)
        assert answer.status_code == 200
        assert "confirm" in answer.text
    assert rp.browser.raw("POST", "/sign-out", data={"action": "confirm"}).status_code == 400  # without our token
    assert landed(rp.visit(prompt="none")).code


def test_a_site_that_is_down_is_told_later(
    rp: RelyingParty, other: RelyingParty, alice: Person, centre: Centre
) -> None:
    token = rp.tokens_of(alice).id_token
    other.visit(rp.browser)
    rp.site.answers[:] = [503, 503]
    leave(rp, id_token_hint=token, post_logout_redirect_uri=f"{rp.site.url}/signed-out")
    for _ in range(3):
        centre.deliver()
        clock.travel(timedelta(minutes=2))
    assert len(rp.site.received) == 3
    assert len(other.site.received) == 1
    told = rp.site.logout_claims(rp.keys())
    assert len({claims["jti"] for claims in told}) == 1  # a repeat has no second effect
    assert len(centre.audited("logout.delivered")) >= 2


def test_a_site_that_refuses_the_token_is_given_up(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    token = rp.tokens_of(alice).id_token
    rp.site.answers[:] = [400]
    leave(rp, id_token_hint=token, post_logout_redirect_uri=f"{rp.site.url}/signed-out")
    centre.deliver()
    clock.travel(timedelta(minutes=2))
    centre.deliver()
    assert len(rp.site.received) == 1


def test_a_site_without_a_door_is_not_called_and_has_to_be_left_by_oneself(
    site_of, alice: Person, centre: Centre
) -> None:  # type: ignore[no-untyped-def]
    silent = site_of(backchannel_logout_uri=None)
    token = silent.tokens_of(alice).id_token
    dead = len(centre.audited("logout.dead"))
    leave(silent, id_token_hint=token, post_logout_redirect_uri=f"{silent.site.url}/signed-out")
    centre.deliver()
    assert silent.site.received == []
    assert len(centre.audited("logout.dead")) == dead  # nothing went wrong, so nobody is alarmed
    answers = page(silent.browser.get("/signed-out"))
    assert "需要您自己退出" in answers.text
    assert "没有联系上" not in answers.text


def test_freezing_tells_the_sites_as_well(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    rp.tokens_of(alice)
    centre.freeze(alice)
    centre.deliver()
    assert len(rp.site.received) == 1


def test_ending_another_browser_and_a_new_password_tell_the_sites_as_well(
    rp: RelyingParty, alice: Person, browser: Browser, centre: Centre
) -> None:
    rp.sign_in(alice)
    rp.sign_in(alice, browser)
    security = page(browser.get("/account/security"))
    (other,) = [form for form in security.forms if "session" in form.fields]
    browser.post("/account/security", {**other.fields, "action": "end"})
    centre.deliver()
    assert len(rp.site.received) == 1
    assert landed(rp.visit(prompt="none")).error == "login_required"

    rp.sign_in(alice)
    page(browser.get("/account/password"))
    browser.submit("continue", current_password=alice.password, password="neun Birnen im Korb")
    centre.deliver()
    first, second = (claims["sid"] for claims in rp.site.logout_claims(rp.keys()))
    assert first != second
    assert landed(rp.visit(prompt="none")).error == "login_required"
    assert landed(rp.visit(browser, prompt="none")).code  # the browser in which it was changed stays


def test_a_site_that_is_switched_off_can_do_nothing_more(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    tokens = rp.tokens_of(alice)
    with centre.services.database.transaction() as db:
        db.get_one(Client, rp.client_id).state = "disabled"
    centre.see_changes()
    assert rp.refresh(tokens.refresh_token).error == "invalid_client"
    assert page(rp.visit()).status == 400
