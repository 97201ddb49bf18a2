"""Tokens for APIs: asked for by resource indicators, narrowed to one audience, opaque or as a JWT, told about, withdrawn."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.registry import HeaderParameter

from idp.core import clock
from idp.oidc import resource_servers
from tests.flows.apis import Api, own_token
from tests.flows.browser import Browser, Page
from tests.flows.centre import OPERATOR, Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed

Apis = Callable[..., Api]
Sites = Callable[..., RelyingParty]
INACTIVE = {"active": False}
SIGNED = {"Accept": "application/token-introspection+jwt"}


@both_pairs
def test_an_api_reads_a_jwt_by_itself_and_may_still_ask(
    centre: Centre, api_of: Apis, site_for: Sites, alice: Person
) -> None:
    api = api_of(token_format="jwt")
    rp = site_for(api)
    tokens = rp.tokens_of(alice, resource=api.identifier)
    claims = api.accepts(tokens.access_token)
    assert tokens.scope == claims["scope"] == api.scope
    assert (claims["client_id"], claims["acr"], claims["amr"]) == (rp.client_id, "ial1.aal1", ["pwd"])
    assert claims["auth_time"] == rp.claims(tokens.id_token)["auth_time"]
    assert not {"sid", "nonce", "name"} & set(claims)
    told = api.asks(tokens.access_token)
    assert told["active"] is True
    assert all(
        told[name] == claims[name] for name in ("aud", "jti", "exp", "iat", "client_id", "scope", "acr", "auth_time")
    )
    centre.freeze(alice)
    assert api.asks(tokens.access_token) == INACTIVE
    assert rp.introspect(tokens.access_token).json == INACTIVE


@both_pairs
def test_an_api_asks_about_an_opaque_token(api_of: Apis, site_for: Sites, other: RelyingParty, alice: Person) -> None:
    api, another = api_of(), api_of()
    rp = site_for(api)
    tokens = rp.tokens_of(alice, resource=api.identifier)
    assert len(tokens.access_token) == 43
    told, own = api.asks(tokens.access_token), rp.introspect(tokens.access_token).json
    assert told == {
        "active": True, "iss": rp.issuer, "aud": api.identifier, "client_id": rp.client_id, "token_type": "Bearer",
        "scope": api.scope, "sub": told["sub"], "jti": told["jti"], "acr": "ial1.aal1",
        "iat": told["iat"], "exp": told["iat"] + 600, "auth_time": told["auth_time"],
    }  # fmt: skip
    assert own == {**told, "sub": rp.claims(tokens.id_token)["sub"], "sid": rp.claims(tokens.id_token)["sid"]}
    assert told["sub"] != own["sub"]
    assert told["sub"] == api.client.claims(api.client.tokens_of(alice, scope="openid").id_token)["sub"]
    assert another.asks(tokens.access_token) == other.introspect(tokens.access_token).json == INACTIVE
    assert api.client.introspect(tokens.refresh_token).json == INACTIVE


def test_what_was_granted_for_several_is_narrowed_to_the_one_that_is_named(
    api_of: Apis, site_for: Sites, alice: Person
) -> None:
    first, second, third = api_of(token_format="jwt"), api_of(token_format="jwt"), api_of()
    rp = site_for(first, second, third)
    code = rp.sign_in(alice, resource=[first.identifier, second.identifier]).code
    assert rp.redeem(code, resource=third.identifier).error == "invalid_target"
    assert rp.redeem(code, resource="not a uri").error == "invalid_target"
    tokens = rp.redeem(code, resource=first.identifier)  # a wrong resource did not spend the code
    assert tokens.scope == first.scope
    assert first.accepts(tokens.access_token)["scope"] == first.scope
    with pytest.raises(Exception, match="aud"):
        second.accepts(tokens.access_token)
    assert second.asks(tokens.access_token) == INACTIVE
    assert rp.refresh(tokens.refresh_token, resource=third.identifier).error == "invalid_target"
    again = rp.refresh(tokens.refresh_token, resource=second.identifier, scope=second.read)
    assert second.accepts(again.access_token)["scope"] == again.scope == second.read
    both = rp.refresh(again.refresh_token, resource=[first.identifier, second.identifier])
    assert both.scope == f"{first.scope} {second.scope}"
    assert "." not in both.access_token  # a JWT has one audience
    assert first.asks(both.access_token)["aud"] == second.asks(both.access_token)["aud"] == [
        first.identifier, second.identifier,
    ]  # fmt: skip
    assert rp.refresh(both.refresh_token).scope == both.scope


def test_a_token_for_an_api_opens_nothing_at_the_issuer(api_of: Apis, site_for: Sites, alice: Person) -> None:
    api = api_of()
    rp = site_for(api)
    tokens = rp.tokens_of(alice, resource=api.identifier)
    assert rp.userinfo(tokens.access_token).error == "invalid_token"
    for_userinfo = rp.refresh(tokens.refresh_token, resource=rp.issuer)
    assert for_userinfo.scope == "openid profile offline_access"
    assert rp.userinfo(for_userinfo.access_token).sub == rp.claims(tokens.id_token)["sub"]
    assert api.asks(for_userinfo.access_token) == INACTIVE
    asked_for_both = rp.tokens_of(alice, resource=[rp.issuer, api.identifier])
    assert rp.userinfo(asked_for_both.access_token).status_code == 200
    assert api.asks(asked_for_both.access_token)["active"] is True


def test_a_scope_alone_names_its_server(api_of: Apis, site_for: Sites, alice: Person) -> None:
    api = api_of(token_format="jwt")
    rp = site_for(api)
    tokens = rp.tokens_of(alice)
    assert rp.introspect(tokens.access_token).aud == [rp.issuer, api.identifier]
    assert rp.userinfo(tokens.access_token).status_code == 200
    assert api.asks(tokens.access_token)["scope"] == rp.scope
    assert api.accepts(rp.refresh(tokens.refresh_token, resource=api.identifier).access_token)["scope"] == api.scope
    plain = rp.tokens_of(alice, scope="openid profile")
    assert rp.introspect(plain.access_token).aud == rp.issuer
    assert api.asks(plain.access_token) == INACTIVE


def test_a_scope_of_a_server_that_is_not_asked_for_is_passed_over(api_of: Apis, site_for: Sites, alice: Person) -> None:
    first, second = api_of(), api_of()
    rp = site_for(first, second)
    tokens = rp.tokens_of(alice, resource=first.identifier)
    assert tokens.scope == first.scope
    assert rp.refresh(tokens.refresh_token, resource=second.identifier).error == "invalid_target"
    assert rp.tokens_of(alice, resource=rp.issuer).scope == "openid profile offline_access"


def test_a_resource_that_nobody_may_ask_for_is_an_error_of_its_own(
    api_of: Apis, site_for: Sites, alice: Person
) -> None:
    api, foreign = api_of(), api_of()
    rp = site_for(api)
    rp.sign_in(alice)
    for wrong in (
        "https://nobody.example/", foreign.identifier, f"{api.identifier}/", api.identifier.upper(), "api", "/v1",
        f"{api.identifier}#", f"{api.identifier}#part", "https:", "https://[::1", "urn:x:\u6c49", "javascript:alert(1)",
        [api.identifier, foreign.identifier], [f"urn:x:{n}" for n in range(30)],
    ):  # fmt: skip
        answer = landed(rp.visit(resource=wrong))
        assert (answer.error, answer.params["iss"]) == ("invalid_target", rp.issuer), wrong
        assert answer.params["error_description"].isascii()
    assert landed(rp.visit(resource="")).code
    assert landed(rp.visit(resource=[api.identifier, api.identifier])).code
    assert landed(rp.visit(scope=["openid", "openid"])).error == "invalid_request"  # nothing else may be repeated


def test_a_client_gets_tokens_for_itself(api_of: Apis, site_for: Sites) -> None:
    api, opaque, foreign = api_of(token_format="jwt"), api_of(), api_of()
    rp = site_for(api, opaque)
    tokens = own_token(rp, resource=api.identifier)
    claims = api.accepts(tokens.access_token)
    assert (claims["sub"], claims["client_id"]) == (rp.client_id, rp.client_id)
    assert claims["scope"] == tokens.scope == api.scope  # what the client is registered for, when it does not say
    assert not {"acr", "auth_time", "amr"} & set(claims)
    assert api.asks(tokens.access_token)["sub"] == rp.client_id
    named = own_token(rp, scope=f"{api.read} {api.read}")
    assert api.accepts(named.access_token)["scope"] == named.scope == api.read
    both = own_token(rp, scope=f"{api.read} {opaque.read}")
    assert api.asks(both.access_token)["aud"] == [api.identifier, opaque.identifier]
    assert rp.userinfo(tokens.access_token).error == "insufficient_scope"
    plain = own_token(rp)
    assert "scope" not in plain.json
    assert rp.introspect(plain.access_token).aud == rp.issuer
    for wrong, error in (
        ({"resource": foreign.identifier}, "invalid_target"),
        ({"resource": "https://nobody.example/"}, "invalid_target"),
        ({"scope": foreign.read}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"scope": f"{api.read} profile"}, "invalid_scope"),
        ({"resource": api.identifier, "scope": opaque.read}, "invalid_scope"),
        ({"resource": api.identifier, "scope": f"{api.read} nonsense"}, "invalid_scope"),
        ({"audience": ["a", "b"]}, "invalid_request"),
    ):
        assert own_token(rp, **wrong).error == error, wrong


def test_an_answer_about_a_token_is_signed_for_whoever_asks_so(api_of: Apis, site_for: Sites, alice: Person) -> None:
    api = api_of()
    rp = site_for(api)
    token = rp.tokens_of(alice, resource=api.identifier).access_token
    for active in (True, False):
        answer = api.client.http.post(
            f"{rp.issuer}/introspect", data={"token": token}, headers=SIGNED, timeout=30,
            auth=(api.client.client_id, str(api.client.client_secret)),
        )  # fmt: skip
        assert answer.headers["Content-Type"] == "application/token-introspection+jwt"
        assert answer.headers["Cache-Control"] == "no-store"
        read = jwt.decode(answer.text, rp.keys(), algorithms=["RS256"])
        assert read.header["typ"] == "token-introspection+jwt"
        assert set(read.claims) == {"iss", "aud", "iat", "token_introspection"}
        assert (read.claims["iss"], read.claims["aud"]) == (rp.issuer, api.client.client_id)
        assert read.claims["token_introspection"] == api.asks(token)
        assert read.claims["token_introspection"]["active"] is active
        assert rp.userinfo(answer.text).status_code == 401
        rp.revoke(token)
    for accept in ("application/json", "*/*", "application/token-introspection+jwt;q=0", "application/jwt", "a,,;b"):
        assert api.client.post("/introspect", {"token": token}, headers={"Accept": accept}).json == INACTIVE


def test_and_encrypted_where_its_client_registered_that(
    centre: Centre, site_of: Callable[..., RelyingParty], alice: Person
) -> None:
    key = RSAKey.generate_key(2048, {"kid": "mine", "use": "enc"})
    rp = site_of(
        introspection_signed_response_alg="ES256", introspection_encrypted_response_alg="RSA-OAEP-256",
        introspection_encrypted_response_enc="A256GCM", jwks={"keys": [key.as_dict(private=False)]},
    )  # fmt: skip
    token = rp.tokens_of(alice).access_token
    answer = rp.http.post(
        f"{rp.issuer}/introspect", data={"token": token}, headers=SIGNED, timeout=30,
        auth=(rp.client_id, str(rp.client_secret)),
    )  # fmt: skip
    registry = jwe.JWERegistry({"typ": HeaderParameter("type", "str")}, algorithms=["RSA-OAEP-256", "A256GCM"])
    opened = jwe.decrypt_compact(answer.text, key, registry=registry)
    read = jwt.decode(bytes(opened.plaintext or b"").decode(), rp.keys(), algorithms=["ES256"])
    assert read.claims["token_introspection"]["active"] is True


def test_a_jwt_is_withdrawn_by_its_own_site_alone(api_of: Apis, site_for: Sites, alice: Person) -> None:
    api = api_of(token_format="jwt")
    rp = site_for(api)
    token = rp.tokens_of(alice, resource=api.identifier).access_token
    assert api.client.revoke(token).error == "invalid_grant"
    assert api.asks(token)["active"] is True
    assert rp.revoke(token).status_code == 200
    assert api.asks(token) == rp.introspect(token).json == INACTIVE
    own = own_token(rp, resource=api.identifier).access_token
    rp.revoke(own, token_type_hint="refresh_token")
    assert api.asks(own) == INACTIVE


def test_a_token_ends_with_its_time_its_session_and_its_site(
    centre: Centre, api_of: Apis, site_for: Sites, alice: Person
) -> None:
    api = api_of(token_format="jwt")
    rp = site_for(api, also="openid")
    token = rp.tokens_of(alice, resource=api.identifier).access_token
    with centre.services.database.transaction() as db:
        centre.services.sessions.end_all(db, alice.account_id, reason="test")
    assert api.asks(token) == INACTIVE
    token = own_token(rp, resource=api.identifier).access_token
    assert api.asks(token)["active"] is True
    centre.disable_client(rp.client_id)
    assert api.asks(token) == INACTIVE
    another = site_for(api)
    token = own_token(another, resource=api.identifier).access_token
    assert api.asks(token)["active"] is True
    clock.travel(timedelta(minutes=11))
    assert api.asks(token) == INACTIVE


def test_a_server_that_is_switched_off_or_removed_gets_nothing(
    centre: Centre, api_of: Apis, site_for: Sites, alice: Person
) -> None:
    api = api_of(token_format="jwt")
    rp = site_for(api)
    tokens = rp.tokens_of(alice, resource=api.identifier)
    everything = centre.services
    with everything.database.transaction() as db:
        resource_servers.set_state(db, everything.trail, api.identifier, "disabled", actor=OPERATOR)
    centre.see_changes()
    assert api.asks(tokens.access_token) == INACTIVE
    assert landed(rp.visit(resource=api.identifier)).error == "invalid_target"
    assert rp.refresh(tokens.refresh_token).error == "invalid_target"
    assert rp.refresh(tokens.refresh_token, resource=rp.issuer).status_code == 200
    assert own_token(rp, scope=api.read).error == "invalid_scope"
    assert rp.tokens_of(alice).scope == "openid profile offline_access"
    with everything.database.transaction() as db:
        resource_servers.remove(db, everything.trail, api.identifier, actor=OPERATOR)
    centre.see_changes()
    assert own_token(rp, resource=api.identifier).error == "invalid_target"


def test_sites_cannot_compare_notes_by_the_tokens_they_carry(api_of: Apis, site_for: Sites, alice: Person) -> None:
    api, second = api_of(token_format="jwt"), api_of(token_format="jwt")
    rp, other = site_for(api, second), site_for(api, second)
    seen = set()
    for party in (rp, other):
        tokens = party.tokens_of(alice, resource=[api.identifier, second.identifier])
        seen.add(party.claims(tokens.id_token)["sub"])
        for each in (api, second):
            tokens = party.refresh(tokens.refresh_token, resource=each.identifier)
            seen.add(each.accepts(tokens.access_token)["sub"])
    assert len(seen) == 6
    told = {api.asks(p.tokens_of(alice, resource=api.identifier).access_token)["sub"] for p in (rp, other)}
    assert len(told) == 1
    assert not told & seen


def test_one_organisation_is_one_sector(centre: Centre, site_for: Sites, api_of: Apis, alice: Person) -> None:
    api = api_of(token_format="jwt")
    rp = site_for(api, subject_type="public")
    centre.change_resource(api.identifier, client_id=rp.client_id)
    tokens = rp.tokens_of(alice, resource=api.identifier)
    assert api.accepts(tokens.access_token)["sub"] == rp.claims(tokens.id_token)["sub"]


@pytest.mark.parametrize("alg", ["PS256", "RS256"])
def test_a_server_chooses_the_signature(api_of: Apis, site_for: Sites, alg: str) -> None:
    api = api_of(token_format="jwt", signing_alg=alg)
    token = own_token(site_for(api), resource=api.identifier).access_token
    api.accepts(token)
    assert any(key.kid.startswith(alg.lower()) for key in api.client.keys().keys if key.kid)


def test_a_person_is_asked_before_a_site_acts_for_them_elsewhere(
    centre: Centre, api_of: Apis, site_for: Sites, alice: Person
) -> None:
    api, second = api_of(), api_of()
    asked = {"release_basis": "consent", "purposes": {api.read: "查询您的办件进度"}}
    rp = site_for(api, second, also="openid", **asked)
    rp.visit(scope=f"openid {api.read} {second.read}", resource=api.identifier)
    page = rp.browser.submit("continue", identifier=alice.username, password=alice.password)
    assert isinstance(page, Page)
    assert page.path == "/consent"
    assert f"以您的名义使用“测试接口”（{api.read}）" in page.text
    assert "查询您的办件进度" in page.text
    assert second.read not in page.text  # the site does not ask for that server now, so it is not given
    assert landed(rp.browser.submit("deny")).error == "access_denied"
    tokens = rp.tokens_of(alice, scope=f"openid {api.read}", resource=api.identifier)
    assert api.asks(tokens.access_token)["scope"] == api.read
    assert landed(rp.visit(scope=f"openid {api.read}", resource=api.identifier, prompt="none")).code
    assert landed(rp.visit(scope=f"openid {api.write}", prompt="none")).error == "consent_required"
    assert f"（{api.read}）" in Page(rp.browser.raw("GET", "/account/sites")).text


def test_an_answer_without_a_code_is_aimed_too(api_of: Apis, site_for: Sites, alice: Person) -> None:
    api = api_of(token_format="jwt")
    rp = site_for(
        api, grant_types=["authorization_code", "implicit"], response_types=["code", "id_token token", "code token"]
    )
    answer = rp.sign_in(alice, response_type="id_token token", resource=api.identifier)
    token, claims = answer.params["access_token"], rp.claims(answer.params["id_token"])
    assert api.accepts(token)["auth_time"] == claims["auth_time"]
    assert answer.params["scope"] == api.scope
    assert rp.userinfo(token).status_code == 401
    hybrid = rp.sign_in(alice, response_type="code token", resource=[rp.issuer, api.identifier])
    assert rp.userinfo(hybrid.params["access_token"]).status_code == 200
    assert api.accepts(rp.redeem(hybrid.code, resource=api.identifier).access_token)["scope"] == api.scope


def test_resources_of_a_request_object_and_of_a_posted_request(api_of: Apis, site_for: Sites, alice: Person) -> None:
    first, second = api_of(), api_of()
    key = ECKey.generate_key("P-256", {"kid": "site", "use": "sig", "alg": "ES256"})
    rp = site_for(first, second, jwks={"keys": [key.as_dict(private=False)]}, request_object_signing_alg="ES256")
    resources = [first.identifier, second.identifier]
    asked = {
        "iss": rp.client_id,
        "aud": rp.issuer,
        "client_id": rp.client_id,
        "response_type": "code",
        "resource": resources,
    }
    tokens = rp.tokens_of(alice, request=jwt.encode({"alg": "ES256", "kid": "site"}, asked, key, algorithms=["ES256"]))
    assert rp.introspect(tokens.access_token).aud == resources
    address, _, query = rp.ask(resource=resources).url.partition("?")
    stranger = Browser(rp.issuer)  # a cross-site POST comes without cookies and is repeated by GET
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    posted = stranger.raw("POST", address, data=query, headers=form)
    stranger.close()
    answer = rp._noted(rp.browser.get(posted.headers["Location"]))
    assert rp.introspect(rp.redeem(landed(answer).code).access_token).aud == resources
