"""Merging accounts under attack: subjects that collide, and browsers that somebody left open."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

from sqlalchemy import select

from idp.accounts.models import Account
from idp.core import clock
from tests.flows.browser import Browser
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_merging import finds_the_other, merged, parted


@both_pairs
def test_a_third_account_at_the_same_site_merges_too_and_changes_nothing_there(
    centre: Centre, alice: Person, bob: Person, person_of: Callable[..., Person], site_of: Callable[..., RelyingParty]
) -> None:
    """Only one of two merged accounts can go on there: the first, until it is parted again."""
    carol, rp = person_of(), site_of(scope="openid")
    sub_of = {who.account_id: rp.claims(rp.tokens_of(who).id_token)["sub"] for who in (bob,)}
    with closing(Browser(centre.issuer)) as visitor:
        sub_of[carol.account_id] = rp.claims(rp.redeem(rp.sign_in(carol, visitor).code).id_token)["sub"]
    first = merged(centre, bob, alice)
    merged(centre, carol, alice)
    with closing(Browser(centre.issuer)) as visitor:
        seen = rp.claims(rp.redeem(rp.sign_in(alice, visitor).code).id_token)["sub"]
    assert seen == sub_of[bob.account_id]
    parted(centre, alice, first)
    with closing(Browser(centre.issuer)) as visitor:
        assert rp.claims(rp.redeem(rp.sign_in(bob, visitor).code).id_token)["sub"] == sub_of[bob.account_id]


def test_a_browser_left_open_does_not_give_the_account_away(centre: Centre, alice: Person, bob: Person) -> None:
    """Whoever finds Bob's browser, and has an account of their own, cannot merge Bob's into it."""
    with closing(Browser(centre.issuer)) as left_open:
        left_open.get("/sign-in")
        left_open.submit("continue", identifier=bob.username, password=bob.password)
        clock.travel(timedelta(minutes=11))
        try:
            finds_the_other(centre, bob, alice)
            seen = left_open.get("/merge")
            if seen.path == "/merge":
                left_open.submit("continue", identifier=alice.username, password=alice.password)
                left_open.submit("confirm")
            assert seen.path == "/sign-in/code"
        finally:
            clock.travel_home()
    with centre.services.database.view() as db:
        assert db.scalars(select(Account.state).where(Account.id == bob.account_id)).one() == "active"


def test_who_signs_in_again_goes_on_with_the_merge(centre: Centre, alice: Person, bob: Person) -> None:
    with closing(Browser(centre.issuer)) as visitor:
        visitor.get("/sign-in")
        visitor.submit("continue", identifier=bob.username, password=bob.password)
        clock.travel(timedelta(minutes=11))
        try:
            finds_the_other(centre, bob, alice)
            visitor.get("/merge")
            visitor.get("/sign-in")
            back = visitor.submit("continue", identifier=bob.username, password=bob.password)
            assert back.path == "/merge"
            assert (
                visitor.submit("continue", identifier=alice.username, password=alice.password).path == "/merge/confirm"
            )
            visitor.submit("confirm")
        finally:
            clock.travel_home()
    with centre.services.database.view() as db:
        assert db.scalars(select(Account.state).where(Account.id == bob.account_id)).one() == "merged"
