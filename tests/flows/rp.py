"""A real relying party: what a site does with the service, over HTTP and by the specifications alone."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.core import clock
from tests.flows.browser import Browser, Landing, Page
from tests.flows.people import Person
from tests.flows.site import Site


@dataclass(frozen=True)
class Asked:
    """One authorization request that the site sent out and remembers."""

    url: str
    state: str
    nonce: str
    verifier: str
    parameters: dict[str, Any] = field(default_factory=dict, repr=False)


class Answer:
    """What an endpoint answered."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        self.status_code = response.status_code
        self.headers = response.headers
        is_jwt = response.headers.get("Content-Type", "").endswith("jwt")
        self.json: dict[str, Any] = response.json() if response.content and not is_jwt else {}

    @property
    def error(self) -> str | None:
        return self.json.get("error")

    def __getattr__(self, name: str) -> Any:
        try:
            return self.json[name]
        except KeyError:
            raise AttributeError(f"{name} is not in {sorted(self.json)} ({self.status_code})") from None


class RelyingParty:
    """A site registered at the centre, with one visitor's browser at hand."""

    def __init__(self, issuer: str, site: Site, client_id: str, client_secret: str | None, scope: str) -> None:
        self.issuer = issuer
        self.site = site
        self.client_id = client_id
        self.client_secret = client_secret
        self.scope = scope
        self.browser = Browser(issuer)
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["X-Forwarded-For"] = "10.250.0.1"
        self._asked: dict[str, Asked] = {}
        self._of_code: dict[str, Asked] = {}

    def close(self) -> None:
        self.http.close()
        self.browser.close()

    # --- through the browser -----------------------------------------------------------------------------------------

    def ask(self, **changes: Any) -> Asked:
        """An authorization request with fresh state, nonce and PKCE; None leaves a parameter out, a list repeats it."""
        state, nonce, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(16), secrets.token_urlsafe(32)
        parameters: dict[str, Any] = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.site.redirect_uri,
            "scope": self.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        sent = {name: value for name, value in parameters.items() if value is not None}
        asked = Asked(self.address(sent), parameters["state"] or "", parameters["nonce"] or "", verifier, sent)
        self._asked[asked.state] = asked
        return asked

    def address(self, parameters: Mapping[str, Any]) -> str:
        """The authorization endpoint with these parameters."""
        return f"{self.issuer}/authorize?{urlencode(parameters, doseq=True)}"

    def visit(self, browser: Browser | None = None, **changes: Any) -> Page | Landing:
        """Send a browser to the centre; what it sees there, or its return."""
        return self._noted((browser or self.browser).get(self.ask(**changes).url))

    def sign_in(self, person: Person, browser: Browser | None = None, **changes: Any) -> Landing:
        """A whole sign-in through the pages, answering each as `person` would."""
        browser = browser or self.browser
        return self.go_on(person, browser, self.visit(browser, **changes))

    def go_on(self, person: Person, browser: Browser, seen: Page | Landing) -> Landing:
        for _ in range(8):
            if isinstance(seen, Landing):
                return self._noted(seen)
            assert seen.status == 200, f"{seen.path}: {seen.status} {seen.text[:400]}"
            match seen.path:
                case "/sign-in":
                    seen = browser.submit("continue", identifier=person.username, password=person.password)
                case "/choose-account":
                    seen = browser.submit("continue")
                case "/consent":
                    seen = browser.submit("allow")
                case "/verify-identity":
                    asked = seen.form("continue").fields  # who is known already writes nothing
                    typed = {"name": person.name, "resident_id": person.resident_id}
                    seen = browser.submit("continue", **{name: typed[name] for name in typed if name in asked})
                case elsewhere:
                    raise AssertionError(f"nobody told what to do at {elsewhere}: {seen.text[:400]}")
        raise AssertionError("the sign-in does not end")

    def _noted(self, seen: Any) -> Any:
        if isinstance(seen, Landing) and "code" in seen.params and seen.state in self._asked:
            self._of_code[seen.code] = self._asked[seen.state]
        return seen

    # --- from server to server ---------------------------------------------------------------------------------------

    def post(
        self, path: str, data: dict[str, Any], *, auth: tuple[str, str] | bool | None = True, **more: Any
    ) -> Answer:
        """A form to an endpoint, authenticated as registered unless told otherwise."""
        if auth is True:
            auth = (self.client_id, self.client_secret) if self.client_secret else None
            data = data if auth else {"client_id": self.client_id, **data}
        return Answer(self.http.post(self.issuer + path, data=data, auth=auth or None, timeout=30, **more))  # type: ignore[arg-type]

    def redeem(self, code: str, **changes: Any) -> Answer:
        """The code for tokens, with the verifier of the request it answers."""
        asked = self._of_code.get(code)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.site.redirect_uri,
            "code_verifier": asked.verifier if asked is not None else "x" * 43,
            **changes,
        }
        return self.post("/token", {name: value for name, value in form.items() if value})

    def tokens_of(self, person: Person, **changes: Any) -> Answer:
        """Signed in and redeemed."""
        answer = self.redeem(self.sign_in(person, **changes).code)
        assert answer.status_code == 200, answer.json
        return answer

    def refresh(self, refresh_token: str, **more: Any) -> Answer:
        return self.post("/token", {"grant_type": "refresh_token", "refresh_token": refresh_token, **more})

    def userinfo(self, access_token: str) -> Answer:
        return Answer(
            self.http.get(f"{self.issuer}/userinfo", headers={"Authorization": f"Bearer {access_token}"}, timeout=30)
        )

    def introspect(self, token: str, **more: str) -> Answer:
        return self.post("/introspect", {"token": token, **more})

    def revoke(self, token: str, **more: str) -> Answer:
        return self.post("/revoke", {"token": token, **more})

    def keys(self) -> KeySet:
        return KeySet.import_key_set(self.http.get(f"{self.issuer}/jwks", timeout=30).json())

    def claims(self, id_token: str, *, code: str | None = None, nonce: str | None = None) -> dict[str, Any]:
        """The ID token's content once its signature and its standard claims hold (OpenID Connect Core §3.1.3.7)."""
        token = jwt.decode(id_token, self.keys(), algorithms=["ES256", "RS256"])
        expected: dict[str, Any] = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
            "exp": {"essential": True},
            "sub": {"essential": True},
        }
        if code is not None:
            nonce = self._of_code[code].nonce
        if nonce is not None:
            expected["nonce"] = {"essential": True, "value": nonce}
        jwt.JWTClaimsRegistry(now=clock.epoch(), **expected).validate(token.claims)  # type: ignore[arg-type]
        return token.claims

    def accepted(self, landing: Landing) -> dict[str, Any]:
        """What comes by way of the browser, checked as a careful site does; the ID token's claims if there is one.

        RFC 9207 §2.4, OpenID Connect Core §3.2.2.10, §3.2.2.11, §3.3.2.8 to §3.3.2.10.
        """
        asked = self._asked[landing.params["state"]]
        assert landing.params["iss"] == self.issuer
        assert landing.address == self.site.redirect_uri.partition("?")[0]
        if "access_token" in landing.params:
            assert landing.params["token_type"] == "Bearer"
            assert int(landing.params["expires_in"]) > 0
        if "id_token" not in landing.params:
            return {}
        claims = self.claims(landing.params["id_token"], nonce=asked.nonce)
        for hashed, parameter in (("at_hash", "access_token"), ("c_hash", "code")):
            value = landing.params.get(parameter)
            assert claims.get(hashed) == (left_half(value) if value is not None else None), hashed
        return claims

    def asked_for(self, code: str) -> Asked:
        return self._of_code[code]


def left_half(value: str) -> str:
    """`at_hash` and `c_hash` for an algorithm with SHA-256 (OpenID Connect Core §3.1.3.6, §3.3.2.11)."""
    return base64.urlsafe_b64encode(hashlib.sha256(value.encode()).digest()[:16]).rstrip(b"=").decode()


def challenge_of(verifier: str) -> str:
    """PKCE S256 (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
