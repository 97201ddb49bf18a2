"""Claims that the centre vouches for, as a site asks and gets them (OpenID Connect for Identity Assurance 1.0)."""

import html
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from idp.core import clock
from idp.db import stamps
from idp.guardians import requests
from idp.oidc import consents
from idp.oidc.models import Authorization, Client
from idp.oidc.registration import clients
from idp.realname.results import Proven
from tests import schemas
from tests.architecture.source import ROOT
from tests.flows.asking import Registered, arrived, page
from tests.flows.browser import Browser
from tests.flows.centre import Centre
from tests.flows.device import GRANT, Device, allow
from tests.flows.fixtures import SERVERS
from tests.flows.organisations import Companies
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_guardians import a_child, added
from tests.flows.test_merging import merged
from tests.flows.vouching import ANY, SCOPE, Vouching, checked, days, element, told, vouch

RECORD: dict[str, Any] = {"type": {"value": "electronic_record"}}
CHECKS = [{"check_method": None, "organization": None, "txn": None, "time": None}]
WHOLE: dict[str, Any] = {
    **ANY,
    "assurance_level": None,
    "time": None,
    "verification_process": None,
    "evidence": [{**RECORD, "check_details": CHECKS, "record": {"type": None, "source": {"name": None}}}],
}
FRESH: dict[str, Any] = {**ANY, "time": {"max_age": 60, "essential": True}}
FACE: dict[str, Any] = {**ANY, "assurance_level": {"value": "ial2", "essential": True}}

both_pairs = pytest.mark.parametrize("centre", ["embedded", SERVERS], indirect=True)


@pytest.fixture(params=["embedded"])
def centre(request: pytest.FixtureRequest) -> Centre:
    made: Vouching = request.getfixturevalue(f"{request.param}_vouching")
    return made.centre


@pytest.fixture
def site(registered: Registered) -> RelyingParty:
    """On the ground of its duty, so without a consent page."""
    return registered(SCOPE)


@pytest.fixture
def asking(registered: Registered) -> RelyingParty:
    return registered(SCOPE, basis=clients.CONSENT)


def signed_in(rp: RelyingParty, who: Person, **asked: Any) -> Any:
    """What a person sees first after their password."""
    rp.visit(**asked)
    return rp.browser.submit("continue", identifier=who.username, password=who.password)


# --- what comes, and where --------------------------------------------------------------------------------------------


@both_pairs
def test_a_site_gets_what_it_asked_for_and_how_it_is_known(site: RelyingParty, alice: Person, centre: Centre) -> None:
    before = clock.now() - timedelta(seconds=30)
    made = told(site, site.tokens_of(alice, claims=vouch(element(("name", "resident_id", "nationalities"), WHOLE))))
    assert made["claims"] == {"name": alice.name, "resident_id": alice.resident_id, "nationalities": ["CHN"]}
    verification = made["verification"]
    assert (verification["trust_framework"], verification["assurance_level"]) == ("cn_realname", "ial1")
    assert before < datetime.fromisoformat(verification["time"]) <= clock.now()
    (evidence,) = verification["evidence"]
    (check,) = evidence["check_details"]
    assert evidence["record"] == {"type": "population_register", "source": {"name": "人口库"}}
    assert (check["check_method"], check["organization"]) == ("data", "人口库")
    assert check["txn"] == verification["verification_process"]


@both_pairs
def test_it_comes_in_the_id_token_at_userinfo_and_again_after_a_refresh(
    site: RelyingParty, alice: Person, vouching: Vouching
) -> None:
    asked = json.dumps(
        {
            "id_token": {"verified_claims": [element(("name",), {**ANY, "assurance_level": None})]},
            "userinfo": {"verified_claims": element({"resident_id": {"value": alice.resident_id}})},
        }
    )
    tokens = site.tokens_of(alice, claims=asked, scope="openid offline_access")
    (proof,) = checked(site.claims(tokens.id_token))
    assert proof == {
        "verification": {"trust_framework": "cn_realname", "assurance_level": "ial1"}, "claims": {"name": alice.name},
    }  # fmt: skip
    assert told(site, tokens)["claims"] == {"resident_id": alice.resident_id}

    vouching.prove_at_counter(alice)
    again = site.refresh(tokens.refresh_token)
    (proof,) = checked(site.claims(again.id_token))
    assert proof["verification"]["assurance_level"] == "ial3"  # what is known now
    assert told(site, again)["claims"] == {"resident_id": alice.resident_id}


