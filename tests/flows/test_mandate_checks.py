"""The question of a site, whether somebody may act for an organisation now: a signed answer on record, and no oracle."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws, jwt

from idp.core import clock
from idp.mandates.models import Mandate, Organisation, Use
from tests.flows.browser import Landing
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.organisations import DAY, Companies, asked_for_whom, tokens_for
from tests.flows.people import Person
from tests.flows.rp import RelyingParty

SCOPE = "openid legal offline_access"


@pytest.fixture
def platform(site_of: Callable[..., RelyingParty]) -> RelyingParty:
    return site_of(scope=SCOPE, registers=SCOPE, serves="both")


def asks(rp: RelyingParty, **form: str) -> dict[str, Any]:
    """The answer, its signature and its type checked."""
    reply = rp.http.post(
        f"{rp.issuer}/mandates/check", data=form, auth=(rp.client_id, rp.client_secret or ""), timeout=30
    )
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"] == "application/mandate-check+jwt"
    read = jwt.decode(reply.text, rp.keys(), algorithms=["ES256"])
    assert jws.extract_compact(reply.content).headers()["typ"] == "mandate-check+jwt"
    said = read.claims
    assert (said["iss"], said["aud"]) == (rp.issuer, rp.client_id)
    assert said["iat"] <= clock.epoch() < said["exp"] <= said["iat"] + 60
    return said


@both_pairs
def test_the_answer_is_yes_while_the_mandate_holds_and_no_from_then_on(
    centre: Centre, platform: RelyingParty, agent: Person, chief: Person, company: Organisation, companies: Companies
) -> None:
    mandate = companies.mandate(company, chief, agent, platform.client_id)
    said = platform.claims(tokens_for(platform, agent, company).id_token)
    sub, principal = said["sub"], said["principal"]["id"]
    platform.browser.http.cookies.clear()  # neither the session nor a token is needed
    for form in ({"principal": principal}, {"uscc": company.uscc}):
        answer = asks(platform, sub=sub, service="project.file", **form)
        assert (answer["result"], answer["role"], answer["service"]) == (True, "agent", "project.file")
        assert answer["mandate"] == said["mandate"]
        assert answer["until"] == said["mandate"]["term"]
        assert answer["sub"] == sub
        entry = centre.audited("mandate.asked", account_id=agent.account_id)[-1]
        assert (entry.outcome, entry.client_id, entry.details["mandate"]) == ("success", platform.client_id, mandate)
        assert (entry.details["answer"], entry.details["service"]) == (answer["jti"], "project.file")
    noted = centre.rows(Use)["organisation_uses"]
    companies.revoke(chief, mandate)
    answer = asks(platform, sub=sub, principal=principal)
    assert answer["result"] is False
    assert {"role", "mandate", "until"}.isdisjoint(answer)
    refused = centre.audited("mandate.asked", account_id=agent.account_id)[-1]  # the person sees that too
    assert (refused.outcome, refused.details["answer"]) == ("failure", answer["jti"])
    assert centre.rows(Use)["organisation_uses"] == noted


def test_the_answer_is_no_from_the_second_in_which_the_term_ends(
    platform: RelyingParty, agent: Person, chief: Person, company: Organisation, companies: Companies
) -> None:
    mandate = companies.mandate(company, chief, agent, platform.client_id)
    sub = platform.claims(tokens_for(platform, agent, company).id_token)["sub"]
    companies.change(Mandate, mandate, ends_at=clock.now() + DAY)
    assert asks(platform, sub=sub, uscc=company.uscc)["result"] is True
    clock.travel(DAY)
    assert asks(platform, sub=sub, uscc=company.uscc)["result"] is False


def test_a_site_learns_of_nobody_but_those_it_knows(
    platform: RelyingParty, site_of: Callable[..., RelyingParty], agent: Person, chief: Person, company: Organisation,
    companies: Companies,
) -> None:  # fmt: skip
    companies.mandate(company, chief, agent)
    here = platform.claims(tokens_for(platform, agent, company).id_token)
    there = "http://127.0.0.1:9/callback"
    other = site_of(scope=SCOPE, registers=SCOPE, serves="both", redirect_uris=[there])
    nothing = {"iss", "aud", "iat", "exp", "jti", "sub", "result"}
    for form in (
        {"sub": here["sub"], "principal": here["principal"]["id"]},
        {"sub": here["sub"], "uscc": company.uscc},
        {"sub": "nobody", "uscc": company.uscc},
        {"sub": "nobody", "uscc": "91370199MA3DEM019F"},
        {"sub": here["sub"], "principal": "nothing"},
    ):
        answer = asks(other, **form)
        assert answer["result"] is False
        assert set(answer) == nothing | set(form) - {"sub"}
    asked_for_whom(other, agent, redirect_uri=there)
    landed = other._noted(other.browser.submit("continue", principal=company.id))
    assert isinstance(landed, Landing)
    mine = other.claims(other.redeem(landed.code, redirect_uri=there).id_token)
    assert asks(other, sub=mine["sub"], principal=mine["principal"]["id"])["result"] is True
    assert asks(other, sub=here["sub"], principal=mine["principal"]["id"])["result"] is False


def test_who_may_not_ask_is_told_why(
    site_of: Callable[..., RelyingParty], platform: RelyingParty, company: Organisation
) -> None:
    for_people = site_of()
    assert for_people.post("/mandates/check", {"sub": "x", "principal": "x"}).error == "unauthorized_client"
    nameless = site_of(scope="openid", registers="openid", serves="both")
    assert nameless.post("/mandates/check", {"sub": "x", "uscc": company.uscc}).error == "unauthorized_client"
    public = site_of(
        scope="openid", registers="openid", serves="both", token_endpoint_auth_method="none",
        grant_types=["authorization_code"],
    )  # fmt: skip
    assert public.post("/mandates/check", {"sub": "x", "principal": "x"}).error == "invalid_client"
    for form in (
        {}, {"sub": "x"}, {"principal": "x"}, {"sub": "x", "principal": "x", "uscc": company.uscc}, {"sub": "x", "uscc": "1"},
        {"sub": "x" * 200, "principal": "x"}, {"sub": "x", "principal": "x", "service": "a b"},
        {"sub": "x", "principal": "x", "service": "x" * 65}, {"sub": "x", "principal": "x", "act": "permit.apply"},
        {"sub": "x", "principal": "x", "scope": "openid"}, {"sub": "x", "principal": "x", "resource": "https://x.example"},
    ):  # fmt: skip
        assert platform.post("/mandates/check", form).error == "invalid_request", form


@pytest.mark.parametrize("twice", ["sub", "principal", "service"])
def test_a_question_says_nothing_twice(platform: RelyingParty, twice: str) -> None:
    auth, form = (platform.client_id, platform.client_secret or ""), {"sub": "x", "principal": "x", "service": "x"}
    reply = platform.http.post(
        f"{platform.issuer}/mandates/check", data=[*form.items(), (twice, "y")], auth=auth, timeout=30
    )
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")


@both_pairs
def test_a_use_is_noted_once_a_minute(
    centre: Centre, platform: RelyingParty, agent: Person, chief: Person, company: Organisation, companies: Companies
) -> None:
    companies.mandate(company, chief, agent, platform.client_id)
    sub = platform.claims(tokens_for(platform, agent, company).id_token)["sub"]
    noted = centre.rows(Use)["organisation_uses"]
    for _ in range(3):
        assert asks(platform, sub=sub, uscc=company.uscc)["result"] is True
    assert centre.rows(Use)["organisation_uses"] == noted
    clock.travel(timedelta(minutes=1))
    assert asks(platform, sub=sub, uscc=company.uscc)["result"] is True
    assert centre.rows(Use)["organisation_uses"] == noted + 1


def test_questions_are_counted(platform: RelyingParty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp.oidc.mandate_checks._QUESTIONS", 3)
    auth, form = (platform.client_id, platform.client_secret or ""), {"sub": "x", "principal": "x"}
    address = f"{platform.issuer}/mandates/check"
    answers = [platform.http.post(address, data=form, auth=auth, timeout=30) for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_discovery_names_the_endpoint(platform: RelyingParty) -> None:
    document = platform.http.get(f"{platform.issuer}/.well-known/openid-configuration", timeout=30).json()
    assert document["mandate_check_endpoint"] == f"{platform.issuer}/mandates/check"
    assert document["principal_types_supported"] == ["person", "organisation"]
    assert {"principal", "act", "mandate", "legal"} <= set(document["claims_supported"])
