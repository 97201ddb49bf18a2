"""Attacks on client authentication: replayed, misdirected, forged and confused assertions, and certificates out of the air."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from joserfc.jwk import Key

from idp.core import clock
from idp.oidc.registration import clients
from tests.flows import assertions, certificates
from tests.flows.centre import OPERATOR, Centre, open_centre
from tests.flows.fixtures import both_pairs
from tests.flows.rp import Answer, RelyingParty
from tests.flows.site import Site
from tests.moments import window_begins

SELF = {"grant_type": "client_credentials"}
GRANTS = ["authorization_code", "refresh_token", "client_credentials"]
KEY, RSA = assertions.key_for("ES256"), assertions.key_for("RS256", "rsa")


@pytest.fixture
def site(site_of: Callable[..., RelyingParty]) -> RelyingParty:
    """A site that signs with ES256 or RS256."""
    return site_of(token_endpoint_auth_method="private_key_jwt", grant_types=GRANTS, jwks=assertions.jwks(KEY, RSA))


@pytest.fixture
def sharer(site_of: Callable[..., RelyingParty]) -> RelyingParty:
    """A site that computes MACs with its secret."""
    return site_of(token_endpoint_auth_method="client_secret_jwt", grant_types=GRANTS)


def send(rp: RelyingParty, assertion: str, path: str = "/token", **more: str) -> Answer:
    form = SELF if path == "/token" else {"token": "x"}
    return rp.post(path, {**form, **assertions.form(assertion, **more)}, auth=None)


def made(rp: RelyingParty, key: Key = KEY, alg: str = "ES256", header: Any = None, **changes: Any) -> str:
    return assertions.signed(assertions.claims(rp.client_id, rp.issuer, **changes), key, alg, header=header)


def reasons(centre: Centre, rp: RelyingParty) -> list[str]:
    return [entry.details["reason"] for entry in centre.audited("oidc.client_refused", client_id=rp.client_id)]


def is_refused(answer: Answer) -> bool:
    return (answer.status_code, answer.error) == (401, "invalid_client")


@both_pairs
def test_an_assertion_serves_once_at_whatever_endpoint(site: RelyingParty, centre: Centre) -> None:
    assertion = made(site)
    assert send(site, assertion).status_code == 200
    assert is_refused(send(site, assertion))
    assert is_refused(send(site, assertion, "/introspect"))
    assert is_refused(send(site, made(site, jti="same-name-as-another"))) is False
    assert is_refused(send(site, made(site, jti="same-name-as-another", exp=clock.epoch() + 50)))
    assert reasons(centre, site) == ["assertion_replayed"]


def test_the_names_that_one_site_spent_are_free_for_others(
    site: RelyingParty, site_of: Callable[..., RelyingParty]
) -> None:
    other = site_of(token_endpoint_auth_method="private_key_jwt", grant_types=GRANTS, jwks=assertions.jwks(KEY))
    for rp in (site, other):
        assert send(rp, made(rp, jti="once-for-each")).status_code == 200


def audiences(rp: RelyingParty) -> dict[str, tuple[object, bool]]:
    return {
        "the issuer": (rp.issuer, True),
        "the issuer in a list": ([rp.issuer], True),
        "the token endpoint": (f"{rp.issuer}/token", True),
        "both names of ours": ([rp.issuer, f"{rp.issuer}/token"], True),
        "the endpoint called": (f"{rp.issuer}/introspect", True),
        "an endpoint not called": (f"{rp.issuer}/revoke", False),
        "another server": ("https://evil.example", False),
        "another server too": ([rp.issuer, "https://evil.example"], False),
        "nobody": (None, False),
        "an empty list": ([], False),
        "an empty text": ("", False),
        "a number": (1, False),
        "a list in a list": ([[rp.issuer]], False),
        "an object": ({rp.issuer: 1}, False),
        "another case": (rp.issuer.upper(), False),
        "with a slash": (f"{rp.issuer}/", False),
        "a prefix": (f"{rp.issuer}.evil.example", False),
        "with a query": (f"{rp.issuer}/token?x", False),
        "ourselves with a space": (f"{rp.issuer} ", False),
    }


def test_an_assertion_is_for_us_and_nobody_else(site: RelyingParty) -> None:
    for name, (audience, is_ours) in audiences(site).items():
        answer = send(site, made(site, aud=audience), "/introspect")
        assert is_refused(answer) is not is_ours, name


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None}, {"exp": "soon"}, {"exp": True}, {"exp": -60}, {"exp": 2 * 3600}, {"exp": 10**18}, {"exp": []},
        {"iat": 120}, {"iat": "now"}, {"iat": -7300}, {"nbf": 120}, {"nbf": "later"}, {"nbf": False},
        {"jti": None}, {"jti": ""}, {"jti": 7}, {"jti": "x" * 300}, {"jti": ["x"]},
        {"iss": None}, {"iss": "somebody"}, {"sub": None}, {"sub": "somebody"}, {"sub": ["x"]},
    ],
)  # fmt: skip
def test_every_claim_must_hold(site: RelyingParty, changes: dict[str, Any]) -> None:
    moved = {
        name: clock.epoch() + value if type(value) is int and name in {"exp", "iat", "nbf"} else value
        for name, value in changes.items()
    }
    assert is_refused(send(site, made(site, **moved)))


def test_clocks_may_be_off_by_half_a_minute(site: RelyingParty) -> None:
    now = clock.epoch()
    for changes in ({"exp": now - 20}, {"iat": now + 20, "nbf": now + 20}, {"iat": None}, {"exp": now + 3600}):
        assert send(site, made(site, **changes)).status_code == 200, changes


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt", "dpop+jwt", "oauth-authz-req+jwt", "", "secevent+jwt"])
def test_a_token_of_another_kind_is_no_assertion(site: RelyingParty, typ: str) -> None:
    assert is_refused(send(site, made(site, header={"typ": typ})))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "client-authentication+jwt"])
def test_the_kinds_that_an_assertion_may_name(site: RelyingParty, typ: str) -> None:
    assert send(site, made(site, header={"typ": typ})).status_code == 200


def test_no_algorithm_is_confused_with_another(site: RelyingParty, sharer: RelyingParty) -> None:
    """RFC 8725 §2.1, §3.1: no `none`, no MAC with a public key, no signature where a MAC is due."""
    said = assertions.claims(site.client_id, site.issuer)
    public = RSA.as_pem(private=False)  # type: ignore[attr-defined]
    numbers = KEY.as_dict(private=False)
    confusions = [
        assertions.maced(said, public), assertions.maced(said, public.strip()), assertions.maced(said, str(numbers)),
        assertions.maced(said, RSA.raw_value.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)),  # type: ignore[attr-defined]
        assertions.maced(said, ""), assertions.maced(said, site.client_id),
    ]  # fmt: skip
    head = "eyJhbGciOiJub25lIn0"
    body = assertions.maced(said, "x").split(".")[1]
    for forged in (*confusions, f"{head}.{body}.", f"{head}.{body}.AA"):
        assert is_refused(send(site, forged))
    secret = sharer.client_secret or ""
    claims = assertions.claims(sharer.client_id, sharer.issuer)
    assert is_refused(send(sharer, assertions.signed(claims, KEY, "ES256")))
    assert is_refused(send(sharer, assertions.maced(claims, secret[:-1])))
    assert is_refused(send(sharer, assertions.maced(claims, b"")))
    assert send(sharer, assertions.maced(claims, secret)).status_code == 200


def test_a_site_that_registered_its_algorithm_uses_no_other(site_of: Callable[..., RelyingParty]) -> None:
    both = {"token_endpoint_auth_method": "private_key_jwt", "grant_types": GRANTS, "jwks": assertions.jwks(KEY, RSA)}
    rp = site_of(token_endpoint_auth_signing_alg="PS256", **both)
    assert is_refused(send(rp, made(rp)))
    assert is_refused(send(rp, made(rp, RSA, "RS256")))
    assert send(rp, made(rp, RSA, "PS256")).status_code == 200
    rp = site_of(
        token_endpoint_auth_method="client_secret_jwt", grant_types=GRANTS, token_endpoint_auth_signing_alg="HS512"
    )
    claims = assertions.claims(rp.client_id, rp.issuer)
    assert is_refused(send(rp, assertions.maced(claims, rp.client_secret or "", "HS256")))
    assert send(rp, assertions.maced(claims, rp.client_secret or "", "HS512")).status_code == 200


def test_a_key_that_the_site_did_not_register_signs_nothing(
    site: RelyingParty, site_of: Callable[..., RelyingParty]
) -> None:
    stranger = assertions.key_for("ES256")  # with the kid of the registered one
    assert is_refused(send(site, made(site, stranger)))
    assert is_refused(send(site, made(site, stranger, header={"jwk": stranger.as_dict(private=False)})))
    for name in ("jku", "x5u"):
        assert is_refused(send(site, made(site, stranger, header={name: "https://evil.example/keys"})))
    holder = certificates.self_signed()
    assert is_refused(send(site, made(site, stranger, header={"x5c": [holder.pem]})))
    other = site_of(token_endpoint_auth_method="private_key_jwt", grant_types=GRANTS, jwks=assertions.jwks(stranger))
    assert is_refused(send(site, made(other, stranger, iss=site.client_id, sub=site.client_id)))
    assert is_refused(send(site, made(other, stranger, sub=site.client_id)))
    assert is_refused(send(site, made(site), client_id=other.client_id))


def test_a_token_that_we_issued_is_no_assertion(site: RelyingParty, alice: Any) -> None:
    """Its audience is the site and its issuer is ours; nor does the key fit."""
    code = site.sign_in(alice).code
    tokens = site.redeem(code, **assertions.form(made(site)))
    assert is_refused(send(site, tokens.id_token))


@pytest.mark.parametrize(
    "broken",
    ["x", "a.b", "a.b.c", "a.b.c.d.e", "...", "汉.字.节", "x" * 15_000, "." * 3000, "eyJhbGciOiJFUzI1NiJ9.W10.AA"],
)
def test_what_is_no_assertion_at_all_is_refused_in_one_way(site: RelyingParty, broken: str) -> None:
    assert is_refused(send(site, broken))


def test_an_assertion_alone_is_one_method_and_needs_its_type(site: RelyingParty) -> None:
    assertion = made(site)
    basic = {"auth": (site.client_id, "x")}
    wrong: list[tuple[dict[str, str], dict[str, Any]]] = [
        ({**assertions.form(assertion), "client_secret": "x"}, {}),
        (assertions.form(assertion), basic),
        ({"client_assertion": assertion}, basic),
        ({"client_assertion": assertion}, {}),
        ({"client_assertion_type": assertions.TYPE}, {}),
        ({**assertions.form(assertion), "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}, {}),
        ({**assertions.form(assertion), "client_assertion_type": assertions.TYPE.upper()}, {}),
    ]  # fmt: skip
    for form, call in wrong:
        answer = site.post("/token", {**SELF, **form}, auth=call.get("auth"))
        assert (answer.status_code, answer.error) == (400, "invalid_request"), form
    assert send(site, assertion).status_code == 200  # none of them has spent it


def test_a_secret_that_ended_makes_no_mac(sharer: RelyingParty, centre: Centre) -> None:
    old = sharer.client_secret or ""
    with centre.services.database.transaction() as db:
        new = clients.add_secret(
            db, centre.services.trail, sharer.client_id, keyring=centre.services.keyring, actor=OPERATOR
        )
        until = clock.now() + timedelta(minutes=1)
        clients.retire_secrets(db, centre.services.trail, sharer.client_id, keep=new, at=until, actor=OPERATOR)
    centre.see_changes()

    def by(secret: str) -> Answer:
        return send(sharer, assertions.maced(assertions.claims(sharer.client_id, sharer.issuer), secret))

    assert [by(old).status_code, by(new).status_code] == [200, 200]
    clock.travel(timedelta(minutes=2))
    assert is_refused(by(old))
    assert by(new).status_code == 200


def test_guessing_assertions_is_slowed_down_as_guessing_secrets_is(site: RelyingParty) -> None:
    stranger = assertions.key_for("ES256")
    window_begins(60)
    statuses = [send(site, made(site, stranger)).status_code for _ in range(22)]
    assert statuses == [401] * 20 + [429] * 2
    assert send(site, made(site)).status_code == 200  # who proves itself is not asked to wait


AUTHORITY, STRANGERS = certificates.authority(), certificates.authority("strangers")
MINE = AUTHORITY.issue("site.example")


@pytest.fixture(scope="module")
def fronted(tmp_path_factory: pytest.TempPathFactory, service_log: Path) -> Iterator[Callable[..., Centre]]:
    """Centres that differ in whom they believe about certificates."""
    folder = tmp_path_factory.mktemp("fronted")
    anchors = folder / "clients.pem"
    anchors.write_text(AUTHORITY.pem, encoding="ascii")
    with ExitStack() as stack:

        def make(name: str, **settings: Any) -> Centre:
            url = f"sqlite:///{folder / f'{name}.sqlite3'}"
            settings = {"client_certificate_header": "Client-Cert", "client_ca_file": anchors, **settings}
            return stack.enter_context(open_centre(url, "", log_file=service_log, **settings))

        yield make


@pytest.fixture
def bearer_of() -> Iterator[Callable[..., RelyingParty]]:
    """A site with a certificate, registered at a centre of its own."""
    parties: list[RelyingParty] = []

    def make(centre: Centre, **metadata: Any) -> RelyingParty:
        site = Site()
        by = {
            "token_endpoint_auth_method": "tls_client_auth",
            "tls_client_auth_subject_dn": "CN=site.example,O=样例机关,C=CN",
        }
        client_id, secret = centre.register_client(site.metadata(grant_types=GRANTS, **{**by, **metadata}))
        parties.append(RelyingParty(centre.issuer, site, client_id, secret, "openid"))
        return parties[-1]

    yield make
    for party in parties:
        party.site.close()
        party.close()


def call(rp: RelyingParty, **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return rp.post("/token", {**SELF, "client_id": rp.client_id}, auth=None, headers=names)


def test_a_certificate_counts_from_the_proxy_and_in_its_header_alone(
    fronted: Callable[..., Centre], bearer_of: Callable[..., RelyingParty]
) -> None:
    trusting = fronted("trusting")
    assert call(bearer_of(trusting), Client_Cert=MINE.rfc9440).status_code == 200
    assert is_refused(call(bearer_of(trusting), X_SSL_Client_Cert=MINE.rfc9440))
    assert is_refused(call(bearer_of(trusting)))
    for name, settings in {
        "nobody trusted": {"trusted_proxies": ()},
        "another trusted": {"trusted_proxies": ("10.0.0.1/32",)},
        "switched off": {"client_certificate_header": "", "client_ca_file": None},
    }.items():
        rp = bearer_of(fronted(name.replace(" ", "-"), **settings))
        assert is_refused(call(rp, Client_Cert=MINE.rfc9440)), name
        assert is_refused(call(rp, X_SSL_Client_Cert=MINE.escaped)), name
    nginx = bearer_of(fronted("nginx", client_certificate_header="X-SSL-Client-Cert"))
    assert call(nginx, X_SSL_Client_Cert=MINE.escaped).status_code == 200
    assert is_refused(call(nginx, Client_Cert=MINE.rfc9440))


def test_a_certificate_of_anybody_else_proves_nothing(
    fronted: Callable[..., Centre], bearer_of: Callable[..., RelyingParty]
) -> None:
    centre = fronted("strangers")
    rp = bearer_of(centre)
    between = AUTHORITY.issue("between", is_authority=True)
    wrong = {
        "certificate_untrusted": STRANGERS.issue("site.example"),
        "certificate_subject": AUTHORITY.issue("evil.example"),
        "certificate_expired": AUTHORITY.issue("site.example", days=(-30, -1)),
        "certificate_purpose": AUTHORITY.issue("site.example", purposes=[certificates.SERVER]),
    }
    for n, (reason, holder) in enumerate(wrong.items()):
        rp.http.headers["X-Forwarded-For"] = f"10.250.{n}.1"  # one entry a minute and network
        assert is_refused(call(rp, Client_Cert=holder.rfc9440)), reason
        assert reasons(centre, rp)[-1] == reason
    assert is_refused(call(rp, Client_Cert=f"{MINE.rfc9440}, {MINE.rfc9440}"))
    far = between.issue("site.example")
    assert is_refused(call(rp, Client_Cert=far.rfc9440))
    assert call(rp, Client_Cert=far.rfc9440, Client_Cert_Chain=between.rfc9440).status_code == 200


def test_a_certificate_that_signs_itself_is_the_one_registered(
    fronted: Callable[..., Centre], bearer_of: Callable[..., RelyingParty]
) -> None:
    own, other, old = certificates.self_signed(), certificates.self_signed(), certificates.self_signed(days=(-30, -1))
    by = {"token_endpoint_auth_method": "self_signed_tls_client_auth", "tls_client_auth_subject_dn": None}
    centre = fronted("own", client_ca_file=None)
    rp = bearer_of(centre, jwks=own.x5c, **by)
    assert call(rp, Client_Cert=own.rfc9440).status_code == 200
    for wrong in (other, MINE):
        assert is_refused(call(rp, Client_Cert=wrong.rfc9440))
    assert is_refused(call(bearer_of(centre, jwks=old.x5c, **by), Client_Cert=old.rfc9440))
    of_an_authority = bearer_of(centre, tls_client_auth_subject_dn="CN=site.example,O=样例机关,C=CN")
    assert is_refused(call(of_an_authority, Client_Cert=MINE.rfc9440))  # no authority is trusted here


def test_discovery_names_certificates_only_where_they_can_be_shown(fronted: Callable[..., Centre]) -> None:
    def told(centre: Centre) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{centre.issuer}/.well-known/openid-configuration", timeout=10).json()
        return found

    name = "token_endpoint_auth_methods_supported"
    plain = told(fronted("d1", client_certificate_header="", client_ca_file=None))
    assert not [method for method in plain[name] if "tls" in method]
    assert "mtls_endpoint_aliases" not in plain
    own = told(fronted("d2", client_ca_file=None))
    assert [method for method in own[name] if "tls" in method] == ["self_signed_tls_client_auth"]
    both = told(fronted("d3", client_certificate_url="https://id.example:8444"))
    assert [method for method in both[name] if "tls" in method] == ["tls_client_auth", "self_signed_tls_client_auth"]
    assert both["mtls_endpoint_aliases"]["token_endpoint"] == "https://id.example:8444/token"
    for endpoint in ("introspection", "revocation"):
        methods = both[f"{endpoint}_endpoint_auth_methods_supported"]
        assert ("none" in methods) == (endpoint == "revocation")
