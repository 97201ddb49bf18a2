"""Two accounts of one person made one, and two again: what sites see before, between and after."""

import dataclasses
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from idp.accounts.models import Account
from idp.core.deadline import Deadline
from idp.oidc.models import KnownAs
from idp.realname.errors import BelongsToAnother
from tests.flows import people
from tests.flows.apis import Api, exchange
from tests.flows.browser import Browser, Landing
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty


def finds_the_other(centre: Centre, bob: Person, alice: Person) -> None:
    """Bob's account proves the person who stands behind Alice's."""
    with pytest.raises(BelongsToAnother):
        centre.services.identity_proof.prove(
            bob.account_id, name=alice.name, resident_id=alice.resident_id, client_id=None,
            address=f"10.76.{people.next_number() % 250}.1", deadline=Deadline.after(5),
        )  # fmt: skip


def merged(centre: Centre, bob: Person, alice: Person) -> str:
    finds_the_other(centre, bob, alice)
    s = centre.services
    with s.database.transaction() as db:
        offer = s.merging.offer(db, bob.account_id)
        assert offer is not None
        assert (offer.merged_account_id, offer.kept_account_id) == (bob.account_id, alice.account_id)
        return s.merging.merge(db, offer)


def parted(centre: Centre, alice: Person, merge_id: str) -> None:
    with centre.services.database.transaction() as db:
        centre.services.merging.undo(db, alice.account_id, merge_id)


def state_of(centre: Centre, who: Person) -> str:
    with centre.services.database.view() as db:
        return db.scalars(select(Account.state).where(Account.id == who.account_id)).one()


@both_pairs
def test_every_site_still_sees_the_sub_it_knew(
    centre: Centre, alice: Person, bob: Person, site_of: Callable[..., RelyingParty], browser: Browser
) -> None:
    """Use, merge, use, undo, use: at a site that knew one of the two, and at one that knew both."""
    scope = "openid profile offline_access"
    of_bob, of_both = site_of(scope=scope), site_of(scope=scope, subject_type="public")  # of two sectors
    first = of_bob.tokens_of(bob)
    bobs_sub = of_bob.claims(first.id_token)["sub"]
    bob_there = of_both.tokens_of(bob)
    alice_there = of_both.redeem(of_both.sign_in(alice, browser).code)
    alices_sub = of_both.claims(alice_there.id_token)["sub"]
    of_bob.browser.close()

    merge_id = merged(centre, bob, alice)
    assert state_of(centre, bob) == "merged"
    # What was given for the time of absence goes on where one account was known, with a new access token.
    assert of_bob.userinfo(first.access_token).status_code == 401
    renewed = of_bob.refresh(first.refresh_token)
    assert of_bob.claims(renewed.id_token)["sub"] == bobs_sub
    assert of_bob.userinfo(renewed.access_token).sub == bobs_sub
    assert of_bob.introspect(renewed.access_token).sub == bobs_sub
    assert of_both.refresh(bob_there.refresh_token).error == "invalid_grant"
    assert of_both.refresh(alice_there.refresh_token).status_code == 200
    # Signed in with what belonged to either, it is one account.
    for who in (alice, people_with(alice, phone_of=bob)):
        with fresh(centre) as visitor:
            answer = of_bob.redeem(of_bob.sign_in(who, visitor).code)
            claims = of_bob.claims(answer.id_token)
            assert claims["sub"] == bobs_sub
            hinted = of_bob.visit(visitor, id_token_hint=first.id_token, prompt="none")
            assert "code" in hinted.params
            again = of_both.redeem(of_both.sign_in(who, visitor).code)
            assert of_both.claims(again.id_token)["sub"] == alices_sub
    latest = answer

    parted(centre, alice, merge_id)
    assert state_of(centre, bob) == "active"
    # What Alice was given in Bob's name ends; what was Bob's is Bob's again.
    assert of_bob.refresh(latest.refresh_token).error == "invalid_grant"
    handed_back = of_bob.refresh(renewed.refresh_token)
    assert of_bob.claims(handed_back.id_token)["sub"] == bobs_sub
    with fresh(centre) as visitor:
        as_alice = of_bob.redeem(of_bob.sign_in(alice, visitor).code)
        assert of_bob.claims(as_alice.id_token)["sub"] not in {bobs_sub, alices_sub}
    with fresh(centre) as visitor:
        as_bob = of_bob.redeem(of_bob.sign_in(bob, visitor).code)
        assert of_bob.claims(as_bob.id_token)["sub"] == bobs_sub
    with centre.services.database.view() as db:
        assert db.scalars(select(KnownAs).where(KnownAs.account_id == alice.account_id)).all() == []


def fresh(centre: Centre) -> closing[Browser]:
    return closing(Browser(centre.issuer))


def people_with(who: Person, *, phone_of: Person) -> Person:
    """The same person, who types the phone number that the other account had."""
    return dataclasses.replace(who, username=phone_of.username)


@both_pairs
def test_apis_go_on_knowing_the_person_too(
    centre: Centre, alice: Person, bob: Person, api_of: Callable[..., Api], site_for: Callable[..., RelyingParty]
) -> None:
    """By introspection, by a JWT of a site and a server, and by one that a server exchanged for."""
    last = api_of(token_format="jwt")
    front = api_of(registers=f"openid {last.read}")
    rp = site_for(front, last)

    def seen_by_all(who: Person, visitor: Browser) -> tuple[str, ...]:
        both = rp.redeem(rp.sign_in(who, visitor, resource=[front.identifier, last.identifier]).code)
        own = rp.redeem(rp.sign_in(who, visitor, resource=last.identifier).code)
        gone_on = exchange(front.client, both.access_token, resource=last.identifier)
        return (
            rp.claims(both.id_token)["sub"],
            front.asks(both.access_token)["sub"],
            last.asks(both.access_token)["sub"],
            last.accepts(own.access_token)["sub"],
            last.accepts(gone_on.access_token)["sub"],
            last.asks(gone_on.access_token)["sub"],
        )

    with fresh(centre) as visitor:
        before = seen_by_all(bob, visitor)
    merge_id = merged(centre, bob, alice)
    with fresh(centre) as visitor:
        assert seen_by_all(alice, visitor) == before
    parted(centre, alice, merge_id)
    with fresh(centre) as visitor:
        assert seen_by_all(bob, visitor) == before
    with fresh(centre) as visitor:
        assert set(seen_by_all(alice, visitor)).isdisjoint(before)


def test_a_site_that_hints_with_the_old_subject_signs_its_visitor_out_without_a_question(
    centre: Centre, alice: Person, bob: Person, site_of: Callable[..., RelyingParty]
) -> None:
    rp = site_of()
    old = rp.tokens_of(bob)
    merged(centre, bob, alice)
    with fresh(centre) as visitor:
        latest = rp.redeem(rp.sign_in(alice, visitor).code)
        assert rp.claims(latest.id_token)["sub"] == rp.claims(old.id_token)["sub"]
        asked = {"id_token_hint": latest.id_token, "post_logout_redirect_uri": f"{rp.site.url}/signed-out"}
        left = visitor.get(f"{rp.issuer}/end-session?{urlencode(asked)}")
        assert isinstance(left, Landing)
