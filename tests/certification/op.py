"""The provider under test and the sites that are registered there: one whole flow, with every check on its way."""

import base64
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import Key, RSAKey

from tests.browser.running_demo import Citizen
from tests.certification import checks
from tests.certification.site import Site
from tests.flows.browser import Browser, Landing, Page

ELSEWHERE = "CERTIFY"
"""Names the demo.json of a demo that runs already; with CERTIFY_CA, the authority of the TLS front before it."""

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Variant:
    """A response type in a response mode, as the plans run them."""

    response_type: str
    form_post: bool = False

    @property
    def words(self) -> list[str]:
        return self.response_type.split()

    @property
    def mode(self) -> str:
        if self.form_post:
            return "form_post"
        return "query" if self.response_type == "code" else "fragment"

    @property
    def has_code(self) -> bool:
        return "code" in self.words

    @property
    def has_access_token(self) -> bool:
        return self.has_code or "token" in self.words

    def __str__(self) -> str:
        return self.response_type.replace(" ", "+") + (" by form_post" if self.form_post else "")


CODE = Variant("code")


@dataclass
class Visitor:
    """A person with a browser that knows how to sign in and agrees to what it is asked."""

    browser: Browser
    person: Citizen
    signed_in_at: float = 0.0
    seen: list[str] = field(default_factory=list)

    def visit(self, url: str, *, data: dict[str, str] | None = None) -> Landing:
        """Follow an address to where the browser comes back to the site; `seen` names the pages on the way."""
        self.seen = []
        at = self.browser.get(url) if data is None else self.browser.post(url, data)
        for _ in range(8):
            if isinstance(at, Landing):
                return at
            assert at.status == 200, f"{at.path}: {at.status} {at.text[:400]}"
            self.seen.append(at.path)
            if at.path == "/sign-in":
                at = self.browser.submit("continue", identifier=self.person.identifier, password=self.person.password)
                self.signed_in_at = time.time()
            else:
                at = self.browser.submit(next(each for each in ("allow", "confirm", "continue") if at.has_button(each)))
        raise AssertionError(f"the visit does not end: {self.seen}")

    def shown(self, url: str, *, data: dict[str, str] | None = None) -> Page:
        """The page that an address shows this person."""
        at = self.browser.get(url) if data is None else self.browser.post(url, data)
        assert isinstance(at, Page), at
        return at


@dataclass(frozen=True)
class Asked:
    """An authorization request that was sent."""

    url: str
    sent: dict[str, str]

    @property
    def nonce(self) -> str | None:
        return self.sent.get("nonce")


@dataclass
class Flow:
    """What one flow brought: its tokens, and the claims of its ID tokens."""

    landing: Landing
    access_token: str | None = None
    tokens: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    id_token: str = ""
    code_form: dict[str, str] = field(default_factory=dict)


