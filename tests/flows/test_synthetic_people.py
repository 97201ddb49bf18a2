"""Synthetic people through the pages: what a site learns of them, and every door that stays shut."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.accounts.errors import NotForTestPeople
from idp.core import clock
from idp.core.deadline import Deadline
from idp.outbox.models import OutboxMessage
from idp.realname.models import Evidence
from idp.sites.made_up import NewPassword
from idp.sites.synthetic import MOST, EnoughTestPeople, NoSuchTestPerson, Wanted
from tests.flows.asking import arrived, page
from tests.flows.browser import Browser
from tests.flows.centre import OPERATOR, Centre
from tests.flows.fixtures import both_pairs
from tests.flows.rp import RelyingParty
from tests.flows.trial import nobody_at, switch

Sites = Callable[..., RelyingParty]


@pytest.fixture
def tried(centre: Centre, rp: RelyingParty) -> RelyingParty:
    switch(centre, rp, "test")
    return rp


@both_pairs
@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_the_level_that_was_chosen_is_what_the_site_reads(centre: Centre, tried: RelyingParty, level: int) -> None:
    nobody = nobody_at(centre, tried, level=level)
    tokens = tried.tokens_of(nobody)
    claims = tried.claims(tokens.id_token)
    assert claims["acr"] == f"ial{level}.aal1"
    facts = tried.userinfo(tokens.access_token).json
    assert facts["phone_number"] == f"+86{nobody.phone}"
    if level:
        assert facts["name"] == nobody.name
        assert nobody.name.startswith("测试")
        assert nobody.resident_id.startswith("371399")


def test_more_than_was_chosen_cannot_be_had(centre: Centre, tried: RelyingParty) -> None:
    nobody = nobody_at(centre, tried, level=1)
    answer = tried.sign_in(nobody, acr_values="ial2.aal1")
    assert answer.error == "unmet_authentication_requirements"


def test_a_minor_and_who_represents_an_organisation(centre: Centre, site_of: Sites) -> None:
    rp = site_of(serves="both", scope="openid realname legal", registers="openid realname legal profile")
    switch(centre, rp, "test")
    child = nobody_at(centre, rp, is_minor=True)
    assert int(child.resident_id[6:10]) >= clock.now().year - 18
    chief = nobody_at(centre, rp, represents=True)
    rp.visit()
    chosen = page(rp.browser.submit("continue", identifier=chief.username, password=chief.password))
    assert chosen.path == "/choose-principal"
    assert "测试单位" in chosen.text


@both_pairs
def test_no_message_to_them_leaves_and_the_workbench_shows_it(
    centre: Centre, tried: RelyingParty, browser: Browser
) -> None:
    nobody = nobody_at(centre, tried)
    s = centre.services
    s.codes.send("sign_in", nobody.phone, device="x" * 20, address="10.9.8.7", locale="zh_CN")
    while centre.deliver():
        pass
    with s.database.transaction() as db:
        texts = s.tryout.people.messages(db, tried.client_id, nobody.account_id)
        last = db.scalars(select(OutboxMessage).where(OutboxMessage.kind == "sms").order_by(OutboxMessage.id.desc()))
        assert last.first().state == "delivered"  # type: ignore[union-attr]
    assert len(texts) == 1
    assert any(word.isdigit() for word in texts[0].text)


@pytest.mark.parametrize(
    "path",
    [
        "/verify-identity", "/account/organisations", "/account/mandates", "/account/children",
        "/counter", "/account/organisations/add",
    ],
)  # fmt: skip
def test_their_own_pages_lead_to_no_authority_and_no_other_person(
    centre: Centre, tried: RelyingParty, path: str
) -> None:
    nobody = nobody_at(centre, tried)
    tried.sign_in(nobody)
    seen = page(tried.browser.get(path))
    assert seen.status in {403, 404, 405}
    if seen.status == 403:
        assert "测试账户" in seen.text


def test_no_source_is_asked_about_them(centre: Centre, tried: RelyingParty) -> None:
    nobody, s = nobody_at(centre, tried, level=0), centre.services
    with pytest.raises(NotForTestPeople):
        s.identity_proof.prove(
            nobody.account_id, name="试验甲", resident_id="370199198503070017", client_id=None, address="10.3.2.1",
            deadline=Deadline.after(5),
        )  # fmt: skip
    with pytest.raises(NotForTestPeople):
        s.counter.open(nobody.account_id, client_id=None)
    with s.database.transaction() as db:
        assert db.scalar(select(Evidence.id).where(Evidence.account_id == nobody.account_id)) is None


def test_their_phone_recovers_nothing(centre: Centre, tried: RelyingParty) -> None:
    nobody, s = nobody_at(centre, tried), centre.services
    s.recovery.begin(nobody.username, device="y" * 20, address="10.9.8.6", locale="zh_CN")
    while centre.deliver():
        pass
    with s.database.transaction() as db:
        assert s.tryout.people.messages(db, tried.client_id, nobody.account_id) == []


def test_twenty_are_enough_and_the_one_more_is_refused(centre: Centre, tried: RelyingParty) -> None:
    s, password = centre.services, NewPassword.make()
    with s.database.transaction() as db:
        for _ in range(MOST):
            s.tryout.people.make(db, tried.client_id, Wanted(0), password, actor=OPERATOR, by="test")
        assert len(s.tryout.people.listing(db, tried.client_id)) == MOST
    with pytest.raises(EnoughTestPeople), s.database.transaction() as db:
        s.tryout.people.make(db, tried.client_id, Wanted(0), password, actor=OPERATOR, by="test")


def test_another_site_sees_none_of_them(centre: Centre, tried: RelyingParty, other: RelyingParty) -> None:
    nobody, s = nobody_at(centre, tried), centre.services
    with s.database.transaction() as db:
        assert s.tryout.people.listing(db, other.client_id) == []
        for act in (
            lambda: s.tryout.people.find(db, other.client_id, nobody.account_id),
            lambda: s.tryout.people.messages(db, other.client_id, nobody.account_id),
            lambda: s.tryout.people.end(db, other.client_id, nobody.account_id, actor=OPERATOR),
        ):
            with pytest.raises(NoSuchTestPerson):
                act()


@both_pairs
def test_a_new_password_ends_the_old_one_and_its_sessions(centre: Centre, tried: RelyingParty) -> None:
    nobody, s = nobody_at(centre, tried), centre.services
    tokens = tried.tokens_of(nobody)
    password = NewPassword.make()
    with s.database.transaction() as db:
        s.tryout.people.renew(db, tried.client_id, nobody.account_id, password, actor=OPERATOR)
    assert tried.userinfo(tokens.access_token).status_code == 401
    tried.visit()
    refused = page(tried.browser.submit("continue", identifier=nobody.username, password=nobody.password))
    assert refused.path == "/sign-in"
    assert arrived(tried.browser.submit("continue", identifier=nobody.username, password=password.text)).code


@both_pairs
def test_they_end_by_hand_and_after_half_a_year(centre: Centre, tried: RelyingParty) -> None:
    s = centre.services
    first, second = nobody_at(centre, tried), nobody_at(centre, tried, represents=True)
    with s.database.transaction() as db:
        s.tryout.people.end(db, tried.client_id, first.account_id, actor=OPERATOR)
        assert [each.account_id for each in s.tryout.people.listing(db, tried.client_id)] == [second.account_id]
    tried.visit()
    assert page(tried.browser.submit("continue", identifier=first.username, password=first.password)).path == "/sign-in"
    with s.database.transaction() as db:
        s.tryout.people.close_idle(db, clock.now())
        assert s.tryout.people.listing(db, tried.client_id)
    with s.database.transaction() as db:
        s.tryout.people.close_idle(db, clock.now() + timedelta(days=181), at_most=500)
        assert s.tryout.people.listing(db, tried.client_id) == []