def test_a_token_of_the_front_channel_carries_it(registered: Registered, alice: Person) -> None:
    site = registered(SCOPE, grant_types=["implicit"], response_types=["id_token"])
    landed = site.sign_in(alice, response_type="id_token", claims=vouch(element(("name",)), part="id_token"))
    assert checked(site.claims(landed.params["id_token"]))["claims"] == {"name": alice.name}


def test_a_device_is_answered_like_a_browser(registered: Registered, alice: Person, browser: Browser) -> None:
    site = registered(SCOPE, grant_types=["authorization_code", GRANT])
    device = Device(site)
    asked = device.ask(claims=vouch(element({"name": {"essential": True}}, FRESH)))
    assert asked.status_code == 200, asked.json
    clock.travel(timedelta(seconds=90))  # what was proven a moment ago is too old by now
    allow(browser, alice, device.user_code)
    assert told(site, device.wait_and_poll())["claims"] == {"name": alice.name}


def test_the_scope_stands_for_all_of_it(registered: Registered, alice: Person) -> None:
    site = registered("openid verified")
    made = told(site, site.tokens_of(alice, scope="openid verified"))
    assert set(made["claims"]) == {"name", "resident_id", "birthdate", "gender", "nationalities"}
    assert set(made["verification"]) == {"trust_framework", "assurance_level", "time", "evidence"}
    narrower = told(site, site.tokens_of(alice, scope="openid verified", claims=vouch(element(("gender",)))))
    assert set(narrower["claims"]) == {"gender"}  # who asks in detail gets that


def test_in_an_id_token_that_comes_alone_the_scope_counts_too(registered: Registered, alice: Person) -> None:
    site = registered("openid verified", grant_types=["implicit"], response_types=["id_token"])
    landed = site.sign_in(alice, response_type="id_token", scope="openid verified")
    assert checked(site.claims(landed.params["id_token"]))["claims"]["name"] == alice.name


@both_pairs
def test_of_several_proofs_each_that_fits_is_named(site: RelyingParty, alice: Person, vouching: Vouching) -> None:
    vouching.prove_at_counter(alice)
    card = {"type": {"value": "document"}, "check_details": CHECKS, "document_details": {"type": None, "issuer": None}}
    asked = element(("name",), {**WHOLE, "evidence": [card, {**RECORD, "check_details": CHECKS}]})
    made = told(site, site.tokens_of(alice, claims=vouch(asked)))["verification"]
    assert (made["assurance_level"], made["verification_process"]) == ("ial3", "case-1")
    document, record = made["evidence"]
    assert document["document_details"] == {"type": "idcard", "issuer": {"country_code": "CHN"}}
    assert document["check_details"][0] == {
        "check_method": "pvp", "organization": "政务服务大厅", "txn": "case-1", "time": made["time"],
    }  # fmt: skip
    assert record["type"] == "electronic_record"


def test_the_example_of_the_guide_is_answered_as_it_says(site: RelyingParty, alice: Person) -> None:
    guide = (ROOT / "docs/integration.md").read_text(encoding="utf-8").partition("### Verified claims")[2]
    asked, answered = (json.loads(block.partition("```")[0]) for block in guide.split("```json")[1:3])
    assert schemas.is_request(asked["userinfo"]["verified_claims"])
    made = told(site, site.tokens_of(alice, claims=json.dumps(asked)))
    assert shape_of(made) == shape_of(answered["verified_claims"])
    assert made["claims"] == {"name": alice.name, "resident_id": alice.resident_id}


def shape_of(told: Any) -> Any:
    """The members and words of an answer, without what differs from person to person and from day to day."""
    if isinstance(told, dict):
        vary = {"time", "name", "resident_id", "verification_process", "check_id"}
        return {name: None if name in vary else shape_of(value) for name, value in told.items()}
    return [shape_of(each) for each in told] if isinstance(told, list) else told


# --- what does not come -----------------------------------------------------------------------------------------------

NOT_FOR_THEM = {
    "openid": set[str](),
    "openid profile": set[str](),  # on the ground of a duty
    "openid realname": {"name", "resident_id", "birthdate", "gender", "nationalities"},
    "openid verified": {"name", "resident_id", "birthdate", "gender", "nationalities"},
}


