"""Dynamic OP: oidcc-dynamic-certification-test-plan, whose sites prove themselves by private_key_jwt."""

import base64
import hashlib
import secrets
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import KeySet

from tests.browser.running_demo import Demo, until
from tests.certification import checks
from tests.certification.op import CODE, Party, Provider, key_of_a_site, public
from tests.certification.plans import bearer, refreshed

KEY = key_of_a_site()


def site(op: Provider, **metadata: Any) -> Party:
    """Registered as the plan does: a key without a name, by value."""
    by_value = {} if "jwks_uri" in metadata else {"jwks": public([KEY])}
    given = {"token_endpoint_auth_method": "private_key_jwt", "contacts": ["ve7jtb@ve7jtb.com"], **by_value, **metadata}
    return op.registered(key=metadata.pop("key", KEY), **{k: v for k, v in given.items() if k != "key"})


def test_a_site_registers_itself_signs_in_and_leaves_again(op: Provider) -> None:
    """oidcc-server: and the registration can be read, and ends (RFC 7592 §2.1, §2.3)."""
    party = site(op)
    party.flow(CODE)
    uri, token = party.registration["registration_client_uri"], party.registration["registration_access_token"]
    told = checks.is_json(op.http.get(uri, headers={"Authorization": f"Bearer {token}"}, timeout=30))
    assert told["client_id"] == party.client_id
    assert told["redirect_uris"] == party.registration["redirect_uris"]
    gone = op.http.delete(uri, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert (gone.status_code, gone.content) == (204, b"")
    assert op.http.get(uri, headers={"Authorization": f"Bearer {token}"}, timeout=30).status_code == 401
    page = op.known_visitor().shown(party.ask(CODE).url)
    assert page.status == 400


def test_rs256_signs_the_id_token_when_registered(op: Provider) -> None:
    """oidcc-idtoken-rs256"""
    party = site(op, id_token_signed_response_alg="RS256")
    assert party.id_token_alg == "RS256"
    party.flow(CODE)


def test_userinfo_comes_signed_when_registered(op: Provider) -> None:
    """oidcc-userinfo-rs256"""
    party = site(op, userinfo_signed_response_alg="RS256")
    asked = party.ask(CODE)
    landing = op.known_visitor().visit(asked.url)
    form = {"grant_type": "authorization_code", "code": landing.code, "redirect_uri": party.redirect_uri}
    told = checks.tokens(party.token(**form))
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    answer = op.http.get(op.metadata["userinfo_endpoint"], headers=headers, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == "application/jwt"
    token = jwt.decode(answer.text, KeySet.import_key_set(op.keys()), algorithms=["RS256"])
    assert token.header["alg"] == "RS256"
    assert token.claims["iss"] == op.issuer
    assert token.claims["aud"] in (party.client_id, [party.client_id])
    assert token.claims["sub"]


def test_a_request_without_a_redirect_uri_gets_a_page(op: Provider) -> None:
    """oidcc-ensure-redirect-uri-in-authorization-request"""
    page = op.known_visitor().shown(op.party().ask(CODE, redirect_uri=None).url)
    assert page.status == 400


def test_a_redirect_uri_may_have_a_query_and_keeps_it(op: Provider) -> None:
    """oidcc-redirect-uri-query-OK"""
    party = site(op, redirect_uris=[f"{op.site.url}/callback?foo=bar"])
    flow = party.flow(CODE)
    assert flow.landing.params["foo"] == "bar"


@pytest.mark.parametrize(
    ("registered", "asked"),
    [("?foo=bar", "?foo=baz"), ("?foo=bar", ""), ("", "?foo=bar"), ("?foo=bar", "?foo=bar&foo=baz")],
)
def test_another_query_is_another_redirect_uri(op: Provider, registered: str, asked: str) -> None:
    """oidcc-redirect-uri-query-mismatch, oidcc-redirect-uri-query-added"""
    party = op.party(redirect_uris=[f"{op.site.url}/callback{registered}"])
    page = op.known_visitor().shown(party.ask(CODE, redirect_uri=f"{op.site.url}/callback{asked}").url)
    assert page.status == 400


def test_a_redirect_uri_with_a_fragment_is_not_registered(op: Provider) -> None:
    """oidcc-redirect-uri-regfrag"""
    answer = op.register(redirect_uris=[f"{op.site.url}/callback#foobar"])
    checks.error(answer, "invalid_redirect_uri")


@pytest.mark.parametrize("member", ["logo_uri", "policy_uri", "tos_uri"])
def test_what_a_site_says_of_itself_is_shown_when_it_signs_in(op: Provider, member: str) -> None:
    """oidcc-registration-logo-uri, -policy-uri, -tos-uri"""
    address = f"{op.site.url}/{member}"
    party = op.registered(**{member: address})
    visitor = op.visitor()
    shown = visitor.shown(party.ask(CODE).url)
    assert shown.path == "/sign-in"
    seen = visitor.browser.submit("continue", identifier=visitor.person.identifier, password=visitor.person.password)
    assert member == "logo_uri" or address in (shown.body + getattr(seen, "body", ""))


def test_keys_by_reference_serve_as_well(op: Provider) -> None:
    """oidcc-registration-jwks-uri"""
    key = key_of_a_site("first")
    site(op, jwks_uri=op.site.publish("/keys-once", public([key])), key=key).flow(CODE)


def test_sites_of_one_sector_know_a_person_by_one_name(op: Provider) -> None:
    """oidcc-registration-sector-uri"""
    callbacks = [f"{op.site.url}/callback", f"{op.site.url.replace('localhost', '127.0.0.1')}/callback"]
    sector = op.site.publish("/sector.json", callbacks)
    known = {"subject_type": "pairwise", "sector_identifier_uri": sector}
    subjects = {
        site(op, redirect_uris=uris, **known).flow(CODE).claims["sub"] for uris in ([callbacks[0]], [callbacks[1]])
    }
    assert len(subjects) == 1


def test_a_sector_must_list_every_redirect_uri(op: Provider) -> None:
    """oidcc-registration-sector-bad"""
    sector = op.site.publish("/sector-bad.json", ["https://example.com/redirect1", "https://example.com/redirect2"])
    answer = op.register(subject_type="pairwise", sector_identifier_uri=sector)
    checks.error(answer, "invalid_client_metadata")


def test_a_refresh_goes_on_under_a_new_key_of_the_site(op: Provider) -> None:
    """oidcc-refresh-token-rp-key-rotation (which waits a minute; nobody here has to)"""
    old, new = key_of_a_site("old"), key_of_a_site("new")
    where = op.site.publish("/keys", public([old]))
    party = site(op, jwks_uri=where, key=old, grant_types=["authorization_code", "refresh_token"])
    flow = party.flow(CODE, scope="openid offline_access", prompt="consent")
    op.site.publish("/keys", public([new]))
    party.key = new
    refreshed(party, flow)


def request_object(party: Party, **changes: Any) -> tuple[dict[str, str], str]:
    """The parameters that stay outside, and the signed object with all of them (Core §6.1)."""
    sent = party.ask(CODE).sent
    claims = {**sent, "iss": party.client_id, "aud": party.op.issuer, **changes}
    outside = {name: sent[name] for name in ("client_id", "response_type", "scope")}
    return outside, party.signed(claims)


def test_a_signed_request_object_by_reference_is_the_request(op: Provider) -> None:
    """oidcc-request-uri-signed-rs256 (and oidcc-request-uri-unsigned is skipped where `none` is not offered)"""
    path = f"/request-{secrets.token_hex(4)}"
    for with_hash in (False, True):
        uri = f"{op.site.url}{path}"
        party = site(op, request_uris=[uri], request_object_signing_alg="RS256")
        outside, signed = request_object(party)
        op.site.publish(path, signed)
        digest = base64.urlsafe_b64encode(hashlib.sha256(signed.encode()).digest()).rstrip(b"=").decode()
        reference = f"{uri}#{digest}" if with_hash else uri
        asked = party.ask(CODE, state=None, nonce=None, **outside, request_uri=reference)
        sent = jwt.decode(signed, KEY, algorithms=["RS256"]).claims
        landing = op.known_visitor().visit(asked.url)
        asked.sent.update(state=sent["state"], nonce=sent["nonce"])
        party.complete(CODE, asked, landing)


def test_a_request_uri_registered_with_a_fragment_serves(op: Provider) -> None:
    """oidcc-request-uri-signed-rs256: the plan registers the address with a random fragment and sends just that."""
    path = f"/request-{secrets.token_hex(4)}"
    uri = f"{op.site.url}{path}"
    key = key_of_a_site()
    party = site(op, request_uris=[f"{uri}#{secrets.token_hex(8)}"], key=key, jwks=public([key]))
    outside, signed = request_object(party)
    op.site.publish(path, signed)
    landing = op.known_visitor().visit(party.ask(CODE, state=None, nonce=None, **outside, request_uri=uri).url)
    assert landing.code


def test_the_redirect_uri_inside_a_request_object_counts(op: Provider) -> None:
    """oidcc-ensure-request-object-with-redirect-uri"""
    party = site(op)
    _, signed = request_object(party)
    landing = op.known_visitor().visit(party.ask(CODE, redirect_uri=f"{party.redirect_uri}/other", request=signed).url)
    assert landing.code
    assert landing.address == party.redirect_uri


def test_a_refresh_token_is_used_by_the_site_that_signs_for_it(op: Provider) -> None:
    """oidcc-refresh-token"""
    grants = ["authorization_code", "refresh_token"]
    first, second = site(op, grant_types=grants), site(op, grant_types=grants)
    flows = [party.flow(CODE, scope="openid offline_access", prompt="consent") for party in (first, second)]
    latest = [refreshed(party, flow)["refresh_token"] for party, flow in zip((first, second), flows, strict=True)]
    checks.error(first.token(grant_type="refresh_token", refresh_token=latest[1]), "invalid_grant")


def test_an_assertion_may_be_for_the_issuer(op: Provider) -> None:
    """oidcc-ensure-client-assertion-with-iss-aud-succeeds"""
    party = site(op)
    for audience in (op.issuer, [op.issuer], op.metadata["token_endpoint"]):
        flow = party.flow(CODE, exchange=False)
        form = {"grant_type": "authorization_code", "code": flow.landing.code, "redirect_uri": party.redirect_uri}
        told = checks.tokens(party.token(**form, client_assertion=party.assertion(aud=audience)))
        flow.access_token = told["access_token"]
        assert op.http.get(op.metadata["userinfo_endpoint"], headers=bearer(flow), timeout=30).status_code == 200


def test_new_keys_come_and_the_old_ones_stay(op: Provider, beside: Demo) -> None:
    """oidcc-server-rotate-keys: and the new ones sign, while an ID token from before still serves as a hint."""
    party, before = op.party(), {key["kid"] for key in op.keys()["keys"] if key["use"] == "sig"}
    hint = party.flow(CODE).id_token
    beside.command("keys", "rotate")
    until("the new keys", lambda: {key["kid"] for key in op.keys()["keys"]} > before)
    until("a signature under another key", lambda: kid_of(party.flow(CODE).id_token) != kid_of(hint))
    assert op.known_visitor().visit(party.ask(CODE, prompt="none", id_token_hint=hint).url).code


def kid_of(token: str) -> str:
    found: str = jws.extract_compact(token.encode()).headers()["kid"]
    return found
