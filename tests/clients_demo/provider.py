"""A small OpenID provider on a loopback port: just enough to sign people in, and to lie in every way a site must notice."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from threading import Thread
from typing import Any
from urllib.parse import urlencode

from flask import Flask, abort, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

EVENT = "http://schemas.openid.net/event/backchannel-logout"
SECRET = "a secret of the demo client"

RELEASED = {
    "profile": {"nickname": "小甲", "preferred_username": "测试甲的账号"},
    "phone": {"phone_number": "+8619900000001", "phone_number_verified": True},
    "realname": {"name": "测试甲", "resident_id": "370199198503070017", "birthdate": "1985-03-07", "ial": 1},
}
COMPANY = {
    "principal": {"type": "organisation", "id": "pairwise-company", "name": "山东示例科技有限公司", "uscc": "91370199MA3DEM019F"},
    "act": {"sub": "pairwise-subject"},
    "mandate": {"role": "agent", "scope": ["*"], "ial": 1},
    "legal": {
        "name": "山东示例科技有限公司", "uscc": "91370199MA3DEM019F", "type": "company",
        "representative": "测试甲", "role": "agent",
    },
}  # fmt: skip


class Provider:
    """Tests set what it answers: who is signed in, how surely, and what is wrong with its tokens."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", parameters={"kid": "one", "alg": "ES256", "use": "sig"})
        self.is_signed_in = False
        self.is_down = False
        self.acr = "ial1.aal1"
        self.sid = "session-1"
        self.subject = "pairwise-subject"
        self.refusal = ""  # an error instead of a code
        self.response_iss: str | None = None
        self.claims: dict[str, Any] = {}  # over what the ID token would say
        self.sign_with: Callable[[dict[str, Any]], str] = self.sign
        self.userinfo_subject: str | None = None
        self.asked: list[dict[str, str]] = []  # authorization requests, oldest first
        self.hosts: set[str] = set()  # by which names it was called
        self.acts_for: dict[str, Any] = {}  # what UserInfo says of the organisation that the person acts for
        self.may_act = True
        self.questions: list[dict[str, str]] = []
        self.answer: dict[str, Any] = {}  # over what the answer to a question would say
        self.ended: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, dict[str, str]] = {}
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.issuer = f"http://localhost:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # -- what tests use ---------------------------------------------------------------------------------------

    def sign(self, claims: dict[str, Any], *, key: ECKey | None = None, **header: Any) -> str:
        key = key or self.key
        return jwt.encode({"alg": "ES256", "kid": key.kid, **header}, claims, key, algorithms=["ES256", "HS256"])

    def logout_token(
        self, *, without: tuple[str, ...] = (), key: ECKey | None = None, typ: str = "logout+jwt", **changes
    ) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": "demo-client",
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_hex(8),
            "sid": self.sid,
            "sub": self.subject,
            "events": {EVENT: {}},
            **changes,
        }
        return self.sign({k: v for k, v in claims.items() if k not in without}, key=key, typ=typ)

    def rotate(self) -> None:
        self.key = ECKey.generate_key("P-256", parameters={"kid": secrets.token_hex(4), "alg": "ES256", "use": "sig"})

    # -- the endpoints ----------------------------------------------------------------------------------------

    def _app(self) -> Flask:
        app = Flask("provider")
        app.before_request(lambda: self.hosts.add(request.host))
        app.before_request(lambda: abort(503) if self.is_down else None)
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._discovery)
        app.add_url_rule("/authorize", view_func=self._authorize)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/userinfo", view_func=self._userinfo)
        app.add_url_rule("/mandates/check", view_func=self._check, methods=["POST"])
        app.add_url_rule("/jwks", view_func=self._jwks)
        app.add_url_rule("/end-session", view_func=self._end_session)
        return app

    def _discovery(self):
        return jsonify(
            issuer=self.issuer,
            authorization_endpoint=f"{self.issuer}/authorize",
            token_endpoint=f"{self.issuer}/token",
            userinfo_endpoint=f"{self.issuer}/userinfo",
            jwks_uri=f"{self.issuer}/jwks",
            end_session_endpoint=f"{self.issuer}/end-session",
            mandate_check_endpoint=f"{self.issuer}/mandates/check",
            id_token_signing_alg_values_supported=["RS256", "ES256", "HS256", "none"],
            authorization_response_iss_parameter_supported=True,
        )

    def _jwks(self):
        from_another_world = {"kty": "OKP", "crv": "Unheard-Of", "x": "AAAA", "kid": "odd"}
        return jsonify(keys=[from_another_world, self.key.as_dict(private=False)])

    def _authorize(self):
        asked = request.args.to_dict()
        self.asked.append(asked)
        answer = {"state": asked["state"], "iss": self.response_iss or self.issuer}
        if asked.get("prompt") == "none" and not self.is_signed_in:
            return redirect(f"{asked['redirect_uri']}?{urlencode({'error': 'login_required', **answer})}")
        if self.refusal:
            return redirect(f"{asked['redirect_uri']}?{urlencode({'error': self.refusal, **answer})}")
        self.is_signed_in = True
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, **answer})}")

    def _token(self):
        basic = base64.b64encode(f"demo-client:{SECRET}".replace(" ", "%20").encode()).decode()
        plain = base64.b64encode(f"demo-client:{SECRET}".encode()).decode()
        assert request.headers["Authorization"] in (f"Basic {basic}", f"Basic {plain}")
        asked = self._codes.pop(request.form.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != request.form.get("redirect_uri"):
            return jsonify(error="invalid_grant"), 400
        challenge = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        assert asked["code_challenge_method"] == "S256"
        assert base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() == asked["code_challenge"]
        now, access_token = int(time.time()), secrets.token_urlsafe(16)
        self._tokens[access_token] = asked
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": "demo-client",
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": asked["nonce"],
            "acr": self.acr,
            "amr": ["pwd"],
            "sid": self.sid,
            **self.claims,
        }
        sealed = self.sign_with({name: value for name, value in claims.items() if value is not None})
        return jsonify(access_token=access_token, token_type="Bearer", expires_in=300, id_token=sealed)

    def _userinfo(self):
        asked = self._tokens[request.headers["Authorization"].removeprefix("Bearer ")]
        claims = {"sub": self.userinfo_subject or self.subject}
        for name in asked["scope"].split():
            claims |= RELEASED.get(name, {})
        every = {name: value for facts in RELEASED.values() for name, value in facts.items()}
        singly = json.loads(asked.get("claims", "{}")).get("userinfo", {})
        claims |= {name: every[name] for name in singly if name in every}
        if "legal" in asked["scope"].split():
            claims |= self.acts_for
        return jsonify(claims)

    def _check(self):
        assert request.authorization.password == SECRET
        asked = request.form.to_dict()
        self.questions.append(asked)
        now = int(time.time())
        said = {
            "iss": self.issuer, "aud": "demo-client", "iat": now, "exp": now + 60, "jti": secrets.token_hex(8), **asked,
            "result": self.may_act and asked["principal"] == self.acts_for.get("principal", {}).get("id"), **self.answer,
        }  # fmt: skip
        typ = said.pop("typ", "mandate-check+jwt")
        return self.sign(said, typ=typ), 200, {"Content-Type": "application/mandate-check+jwt"}

    def _end_session(self):
        self.ended.append(request.args.to_dict())
        self.is_signed_in = False
        return redirect(f"{request.args['post_logout_redirect_uri']}?{urlencode({'state': request.args['state']})}")
