"""Accounts elsewhere on both pairs: linked once, found under old names, never taken away as the last way in."""

import secrets

import pytest
from sqlalchemy import select, update

from idp.accounts.errors import LastWayIn, LinkedElsewhere
from idp.accounts.links import External, Links
from idp.accounts.models import ExternalLink, Identifier
from idp.audit.trail import Actor
from idp.authn.errors import AccountUnusable
from idp.authn.linked_sign_in import LinkedSignIn, Unlinked
from idp.authn.results import SignedIn
from idp.core.errors import TooManyAttempts
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import House, race


def stranger(*aliases: str, shown: str = "") -> External:
    return External("wechat", f"unionid-{secrets.token_hex(8)}", aliases, shown)


@pytest.fixture
def links(house: House) -> Links:
    return Links(house.base.keyring, house.trail)


@pytest.fixture
def linked_sign_in(house: House, links: Links) -> LinkedSignIn:
    return LinkedSignIn(house.database, house.store, links, house.guard, house.trail)


def link(house: House, links: Links, account_id: str, external: External) -> bool:
    with house.database.transaction() as db:
        return links.link(db, account_id, external)


def without_phone(house: House, account_id: str) -> None:
    with house.database.transaction() as db:
        db.execute(
            update(Identifier)
            .where(Identifier.account_id == account_id, Identifier.kind == "phone")
            .values(released_at=Identifier.created_at)
        )


def test_a_linked_account_elsewhere_signs_in_as_one_factor_and_makes_the_browser_known(house, links, linked_sign_in):
    account_id, _ = house.person()
    external, device = stranger(), house.device()
    assert linked_sign_in.attempt(external, device=device, address="10.0.0.1") == Unlinked()
    assert link(house, links, account_id, external)
    assert not link(house, links, account_id, external)

    signed_in = linked_sign_in.attempt(external, device=device, address="10.0.0.1")

    assert signed_in == SignedIn(account_id, amr=("fed",), aal=1)
    with house.database.glance() as db:
        assert house.guard.is_known(db, account_id, device)
    assert house.audited("sign_in.succeeded", account_id)[-1].details == {"method": "link", "source": "wechat"}


def test_the_same_key_at_another_source_is_somebody_else(house, links, linked_sign_in):
    account_id, _ = house.person()
    external = stranger()
    link(house, links, account_id, external)

    other = External("alipay", external.key)

    assert linked_sign_in.attempt(other, device="d", address="10.0.0.1") == Unlinked()


def test_neither_key_nor_name_is_kept_in_clear(house, links):
    account_id, _ = house.person()
    external = stranger(shown="小明")
    link(house, links, account_id, external)

    with house.database.view() as db:
        row = db.scalars(select(ExternalLink).where(ExternalLink.account_id == account_id)).one()
        assert external.key not in f"{row.key_index}{row.key_sealed}"
        assert "小明" not in (row.shown_sealed or "")
        [view] = links.of(db, account_id)
    assert view.shown == "小明"
    assert "小明" not in repr(view)


def test_of_two_accounts_that_link_it_at_once_one_wins(house, links):
    people, external = [house.person()[0] for _ in range(6)], stranger()

    answers = race(lambda n: link(house, links, people[n], external), 6)

    assert answers.count(True) == 1
    assert sum(isinstance(each, LinkedElsewhere) for each in answers) == 5


def test_one_account_that_links_it_many_times_at_once_has_it_once(house, links):
    account_id, external = house.person()[0], stranger()

    answers = race(lambda n: link(house, links, account_id, external), 6)

    assert sorted(map(bool, answers)) == [False] * 5 + [True]
    with house.database.view() as db:
        assert len(links.of(db, account_id)) == 1