@pytest.mark.parametrize(("scope", "expected"), NOT_FOR_THEM.items())
def test_a_site_gets_what_it_is_registered_for(
    registered: Registered, alice: Person, scope: str, expected: set[str]
) -> None:
    site = registered(scope)
    everything = element(("name", "resident_id", "birthdate", "gender", "nationalities", "email", "legal_person"))
    made = told(site, site.tokens_of(alice, claims=vouch(everything)))
    assert (set(made["claims"]) if made else set()) == expected


@pytest.mark.parametrize(("origin", "expected"), [("operator", {"name", "gender"}), ("dynamic", set[str]())])
def test_profile_will_do_where_somebody_looked_at_the_site_and_the_person_agrees(
    registered: Registered, alice: Person, origin: str, expected: set[str]
) -> None:
    site = registered("openid profile", basis=clients.CONSENT, origin=origin)
    made = told(site, site.tokens_of(alice, claims=vouch(element(("name", "gender", "resident_id")))))
    assert (set(made["claims"]) if made else set()) == expected


def test_nobody_is_vouched_for_who_is_not_proven(site: RelyingParty, bob: Person) -> None:
    assert told(site, site.tokens_of(bob, claims=vouch(element(("name",))))) is None


def test_evidence_that_expired_vouches_for_nothing(site: RelyingParty, alice: Person) -> None:
    tokens = site.tokens_of(alice, claims=vouch(element(("name",))))
    assert told(site, tokens) is not None
    clock.travel(days(731))
    assert told(site, site.tokens_of(alice, claims=vouch(element(("name",))))) is None


def test_another_value_leaves_it_out_and_the_sign_in_succeeds(site: RelyingParty, alice: Person) -> None:
    assert told(site, site.tokens_of(alice, claims=vouch(element({"name": {"value": "别人"}, "gender": None})))) is None


def test_the_values_that_a_site_compares_are_kept_nowhere(site: RelyingParty, centre: Centre, alice: Person) -> None:
    asked = element({"name": {"value": alice.name}, "resident_id": {"values": [alice.resident_id, "370199"]}})
    assert told(site, site.tokens_of(alice, claims=vouch(asked)))["claims"]["name"] == alice.name
    with centre.services.database.view() as db:
        row = db.scalars(select(Authorization).where(Authorization.client_id == site.client_id)).one()
    kept = json.dumps(row.extra, ensure_ascii=False)
    assert "verified" in kept
    assert alice.name not in kept
    assert alice.resident_id not in kept


REFUSED: dict[str, Any] = {
    "no framework": {"verification": {}, "claims": {"name": None}},
    "no claims": {"verification": ANY, "claims": {}},
    "a short purpose": element({"name": {"purpose": "ab"}}),
    "a long purpose": element({"name": {"purpose": "x" * 301}}),
}


