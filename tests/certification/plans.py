"""The modules that several plans share; a plan's file names its variants and which of these it runs."""

import json
import secrets
import time
from typing import Any, ClassVar
from urllib.parse import urlencode

from tests.certification import checks
from tests.certification.op import Flow, Party, Provider, Variant, Visitor, challenge_of
from tests.flows.browser import Landing

NEEDS_A_PERSON = ("login_required", "interaction_required", "consent_required", "account_selection_required")
EVERY_SCOPE = "openid profile email address phone"


class EveryPlan:
    """What every response type must do."""

    variants: ClassVar[tuple[Variant, ...]]

    def test_a_flow_brings_what_its_response_type_names(self, op: Provider, variant: Variant) -> None:
        """oidcc-server: every answer by the right way, with valid hashes, a long code, and no claim nobody asked for."""
        flow = op.party(variant).flow(variant, op.visitor())
        assert set(flow.claims) <= checks.PROTOCOL_CLAIMS

    def test_the_id_token_is_signed_by_rs256_under_a_named_key(self, op: Provider, variant: Variant) -> None:
        """oidcc-idtoken-signature"""
        party = op.party(variant)
        assert party.id_token_alg == "RS256"
        assert party.flow(variant).id_token  # algorithm, kid and signature are checked on the way

    def test_the_scope_profile_brings_its_claims(self, op: Provider, variant: Variant) -> None:
        """oidcc-scope-profile"""
        returned(op, variant, "openid profile")

    def test_the_scope_email_brings_its_claims(self, op: Provider, variant: Variant) -> None:
        """oidcc-scope-email"""
        returned(op, variant, "openid email")

    def test_the_scope_address_brings_its_claim(self, op: Provider, variant: Variant) -> None:
        """oidcc-scope-address"""
        returned(op, variant, "openid address")

    def test_the_scope_phone_brings_its_claims(self, op: Provider, variant: Variant) -> None:
        """oidcc-scope-phone"""
        returned(op, variant, "openid phone")

    def test_all_scopes_together_bring_all_their_claims(self, op: Provider, variant: Variant) -> None:
        """oidcc-scope-all"""
        returned(op, variant, EVERY_SCOPE)

    def test_scopes_and_parameters_in_another_order_mean_the_same(self, op: Provider, variant: Variant) -> None:
        """oidcc-alternate-happy-flow, oidcc-ensure-other-scope-order-succeeds"""
        party = op.party(variant)
        asked = party.ask(variant, scope="email openid")
        backwards = f"{op.metadata['authorization_endpoint']}?{urlencode(dict(reversed(asked.sent.items())))}"
        flow = party.complete(variant, asked, op.known_visitor().visit(backwards))
        told = claims_of(party, variant, flow)
        assert told["email"]
        assert "name" not in told

    def test_display_page_is_no_error(self, op: Provider, variant: Variant) -> None:
        """oidcc-display-page"""
        op.party(variant).flow(variant, display="page")

    def test_display_popup_is_no_error(self, op: Provider, variant: Variant) -> None:
        """oidcc-display-popup"""
        op.party(variant).flow(variant, display="popup")

    def test_prompt_login_asks_again_and_says_when(self, op: Provider, variant: Variant) -> None:
        """oidcc-prompt-login"""
        visitor = signed_in_before(op, variant, seconds=1.1)
        party = op.party(variant)
        first = party.flow(variant, visitor, max_age="10000")
        second = party.flow(variant, visitor, prompt="login", max_age="10000")
        assert "/sign-in" in visitor.seen
        assert second.claims["auth_time"] > first.claims["auth_time"]
        assert second.claims["sub"] == first.claims["sub"]

    def test_prompt_none_without_a_session_is_an_error(self, op: Provider, variant: Variant) -> None:
        """oidcc-prompt-none-not-logged-in: and a long state comes back whole."""
        state = secrets.token_urlsafe(96)
        landing = refused(op, variant, op.visitor(), prompt="none", state=state)
        checks.refusal(landing.params, *NEEDS_A_PERSON, state=state, issuer=op.issuer)

    def test_prompt_none_with_a_session_asks_nothing(self, op: Provider, variant: Variant) -> None:
        """oidcc-prompt-none-logged-in"""
        same_twice(op.party(variant), variant, prompt="none")

    def test_max_age_1_asks_again_after_two_seconds(self, op: Provider, variant: Variant) -> None:
        """oidcc-max-age-1"""
        visitor = signed_in_before(op, variant, seconds=2.1)
        party = op.party(variant)
        first = party.flow(variant, visitor, max_age="10000")
        second = party.flow(variant, visitor, max_age="1")
        assert "/sign-in" in visitor.seen
        assert second.claims["auth_time"] > first.claims["auth_time"]
        assert time.time() - second.claims["auth_time"] < 10

    def test_max_age_10000_asks_nothing_and_says_since_when(self, op: Provider, variant: Variant) -> None:
        """oidcc-max-age-10000"""
        party = op.party(variant)
        first = party.flow(variant, max_age="15000")
        second = party.flow(variant, max_age="10000")
        assert op.known_visitor().seen == []
        assert first.claims["auth_time"] == second.claims["auth_time"]
        assert first.claims["sub"] == second.claims["sub"]

    def test_an_unknown_parameter_is_no_error(self, op: Provider, variant: Variant) -> None:
        """oidcc-ensure-request-with-unknown-parameter-succeeds"""
        op.party(variant).flow(variant, extra="foobar")

    def test_a_hint_at_the_same_person_asks_nothing(self, op: Provider, variant: Variant) -> None:
        """oidcc-id-token-hint"""
        party = op.party(variant)
        hint = party.flow(variant).id_token
        same_twice(party, variant, prompt="none", id_token_hint=hint)

    def test_a_login_hint_is_no_error(self, op: Provider, variant: Variant) -> None:
        """oidcc-login-hint"""
        op.party(variant).flow(variant, login_hint="buffy@example.com")

    def test_languages_for_the_pages_are_no_error(self, op: Provider, variant: Variant) -> None:
        """oidcc-ui-locales"""
        op.party(variant).flow(variant, ui_locales="se de zh-CN")

    def test_languages_for_the_claims_are_no_error(self, op: Provider, variant: Variant) -> None:
        """oidcc-claims-locales"""
        op.party(variant).flow(variant, claims_locales="se")

    def test_one_of_the_offered_levels_is_met_and_said(self, op: Provider, variant: Variant) -> None:
        """oidcc-ensure-request-with-acr-values-succeeds"""
        party, offered = op.party(variant), op.metadata["acr_values_supported"]
        assert party.flow(variant, acr_values=" ".join(offered)).claims["acr"] in offered
        party.flow(variant, acr_values="1 2")

    def test_an_unregistered_redirect_uri_gets_a_page_and_no_answer(self, op: Provider, variant: Variant) -> None:
        """oidcc-ensure-registered-redirect-uri"""
        party = op.party(variant)
        for visitor in (op.visitor(), op.known_visitor()):
            page = visitor.shown(party.ask(variant, redirect_uri=f"{party.redirect_uri}/{secrets.token_hex(5)}").url)
            assert page.status == 400
            assert page.headers["Content-Type"].startswith("text/html")

    def test_an_essential_claim_comes(self, op: Provider, variant: Variant) -> None:
        """oidcc-claims-essential"""
        party, place = op.party(variant), "userinfo" if variant.has_access_token else "id_token"
        flow = party.flow(variant, claims=json.dumps({place: {"name": {"essential": True}}}))
        told = claims_of(party, variant, flow)
        assert told["name"]
        assert "birthdate" not in told

    def test_unsigned_request_objects_are_not_offered_and_not_taken(self, op: Provider, variant: Variant) -> None:
        """oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported,
        oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported,
        oidcc-ensure-request-object-with-redirect-uri: skipped by the plan where `none` is not offered; never half.
        """
        assert "none" not in op.metadata["request_object_signing_alg_values_supported"]
        unsigned = "eyJhbGciOiJub25lIn0.e30."
        landing = refused(op, variant, op.known_visitor(), request=unsigned)
        assert landing.params["error"] == "invalid_request_object"


