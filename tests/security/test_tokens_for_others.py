"""Tokens in the wrong place: a JWT access token is nothing else, nothing else is an access token, and no audience is another."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests.contract.signing_in import race
from tests.flows.apis import Api, exchange, own_token
from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed, page

Apis = Callable[..., Api]
Sites = Callable[..., RelyingParty]
INACTIVE = {"active": False}


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    header, payload, signature = token.split(".")
    read = [json.loads(base64.urlsafe_b64decode(each + "==")) for each in (header, payload)]
    return read[0], read[1], signature


def test_a_jwt_access_token_hints_at_nobody(api_of: Apis, site_for: Sites, alice: Person) -> None:
    api = api_of(token_format="jwt")
    rp = site_for(api)
    token = rp.tokens_of(alice, resource=api.identifier).access_token
    assert landed(rp.visit(prompt="none", id_token_hint=token)).error == "invalid_request"
    assert page(rp.browser.get(f"/end-session?id_token_hint={token}")).status == 400
    assert landed(rp.visit(prompt="none")).code  # the session goes on


def test_a_jwt_access_token_proves_no_client(
    centre: Centre, api_of: Apis, site_for: Sites, site_of: Sites, alice: Person
) -> None:
    """Not even for a site that registers our own published keys as its own."""
    api = api_of(token_format="jwt")
    rp = site_for(api)
    published = rp.http.get(f"{rp.issuer}/jwks", timeout=30).json()
    odd = site_of(token_endpoint_auth_method="private_key_jwt", jwks=published)
    tokens = rp.tokens_of(alice, resource=api.identifier)
    for assertion in (tokens.access_token, tokens.id_token, own_token(rp, resource=api.identifier).access_token):
        answer = odd.post(
            "/token",
            {
                "grant_type": "client_credentials",
                "client_assertion": assertion,
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            },
            auth=None,
        )
        assert (answer.status_code, answer.error) == (401, "invalid_client")


def test_no_other_jwt_of_ours_is_an_access_token(api_of: Apis, site_for: Sites, alice: Person) -> None:
    api = api_of(token_format="jwt")
    rp = site_for(api, userinfo_signed_response_alg="ES256")
    tokens = rp.tokens_of(alice)
    userinfo = rp.http.get(
        f"{rp.issuer}/userinfo", headers={"Authorization": f"Bearer {tokens.access_token}"}, timeout=30
    )
    told = rp.http.post(
        f"{rp.issuer}/introspect", data={"token": tokens.access_token}, timeout=30,
        headers={"Accept": "application/token-introspection+jwt"}, auth=(rp.client_id, str(rp.client_secret)),
    )  # fmt: skip
    for other in (tokens.id_token, userinfo.text, told.text):
        assert other.count(".") == 2
        assert rp.userinfo(other).error == "invalid_token"
        assert rp.introspect(other).json == api.asks(other) == INACTIVE
        assert exchange(rp, other).error == "invalid_request"
        with pytest.raises(Exception, match=r"at\+jwt"):
            api.accepts(other)


def test_an_access_token_is_no_id_token(api_of: Apis, site_for: Sites, alice: Person) -> None:
    api = api_of(token_format="jwt")
    rp = site_for(api)
    token = rp.tokens_of(alice, resource=api.identifier).access_token
    with pytest.raises(Exception, match="aud"):
        rp.claims(token)
    assert opened(token)[0]["typ"] == "at+jwt"


def test_a_jwt_that_was_changed_is_nobodys(api_of: Apis, site_for: Sites, alice: Person) -> None:
    api, second = api_of(token_format="jwt"), api_of(token_format="jwt")
    rp = site_for(api, second)
    token = rp.tokens_of(alice, resource=api.identifier).access_token
    header, claims, signature = opened(token)
    elsewhere = {**claims, "aud": second.identifier}
    published = rp.http.get(f"{rp.issuer}/jwks", timeout=30).json()["keys"]
    as_secret = OctKey.import_key(json.dumps(published[0]).encode())
    for forged in (
        f"{part({**header, 'alg': 'none'})}.{part(claims)}.",
        f"{part(header)}.{part(elsewhere)}.{signature}",
        token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"),
        jwt.encode({**header, "alg": "HS256"}, claims, as_secret, algorithms=["HS256"]),
        jwt.encode(header, claims, ECKey.generate_key("P-256", {"kid": header["kid"]}), algorithms=["ES256"]),
        token + "=",
        token + ".",
    ):
        assert rp.introspect(forged).json == api.asks(forged) == second.asks(forged) == INACTIVE
        assert rp.userinfo(forged).status_code == 401
        assert exchange(rp, forged).error == "invalid_request"
        assert rp.revoke(forged).status_code == 200
    assert api.asks(token)["active"] is True


def test_one_audience_is_not_another(api_of: Apis, site_for: Sites, other: RelyingParty, alice: Person) -> None:
    api, second, opaque = api_of(token_format="jwt"), api_of(token_format="jwt"), api_of()
    rp = site_for(api, second, opaque)
    for_api = rp.tokens_of(alice, resource=api.identifier).access_token
    for_opaque = rp.tokens_of(alice, resource=opaque.identifier).access_token
    for_issuer = rp.tokens_of(alice, scope="openid profile").access_token
    with pytest.raises(Exception, match="aud"):
        second.accepts(for_api)
    for token, its in ((for_api, api), (for_opaque, opaque), (for_issuer, None)):
        for each in (api, second, opaque):
            assert each.asks(token).get("active") is (each is its)
            if each is not its:
                assert exchange(each.client, token).error == "invalid_request"
                each.client.revoke(token)
        assert other.introspect(token).json == INACTIVE
        other.revoke(token)
        assert rp.introspect(token).active is True
        assert rp.userinfo(token).status_code == (200 if its is None else 401)


@both_pairs
def test_what_is_exchanged_while_it_is_revoked_is_of_no_use(api_of: Apis, site_for: Sites, alice: Person) -> None:
    last = api_of(token_format="jwt")
    front = api_of(registers=f"openid {last.read}")
    rp = site_for(front, last)
    for _ in range(3):
        given = rp.tokens_of(alice, resource=[front.identifier, last.identifier])

        def act(n: int, given: Any = given) -> Any:
            if n == 5:
                return rp.revoke(given.refresh_token).status_code
            return exchange(front.client, given.access_token, resource=last.identifier)

        results = race(act, 10)
        assert results.pop(5) == 200
        assert all(each.status_code == 200 or each.error == "invalid_request" for each in results), results
        got = [each.access_token for each in results if each.status_code == 200]
        assert [last.asks(token) for token in got] == [INACTIVE] * len(got)
        assert exchange(front.client, given.access_token).error == "invalid_request"


def test_no_token_is_written_to_the_log_or_the_trail(
    centre: Centre, api_of: Apis, site_for: Sites, alice: Person, service_log: Path
) -> None:
    api = api_of(token_format="jwt")
    rp = site_for(api)
    tokens = rp.tokens_of(alice)
    token = exchange(rp, tokens.access_token, resource=api.identifier).access_token
    api.asks(token)
    rp.revoke(token)
    written = service_log.read_text("utf-8")
    trail = json.dumps([entry.details for entry in centre.audited("oidc.token_exchanged")])
    for secret in (token, tokens.access_token, tokens.refresh_token, token.rpartition(".")[2]):
        assert secret not in written + trail


@pytest.mark.parametrize(
    "odd", ["x" * 9000, "\u6c49", "a b", "%00", "'; drop table clients;--", "\ud7ff", "../..", "{}"]
)
def test_odd_text_is_refused_and_breaks_nothing(api_of: Apis, site_for: Sites, alice: Person, odd: str) -> None:
    rp = site_for(api_of())
    rp.sign_in(alice)
    assert landed(rp.visit(resource=odd[:4000])).error == "invalid_target"
    assert own_token(rp, resource=odd).error == "invalid_target"
    assert exchange(rp, odd).error == "invalid_request"
    given = own_token(rp).access_token
    assert exchange(rp, given, resource=odd).error == "invalid_target"
    assert exchange(rp, given, audience=odd).error == "invalid_target"
    assert exchange(rp, given, scope=odd).error == "invalid_scope"
    assert exchange(rp, given, actor_token=odd, actor_token_type=odd).error == "invalid_request"
    assert exchange(rp, given, requested_token_type=odd).error == "invalid_request"
