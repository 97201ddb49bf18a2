"""Organisations and mandates, page by page, as their people meet them: added, given, accepted, passed on and ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from idp.audit.trail import SYSTEM
from idp.core import clock, crypto
from idp.core.deadline import Deadline
from idp.mandates import acting
from idp.oidc.registration import clients
from idp.realname.breaker import Breaker
from idp.realname.models import Evidence
from idp.realname.ports import LicenceHolder, LicenceRole
from tests.flows import people as numbers
from tests.web.conftest import ISSUER, PASSWORD

SITE = "projects"


@pytest.fixture(scope="module")
def business(centre):
    """The register and the platform of the centre, and a site that serves organisations."""
    everything, home = centre.services, "http://localhost:9/projects"
    metadata = {
        "client_name": "样例投资平台", "client_uri": home, "initiate_login_uri": f"{home}/sign-in",
        "redirect_uris": [f"{home}/callback"], "serves": "both",
    }  # fmt: skip
    with everything.database.transaction() as db:
        clients.register(db, everything.trail, metadata, keyring=everything.keyring, actor=SYSTEM, client_id=SITE)
    return centre.business


class Citizen:
    """Somebody proven, signed in with a browser."""

    def __init__(self, centre, *, is_proven=True):
        self.centre = centre
        number = numbers.next_number()
        self.name, self.resident_id = numbers.name_of(number), numbers.resident_id_of(number)
        self.account_id, self.phone = centre.person()
        self.visitor = centre.visitor()
        self.visitor.sign_in(self.phone, PASSWORD)
        if is_proven:
            centre.services.identity_proof.prove(
                self.account_id, name=self.name, resident_id=self.resident_id, client_id=None,
                address=f"198.51.{number // 250}.{number % 250}", deadline=Deadline.after(5),
            )  # fmt: skip

    def opens(self, path):
        return self.visitor.get(path)

    def presses(self, action="continue", **typed):
        return self.visitor.submit(action, **typed)

    def adds(self, record):
        self.opens("/account/organisations/add")
        page = self.presses(organisation_name=record.name, uscc=record.uscc.code)
        return page.path.partition("?")[0]

    def acts_for(self, company_path):
        organisation_id = company_path.rpartition("/")[2]
        everything = self.centre.services
        with everything.database.quick() as db:
            return acting.may_act(db, everything.keyring, self.account_id, organisation_id, SITE, clock.now())


def test_a_legal_representative_adds_a_company_and_lets_an_agent_act_for_it(centre, business):
    chief, agent = Citizen(centre), Citizen(centre)
    record = business.exists(chief.name)

    company = chief.adds(record)

    assert "不排除同名" in chief.visitor.page.text
    assert record.name in chief.opens("/account/organisations").text
    chief.opens(f"{company}/give")
    assert "样例投资平台" in chief.visitor.page.text
    page = chief.presses(name=agent.name, phone=agent.phone, sites=SITE, days="30")
    assert "邀请已发出" in page.text
    assert "等待接受" in page.text
    assert agent.acts_for(company) is None

    assert "请您担任" in centre.last_sms(agent.phone)
    mandates = agent.opens("/account/mandates")
    offer = mandates.html.partition('href="/account/mandates/')[2].partition('"')[0]
    page = agent.opens(f"/account/mandates/{offer}")
    assert record.uscc.code in page.text
    assert "接受之前请确认" in page.text
    assert "已接受授权" in agent.presses("allow").text
    assert agent.acts_for(company).mandate_id == offer

    chief.opens(f"/account/mandates/{offer}/end")
    page = chief.presses("confirm")
    assert page.path.startswith(company)
    assert "已收回" in page.text
    assert agent.acts_for(company) is None
    assert "已收回" in agent.opens("/account/mandates").text


def test_the_licence_shows_a_code_and_goes_on_by_itself(centre, business):
    chief = Citizen(centre)
    record = business.exists(chief.name)
    chief.opens("/account/licence")
    business.holder = None
    page = chief.presses()
    assert "data:image/svg+xml" in page.html
    business.holder = LicenceHolder(
        record, LicenceRole.LEGAL_REPRESENTATIVE, chief.name, crypto.sm3(chief.resident_id.encode()).hex(), "sn", "q-2"
    )
    stranger = Citizen(centre)
    assert stranger.opens(page.path).status == 404, "it belongs to the account that started it"
    clock.travel(timedelta(seconds=3))

    handle_path = page.path
    assert chief.visitor.client.get(f"{handle_path}/state", base_url=ISSUER).json["state"] == "settled"

    page = chief.opens(handle_path)

    assert "已凭电子营业执照认定" in page.text
    assert chief.acts_for(page.path.partition("?")[0]).ial == 3


@pytest.mark.parametrize("what", ["role", "number"])
def test_somebody_elses_licence_makes_nobody_a_representative(centre, business, what):
    chief, other = Citizen(centre), Citizen(centre)
    record = business.exists(chief.name)
    chief.opens("/account/licence")
    business.holder = None
    chief.presses()
    role = LicenceRole.MANAGER if what == "role" else LicenceRole.LEGAL_REPRESENTATIVE
    number = other.resident_id if what == "number" else chief.resident_id
    business.holder = LicenceHolder(record, role, chief.name, crypto.sm3(number.encode()).hex(), "sn", "q-3")
    clock.travel(timedelta(seconds=3))
    page = chief.presses()
    assert "没有认定" in page.text
    assert record.name not in chief.opens("/account/organisations").text


def test_a_licence_that_comes_after_the_proof_has_expired_is_a_no_on_record(centre, business):
    chief = Citizen(centre)
    record = business.exists(chief.name)
    chief.opens("/account/licence")
    business.holder = None
    page = chief.presses()
    digest = crypto.sm3(chief.resident_id.encode()).hex()
    business.holder = LicenceHolder(record, LicenceRole.LEGAL_REPRESENTATIVE, chief.name, digest, "sn", "q-4")
    with centre.services.database.transaction() as db:
        mine = Evidence.account_id == chief.account_id
        db.execute(update(Evidence).where(mine, Evidence.ial > 0).values(expires_at=clock.now()))
    clock.travel(timedelta(seconds=3))

    assert "请先核验您本人的身份" in chief.opens(page.path).text
    assert "请先核验您本人的身份" in chief.opens(page.path).text, "and so it stays"
    with centre.services.database.view() as db:
        asked = db.scalars(select(Evidence).where(mine, Evidence.purpose == "organisation")).one()
    assert (asked.verdict, asked.reason) == ("refuted", "identity_needed")


def test_a_question_about_an_organisation_is_not_shown_as_a_level(centre, business):
    chief = Citizen(centre)
    chief.adds(business.exists(chief.name))
    text = chief.opens("/account/proofs").text
    assert "与单位登记一致" in text
    assert "程度 0" not in text


def test_a_no_is_neutral_and_keeps_what_was_typed(centre, business):
    chief, stranger = Citizen(centre), Citizen(centre)
    record = business.exists(chief.name)
    stranger.opens("/account/organisations/add")
    page = stranger.presses(organisation_name=record.name, uscc=record.uscc.code)
    assert page.status == 400
    assert "没有通过核对" in page.text
    assert chief.name not in page.text
    assert f'value="{record.uscc.code}"' in page.html
    page = stranger.presses(organisation_name=record.name, uscc="123")
    assert "18 位" in page.text


def test_an_outage_says_so_and_offers_to_try_again(centre, business):
    chief = Citizen(centre)
    record = business.exists(chief.name)
    business.is_down = True
    chief.opens("/account/organisations/add")
    assert "没有用掉您的次数" in chief.presses(organisation_name=record.name, uscc=record.uscc.code).text
    business.is_down = False
    Breaker(centre.services.store, business.source).succeeded()
    assert chief.adds(record).startswith("/account/organisations/")


def test_who_is_not_proven_is_asked_to_prove_it_first(centre, business):
    somebody = Citizen(centre, is_proven=False)
    for path in ("/account/organisations", "/account/organisations/add", "/account/licence"):
        assert "请先核验您本人的身份" in somebody.opens(path).text


def test_pages_of_others_lead_back_to_ones_own(centre, business):
    chief, agent, stranger = Citizen(centre), Citizen(centre), Citizen(centre)
    company = chief.adds(business.exists(chief.name))
    chief.opens(f"{company}/give")
    chief.presses(name=agent.name, phone=agent.phone, sites=SITE, days="30")
    offer = agent.opens("/account/mandates").html.partition('href="/account/mandates/')[2].partition('"')[0]
    for path in (company, f"{company}/give", f"{company}/administrators", f"{company}/leave"):
        assert stranger.opens(path).path == "/account/organisations"
        assert agent.opens(path).path == "/account/organisations"
    for path in (f"/account/mandates/{offer}", f"/account/mandates/{offer}/end", f"/account/mandates/{offer}/give"):
        assert stranger.opens(path).path == "/account/mandates"


def test_an_administrator_gives_mandates_and_an_agent_passes_one_on(centre, business):
    chief, clerk, agent, other = (Citizen(centre) for _ in range(4))
    company = chief.adds(business.exists(chief.name))
    chief.opens(f"{company}/administrators")
    chief.presses(name=clerk.name, phone=clerk.phone)
    post = clerk.opens("/account/mandates").html.partition('href="/account/mandates/')[2].partition('"')[0]
    clerk.opens(f"/account/mandates/{post}")
    clerk.presses("allow")
    assert f"{company}/administrators" not in clerk.opens(company).html
    clerk.opens(f"{company}/give")
    clerk.presses(name=agent.name, phone=agent.phone, sites=SITE, days="30", may_delegate="yes")
    own = agent.opens("/account/mandates").html.partition('href="/account/mandates/')[2].partition('"')[0]
    agent.opens(f"/account/mandates/{own}")
    agent.presses("allow")
    agent.opens(f"/account/mandates/{own}/give")
    assert "不能超出您自己的授权" in agent.visitor.page.text
    page = agent.presses(name=other.name, phone=other.phone, sites=SITE, days="31")
    assert "不能超出" in page.text
    page = agent.presses(name=other.name, phone=other.phone, sites=SITE, days="10")
    assert "您转给别人的授权" in page.text
    passed_on = other.opens("/account/mandates").html.partition('href="/account/mandates/')[2].partition('"')[0]
    other.opens(f"/account/mandates/{passed_on}")
    other.presses("allow")
    assert other.acts_for(company) is not None
    with centre.services.database.transaction() as db:
        acting.note_use(db, other.account_id, other.acts_for(company), SITE, clock.now())
    assert other.name in chief.opens(company).text

    chief.opens(f"{company}/leave")
    chief.presses("confirm")

    assert [each.acts_for(company) for each in (chief, clerk, agent, other)] == [None] * 4
    assert "法定代表人已变更" in clerk.opens("/account/mandates").text


def test_both_sides_read_in_their_records_what_happened(centre, business):
    chief, agent = Citizen(centre), Citizen(centre)
    company = chief.adds(business.exists(chief.name))
    chief.opens(f"{company}/give")
    chief.presses(name=agent.name, phone=agent.phone, sites=SITE, days="30")
    offer = agent.opens("/account/mandates").html.partition('href="/account/mandates/')[2].partition('"')[0]
    agent.opens(f"/account/mandates/{offer}")
    agent.presses("allow")
    agent.opens(f"/account/mandates/{offer}/end")
    agent.presses("confirm")
    text = chief.opens("/account/activity").text
    for line in ("被认定为一个单位的法定代表人", "以单位名义发出授权邀请", "发出的授权邀请被接受", "经办人已放弃"):
        assert line in text
    text = agent.opens("/account/activity").text
    assert "接受了一个单位的授权" in text
    assert "代表单位的授权结束" in text