def test_one_linked_by_its_openid_is_found_by_it_and_goes_by_its_unionid_from_then_on(house, links, linked_sign_in):
    account_id, _ = house.person()
    link(house, links, account_id, External("wechat", "openid-of-a-while-ago"))
    grown = stranger("openid-of-a-while-ago")

    answers = race(lambda n: linked_sign_in.attempt(grown, device=f"d{n}", address="10.0.0.1"), 6)

    assert answers == [SignedIn(account_id, amr=("fed",))] * 6
    by_key = External("wechat", grown.key)
    assert linked_sign_in.attempt(by_key, device="d", address="10.0.0.1") == SignedIn(account_id, amr=("fed",))
    old = External("wechat", "openid-of-a-while-ago")
    assert linked_sign_in.attempt(old, device="d", address="10.0.0.1") == Unlinked()
    with house.database.view() as db:
        assert len(links.of(db, account_id)) == 1


def test_an_alias_linked_to_somebody_else_is_not_linked_again(house, links):
    first, second = house.person()[0], house.person()[0]
    link(house, links, first, External("wechat", "openid-of-the-first"))

    with pytest.raises(LinkedElsewhere):
        link(house, links, second, stranger("openid-of-the-first"))


def test_a_frozen_account_is_not_opened_by_its_link(house, links, linked_sign_in):
    account_id, _ = house.person()
    external = stranger()
    link(house, links, account_id, external)
    with house.database.transaction() as db:
        house.lifecycle.freeze(db, account_id, actor=Actor("operator", "test"), reason="r")

    with pytest.raises(AccountUnusable):
        linked_sign_in.attempt(external, device="d", address="10.0.0.1")

    assert house.audited("sign_in.failed", account_id)[-1].details["reason"] == "frozen"


def test_what_opened_a_closed_account_may_open_another(house, links):
    first, second = house.person()[0], house.person()[0]
    external = stranger()
    link(house, links, first, external)
    with house.database.transaction() as db:
        house.lifecycle.close(db, first, actor=Actor("operator", "test"), reason="r")

    assert link(house, links, second, external)


def test_an_unlinked_one_opens_nothing_and_may_be_linked_elsewhere(house, links, linked_sign_in):
    first, second = house.person()[0], house.person()[0]
    external = stranger()
    link(house, links, first, external)
    with house.database.transaction() as db:
        [view] = links.of(db, first)
        assert links.unlink(db, second, view.id) is None
        assert links.unlink(db, first, view.id) == "wechat"
        assert links.unlink(db, first, view.id) is None

    assert linked_sign_in.attempt(external, device="d", address="10.0.0.1") == Unlinked()
    assert link(house, links, second, external)


def test_the_last_way_in_stays(house, links):
    account_id, _ = house.person(password_hash=None)
    first, second = stranger(), stranger()
    for external in (first, second):
        link(house, links, account_id, external)
    without_phone(house, account_id)
    with house.database.view() as db:
        views = links.of(db, account_id)

    def unlink(n: int) -> str | None:
        with house.database.transaction() as db:
            return links.unlink(db, account_id, views[n].id)

    answers = race(unlink, 2)

    assert sorted(str(each) for each in answers if not isinstance(each, LastWayIn)) == ["wechat"]
    with house.database.view() as db:
        assert len(links.of(db, account_id)) == 1


def test_a_name_with_a_password_is_a_way_in_but_a_password_alone_is_not(house, links):
    named, _ = house.person(username="named-link-1")
    nameless, _ = house.person()
    for account_id in (named, nameless):
        link(house, links, account_id, stranger())
        without_phone(house, account_id)
    with house.database.transaction() as db:
        assert links.unlink(db, named, links.of(db, named)[0].id) == "wechat"
    with pytest.raises(LastWayIn), house.database.transaction() as db:
        links.unlink(db, nameless, links.of(db, nameless)[0].id)


def test_a_browser_is_sent_away_so_often_an_hour_and_no_more(linked_sign_in, house):
    device = house.device()
    for _ in range(30):
        linked_sign_in.begin(device=device, address=house.address())
    with pytest.raises(TooManyAttempts):
        linked_sign_in.begin(device=device, address=house.address())
