"""On whose behalf: chosen at sign-in, told in every token, and over as soon as the mandate is."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from idp.core import clock
from idp.mandates.models import Mandate, Organisation, Use
from tests.flows.apis import GRANTS, Api, exchange
from tests.flows.asking import page
from tests.flows.browser import Browser, Landing, Page
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.organisations import DAY, Companies, asked_for_whom, tokens_for
from tests.flows.people import Person
from tests.flows.rp import RelyingParty

SCOPE = "openid profile legal offline_access"


@pytest.fixture
def platform(site_of: Callable[..., RelyingParty]) -> RelyingParty:
    """A site that serves people and organisations, and asks for what there is of them."""
    return site_of(scope=SCOPE, registers=SCOPE, serves="both")


def straight(rp: RelyingParty, **changes: Any) -> Landing:
    """The next sign-in of the same session, which asks nothing."""
    landed = rp.visit(**changes)
    assert isinstance(landed, Landing), landed.text[:300]
    return landed


@both_pairs
def test_the_person_stays_who_they_are_and_the_tokens_say_for_whom_they_act(
    centre: Centre, platform: RelyingParty, agent: Person, chief: Person, company: Organisation, companies: Companies
) -> None:
    mandate = companies.mandate(company, chief, agent, platform.client_id)
    page = asked_for_whom(platform, agent)
    assert company.name in page.text
    assert company.uscc in page.text
    landed = platform._noted(platform.browser.submit("continue", principal=company.id))
    tokens = platform.redeem(landed.code)
    said = platform.claims(tokens.id_token, code=landed.code)
    about = platform.userinfo(tokens.access_token).json
    checked = platform.introspect(tokens.access_token).json
    assert said["sub"] == about["sub"] == checked["sub"]
    for told in (said, about, checked):
        assert told["principal"]["type"] == "organisation"
        assert told["principal"] == said["principal"]
        assert (told["principal"]["name"], told["principal"]["uscc"]) == (company.name, company.uscc)
        assert told["act"] == {"sub": said["sub"]}
        assert {name: told["mandate"][name] for name in ("role", "scope", "ial")} == {
            "role": "agent", "scope": [platform.client_id], "ial": 1,
        }  # fmt: skip
        assert told["mandate"]["id"] not in {mandate, ""}
    assert about["legal"] == {
        "name": company.name, "uscc": company.uscc, "type": "company", "representative": chief.name, "role": "agent",
        "term": said["mandate"]["term"],
    }  # fmt: skip
    assert "legal" not in said
    refreshed = platform.refresh(tokens.refresh_token)
    assert platform.claims(refreshed.id_token)["principal"] == said["principal"]
    assert platform.introspect(refreshed.refresh_token).active
    (chosen,) = centre.audited("principal.chosen", account_id=agent.account_id)
    assert chosen.details["organisation"] == company.id
    assert chosen.details["mandate"] == mandate
    assert centre.rows(Use)["organisation_uses"] >= 1


def test_what_was_said_counts_for_this_session_and_site_and_can_be_changed(
    platform: RelyingParty, site_of: Callable[..., RelyingParty], agent: Person, companies: Companies,
    person_of: Callable[..., Person],
) -> None:  # fmt: skip
    one, two = (companies.company(person_of(ial=1), name) for name in ("试验甲样例有限公司", "试验乙样例有限公司"))
    companies.mandate(one, person_of(ial=1), agent)  # by somebody who does not represent it: counts for nothing
    first, second = companies.company(agent, "试验丙样例有限公司"), companies.company(agent, "试验丁样例有限公司")
    page = asked_for_whom(platform, agent)
    assert first.name in page.text and second.name in page.text  # noqa: PT018 - one list
    assert one.name not in page.text and two.name not in page.text  # noqa: PT018

    def principal(landed: Landing) -> dict[str, Any]:
        told: dict[str, Any] = platform.claims(platform.redeem(landed.code).id_token, code=landed.code)["principal"]
        return told

    as_first = principal(platform._noted(platform.browser.submit("continue", principal=first.id)))
    assert principal(straight(platform)) == as_first
    assert principal(straight(platform, prompt="none")) == as_first
    assert platform.visit(prompt="none", principal="select").error == "account_selection_required"
    for change in ({"principal": "select"}, {"prompt": "select_account"}):
        seen = platform.visit(**change)
        if isinstance(seen, Page) and seen.path == "/choose-account":
            seen = platform.browser.submit("continue")
        assert isinstance(seen, Page)
        assert seen.form("continue").fields["principal"] in {first.id, second.id}, (
            "what counts now is chosen beforehand"
        )
        as_second = principal(platform._noted(platform.browser.submit("continue", principal=second.id)))
        assert as_second["name"] == second.name
        assert principal(straight(platform)) == as_second
    platform.visit(principal="select")
    myself = principal(platform._noted(platform.browser.submit("continue", principal="self")))
    assert myself["type"] == "person"
    assert principal(straight(platform)) == myself
    elsewhere = site_of(scope="openid profile", registers="openid profile", serves="both")
    asked_for_whom(elsewhere, agent, platform.browser)


def test_what_is_no_choice_is_not_taken(
    platform: RelyingParty, agent: Person, companies: Companies, chief: Person, company: Organisation
) -> None:
    companies.company(agent)
    asked_for_whom(platform, agent)
    for odd in ("", "nobody", company.id, "self' --"):
        page = platform.browser.submit("continue", principal=odd)
        assert isinstance(page, Page)
        assert (page.path, page.status) == ("/choose-principal", 400)
    left = platform.browser.submit("cancel")
    assert isinstance(left, Landing)
    assert left.error == "access_denied"


def test_a_site_for_people_asks_nothing_and_says_nothing(rp: RelyingParty, agent: Person, companies: Companies) -> None:
    companies.company(agent)
    tokens = rp.tokens_of(agent)
    for told in (
        rp.claims(tokens.id_token),
        rp.userinfo(tokens.access_token).json,
        rp.introspect(tokens.access_token).json,
    ):
        assert {"principal", "act", "mandate", "legal"}.isdisjoint(told)
    assert isinstance(rp.visit(principal="select"), Landing)
    assert rp.visit(principal="all").error == "invalid_request"


def test_who_can_only_be_themselves_is_not_asked(platform: RelyingParty, agent: Person) -> None:
    tokens = platform.tokens_of(agent)
    said = platform.claims(tokens.id_token)
    assert said["principal"] == {"type": "person", "id": said["sub"]}
    assert "act" not in said
    assert "legal" not in platform.userinfo(tokens.access_token).json
    shown = page(platform.browser.get("/account/sites"))
    assert re.search("信息[^还]*还没有得到 *您代表的单位", shown.text), shown.text


def test_a_company_that_was_told_of_is_listed(platform: RelyingParty, agent: Person, companies: Companies) -> None:
    company = companies.company(agent)
    asked_for_whom(platform, agent)
    platform.browser.submit("continue", principal=company.id)
    shown = page(platform.browser.get("/account/sites")).text
    assert ("您代表的单位" in shown, "还没有得到" in shown) == (True, False)


def test_a_site_for_organisations_alone_takes_the_only_one_and_shows_the_way_to_who_has_none(
    site_of: Callable[..., RelyingParty], agent: Person, bob: Person, chief: Person, company: Organisation,
    companies: Companies, browser: Browser,
) -> None:  # fmt: skip
    only = site_of(scope=SCOPE, registers=SCOPE, serves="organisations")
    landed = only.sign_in(chief)
    assert only.claims(only.redeem(landed.code).id_token)["principal"]["name"] == company.name
    assert only.userinfo(only.redeem(straight(only).code).access_token).legal["role"] == "legal_representative"
    page = asked_for_whom(only, bob, browser)
    assert "/account/organisations/add" in page.links
    assert "/account/mandates" in page.links
    silent = only.visit(browser, prompt="none")
    assert isinstance(silent, Landing)
    assert silent.error == "interaction_required"
    assert browser.submit("cancel", page).error == "access_denied"  # type: ignore[union-attr]


def lose_by_revoking(companies: Companies, chief: Person, company: Organisation, mandate: str) -> None:
    companies.revoke(chief, mandate)


def lose_by_resigning(companies: Companies, chief: Person, company: Organisation, mandate: str) -> None:
    with companies.centre.services.database.view() as db:
        held_by = db.get_one(Mandate, mandate).agent_account_id
    companies.centre.services.mandates.end(held_by or "", mandate)


def lose_by_time(companies: Companies, chief: Person, company: Organisation, mandate: str) -> None:
    companies.change(Mandate, mandate, ends_at=clock.now())


def lose_the_company(companies: Companies, chief: Person, company: Organisation, mandate: str) -> None:
    companies.change(Organisation, company.id, state="revoked")


def lose_the_giver(companies: Companies, chief: Person, company: Organisation, mandate: str) -> None:
    companies.centre.freeze(chief)


LOSSES = (lose_by_revoking, lose_by_resigning, lose_by_time, lose_the_company, lose_the_giver)


@both_pairs
@pytest.mark.parametrize("lose", LOSSES)
def test_no_token_of_a_mandate_that_ended_says_active(
    centre: Centre, platform: RelyingParty, agent: Person, chief: Person, company: Organisation, companies: Companies,
    lose: Callable[[Companies, Person, Organisation, str], None],
) -> None:  # fmt: skip
    mandate = companies.mandate(company, chief, agent, platform.client_id)
    families = [tokens_for(platform, agent, company)] + [platform.redeem(straight(platform).code) for _ in range(3)]
    waiting = straight(platform).code
    assert all(platform.introspect(each.access_token).active for each in families)
    lose(companies, chief, company, mandate)
    centre.see_changes()
    by_refresh, by_userinfo, by_access, by_refresh_token = families
    assert platform.redeem(waiting).error == "invalid_grant"
    assert platform.refresh(by_refresh.refresh_token).error == "invalid_grant"
    assert platform.userinfo(by_userinfo.access_token).status_code == 401
    assert platform.introspect(by_access.access_token).json == {"active": False}
    assert platform.introspect(by_refresh_token.refresh_token).json == {"active": False}
    for tokens in families:
        assert platform.introspect(tokens.access_token).json == {"active": False}
        assert platform.introspect(tokens.refresh_token).json == {"active": False}
        assert platform.refresh(tokens.refresh_token).error == "invalid_grant"
        assert platform.userinfo(tokens.access_token).status_code == 401
    ended = centre.audited("oidc.revoked", account_id=agent.account_id, client_id=platform.client_id)
    assert [(each.details["reason"], each.details["mandate"]) for each in ended] == [("mandate_ended", mandate)] * 5
    assert platform.visit(prompt="none").error == "account_selection_required"
    page = platform.visit()
    assert isinstance(page, Page)
    assert page.path == "/choose-principal"
    assert f"不能再代表 {company.name}" in page.text


def test_a_revoked_mandate_is_not_kept_alive_by_another(
    platform: RelyingParty, agent: Person, chief: Person, company: Organisation, companies: Companies
) -> None:
    first = companies.mandate(company, chief, agent, platform.client_id)
    tokens = tokens_for(platform, agent, company)
    companies.mandate(company, chief, agent, platform.client_id, until=clock.now() + 9 * DAY)
    companies.revoke(chief, first)
    assert platform.introspect(tokens.access_token).json == {"active": False}
    assert platform.refresh(tokens.refresh_token).error == "invalid_grant"
    again = platform.redeem(straight(platform).code)  # the person may still act, by the other one
    assert again.status_code == 200
    assert platform.introspect(again.access_token).mandate["id"] != tokens.json.get("mandate")


def test_no_token_outlives_the_term(
    platform: RelyingParty, agent: Person, chief: Person, company: Organisation, companies: Companies
) -> None:
    until = clock.now() + DAY
    companies.mandate(company, chief, agent, platform.client_id, until=until)
    tokens = tokens_for(platform, agent, company)
    clock.travel(until - clock.now() - DAY / 1440)
    short = platform.refresh(tokens.refresh_token)
    assert 0 < short.expires_in <= 61
    clock.travel(DAY / 1440)
    assert platform.introspect(short.access_token).json == {"active": False}
    assert platform.refresh(short.refresh_token).error == "invalid_grant"


def test_a_mandate_for_another_site_counts_for_nothing_here(
    platform: RelyingParty, agent: Person, chief: Person, company: Organisation, companies: Companies
) -> None:
    companies.mandate(company, chief, agent, "another-site")
    assert platform.claims(platform.tokens_of(agent).id_token)["principal"]["type"] == "person"


def test_two_sites_know_an_organisation_and_a_mandate_by_different_ids(
    platform: RelyingParty, site_of: Callable[..., RelyingParty], agent: Person, chief: Person, company: Organisation,
    companies: Companies,
) -> None:  # fmt: skip
    companies.mandate(company, chief, agent)
    told = []
    other = site_of(scope="openid", registers="openid", serves="both", subject_type="pairwise",
                    redirect_uris=["http://127.0.0.1:9/callback"])  # fmt: skip
    for rp, uri in ((platform, None), (other, "http://127.0.0.1:9/callback")):
        changes = {"redirect_uri": uri} if uri is not None else {}
        asked_for_whom(rp, agent, **changes)
        landed = rp._noted(rp.browser.submit("continue", principal=company.id))
        told.append(rp.claims(rp.redeem(landed.code, **changes).id_token))
    assert told[0]["principal"]["id"] != told[1]["principal"]["id"]
    assert told[0]["mandate"]["id"] != told[1]["mandate"]["id"]
    assert "name" not in told[1]["principal"]
    assert told[1]["mandate"]["scope"] == ["*"]


def test_an_api_hears_it_too_each_in_its_own_names(
    platform: RelyingParty, site_of: Callable[..., RelyingParty], api_of: Callable[..., Api], agent: Person,
    chief: Person, company: Organisation, companies: Companies,
) -> None:  # fmt: skip
    last = api_of(token_format="jwt")
    front = api_of(registers=f"openid {last.read}")
    scope = f"openid {front.scope} {last.scope}"
    rp = site_of(scope=scope, registers=scope, serves="both", grant_types=GRANTS)
    mandate = companies.mandate(company, chief, agent, rp.client_id)
    given = tokens_for(rp, agent, company, resource=[front.identifier, last.identifier])
    exchanged = exchange(front.client, given.access_token, resource=last.identifier)
    claims, told = last.accepts(exchanged.access_token), last.asks(exchanged.access_token)
    asked = front.asks(given.access_token)
    for each in (claims, told):
        assert each["act"] == {"sub": front.client.client_id, "act": {"sub": each["sub"]}}
        assert each["principal"].keys() == {"type", "id"}
        assert each["mandate"]["scope"] == [rp.client_id]
    assert asked["act"] == {"sub": asked["sub"]}
    own = rp.introspect(given.access_token)
    ids = {each["principal"]["id"] for each in (claims, told, asked, own.json)}
    assert len(ids) == 4, "nobody can compare notes about the company"
    companies.revoke(chief, mandate)
    assert exchange(front.client, given.access_token, resource=last.identifier).error == "invalid_request"
    assert last.asks(exchanged.access_token) == {"active": False}
    assert rp.introspect(given.access_token).json == {"active": False}


def test_consent_names_the_company_and_what_goes_out(
    site_of: Callable[..., RelyingParty], agent: Person, chief: Person, company: Organisation, companies: Companies
) -> None:
    asking = site_of(scope=SCOPE, registers=SCOPE, serves="both", release_basis="consent")
    companies.mandate(company, chief, agent, asking.client_id)
    asked_for_whom(asking, agent)
    page = asking.browser.submit("continue", principal=company.id)
    assert isinstance(page, Page)
    assert page.path == "/consent"
    assert f"您代表 {company.name} 办事" in page.text
    assert company.uscc in page.text
    landed = asking._noted(asking.browser.submit("allow"))
    assert asking.userinfo(asking.redeem(landed.code).access_token).legal["name"] == company.name


def test_the_account_centre_shows_it_and_lets_it_be_said_anew(
    platform: RelyingParty, agent: Person, company: Organisation, companies: Companies, chief: Person
) -> None:
    companies.mandate(company, chief, agent, platform.client_id)
    tokens_for(platform, agent, company)
    sites = platform.browser.get("/account/sites")
    assert isinstance(sites, Page)
    assert company.name in sites.text
    changed = platform.browser.submit("change")
    assert isinstance(changed, Page)
    assert company.name not in changed.text
    asked_for_whom(platform, agent)
    activity = platform.browser.get("/account/activity")
    assert isinstance(activity, Page)
    assert "代表单位登录测试网站" in activity.text


def test_an_offer_that_was_declined_or_never_accepted_leads_nowhere(
    centre: Centre, platform: RelyingParty, agent: Person, chief: Person, company: Organisation, companies: Companies
) -> None:
    offered = companies.mandate(company, chief, agent, platform.client_id, accepted_at=None)
    declined = companies.mandate(company, chief, agent, platform.client_id, accepted_at=None)
    companies.change(Mandate, declined, ended_at=clock.now(), end_reason="declined")
    assert platform.claims(platform.tokens_of(agent).id_token)["principal"]["type"] == "person"
    companies.change(Mandate, offered, accepted_at=clock.now())
    asked_for_whom(platform, agent)


def test_whoever_loses_the_mandate_while_choosing_gets_nothing(
    platform: RelyingParty, agent: Person, chief: Person, company: Organisation, companies: Companies
) -> None:
    mandate = companies.mandate(company, chief, agent, platform.client_id)
    companies.company(agent, "试验另样例有限公司")
    page = asked_for_whom(platform, agent)
    companies.revoke(chief, mandate)
    seen = platform.browser.submit("continue", page, principal=company.id)
    assert isinstance(seen, Page)
    assert (seen.path, seen.status) == ("/choose-principal", 400)
    assert company.name not in seen.text
