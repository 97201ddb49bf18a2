"""What a site gets, by scope and claim by claim: in userinfo, in the ID token, in which language, and what it never gets."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idp.accounts.models import Details
from idp.db import stamps
from idp.oidc import claims
from idp.oidc.models import Authorization, Client
from idp.oidc.registration import clients
from tests.flows.asking import EVERY_SCOPE, WRITTEN, Registered, Writes, arrived, in_userinfo, page, singly, told
from tests.flows.browser import Browser
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty

PROFILE = {
    "name", "family_name", "given_name", "nickname", "preferred_username", "profile", "picture", "website", "gender",
    "birthdate", "zoneinfo", "locale", "updated_at",
}  # fmt: skip

# --- by scope --------------------------------------------------------------------------------------------------------

BY_SCOPE = {
    "openid": set(),
    "openid profile": PROFILE,
    "openid email": {"email", "email_verified"},
    "openid address": {"address"},
    "openid phone": {"phone_number", "phone_number_verified"},
    "openid realname": {"name", "resident_id", "birthdate", "gender", "ial", "verified_at"},
    "openid email address": {"email", "email_verified", "address"},
}


@pytest.mark.parametrize(("scope", "expected"), BY_SCOPE.items())
def test_a_scope_brings_its_claims_and_no_other(
    site: RelyingParty, alice: Person, writes: Writes, scope: str, expected: set[str]
) -> None:
    writes(alice)
    assert set(told(site, alice, scope=scope)) == expected


@both_pairs
def test_every_claim_says_what_is_so(site: RelyingParty, alice: Person, writes: Writes) -> None:
    writes(alice)
    facts = told(site, alice, scope=EVERY_SCOPE)
    assert facts["name"] == alice.name == facts["family_name"] + facts["given_name"]
    assert (facts["birthdate"], facts["nickname"], facts["preferred_username"]) == (
        "1990-01-01",
        "小试",
        alice.username,
    )
    assert (facts["email"], facts["email_verified"]) == ("tess@mail.example.com", False)
    assert facts["address"] == {**WRITTEN["address"], "formatted": "中国山东省济南市试行路 7 号\n250001"}
    assert (facts["phone_number"], facts["locale"], facts["zoneinfo"]) == (
        f"+86{alice.phone}",
        "zh-CN",
        "Asia/Shanghai",
    )
    assert (facts["website"], facts["picture"]) == (WRITTEN["website"], WRITTEN["picture"])
    assert isinstance(facts["updated_at"], int)
    assert all(value not in ("", None, {}, []) for value in facts.values())
    assert site.http.post(f"{site.issuer}/userinfo", data={"access_token": "x"}, timeout=30).status_code == 401


def test_what_is_not_known_is_left_out(site: RelyingParty, bob: Person) -> None:
    assert set(told(site, bob, scope=EVERY_SCOPE)) == {
        "nickname", "preferred_username", "zoneinfo", "locale", "updated_at", "phone_number", "phone_number_verified",
    }  # fmt: skip


def test_userinfo_is_the_same_by_post(site: RelyingParty, alice: Person) -> None:
    token = site.tokens_of(alice, scope="openid profile").access_token
    by_header = site.http.post(f"{site.issuer}/userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    by_form = site.http.post(f"{site.issuer}/userinfo", data={"access_token": token}, timeout=30)
    assert by_header.json() == by_form.json() == site.userinfo(token).json


def test_a_declared_name_is_told_as_profile_and_never_as_the_real_name(
    site: RelyingParty, registered: Registered, bob: Person, writes: Writes
) -> None:
    writes(bob, family_name="李", given_name="试")
    assert told(site, bob, scope="openid profile")["name"] == "李试"
    assert told(site, bob, scope="openid realname") == {}
    strict = registered("openid realname")
    assert told(strict, bob, claims=in_userinfo("name", "family_name")) == {}
    assert told(site, bob, claims=in_userinfo("name")) == {"name": "李试"}


@pytest.mark.parametrize(
    ("scope", "basis", "is_told"),
    [
        ("openid profile", clients.STATUTORY_DUTY, False),
        ("openid profile realname", clients.STATUTORY_DUTY, True),
        ("openid profile", clients.CONSENT, True),
    ],
)
def test_whom_profile_tells_who_somebody_is(
    site_of: Registered, alice: Person, scope: str, basis: str, is_told: bool
) -> None:
    """A duty releases real names only to a site that is approved for them; the others may ask the person."""
    site = site_of(registers=scope, release_basis=basis)
    told = site.userinfo(site.tokens_of(alice, scope="openid profile").access_token).json
    assert ("birthdate" in told) is is_told


def test_a_token_without_openid_is_not_for_userinfo(site: RelyingParty, alice: Person) -> None:
    tokens = site.tokens_of(alice, scope="openid profile offline_access")
    narrow = site.refresh(tokens.refresh_token, scope="profile")
    answer = site.userinfo(narrow.access_token)
    assert (answer.status_code, answer.error) == (403, "insufficient_scope")


# --- claim by claim --------------------------------------------------------------------------------------------------


@both_pairs
def test_claims_go_where_they_are_asked_for(site: RelyingParty, alice: Person, writes: Writes) -> None:
    writes(alice)
    asked = singly(
        id_token={"nickname": None, "email": {"essential": True}}, userinfo={"address": None, "gender": {"value": "x"}}
    )
    tokens = site.tokens_of(alice, claims=asked, scope="openid offline_access")
    proof = site.claims(tokens.id_token)
    assert (proof["nickname"], proof["email"]) == ("小试", "tess@mail.example.com")
    assert not {"address", "gender", "name"} & set(proof)
    facts = site.userinfo(tokens.access_token).json
    assert set(facts) == {"sub", "address", "gender"}
    assert facts["gender"] in {"male", "female"}  # a wish for a value changes nothing: the site compares

    writes(alice, nickname="小验")
    again = site.refresh(tokens.refresh_token)
    assert site.claims(again.id_token)["nickname"] == "小验"
    assert set(site.userinfo(again.access_token).json) == {"sub", "address", "gender"}


def test_a_request_cannot_change_the_claims_of_the_protocol(site: RelyingParty, alice: Person) -> None:
    plain = site.claims(site.tokens_of(alice).id_token)
    asked = {name: {"value": "evil"} for name in ("iss", "aud", "exp", "amr", "sid", "at_hash")}
    proof = site.claims(site.tokens_of(alice, claims=singly(id_token=asked)).id_token)
    assert set(proof) == set(plain)
    assert (proof["sub"], proof["aud"], proof["amr"]) == (plain["sub"], plain["aud"], plain["amr"])


def test_an_id_token_alone_carries_the_claims_of_the_scope(
    registered: Registered, alice: Person, writes: Writes
) -> None:
    writes(alice)
    site = registered(EVERY_SCOPE, grant_types=["implicit"], response_types=["id_token"])
    landed = site.sign_in(
        alice, response_type="id_token", scope="openid email", claims=singly(id_token={"nickname": None})
    )
    proof = site.claims(landed.params["id_token"])
    assert (proof["email"], proof["email_verified"], proof["nickname"]) == ("tess@mail.example.com", False, "小试")
    assert "name" not in proof


def test_a_site_registered_for_openid_alone_gets_nothing_whatever_it_asks(
    registered: Registered, alice: Person, writes: Writes
) -> None:
    writes(alice)
    site = registered("openid offline_access")
    everything = {
        name: {"essential": True} for name in (*PROFILE, "email", "address", "phone_number", "resident_id", "ial")
    }
    everything |= {"name#en": None, "address#zh-Hans-CN": None, "verified_claims": None}
    plain = set(site.claims(site.tokens_of(alice).id_token))
    tokens = site.tokens_of(
        alice, scope=EVERY_SCOPE, claims=singly(id_token=everything, userinfo=everything), claims_locales="en zh-CN"
    )
    assert set(site.userinfo(tokens.access_token).json) == {"sub"}
    assert set(site.claims(tokens.id_token)) == plain
    again = site.refresh(tokens.refresh_token)
    assert set(site.userinfo(again.access_token).json) == {"sub"}
    assert set(site.claims(again.id_token)) == plain - {"nonce"}


def test_a_scope_that_is_taken_from_a_site_takes_its_claims(
    site: RelyingParty, centre: Centre, alice: Person, writes: Writes
) -> None:
    writes(alice)
    token = site.tokens_of(alice, claims=in_userinfo("email", "nickname")).access_token
    assert "email" in site.userinfo(token).json
    with centre.services.database.transaction() as db:
        row = db.get(Client, site.client_id)
        assert row is not None
        row.metadata_ = {**row.metadata_, "scope": "openid profile"}
        stamps.touch(db, clients.STAMP)
    centre.see_changes()
    assert set(site.userinfo(token).json) == {"sub", "nickname"}


def test_the_values_that_a_site_asked_for_are_kept_nowhere(site: RelyingParty, centre: Centre, alice: Person) -> None:
    site.tokens_of(alice, claims=singly(userinfo={"phone_number": {"value": "+8619912345678"}, "email": None}))
    with centre.services.database.view() as db:
        row = db.scalars(select(Authorization).where(Authorization.client_id == site.client_id)).one()
    assert row.extra == {"claims": {"userinfo": ["phone_number", "email"]}}


def test_a_request_without_claims_asks_for_nothing_more(
    site: RelyingParty, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = site.sign_in(alice, scope="openid profile").code
    monkeypatch.setattr(claims, "for_id_token", None)
    assert site.redeem(code).status_code == 200


MALFORMED = [
    "{", "[]", "null", '{"userinfo": []}', '{"userinfo": {"name": 1}}', '{"id_token": {"acr": {"values": "x"}}}',
    '{"id_token": {"sub": null, "sub": null}}', "[" * 3000,
    '{"x":"' + "y" * 9000 + '"}', '{"userinfo": {"name": {"essential": "yes"}}}',
]  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED, ids=range(len(MALFORMED)))
def test_a_request_that_cannot_be_read_is_refused_at_the_site(site: RelyingParty, text: str) -> None:
    assert arrived(site.visit(claims=text)).error == "invalid_request"


# --- languages -------------------------------------------------------------------------------------------------------


def test_names_are_told_in_the_languages_asked_for(site: RelyingParty, alice: Person, writes: Writes) -> None:
    writes(alice)
    asked = in_userinfo(
        "name#en", "name#zh-Hans-CN", "family_name#en", "address#en-US", "nickname#fr", "name", "email#en"
    )
    facts = told(site, alice, claims=asked)
    assert facts == {
        "name#en": "Yan T. Shi", "name#zh-Hans-CN": alice.name, "family_name#en": "Shi", "name": alice.name,
        "address#en-US": {**WRITTEN["address#en"], "formatted": "7 Trial Road\nJinan\nChina"},
    }  # fmt: skip


def test_one_language_for_all_claims_needs_no_tag_but_never_replaces_a_confirmed_name(
    site: RelyingParty, alice: Person, writes: Writes
) -> None:
    writes(alice)
    facts = told(site, alice, scope="openid profile address", claims_locales="en-GB")
    assert (facts["nickname"], facts["address"]["locality"]) == ("Tess", "Jinan")
    assert (facts["name"], facts["name#en-GB"], facts["given_name#en-GB"]) == (alice.name, "Yan T. Shi", "Yan")
    both = told(site, alice, scope="openid profile", claims_locales="en zh-Hans-CN")
    assert (both["nickname"], both["nickname#en"], both["nickname#zh-Hans-CN"]) == ("小试", "Tess", "小试")
    odd = told(site, alice, scope="openid profile", claims_locales="tlh-Qaak ../../x <b> fr")
    assert set(odd) == PROFILE


# --- who, how surely, when ---------------------------------------------------------------------------------------------


def test_a_demanded_subject_is_this_person_or_nobody(site: RelyingParty, alice: Person, bob: Person) -> None:
    mine = site.claims(site.tokens_of(alice).id_token)["sub"]
    demand = singly(id_token={"sub": {"value": mine}})
    assert arrived(site.visit(claims=demand, prompt="none")).params["code"]
    for other in ("somebody-else", 7):
        asked = singly(id_token={"sub": {"value": other}})
        assert arrived(site.visit(claims=asked, prompt="none")).error == "login_required"
    by_userinfo = singly(userinfo={"sub": {"value": "somebody-else"}})
    assert arrived(site.visit(claims=by_userinfo, prompt="none")).error == "login_required"

    assert page(site.visit(Browser(site.issuer), claims=demand)).path == "/sign-in"
    wrong = Browser(site.issuer)
    page(site.visit(wrong, claims=demand))
    assert arrived(wrong.submit("continue", identifier=bob.username, password=bob.password)).error == "login_required"
    right = Browser(site.issuer)
    page(site.visit(right, claims=demand))
    assert arrived(right.submit("continue", identifier=alice.username, password=alice.password)).params["code"]


@pytest.mark.parametrize(
    ("acr", "answer"),
    [
        ({"essential": True, "value": "ial1"}, "ial1"),
        ({"essential": True, "values": ["ial3", "ial0.aal1"]}, "ial0.aal1"),
        ({"essential": True}, "ial1.aal1"),
        ({"value": "ial3"}, "ial1.aal1"),
        ({"values": ["urn:mace:incommon:iap:silver"]}, "ial1.aal1"),
        (None, "ial1.aal1"),
    ],
)
def test_the_level_is_called_as_it_was_demanded(site: RelyingParty, alice: Person, acr: Any, answer: str) -> None:
    tokens = site.tokens_of(alice, claims=singly(id_token={"acr": acr}))
    assert site.claims(tokens.id_token)["acr"] == answer
    again = site.tokens_of(alice, claims=singly(id_token={"acr": acr}), prompt="none")
    assert site.claims(again.id_token)["acr"] == answer


@pytest.mark.parametrize("values", [["ial3"], ["urn:mace:incommon:iap:silver"], ["aal2", "ial2"], [7]])
def test_an_essential_level_out_of_reach_is_refused(site: RelyingParty, alice: Person, values: list[Any]) -> None:
    demand = singly(id_token={"acr": {"essential": True, "values": values}})
    assert site.sign_in(alice, claims=demand).error == "unmet_authentication_requirements"
    assert arrived(site.visit(claims=demand, prompt="none")).error == "unmet_authentication_requirements"


def test_an_essential_level_that_can_be_reached_is(site: RelyingParty, bob: Person) -> None:
    demand = singly(id_token={"acr": {"essential": True, "value": "ial1.aal1"}, "auth_time": {"essential": True}})
    site.sign_in(bob)
    assert arrived(site.visit(claims=demand, prompt="none")).error == "interaction_required"
    assert page(site.visit(claims=demand)).path == "/verify-identity"
    proof = site.claims(site.tokens_of(bob, claims=demand).id_token)
    assert proof["acr"] == "ial1.aal1"
    assert isinstance(proof["auth_time"], int)


def test_discovery_tells_what_can_be_asked(site: RelyingParty) -> None:
    document = site.http.get(f"{site.issuer}/.well-known/openid-configuration", timeout=30).json()
    assert document["claims_parameter_supported"] is True
    assert {*EVERY_SCOPE.split(), "verified", "legal"} == set(document["scopes_supported"])
    assert {*PROFILE, "middle_name", "email", "email_verified", "address", "phone_number", "acr", "sub"} <= set(
        document["claims_supported"]
    )
    assert len(document["claims_supported"]) == len(set(document["claims_supported"]))
    assert document["claims_locales_supported"] == ["zh-Hans-CN", "en"]
    assert document["claim_types_supported"] == ["normal"]


def test_nothing_that_a_person_wrote_is_logged_or_audited_or_readable_in_the_database(
    site: RelyingParty, centre: Centre, alice: Person, writes: Writes, service_log: Path
) -> None:
    writes(alice)
    told(site, alice, scope=EVERY_SCOPE, claims=in_userinfo("name#en", "email"))
    with centre.services.database.view() as db:
        row = db.get(Details, alice.account_id)
        entries = centre.audited("details.changed", account_id=alice.account_id)
    assert row is not None
    assert entries[0].details["members"] == sorted(WRITTEN)
    kept = row.sealed + str([entry.details for entry in entries]) + service_log.read_text(encoding="utf-8")
    for secret in ("小试", "tess@mail", "试行路", "Trial Road", "tess.example.org"):
        assert secret not in kept