class Provider:
    """The OpenID provider under test, met from outside only."""

    def __init__(self, facts: dict[str, Any], person: Citizen, ca: str | None = None) -> None:
        self.http = requests.Session()
        self.http.trust_env = False
        self.ca = ca
        if ca:
            self.http.verify = ca
        self.issuer: str = facts["issuer"]
        self.initial_access_token: str = facts["initial_access_token"]
        self.person = person
        self.site = Site()
        self.configuration = self.http.get(f"{self.issuer}/.well-known/openid-configuration", timeout=30)
        self.metadata: dict[str, Any] = self.configuration.json()
        self._parties: dict[str, Party] = {}
        self._visitors: list[Visitor] = []

    def close(self) -> None:
        for visitor in self._visitors:
            visitor.browser.close()
        self.http.close()
        self.site.close()

    def keys(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(self.metadata["jwks_uri"], timeout=30).json()
        return found

    def visitor(self) -> Visitor:
        """Somebody with a browser that was never here."""
        browser = Browser(self.issuer)
        if self.ca:
            browser.http.verify = self.ca
        return Visitor(browser, self.person)

    def known_visitor(self) -> Visitor:
        """Somebody who may be signed in already; the same person each time."""
        if not self._visitors:
            self._visitors.append(self.visitor())
        return self._visitors[0]

    def register(self, **metadata: Any) -> requests.Response:
        """A registration by machine: no scope, as most software registers none."""
        return self.http.post(
            self.metadata["registration_endpoint"], timeout=30,
            json={"redirect_uris": [f"{self.site.url}/callback"], "client_name": "Certification", **metadata},
            headers={"Authorization": f"Bearer {self.initial_access_token}"},
        )  # fmt: skip

    def registered(self, variant: Variant = CODE, *, key: Key | None = None, **metadata: Any) -> "Party":
        """A site registered anew for this variant."""
        words, grants = set(variant.words), ["authorization_code"] if variant.has_code else []
        grants += ["implicit"] if words - {"code"} else []
        asked = {"response_types": [variant.response_type], "grant_types": grants, **metadata}
        told = checks.is_json(self.register(**asked), 201)
        for name, value in asked.items():
            assert told[name] == value, name
        assert told["client_id"]
        if "client_secret" in told:
            assert told["client_secret_expires_at"] == 0 or told["client_secret_expires_at"] > time.time()
        assert ("registration_client_uri" in told) == ("registration_access_token" in told)
        return Party(self, told, key)

    def party(self, variant: Variant = CODE, method: str = "client_secret_basic", **metadata: Any) -> "Party":
        """A site for this variant that other tests use as well."""
        wanted = json.dumps([variant.response_type, method, metadata], sort_keys=True)
        if wanted not in self._parties:
            self._parties[wanted] = self.registered(variant, token_endpoint_auth_method=method, **metadata)
        return self._parties[wanted]


class Party:
    """A registered site, and how it asks and what it accepts."""

    def __init__(self, op: Provider, registration: dict[str, Any], key: Key | None = None) -> None:
        self.op = op
        self.registration = registration
        self.key = key
        self.client_id: str = registration["client_id"]
        self.redirect_uri: str = registration["redirect_uris"][0]
        self.id_token_alg: str = registration.get("id_token_signed_response_alg", "RS256")

    def ask(self, variant: Variant, **changes: Any) -> Asked:
        """An authorization request; None leaves a parameter out."""
        parameters = {
            "client_id": self.client_id, "redirect_uri": self.redirect_uri, "scope": "openid",
            "state": secrets.token_urlsafe(9), "nonce": secrets.token_urlsafe(9),
            "response_type": variant.response_type, "response_mode": "form_post" if variant.form_post else None,
            **changes,
        }  # fmt: skip
        sent = {name: value for name, value in parameters.items() if value is not None}
        return Asked(f"{self.op.metadata['authorization_endpoint']}?{urlencode(sent)}", sent)

    def flow(self, variant: Variant, visitor: Visitor | None = None, *, exchange: bool = True, **changes: Any) -> Flow:
        """A whole flow; every answer on the way is checked."""
        asked = self.ask(variant, **changes)
        landing = (visitor or self.op.known_visitor()).visit(asked.url)
        return self.complete(variant, asked, landing, exchange=exchange)

    def complete(self, variant: Variant, asked: Asked, landing: Landing, *, exchange: bool = True) -> Flow:
        """Accept an authorization response as a careful site does, and redeem what it brought."""
        registered = dict(parse_qsl(urlsplit(self.redirect_uri).query))
        got = {name: value for name, value in landing.params.items() if registered.get(name) != value}
        assert "error" not in got, got
        self.arrived(variant, landing)
        assert set(got) <= {"state", "iss", "session_state", "code", "access_token", "token_type", "expires_in",
                            "scope", "id_token"}  # fmt: skip
        assert got.get("state") == asked.sent.get("state")
        assert got["iss"] == self.op.issuer
        wanted = {{"token": "access_token"}.get(word, word) for word in variant.words}
        assert {"code", "access_token", "id_token"} & set(got) == wanted
        done = Flow(landing)
        if "access_token" in got:
            assert got["token_type"].lower() == "bearer"
            assert int(got["expires_in"]) > 0
            done.access_token = got["access_token"]
        if "id_token" in got:
            hashed = {"at_hash": got.get("access_token"), "c_hash": got.get("code")}
            done.id_token = got["id_token"]
            done.claims = self.believe(got["id_token"], asked, hashed, exactly=True)
            if variant.has_access_token:
                assert set(done.claims) <= checks.PROTOCOL_CLAIMS
        if done.access_token is not None:
            self.userinfo(done)
        if "code" in got and exchange:
            self._redeem(asked, done)
        return done

    def _redeem(self, asked: Asked, done: Flow) -> None:
        code = done.landing.params["code"]
        assert len(code) >= 22  # RFC 6749 §10.10: at least 128 bits
        done.code_form = {"grant_type": "authorization_code", "code": code, "redirect_uri": asked.sent["redirect_uri"]}
        done.tokens = checks.tokens(self.token(**done.code_form))
        hashed = {"at_hash": done.tokens["access_token"], "c_hash": code}
        claims = self.believe(done.tokens["id_token"], asked, hashed, exactly=False)
        assert set(claims) <= checks.PROTOCOL_CLAIMS
        if done.claims:
            assert claims["sub"] == done.claims["sub"]
        done.id_token, done.claims, done.access_token = done.tokens["id_token"], claims, done.tokens["access_token"]
        self.userinfo(done)

    def arrived(self, variant: Variant, landing: Landing) -> None:
        """By the way that was asked for, at the place that was asked for."""
        assert landing.mode == variant.mode, landing
        if variant.mode == "query":
            assert landing.url.startswith(self.redirect_uri)
        elif variant.mode == "fragment":
            assert landing.url.partition("#")[0] == self.redirect_uri
        else:
            assert landing.url == self.redirect_uri

    def believe(self, token: str, asked: Asked, hashed: dict[str, str | None], *, exactly: bool) -> dict[str, Any]:
        given = {name: value for name, value in hashed.items() if value is not None}
        return checks.id_token(
            token, self.op.keys(), issuer=self.op.issuer, client_id=self.client_id, nonce=asked.nonce,
            alg=self.id_token_alg, hashed=given, exactly=exactly,
        )  # fmt: skip

    def userinfo(self, flow: Flow) -> dict[str, Any]:
        answer = self.op.http.get(
            self.op.metadata["userinfo_endpoint"], headers={"Authorization": f"Bearer {flow.access_token}"}, timeout=30
        )
        told = checks.is_json(answer)
        checks.userinfo(told, flow.claims.get("sub", told["sub"]))
        return told

    def token(self, **form: str) -> requests.Response:
        """A call of the token endpoint, authenticated as registered."""
        return self.call(self.op.metadata["token_endpoint"], **form)

    def call(self, url: str, **form: str) -> requests.Response:
        method, auth = self.registration["token_endpoint_auth_method"], None
        secret = self.registration.get("client_secret", "")
        match method:
            case "client_secret_basic":
                auth = (self.client_id, secret)
            case "client_secret_post":
                form |= {"client_id": self.client_id, "client_secret": secret}
            case "private_key_jwt":
                form = {"client_assertion_type": ASSERTION, "client_assertion": self.assertion(), **form}
            case "none":
                form |= {"client_id": self.client_id}
        return self.op.http.post(url, data=form, auth=auth, timeout=30)

    def assertion(self, **changes: Any) -> str:
        """The site's proof of itself (OpenID Connect Core §9)."""
        now, url = int(time.time()), self.op.metadata["token_endpoint"]
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": url, "iat": now, "exp": now + 60}
        return self.signed({**claims, "jti": secrets.token_urlsafe(12), **changes})

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        assert self.key is not None
        named = {"kid": self.key.kid} if self.key.kid else {}
        return jwt.encode({"alg": "RS256", **named, **header}, claims, self.key, algorithms=["RS256"])


def key_of_a_site(kid: str | None = None) -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", **({"kid": kid} if kid else {})}, auto_kid=False)


def public(keys: Iterable[Key]) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def is_elsewhere() -> bool:
    return bool(os.environ.get(ELSEWHERE))


def from_elsewhere() -> Provider:
    """The demo that the environment names."""
    place = os.environ[ELSEWHERE]
    facts = json.loads(Path(place).read_text(encoding="utf-8"))
    keys = ("name", "resident_id", "phone", "identifier", "password")
    proven = [Citizen(**{key: one[key] for key in keys}) for one in facts["people"] if one["ial"] == 1]
    return Provider(facts, next(filter(has_a_family_name, reversed(proven))), os.environ.get("CERTIFY_CA"))


def has_a_family_name(person: Citizen) -> bool:
    """Whether an authority's record says which part of the name is the family's."""
    return "·" not in person.name


def host_of(url: str) -> str:
    return urlsplit(url).netloc
