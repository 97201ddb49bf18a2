"""Token exchange: a server goes on to the next in a person's name, with less than it was given, and says so."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from idp.core import clock
from idp.oidc import consents
from tests.flows.apis import ACCESS_TOKEN, EXCHANGE, JWT, Api, exchange, own_token
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty

Apis = Callable[..., Api]
Sites = Callable[..., RelyingParty]
INACTIVE = {"active": False}


@both_pairs
def test_a_server_goes_on_to_the_next_in_the_persons_name(
    centre: Centre, api_of: Apis, site_for: Sites, alice: Person
) -> None:
    last = api_of(token_format="jwt")
    front = api_of(registers=f"openid {last.read}")
    rp = site_for(front, last)
    given = rp.tokens_of(alice, resource=[front.identifier, last.identifier])
    answer = exchange(front.client, given.access_token, resource=last.identifier)
    assert answer.status_code == 200, answer.json
    assert (answer.issued_token_type, answer.token_type) == (ACCESS_TOKEN, "Bearer")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "refresh_token" not in answer.json
    claims = last.accepts(answer.access_token)
    assert claims["act"] == {"sub": front.client.client_id}
    assert (claims["client_id"], claims["scope"]) == (
        front.client.client_id,
        last.read,
    )  # not last.write: not registered
    assert claims["acr"] == "ial1.aal1"
    told = last.asks(answer.access_token)
    assert (told["act"], told["aud"]) == (claims["act"], last.identifier)
    assert told["sub"] == last.asks(given.access_token)["sub"]
    assert (
        len({told["sub"], claims["sub"], front.asks(given.access_token)["sub"], rp.claims(given.id_token)["sub"]}) == 4
    )
    assert rp.introspect(answer.access_token).json == INACTIVE  # it is the server's token, and not the site's
    entry = centre.audited("oidc.token_exchanged", client_id=front.client.client_id)[-1]
    assert (entry.account_id, entry.details["subject_client"]) == (alice.account_id, rp.client_id)
    assert entry.details["resource"] == [last.identifier]
    centre.freeze(alice)
    assert last.asks(answer.access_token) == INACTIVE
    assert exchange(front.client, given.access_token).error == "invalid_request"


def test_a_site_hands_on_less_than_it_has(api_of: Apis, site_for: Sites, alice: Person) -> None:
    first, second = api_of(), api_of(token_format="jwt")
    rp = site_for(first, second)
    given = rp.tokens_of(alice)
    whole = exchange(rp, given.access_token)
    assert whole.scope == given.scope
    assert "act" not in rp.introspect(whole.access_token).json
    assert rp.userinfo(whole.access_token).sub == rp.claims(given.id_token)["sub"]
    for how in ({"resource": first.identifier}, {"audience": first.identifier}, {"audience": first.client.client_id}):
        less = exchange(rp, given.access_token, scope=f"openid {first.read}", **how)
        assert (less.scope, first.asks(less.access_token)["scope"]) == (first.read, first.read)
        assert second.asks(less.access_token) == INACTIVE
        assert rp.userinfo(less.access_token).status_code == 401
    for_userinfo = exchange(rp, given.access_token, audience=rp.issuer, scope="openid")
    assert rp.userinfo(for_userinfo.access_token).json == {"sub": rp.claims(given.id_token)["sub"]}
    both = exchange(rp, given.access_token, audience=[first.client.client_id, second.identifier])
    assert rp.introspect(both.access_token).aud == [first.identifier, second.identifier]
    as_jwt = exchange(rp, given.access_token, resource=second.identifier, requested_token_type=JWT)
    assert as_jwt.issued_token_type == JWT
    assert second.accepts(as_jwt.access_token)["scope"] == second.scope
    again = exchange(rp, as_jwt.access_token, scope=second.read)
    assert second.accepts(again.access_token)["scope"] == second.read


def test_nothing_is_ever_widened(api_of: Apis, site_for: Sites, alice: Person) -> None:
    first, second = api_of(), api_of()
    rp = site_for(first, second)
    given = rp.tokens_of(alice)
    narrow = exchange(rp, given.access_token, resource=first.identifier, scope=first.read).access_token
    for wrong, error in (
        ({"scope": first.write}, "invalid_scope"),
        ({"scope": f"{first.read} openid"}, "invalid_scope"),
        ({"resource": second.identifier}, "invalid_target"),
        ({"audience": second.client.client_id}, "invalid_target"),
        ({"audience": "nobody"}, "invalid_target"),
        ({"resource": rp.issuer}, "invalid_target"),
        ({"resource": [first.identifier, second.identifier]}, "invalid_target"),
        ({"resource": f"{first.identifier}#x"}, "invalid_target"),
    ):
        assert exchange(rp, narrow, **wrong).error == error, wrong
    # What the server is not registered for it does not get, though the token holds it.
    assert exchange(first.client, given.access_token, scope=second.read).error == "invalid_scope"
    assert exchange(first.client, given.access_token, resource=second.identifier).error == "invalid_target"
    mine = exchange(first.client, given.access_token)
    assert (mine.scope, first.asks(mine.access_token)["aud"]) == (first.scope, first.identifier)
    assert exchange(first.client, given.access_token, resource=rp.issuer).error == "invalid_target"
    assert second.asks(mine.access_token) == INACTIVE
    clock.travel(timedelta(minutes=6))
    later = exchange(rp, given.access_token)
    assert 230 <= later.expires_in <= 240
    assert rp.introspect(later.access_token).exp == rp.introspect(given.access_token).exp
    clock.travel(timedelta(minutes=5))
    assert rp.introspect(later.access_token).json == INACTIVE
    assert exchange(rp, given.access_token).error == "invalid_request"


def test_a_stranger_exchanges_nothing(api_of: Apis, site_for: Sites, other: RelyingParty, alice: Person) -> None:
    api, stranger = api_of(), api_of()
    rp = site_for(api)
    given = rp.tokens_of(alice, resource=api.identifier)
    assert exchange(stranger.client, given.access_token).error == "invalid_request"
    assert exchange(other, given.access_token).error == "unauthorized_client"
    assert exchange(api.client, rp.tokens_of(alice, scope="openid").access_token).error == "invalid_request"
    public = site_for(api, token_endpoint_auth_method="none", grant_types=["authorization_code", EXCHANGE])
    own = public.tokens_of(alice, resource=api.identifier)
    assert exchange(public, own.access_token).error == "unauthorized_client"
    assert exchange(api.client, own.access_token).status_code == 200


def test_what_cannot_be_exchanged_is_said(api_of: Apis, site_for: Sites, alice: Person) -> None:
    api = api_of()
    rp = site_for(api)
    given = rp.tokens_of(alice)
    token = given.access_token
    own, id_token_type = own_token(rp).access_token, "urn:ietf:params:oauth:token-type:id_token"
    refresh_type = "urn:ietf:params:oauth:token-type:refresh_token"
    for wrong in (
        {"subject_token": ""},
        {"subject_token_type": None},
        {"subject_token_type": JWT},
        {"subject_token": given.id_token, "subject_token_type": id_token_type},
        {"subject_token": given.id_token},
        {"subject_token": given.refresh_token},
        {"subject_token": given.refresh_token, "subject_token_type": refresh_type},
        {"subject_token": "unknown"},
        {"requested_token_type": id_token_type},
        {"requested_token_type": refresh_type},
        {"requested_token_type": JWT},
        {"requested_token_type": JWT, "resource": api.identifier},
        {"actor_token": own},
        {"actor_token_type": ACCESS_TOKEN},
        {"actor_token": own, "actor_token_type": JWT},
        {"actor_token": "unknown", "actor_token_type": ACCESS_TOKEN},
        {"actor_token": token, "actor_token_type": ACCESS_TOKEN},  # a person: who may act for whom is a mandate
        {"actor_token": own_token(api.client).access_token, "actor_token_type": ACCESS_TOKEN},
    ):
        answer = exchange(rp, **{"subject_token": token, **wrong})  # type: ignore[arg-type]
        assert answer.error == "invalid_request", wrong
        assert answer.error_description.isascii()
    rp.revoke(given.refresh_token)
    assert exchange(rp, token).error == "invalid_request"


def test_an_actor_may_name_itself(api_of: Apis, site_for: Sites, alice: Person) -> None:
    rp = site_for(api_of())
    actor = {"actor_token": own_token(rp).access_token, "actor_token_type": ACCESS_TOKEN}
    first = exchange(rp, rp.tokens_of(alice).access_token, **actor)
    assert rp.introspect(first.access_token).act == {"sub": rp.client_id}
    again = exchange(rp, first.access_token, **actor)
    assert rp.introspect(again.access_token).act == {"sub": rp.client_id}


def test_the_chain_of_actors_is_kept_and_ends(api_of: Apis, site_for: Sites, alice: Person) -> None:
    apis: list[Api] = []
    for _ in range(6):  # each may go on to all that were made before it
        apis.insert(0, api_of(registers=" ".join(["openid", *(each.read for each in apis)])))
    rp = site_for(*apis)
    token = rp.tokens_of(alice, resource=[api.identifier for api in apis]).access_token
    chain: list[str] = []
    for api in apis[:4]:
        answer = exchange(api.client, token)
        token = answer.access_token
        chain.insert(0, api.client.client_id)
        told, seen = api.asks(token), []
        while (told := told.get("act", {})) != {}:
            seen.append(told["sub"])
        assert seen == chain
        assert exchange(api.client, token).status_code == 200  # its own token again: nobody new acts
    assert exchange(apis[4].client, token).error == "invalid_request"


def test_a_clients_own_token_is_handed_on_too(centre: Centre, api_of: Apis, site_for: Sites) -> None:
    last = api_of(token_format="jwt")
    front = api_of(registers=f"openid {last.scope}")
    rp = site_for(front, last)
    token = own_token(rp, resource=[front.identifier, last.identifier]).access_token
    answer = exchange(front.client, token, resource=last.identifier)
    claims = last.accepts(answer.access_token)
    assert (claims["sub"], claims["client_id"]) == (rp.client_id, front.client.client_id)
    assert claims["act"] == {"sub": front.client.client_id}
    assert last.asks(answer.access_token)["sub"] == rp.client_id
    assert front.client.userinfo(answer.access_token).status_code in {401, 403}
    centre.disable_client(rp.client_id)
    assert last.asks(answer.access_token) == INACTIVE
    assert exchange(front.client, token).error == "invalid_request"


@pytest.mark.parametrize("end", ["refresh_token", "session", "consent", "site"])
def test_it_ends_with_what_it_came_from(centre: Centre, api_of: Apis, site_for: Sites, alice: Person, end: str) -> None:
    last = api_of(token_format="jwt")
    front = api_of(registers=f"openid {last.read}")
    rp = site_for(front, last)
    given = rp.tokens_of(alice, resource=[front.identifier, last.identifier])
    token = exchange(front.client, given.access_token, resource=last.identifier).access_token
    assert last.asks(token)["active"] is True
    everything = centre.services
    if end == "refresh_token":
        rp.revoke(given.refresh_token)
    elif end == "session":
        with everything.database.transaction() as db:
            everything.sessions.end_all(db, alice.account_id, reason="test")
    elif end == "site":
        centre.disable_client(rp.client_id)
    else:
        with everything.database.transaction() as db:
            assert consents.withdraw(db, everything.trail, alice.account_id, rp.client_id)
    assert last.asks(token) == INACTIVE
    assert exchange(last.client, token).error == exchange(front.client, token).error == "invalid_request"