class WithoutResponseType:
    """Once for each plan."""

    variants: ClassVar[tuple[Variant, ...]]

    def test_a_request_without_a_response_type_is_an_error(self, op: Provider) -> None:
        """oidcc-response-type-missing"""
        variant = self.variants[0]
        asked = op.party(variant).ask(variant, response_type=None)
        landing = op.known_visitor().visit(asked.url)
        checks.refusal(
            landing.params, "invalid_request", "unsupported_response_type", state=asked.sent["state"], issuer=op.issuer
        )


class WithUserinfo:
    """For response types that bring an access token."""

    def test_userinfo_answers_a_get(self, op: Provider, variant: Variant) -> None:
        """oidcc-userinfo-get"""
        flow = op.party(variant).flow(variant)
        answer = op.http.get(op.metadata["userinfo_endpoint"], headers=bearer(flow), timeout=30)
        checks.userinfo(checks.is_json(answer), flow.claims["sub"])

    def test_userinfo_answers_a_post_with_the_token_in_the_header(self, op: Provider, variant: Variant) -> None:
        """oidcc-userinfo-post-header"""
        flow = op.party(variant).flow(variant)
        answer = op.http.post(op.metadata["userinfo_endpoint"], headers=bearer(flow), timeout=30)
        checks.userinfo(checks.is_json(answer), flow.claims["sub"])

    def test_userinfo_answers_a_post_with_the_token_in_the_body(self, op: Provider, variant: Variant) -> None:
        """oidcc-userinfo-post-body"""
        flow = op.party(variant).flow(variant)
        form = {"access_token": flow.access_token}
        answer = op.http.post(op.metadata["userinfo_endpoint"], data=form, timeout=30)
        checks.userinfo(checks.is_json(answer), flow.claims["sub"])