@pytest.mark.parametrize("asked", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_answered_is_refused(site: RelyingParty, asked: Any) -> None:
    landed = arrived(site.visit(claims=vouch(asked)))
    assert landed.params["error"] == "invalid_request"


def test_a_scope_that_is_taken_from_a_site_takes_what_was_vouched_for(
    site: RelyingParty, centre: Centre, alice: Person
) -> None:
    tokens = site.tokens_of(alice, claims=vouch(element(("name",))))
    assert told(site, tokens) is not None
    with centre.services.database.transaction() as db:
        row = db.get_one(Client, site.client_id)
        row.metadata_ = {**row.metadata_, "scope": "openid profile offline_access"}
        stamps.touch(db, clients.STAMP)
    centre.see_changes()
    assert told(site, tokens) is None


# --- a new proof ------------------------------------------------------------------------------------------------------


@both_pairs
def test_a_proof_that_is_too_old_is_renewed_by_the_way(site: RelyingParty, alice: Person) -> None:
    clock.travel(days(2))
    landed = site.sign_in(alice, claims=vouch(element(("name",), {**FRESH, "verification_process": None})))
    made = told(site, site.redeem(landed.code))
    assert made["claims"] == {"name": alice.name}
    assert datetime.fromisoformat(made["verification"]["time"]) > clock.now() - timedelta(minutes=5)


def test_an_age_counts_from_the_request_and_not_from_its_use(site: RelyingParty, alice: Person) -> None:
    clock.travel(days(2))
    tokens = site.redeem(site.sign_in(alice, claims=vouch(element(("name",), FRESH))).code)
    clock.travel(timedelta(minutes=5))
    assert told(site, tokens) is not None


def test_who_wants_no_new_proof_now_goes_on_without(site: RelyingParty, alice: Person) -> None:
    clock.travel(days(2))
    seen = signed_in(site, alice, claims=vouch(element(("name",), FRESH), element(("gender",))))
    assert page(seen).path == "/verify-identity"
    landed = arrived(site._noted(site.browser.submit("later")))
    (made,) = told(site, site.redeem(landed.code))
    assert set(made["claims"]) == {"gender"}


@both_pairs
def test_one_that_is_too_weak_is_made_stronger_by_a_way_that_leads_there(
    site: RelyingParty, alice: Person, vouching: Vouching
) -> None:
    seen = page(signed_in(site, alice, claims=vouch(element(("name",), FACE))))
    assert seen.path == "/verify-identity"
    assert "check:population" not in seen.body  # the register alone does not prove as much
    browser = site.browser
    browser.submit("continue", way="challenge:scan")
    waiting = page(browser.submit("agree", face_consent="yes"))
    vouching.scan.answer = vouching.scan.yes()
    clock.travel(timedelta(seconds=5))
    landed = arrived(site._noted(browser.get(waiting.url)))
    made = told(site, site.redeem(landed.code))
    assert made == {
        "verification": {"trust_framework": "cn_realname", "assurance_level": "ial2"}, "claims": {"name": alice.name},
    }  # fmt: skip


def test_nobody_is_asked_twice_in_one_request(site: RelyingParty, alice: Person, centre: Centre) -> None:
    """The age that is demanded cannot be met: the second time there is no page, but an answer."""
    clock.travel(days(2))
    asked = element(("name",), {**ANY, "time": {"max_age": 0, "essential": True}, "assurance_level": {"value": "ial1"}})
    seen = signed_in(site, alice, claims=vouch(asked))
    assert page(seen).path == "/verify-identity"
    landed = arrived(site._noted(site.browser.submit("continue")))
    assert "code" in landed.params


def test_what_is_not_essential_asks_nobody(site: RelyingParty, alice: Person) -> None:
    clock.travel(days(2))
    landed = arrived(signed_in(site, alice, claims=vouch(element(("name",), {**ANY, "time": {"max_age": 60}}))))
    assert told(site, site.redeem(site._noted(landed).code)) is None


def test_a_silent_request_is_answered_with_what_there_is(site: RelyingParty, alice: Person) -> None:
    site.sign_in(alice)
    clock.travel(timedelta(minutes=5))
    landed = arrived(site.visit(prompt="none", claims=vouch(element(("name",), FRESH))))
    assert told(site, site.redeem(landed.code)) is None


def test_who_is_not_proven_at_all_is_asked_where_it_is_essential(site: RelyingParty, bob: Person) -> None:
    landed = site.sign_in(bob, claims=vouch(element({"name": {"essential": True}})))
    assert told(site, site.redeem(landed.code))["claims"] == {"name": bob.name}


def test_a_level_that_is_demanded_stays_a_condition(site: RelyingParty, bob: Person) -> None:
    seen = signed_in(site, bob, acr_values="ial1", claims=vouch(element({"name": {"essential": True}})))
    assert page(seen).path == "/verify-identity"
    landed = arrived(site.browser.submit("later"))
    assert landed.params["error"] == "unmet_authentication_requirements"


def test_what_no_way_leads_to_asks_nobody(site: RelyingParty, alice: Person) -> None:
    asked = element(("name",), {**ANY, "assurance_level": {"value": "ial9", "essential": True}})
    assert told(site, site.redeem(site.sign_in(alice, claims=vouch(asked)).code)) is None


# --- what the person says ---------------------------------------------------------------------------------------------

HOSTILE = "<script>alert('办理')</script> & \"证照\" {{ 7*7 }}"


def test_the_person_reads_what_who_and_why(asking: RelyingParty, alice: Person) -> None:
    asked = element({"name": {"essential": True, "purpose": HOSTILE}, "resident_id": None}, WHOLE)
    seen = page(signed_in(asking, alice, claims=vouch(asked)))
    assert seen.path == "/consent"
    assert "<script>alert" not in seen.body
    assert HOSTILE in html.unescape(seen.body)  # escaped, and nothing of it taken away
    assert "姓名和核验证明" in seen.text
    assert "核验证明：人口库" in seen.text
    assert alice.resident_id not in seen.text


OF_COMPANY = ("legal_person", "legal_representative", "role")
MIXED = ("name", *OF_COMPANY)
ON_RECORD: dict[str, Any] = {**ANY, "evidence": [RECORD]}
LABELS = {
    "name": "姓名", "resident_id": "公民身份号码", "gender": "性别", "legal_person": "您代表的单位",
    "legal_representative": "单位的法定代表人", "role": "您在单位的身份",
}  # fmt: skip


def listed(body: str) -> set[str]:
    """The claims of whose value the page says that it goes out."""
    lines = dict(re.findall(r"<dt>(.+?)和核验证明.*?</dt><dd>(.*?)</dd>", body, re.DOTALL))
    return {name for name, label in LABELS.items() if 'class="given"' in lines.get(label, "")}


@pytest.mark.parametrize(
    "asked",
    [
        element(MIXED, ON_RECORD),
        element(OF_COMPANY, ON_RECORD),
        [element(("name",), ON_RECORD), element(OF_COMPANY, ON_RECORD)],
        element({"name": {"value": "别人"}, "gender": None}, ON_RECORD),
        element({"name": {"value": "别人"}, "role": None}, ON_RECORD),
        [element(("name",), {**ANY, "evidence": [{"type": {"value": "document"}}]}), element(("gender",), ON_RECORD)],
        element(("name", "resident_id"), {"trust_framework": {"value": "de_aml"}}),
    ],
    ids=["mixed", "company", "both", "another value", "another person's", "another evidence", "another framework"],
)
def test_the_page_lists_what_is_then_told(
    registered: Registered, companies: Companies, alice: Person, asked: Any
) -> None:
    site = registered("openid realname legal", serves="both", basis=clients.CONSENT)
    company = companies.company(alice)
    seen = page(signed_in(site, alice, scope="openid", claims=vouch(asked)))
    if seen.path == "/choose-principal":
        seen = page(site._noted(site.browser.submit("continue", principal=company.id)))
    assert seen.path == "/consent"
    landed = arrived(site._noted(site.browser.submit("allow")))
    made = told(site, site.redeem(landed.code))
    answered = made if isinstance(made, list) else [made] if made is not None else []
    assert listed(seen.body) == {name for one in answered for name in one["claims"]}


@both_pairs
def test_a_yes_is_remembered_by_claim_and_taken_back(asking: RelyingParty, alice: Person, centre: Centre) -> None:
    tokens = asking.tokens_of(alice, claims=vouch(element(("name",))), scope="openid offline_access")
    assert told(asking, tokens)["claims"] == {"name": alice.name}
    with centre.services.database.view() as db:
        (known,) = consents.of_account(db, alice.account_id)
    assert set(known.scope) == {"offline_access", "verified:name"}
    assert "code" in arrived(asking.visit(claims=vouch(element(("name",))))).params  # not asked again
    assert page(asking.visit(claims=vouch(element(("name", "gender"))))).path == "/consent"

    with centre.services.database.transaction() as db:
        consents.withdraw(db, centre.services.trail, alice.account_id, asking.client_id)
    centre.see_changes()
    assert asking.userinfo(tokens.access_token).status_code == 401
    assert asking.refresh(tokens.refresh_token).error == "invalid_grant"
    assert page(asking.visit(claims=vouch(element(("name",))))).path == "/consent"


def test_a_yes_to_the_scope_is_one_to_each_of_its_claims(registered: Registered, alice: Person) -> None:
    site = registered("openid verified", basis=clients.CONSENT)
    site.tokens_of(alice, scope="openid verified")
    landed = arrived(site.visit(scope="openid", claims=vouch(element(("name", "gender")))))
    assert set(told(site, site.redeem(landed.code))["claims"]) == {"name", "gender"}


def test_a_yes_to_the_bare_facts_is_none_to_the_proof_of_them(asking: RelyingParty, alice: Person) -> None:
    asking.tokens_of(alice, scope="openid realname")
    assert page(asking.visit(scope="openid", claims=vouch(element(("name",))))).path == "/consent"


def test_who_says_no_is_not_vouched_for(asking: RelyingParty, alice: Person) -> None:
    signed_in(asking, alice, claims=vouch(element(("name",))))
    assert arrived(asking.browser.submit("deny")).params["error"] == "access_denied"


# --- who it is about --------------------------------------------------------------------------------------------------


def test_two_sites_cannot_compare_more_than_they_were_told(registered: Registered, alice: Person) -> None:
    one, two = registered(SCOPE), registered(SCOPE)
    first, second = (
        each.userinfo(each.tokens_of(alice, claims=vouch(element(("gender",)))).access_token).json
        for each in (one, two)
    )
    assert first["sub"] != second["sub"]
    assert first["verified_claims"] == second["verified_claims"]  # nothing in it is a name of its own


@both_pairs
def test_a_merged_account_is_vouched_for_by_what_both_proved(
    centre: Centre, site: RelyingParty, alice: Person, bob: Person, vouching: Vouching
) -> None:
    tokens = site.tokens_of(bob, claims=vouch(element(("name",))), scope="openid offline_access")
    assert told(site, tokens) is None
    merged(centre, bob, alice)
    made = told(site, site.tokens_of(alice, claims=vouch(element(("name",), {**ANY, "assurance_level": None}))))
    assert made["claims"] == {"name": alice.name}


def test_a_company_is_vouched_for_to_a_site_that_its_person_acts_at(
    registered: Registered, companies: Companies, alice: Person, centre: Centre
) -> None:
    site = registered("openid legal", serves="both")
    company = companies.company(alice)
    asked = element(("legal_person", "legal_representative", "role"), {**WHOLE, "time": None})
    seen = page(signed_in(site, alice, scope="openid", claims=vouch(asked)))
    assert seen.path == "/choose-principal"
    landed = arrived(site._noted(site.browser.submit("continue", principal=company.id)))
    made = told(site, site.redeem(landed.code))
    assert made["claims"] == {
        "legal_person": {"name": company.name, "uscc": company.uscc, "type": "company"},
        "legal_representative": alice.name,
        "role": "legal_representative",
    }
    (evidence,) = made["verification"]["evidence"]
    assert evidence["record"] == {"type": "business_register", "source": {"name": "市场主体登记"}}

    own = registered("openid legal", serves="both")
    signed_in(own, alice, scope="openid", claims=vouch(asked))
    landed = arrived(own._noted(own.browser.submit("continue", principal="self")))
    assert told(own, own.redeem(landed.code)) is None


def test_for_a_child_the_guardian_says_what_is_vouched_for(asking: RelyingParty, centre: Centre, alice: Person) -> None:
    child = a_child()
    assert added(centre, alice, child) == Proven(1)
    asked = vouch(element(("name",)))
    seen = page(signed_in(asking, child, claims=asked))
    assert "姓名和核验证明" in seen.text
    assert not seen.has_button("allow")
    asking.browser.submit("ask")
    s = centre.services
    with s.database.transaction() as db:
        (waiting,) = requests.waiting_for(db, alice.account_id)
        client = s.provider.clients.find(asking.client_id)
        assert requests.decide(db, s.trail, alice.account_id, waiting, client, allow=True)
    assert waiting.words == ("verified:name",)
    landed = arrived(asking.visit(claims=asked))
    assert told(asking, asking.redeem(landed.code))["claims"] == {"name": child.name}


# --- what discovery says ----------------------------------------------------------------------------------------------


def test_discovery_says_what_can_be_vouched_for(site: RelyingParty) -> None:
    said = site.http.get(f"{site.issuer}/.well-known/openid-configuration", timeout=30).json()
    assert said["verified_claims_supported"] is True
    assert said["trust_frameworks_supported"] == ["cn_realname"]
    assert said["claims_in_verified_claims_supported"] == [
        "name", "birthdate", "gender", "nationalities", "resident_id", "legal_person", "legal_representative", "role",
    ]  # fmt: skip
    assert said["evidence_supported"] == ["document", "electronic_record"]
    assert said["documents_supported"] == ["idcard", "passport", "residence_permit", "travel_permit"]
    assert said["documents_check_methods_supported"] == ["pvp"]
    assert said["electronic_records_supported"] == ["business_register", "population_register"]


def test_the_page_of_proof_says_that_a_new_one_is_wanted(site: RelyingParty, alice: Person) -> None:
    clock.travel(days(2))
    seen = page(signed_in(site, alice, claims=vouch(element(("name",), FRESH))))
    assert "重新核验" in seen.text
