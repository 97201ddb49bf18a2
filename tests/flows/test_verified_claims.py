"""Claims that the centre vouches for, as a site asks and gets them (OpenID Connect for Identity Assurance 1.0)."""

import json
from datetime import datetime, timedelta
from typing import Any

from idp.core import clock
from tests.flows.asking import arrived, page
from tests.flows.people import Person
from tests.flows.rp import RelyingParty

VERIFICATION: dict[str, Any] = {
    "trust_framework": None,
    "assurance_level": None,
    "time": None,
    "verification_process": None,
    "evidence": [
        {"type": {"value": "electronic_record"}, "check_details": [{"check_method": None, "organization": None,
         "txn": None, "time": None}], "record": {"type": None, "source": {"name": None, "country_code": None}}},
    ],
}  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def vouch(claims: Any, verification: Any = VERIFICATION, *, part: str = "userinfo") -> str:
    return json.dumps({part: {"verified_claims": {"verification": verification, "claims": claims}}})


def test_a_site_gets_verified_claims_at_userinfo(site: RelyingParty, alice: Person) -> None:
    tokens = site.tokens_of(alice, claims=vouch({"name": None, "resident_id": None}))
    told = site.userinfo(tokens.access_token).json
    assert told["verified_claims"]["claims"] == {"name": alice.name, "resident_id": alice.resident_id}


FRESH = {**VERIFICATION, "time": {"max_age": 60, "essential": True}}


def test_a_proof_that_is_too_old_is_renewed_by_the_way(site: RelyingParty, alice: Person) -> None:
    clock.travel(timedelta(days=2))
    landed = site.sign_in(alice, claims=vouch({"name": None}, FRESH))
    told = site.userinfo(site.redeem(landed.code).access_token).json
    assert told["verified_claims"]["claims"] == {"name": alice.name}
    assert at(told["verified_claims"]["verification"]["time"]) > clock.now() - timedelta(minutes=5)


def test_who_wants_no_new_proof_now_goes_on_without(site: RelyingParty, alice: Person) -> None:
    clock.travel(timedelta(days=2))
    seen = site.visit(claims=vouch({"name": None}, FRESH))
    seen = site.browser.submit("continue", identifier=alice.username, password=alice.password)
    assert page(seen).path == "/verify-identity"
    landed = arrived(site._noted(site.browser.submit("later")))
    told = site.userinfo(site.redeem(landed.code).access_token).json
    assert "verified_claims" not in told
