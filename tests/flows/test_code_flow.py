"""The code flow from end to end, on both pairs of stores."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from idp.core import clock
from idp.oidc.jwt import keys
from tests.flows.browser import Browser, Landing, Page
from tests.flows.centre import OPERATOR, Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty

pytestmark = both_pairs


def test_a_sign_in_brings_the_site_a_code_and_then_tokens(rp: RelyingParty, alice: Person) -> None:
    landed = rp.sign_in(alice)
    assert landed.address == rp.site.redirect_uri
    assert landed.state == rp.asked_for(landed.code).state
    assert landed.params["iss"] == rp.issuer

    tokens = rp.redeem(landed.code)
    assert tokens.status_code == 200
    assert tokens.headers["Cache-Control"] == "no-store"
    assert tokens.token_type == "Bearer"
    assert tokens.expires_in == 600
    claims = rp.claims(tokens.id_token, code=landed.code)
    assert claims["acr"] == "ial1.aal1"
    assert claims["amr"] == ["pwd"]
    assert claims["auth_time"] <= claims["iat"] < claims["exp"]
    assert {"sid", "at_hash"} <= set(claims)
    assert not {"name", "phone_number", "nickname"} & set(claims)


def test_userinfo_releases_what_the_scope_names(rp: RelyingParty, alice: Person) -> None:
    tokens = rp.tokens_of(alice)
    facts = rp.userinfo(tokens.access_token).json
    assert facts["sub"] == rp.claims(tokens.id_token)["sub"]
    assert facts["phone_number"] == f"+86{alice.phone}"
    assert facts["phone_number_verified"] is True
    assert facts["preferred_username"] == facts["nickname"] == alice.username
    assert (facts["name"], facts["resident_id"], facts["ial"]) == (alice.name, alice.resident_id, 1)
    assert facts["birthdate"] == "1990-01-01"
    assert facts["gender"] in {"male", "female"}

    narrow = rp.tokens_of(alice, scope="openid")
    assert set(rp.userinfo(narrow.access_token).json) == {"sub"}
    assert set(rp.userinfo(rp.tokens_of(alice, scope="openid phone").access_token).json) == {
        "sub", "phone_number", "phone_number_verified",
    }  # fmt: skip


def test_a_fact_that_nobody_confirmed_is_left_out(rp: RelyingParty, bob: Person) -> None:
    facts = rp.userinfo(rp.tokens_of(bob).access_token).json
    assert not {"name", "resident_id", "birthdate", "gender", "ial", "verified_at"} & set(facts)


def test_a_replayed_code_kills_the_tokens_of_the_first_redemption(
    rp: RelyingParty, alice: Person, centre: Centre
) -> None:
    code = rp.sign_in(alice).code
    tokens = rp.redeem(code)
    assert rp.userinfo(tokens.access_token).status_code == 200

    assert rp.redeem(code).error == "invalid_grant"
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert rp.introspect(tokens.access_token).json == {"active": False}
    assert rp.refresh(tokens.refresh_token).error == "invalid_grant"
    assert centre.audited("oidc.code_replayed", client_id=rp.client_id)


def test_a_code_lives_for_a_minute(rp: RelyingParty, alice: Person) -> None:
    code = rp.sign_in(alice).code
    clock.travel(timedelta(seconds=61))
    assert rp.redeem(code).error == "invalid_grant"


def test_an_access_token_ends_after_ten_minutes(rp: RelyingParty, alice: Person) -> None:
    tokens = rp.tokens_of(alice)
    clock.travel(timedelta(seconds=601))
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert rp.introspect(tokens.access_token).json == {"active": False}


def test_the_second_site_is_entered_without_a_question(rp: RelyingParty, other: RelyingParty, alice: Person) -> None:
    rp.sign_in(alice)
    landed = other.visit(rp.browser, prompt="none")
    assert isinstance(landed, Landing)
    first, second = rp.tokens_of(alice), other.redeem(landed.code)
    mine, theirs = rp.claims(first.id_token), other.claims(second.id_token)
    assert mine["auth_time"] == theirs["auth_time"]
    assert mine["sub"] != theirs["sub"]
    assert mine["sid"] != theirs["sid"]


def test_a_person_keeps_their_name_at_a_site_through_sign_ins(
    rp: RelyingParty, alice: Person, bob: Person, centre: Centre
) -> None:
    subjects = set()
    for _ in range(2):
        rp.browser.http.cookies.clear()
        subjects.add(rp.claims(rp.tokens_of(alice).id_token)["sub"])
    assert len(subjects) == 1
    rp.browser.http.cookies.clear()
    assert rp.claims(rp.tokens_of(bob).id_token)["sub"] not in subjects


def test_refresh_rotates_and_tells_of_the_same_sign_in(rp: RelyingParty, alice: Person) -> None:
    first = rp.tokens_of(alice)
    clock.travel(timedelta(minutes=5))
    second = rp.refresh(first.refresh_token)
    assert second.status_code == 200
    assert second.refresh_token != first.refresh_token
    before, after = rp.claims(first.id_token), rp.claims(second.id_token)
    assert {name: before[name] for name in ("sub", "sid", "auth_time", "acr", "amr")} == {
        name: after[name] for name in ("sub", "sid", "auth_time", "acr", "amr")
    }
    assert "nonce" not in after
    assert after["iat"] > before["iat"]
    assert rp.userinfo(second.access_token).status_code == 200


def test_a_lost_answer_may_be_asked_for_again_within_the_grace(rp: RelyingParty, alice: Person) -> None:
    first = rp.tokens_of(alice)
    assert rp.refresh(first.refresh_token).status_code == 200
    again = rp.refresh(first.refresh_token)
    assert again.status_code == 200
    assert rp.refresh(again.refresh_token).status_code == 200


def test_a_reused_refresh_token_ends_the_family(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    first = rp.tokens_of(alice)
    second = rp.refresh(first.refresh_token)
    clock.travel(timedelta(seconds=30))
    assert rp.refresh(first.refresh_token).error == "invalid_grant"
    assert rp.refresh(second.refresh_token).error == "invalid_grant"
    assert rp.userinfo(second.access_token).status_code == 401
    assert centre.audited("oidc.refresh_reused", client_id=rp.client_id)


def test_a_narrower_scope_holds_for_one_access_token(rp: RelyingParty, alice: Person) -> None:
    first = rp.tokens_of(alice)
    narrow = rp.refresh(first.refresh_token, scope="openid profile")
    assert narrow.scope == "openid profile"
    assert "phone_number" not in rp.userinfo(narrow.access_token).json
    assert "phone_number" in rp.userinfo(rp.refresh(narrow.refresh_token).access_token).json
    wide = rp.tokens_of(alice, scope="openid offline_access")
    assert rp.refresh(wide.refresh_token, scope="openid phone").error == "invalid_scope"
    assert rp.refresh(wide.refresh_token).status_code == 200  # the refused request spent nothing


def test_introspection_answers_the_owner_alone(rp: RelyingParty, other: RelyingParty, alice: Person) -> None:
    tokens = rp.tokens_of(alice)
    told = rp.introspect(tokens.access_token).json
    assert told["active"] is True
    assert (told["client_id"], told["token_type"], told["iss"]) == (rp.client_id, "Bearer", rp.issuer)
    assert told["sub"] == rp.claims(tokens.id_token)["sub"]
    assert told["exp"] - told["iat"] == 600
    refresh = rp.introspect(tokens.refresh_token, token_type_hint="access_token").json
    assert (refresh["active"], refresh["token_type"]) == (True, "refresh_token")
    for token in (tokens.access_token, tokens.refresh_token, "nonsense"):
        assert other.introspect(token).json == {"active": False}


def test_a_revoked_token_is_dead_and_a_strangers_revocation_is_not_heard(
    rp: RelyingParty, other: RelyingParty, alice: Person
) -> None:
    tokens = rp.tokens_of(alice)
    for token in (tokens.refresh_token, tokens.access_token):
        refused = other.revoke(token)
        assert (refused.status_code, refused.error) == (400, "invalid_grant")
        assert rp.introspect(token).active is True

    assert rp.revoke(tokens.access_token).status_code == 200
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert rp.introspect(tokens.refresh_token).active is True
    again = rp.refresh(tokens.refresh_token)
    assert rp.revoke(again.refresh_token).status_code == 200
    assert rp.introspect(again.refresh_token).json == {"active": False}
    assert rp.userinfo(again.access_token).status_code == 401
    assert rp.revoke("unknown").status_code == 200


def test_freezing_an_account_stops_everything_at_once(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    tokens, waiting = rp.tokens_of(alice), rp.sign_in(alice).code
    centre.freeze(alice)
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert rp.introspect(tokens.access_token).json == {"active": False}
    assert rp.refresh(tokens.refresh_token).error == "invalid_grant"
    assert rp.redeem(waiting).error == "invalid_grant"
    silent = rp.visit(prompt="none")
    assert isinstance(silent, Landing)
    assert silent.error == "login_required"


def test_rotating_the_keys_is_noticed_by_nobody(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    cached_by_the_site = rp.keys()
    before = rp.tokens_of(alice)
    everything = centre.services
    with everything.database.transaction() as db:
        keys.rotate(db, everything.keyring, everything.trail, actor=OPERATOR)
    centre.see_changes()
    after = rp.tokens_of(alice)
    assert _kid(before.id_token) != _kid(after.id_token)
    assert _kid(after.id_token) in {key.kid for key in cached_by_the_site.keys}  # it had been published ahead of use
    assert rp.claims(before.id_token)["sub"] == rp.claims(after.id_token)["sub"]
    hinted = rp.visit(prompt="none", id_token_hint=before.id_token)
    assert isinstance(hinted, Landing)
    assert "code" in hinted.params


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_the_site_chooses_the_signature(site_of: Callable[..., RelyingParty], alice: Person, alg: str) -> None:
    rp = site_of(id_token_signed_response_alg=alg)
    assert _kid(rp.tokens_of(alice).id_token).startswith(alg.lower())


def test_a_wrong_password_is_told_in_the_form(rp: RelyingParty, alice: Person) -> None:
    rp.visit()
    again = rp.browser.submit("continue", identifier=alice.username, password="not-the-password")
    assert isinstance(again, Page)
    assert (again.path, again.status) == ("/sign-in", 400)
    assert rp.go_on(
        alice, rp.browser, rp.browser.submit("continue", identifier=alice.phone, password=alice.password)
    ).code


def test_consent_is_asked_once_and_remembered(asking_site: RelyingParty, alice: Person) -> None:
    asking_site.visit()
    page = asking_site.browser.submit("continue", identifier=alice.username, password=alice.password)
    assert isinstance(page, Page)
    assert page.path == "/consent"
    assert asking_site.go_on(alice, asking_site.browser, page).code
    silent = asking_site.visit(prompt="none")
    assert isinstance(silent, Landing)
    assert "code" in silent.params


def test_a_denied_consent_is_an_answer(asking_site: RelyingParty, alice: Person) -> None:
    silent = asking_site.visit(Browser(asking_site.issuer), prompt="none")
    assert isinstance(silent, Landing)
    assert silent.error == "login_required"
    asking_site.visit()
    asking_site.browser.submit("continue", identifier=alice.username, password=alice.password)
    refused = asking_site.browser.submit("deny")
    assert isinstance(refused, Landing)
    assert (refused.error, refused.params["iss"]) == ("access_denied", asking_site.issuer)
    silent = asking_site.visit(prompt="none")
    assert isinstance(silent, Landing)
    assert silent.error == "consent_required"


def _kid(token: str) -> str:
    import base64
    import json

    head = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])
