"""A site that a department registered in the workbench signs its first person in."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from idp.mandates.models import Organisation
from idp.realname.models import Evidence
from tests.flows.browser import Browser, Page
from tests.flows.centre import Centre
from tests.flows.organisations import Companies
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.site import Site
from tests.flows.trial import nobody_at


@pytest.fixture
def department(centre: Centre, companies: Companies, chief: Person) -> Organisation:
    """What the chief, who has shown their face, represents: an organisation of the register of departments."""
    with centre.services.database.transaction() as db:
        db.execute(update(Evidence).where(Evidence.account_id == chief.account_id, Evidence.ial > 0).values(ial=2))
    made = companies.company(chief, "试验样例局")
    companies.change(Organisation, made.id, uscc=f"11{made.uscc[2:]}", kind="organ")
    return made


@pytest.fixture
def place() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


def test_from_the_form_to_the_first_sign_in(
    centre: Centre, department: Organisation, chief: Person, alice: Person, place: Site
) -> None:
    home = place.redirect_uri.rpartition("/")[0]
    browser = Browser(centre.issuer)
    browser.get("/workbench/register")
    shown = browser.submit("continue", identifier=chief.username, password=chief.password)
    assert isinstance(shown, Page)
    assert shown.path == "/workbench/register"
    typed = {
        "organisation": department.id, "kind": "server", "client_name": "样例办事系统", "about": "办理样例事项",
        "client_uri": home, "initiate_login_uri": f"{home}/sign-in", "redirect_uris": place.redirect_uri,
        "method": "client_secret_basic", "serves": "people", "subject": "pairwise", "level": "", "scope": "phone",
        "purpose_phone": "通知您办理进度", "basis_phone": "《行政许可法》第三十条", "action": "continue",
    }  # fmt: skip
    shown = browser.post("/workbench/register", {"csrf_token": shown.form("continue").fields["csrf_token"], **typed})
    assert isinstance(shown, Page)
    told = re.findall(r'id="(client_id|client_secret)">([^<]+)<', shown.body)
    known = dict(told)
    rp = RelyingParty(centre.issuer, place, known["client_id"], known["client_secret"], "openid phone")
    nobody = nobody_at(centre, rp)
    rp.visit()
    asked = rp.browser.submit("continue", identifier=nobody.username, password=nobody.password)
    assert isinstance(asked, Page)
    assert "通知您办理进度" in asked.text
    assert "《行政许可法》第三十条" in asked.text
    answer = rp.redeem(rp._noted(rp.browser.submit("allow")).code)
    assert rp.userinfo(answer.access_token).json["phone_number"] == f"+86{nobody.phone}"
    rp.close()
    real = RelyingParty(centre.issuer, place, known["client_id"], known["client_secret"], "openid phone")
    real.visit()
    refused = real.browser.submit("continue", identifier=alice.username, password=alice.password)
    assert isinstance(refused, Page)
    assert refused.path != "/consent"
    real.close()