class WithoutNonce:
    """Where no ID token comes by way of the browser."""

    variants: ClassVar[tuple[Variant, ...]]

    def test_a_request_without_a_nonce_succeeds(self, op: Provider) -> None:
        """oidcc-ensure-request-without-nonce-succeeds-for-code-flow"""
        for variant in self.variants:
            if "id_token" not in variant.words:
                op.party(variant).flow(variant, nonce=None)


class NonceIsRequired:
    """Where an ID token comes by way of the browser."""

    variants: ClassVar[tuple[Variant, ...]]

    def test_a_request_without_a_nonce_is_an_error(self, op: Provider) -> None:
        """oidcc-ensure-request-without-nonce-fails"""
        for variant in self.variants:
            if "id_token" in variant.words:
                landing = refused(op, variant, op.known_visitor(), nonce=None, state="s")
                checks.refusal(landing.params, "invalid_request", state="s", issuer=op.issuer)


class WithCode:
    """For response types with a code."""

    def test_a_code_serves_once_and_its_tokens_end_with_the_second_try(self, op: Provider, variant: Variant) -> None:
        """oidcc-codereuse, oidcc-codereuse-30seconds (which waits; the code is as spent at once)"""
        party = op.party(variant)
        flow = party.flow(variant)
        checks.error(party.token(**flow.code_form), "invalid_grant")
        after = op.http.get(op.metadata["userinfo_endpoint"], headers=bearer(flow), timeout=30)
        assert after.status_code == 401
        assert 'error="invalid_token"' in after.headers["WWW-Authenticate"]

    def test_a_secret_in_the_form_serves_as_well(self, op: Provider, variant: Variant) -> None:
        """oidcc-server-client-secret-post"""
        op.party(variant, "client_secret_post").flow(variant)

    def test_pkce_is_taken_and_holds(self, op: Provider, variant: Variant) -> None:
        """oidcc-ensure-request-with-valid-pkce-succeeds"""
        party, verifier = op.party(variant), secrets.token_urlsafe(48)
        pkce = {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256"}
        for given, code in ((verifier, None), (None, "invalid_grant"), ("x" * 43, "invalid_grant")):
            flow = party.flow(variant, exchange=False, **pkce)
            form = {"grant_type": "authorization_code", "code": flow.landing.code, "redirect_uri": party.redirect_uri}
            answer = party.token(**form, **({"code_verifier": given} if given else {}))
            if code is None:
                assert checks.tokens(answer)["id_token"]
            else:
                checks.error(answer, code)

    def test_a_refresh_token_serves_its_own_client_alone(self, op: Provider, variant: Variant) -> None:
        """oidcc-refresh-token"""
        grants = ["authorization_code", "refresh_token", *(["implicit"] if len(variant.words) > 1 else [])]
        first = op.party(variant, grant_types=grants)
        second = op.party(variant, grant_types=grants, client_name="Second")
        assert "refresh_token" in op.metadata["grant_types_supported"]
        latest = ""
        for party in (first, second):
            flow = party.flow(variant, scope="openid offline_access", prompt="consent")
            latest = refreshed(party, flow)["refresh_token"]
        checks.error(first.token(grant_type="refresh_token", refresh_token=latest), "invalid_grant")


def refreshed(party: Party, flow: Flow) -> dict[str, Any]:
    """The tokens that a refresh brings, checked against the first ones (Core §12.2)."""
    told = checks.tokens(party.token(grant_type="refresh_token", refresh_token=flow.tokens["refresh_token"]))
    assert told["access_token"] != flow.access_token
    told.setdefault("refresh_token", flow.tokens["refresh_token"])
    if "id_token" in told:
        claims = checks.id_token(
            told["id_token"], party.op.keys(), issuer=party.op.issuer, client_id=party.client_id,
            nonce=None, alg=party.id_token_alg, hashed={"at_hash": told["access_token"]},
            exactly=False,
        )  # fmt: skip
        for name in ("iss", "sub", "aud", "azp", "auth_time"):
            assert claims.get(name) == flow.claims.get(name), name
        assert claims["iat"] >= flow.claims["iat"]
    party.userinfo(Flow(flow.landing, told["access_token"], claims=flow.claims))
    return told


def bearer(flow: Flow) -> dict[str, str]:
    return {"Authorization": f"Bearer {flow.access_token}"}


def claims_of(party: Party, variant: Variant, flow: Flow) -> dict[str, Any]:
    """Where the claims asked for by scope must be (Core §5.4): from userinfo, or in the ID token when there is nothing else."""
    if not variant.has_access_token:
        checks.userinfo(flow.claims, flow.claims["sub"])
        return flow.claims
    assert set(flow.claims) <= checks.PROTOCOL_CLAIMS
    return party.userinfo(flow)


def returned(op: Provider, variant: Variant, scope: str) -> None:
    party = op.party(variant)
    told = claims_of(party, variant, party.flow(variant, scope=scope))
    told = {name.partition("#")[0]: value for name, value in told.items() if name not in checks.PROTOCOL_CLAIMS}
    wanted = set().union(*(checks.OF_SCOPE[word] for word in scope.split() if word != "openid"))
    assert set(told) == wanted - {"middle_name"}, set(told) ^ wanted  # which no citizen of this country has


def refused(op: Provider, variant: Variant, visitor: Visitor, **changes: Any) -> Landing:
    """An error that reaches the site, by the way of the variant."""
    party = op.party(variant)
    landing = visitor.visit(party.ask(variant, **changes).url)
    party.arrived(variant, landing)
    return landing


def same_twice(party: Party, variant: Variant, **second: str) -> None:
    """The second sign-in is the first one, and nobody was asked anything."""
    first = party.flow(variant)
    again = party.flow(variant, **second)
    assert party.op.known_visitor().seen == []
    assert again.claims["sub"] == first.claims["sub"]
    assert again.claims.get("auth_time") == first.claims.get("auth_time")


_waiting: dict[int, list[Visitor]] = {}


def signed_in_before(op: Provider, variant: Variant, *, seconds: float) -> Visitor:
    """Somebody whose sign-in is at least that old; two browsers take turns, so that hardly anybody waits."""
    pool = _waiting.setdefault(id(op), [])
    if len(pool) < 2:
        pool.append(op.visitor())
        op.party(variant).flow(variant, pool[-1])
    pool.sort(key=lambda visitor: visitor.signed_in_at)
    oldest = pool[0]
    time.sleep(max(0.0, oldest.signed_in_at + seconds - time.time()))
    return oldest
