"""A small relying party with a browser's face, careful unless it is told to make one mistake: what a check is held against."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Mapping
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from joserfc import jws, jwt
from joserfc.jwk import KeySet

from idp.core import clock

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_ALGORITHMS = ["ES256", "RS256"]


class Refused(Exception):
    """The answer is not one that this site believes."""


class TrialSite:
    """Pages /start, /callback, /inside, /leave and /backchannel on a loopback port; `faults` are the mistakes it makes.

    `by_form` is none: people leave by a form that is held against forging. `scripted` is none either: a script that nobody
    runs would sign in. `proof` is what the file of its host holds.
    """

    def __init__(self, issuer: str, *faults: str) -> None:
        self.issuer, self.faults = issuer, set(faults)
        self.client_id = self.secret = ""
        self.journeys: dict[str, dict[str, str]] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.seen_jti: set[str] = set()
        self.keys: KeySet | None = None
        self.hits: list[str] = []
        self.proof = ""
        self.asks: dict[str, str] = {}
        self.http = requests.Session()
        self.http.trust_env = False
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.serve(self, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                site.serve(self, {name: values[0] for name, values in parse_qs(body).items()})

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def metadata(self, **more: Any) -> dict[str, Any]:
        return {
            "client_name": "试行网站", "client_uri": self.url, "initiate_login_uri": f"{self.url}/start",
            "redirect_uris": [f"{self.url}/callback"], "post_logout_redirect_uris": [f"{self.url}/"],
            "backchannel_logout_uri": f"{self.url}/backchannel", "scope": "openid profile",
            "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["authorization_code"],
            "id_token_signed_response_alg": "ES256", **more,
        }  # fmt: skip

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.http.close()

    def serve(self, request: BaseHTTPRequestHandler, form: Mapping[str, str]) -> None:
        path = urlsplit(request.path)
        asked = {name: values[0] for name, values in parse_qs(path.query).items()}
        cookies = {name: each.value for name, each in SimpleCookie(request.headers.get("Cookie", "")).items()}
        self.hits.append(path.path)
        pages = {
            "/start": lambda: self.start(cookies), "/callback": lambda: self.callback(asked, cookies),
            "/inside": lambda: self.inside(cookies), "/leave": lambda: self.leave(cookies, request, form),
            "/backchannel": lambda: self.backchannel(form), "/elsewhere": lambda: (302, {"Location": "http://localhost:1/"}, ""),
            "/.well-known/unified-identity.txt": lambda: (200 if self.proof else 404, {}, self.proof),
        }  # fmt: skip
        try:
            status, headers, body = pages.get(path.path, lambda: (200, {}, "welcome"))()
        except (Refused, ValueError, KeyError) as refused:
            status, headers, body = 400, {}, f"no: {refused}"
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body.encode())))
        request.end_headers()
        request.wfile.write(body.encode())

    def start(self, cookies: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        parameters = {
            "client_id": self.client_id, "response_type": "code", "redirect_uri": f"{self.url}/callback",
            "scope": "openid profile", "state": state, "nonce": nonce, "code_challenge_method": "S256",
            "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode(),
        }  # fmt: skip
        parameters |= self.asks
        if "no_protection" in self.faults:
            for name in ("state", "nonce", "code_challenge", "code_challenge_method"):
                del parameters[name]
            verifier = ""
        self.journeys[state] = {"nonce": nonce, "verifier": verifier}
        cookie = f"j={state}; Path=/; HttpOnly; SameSite=Lax"
        return 302, {"Location": f"{self.issuer}/authorize?{urlencode(parameters)}", "Set-Cookie": cookie}, ""

    def callback(self, answer: Mapping[str, str], cookies: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
        if "scripted" in self.faults:
            return self.page_of_a_script()
        if (
            "state" not in self.faults
            and "no_protection" not in self.faults
            and answer.get("state") != cookies.get("j")
        ):
            raise Refused("state")
        if "iss" not in self.faults and answer.get("iss") != self.issuer:
            raise Refused("iss")
        if "error" in answer:
            return (500, {}, "crash") if "denied" in self.faults else (200, {}, "you refused")
        journey = self.journeys[cookies["j"]]
        form = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": f"{self.url}/callback"}
        form |= {"code_verifier": journey["verifier"]} if journey["verifier"] else {}
        proof = (self.client_id, self.secret) if self.secret else None
        form |= {} if self.secret else {"client_id": self.client_id}
        told = self.http.post(f"{self.issuer}/token", data=form, auth=proof, timeout=10)
        if told.status_code != 200:
            return (500, {}, "crash") if "code_replayed" in self.faults else (400, {}, "sign in again")
        claims = self.read(told.json()["id_token"])
        if (
            "nonce" not in self.faults
            and "no_protection" not in self.faults
            and claims.get("nonce") != journey["nonce"]
        ):
            raise Refused("nonce")
        session = secrets.token_urlsafe(16)
        self.sessions[session] = {**claims, "id_token": told.json()["id_token"]}
        return 302, {"Location": "/inside", "Set-Cookie": f"s={session}; Path=/; HttpOnly"}, ""

    def read(self, token: str) -> dict[str, Any]:
        if "signature" in self.faults:
            payload = token.split(".")[1]
            claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        else:
            claims = self.verified(token)
        now = clock.epoch()
        if "token_iss" not in self.faults and claims.get("iss") != self.issuer:
            raise Refused("iss")
        if "aud" not in self.faults and claims.get("aud") != self.client_id:
            raise Refused("aud")
        if "expired" not in self.faults and claims.get("exp", 0) < now:
            raise Refused("exp")
        return claims

    def verified(self, token: str) -> dict[str, Any]:
        if self.keys is None:
            self.fetch()
        try:
            return self.decoded(token)
        except ValueError:
            if "rotation" in self.faults:
                raise
            self.fetch()
            return self.decoded(token)

    def decoded(self, token: str) -> dict[str, Any]:
        try:
            registry = jws.JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
            return dict(jwt.decode(token, self.keys, algorithms=_ALGORITHMS, registry=registry).claims)  # type: ignore[arg-type]
        except Exception as wrong:
            raise ValueError(type(wrong).__name__) from wrong

    def fetch(self) -> None:
        self.keys = KeySet.import_key_set(self.http.get(f"{self.issuer}/jwks", timeout=10).json())

    def inside(self, cookies: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
        if "open" in self.faults or cookies.get("s") in self.sessions:
            form = f"""<form method=post action=/leave><input type=hidden name=csrf value="{self.csrf(cookies)}">
                <button name=action value=confirm>退出登录</button></form>"""
            return 200, {}, "<p id=who>in</p>" + (form if "by_form" in self.faults else "")
        return 302, {"Location": "/start"}, ""

    def csrf(self, cookies: Mapping[str, str]) -> str:
        return hashlib.sha256(cookies.get("s", "").encode()).hexdigest()

    def page_of_a_script(self) -> tuple[int, dict[str, str], str]:
        if "sends_on" in self.faults:
            return 302, {"Location": "https://elsewhere.example.com/"}, ""
        script = "https://cdn.example.com/figures.js" if "foreign_script" in self.faults else "/app.js"
        policy = {"Referrer-Policy": "unsafe-url"} if "telling" in self.faults else {}
        return 200, policy, f"<!doctype html><title>app</title><script src={script}></script>"

    def leave(
        self, cookies: Mapping[str, str], request: BaseHTTPRequestHandler, form: Mapping[str, str]
    ) -> tuple[int, dict[str, str], str]:
        if "by_form" in self.faults and request.command != "POST":
            return 405, {}, ""
        if "by_form" in self.faults and (
            form != {"csrf": self.csrf(cookies), "action": "confirm"} or request.headers.get("Origin") != self.url
        ):
            raise Refused("csrf")
        session = self.sessions.get(cookies.get("s", ""))
        if session is None:
            return 302, {"Location": "/"}, ""
        if "sign_out" not in self.faults:
            del self.sessions[cookies["s"]]
        hint = {"id_token_hint": session["id_token"], "post_logout_redirect_uri": f"{self.url}/"}
        return 302, {"Location": f"{self.issuer}/end-session?{urlencode(hint)}"}, ""

    def backchannel(self, form: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
        if "logout" in self.faults:
            return 200, {}, ""
        claims = self.verified(form["logout_token"])
        if "logout_aud" not in self.faults and claims.get("aud") != self.client_id:
            raise Refused("aud")
        if "logout_nonce" not in self.faults and "nonce" in claims:
            raise Refused("nonce")
        if claims["iss"] != self.issuer or EVENT not in claims["events"]:
            raise Refused("iss, events")
        key = "sub" if "logout_replayed" in self.faults else "sid"
        if "logout_replayed" not in self.faults and claims["jti"] in self.seen_jti:
            raise Refused("jti")
        self.seen_jti.add(claims["jti"])
        for session in [each for each, known in self.sessions.items() if known[key] == claims[key]]:
            del self.sessions[session]
        return 200, {}, ""
