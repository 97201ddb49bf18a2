"""The floor: the least that Flask on granian with Redis and ES256 costs for the same questions, without any check or record.

It is no provider. No consent, no audit, no durable code, no limits: what it costs is what our own work stands on.
"""

import os
import secrets
import threading
import time

import flask
import orjson
import redis

from idp.core import ids, signing

_LOCAL = threading.local()


def create_app() -> flask.Flask:
    """The WSGI application; FLOOR_REDIS_URL names its store."""
    app = flask.Flask("floor", static_folder=None)
    signer = signing.load_signer("floor", "ES256", signing.new_private_key("ES256"))
    issuer = "http://localhost"
    document = orjson.dumps({"issuer": issuer, "padding": "x" * 1500})

    @app.get("/.well-known/openid-configuration")
    def discovery() -> flask.Response:
        return _json(document)

    @app.get("/authorize")
    def authorize() -> flask.Response:
        sent = flask.request.args
        _store().get(f"floor:session:{ids.digest(flask.request.cookies['idp_session'])}")
        code = secrets.token_urlsafe(32)
        _store().set(
            f"floor:code:{ids.digest(code)}", orjson.dumps({"nonce": sent["nonce"], "scope": sent["scope"]}), ex=60
        )
        return flask.redirect(f"{sent['redirect_uri']}?code={code}&state={sent['state']}", 303)  # type: ignore[return-value]

    @app.post("/token")
    def token() -> flask.Response:
        form = flask.request.form
        access = secrets.token_urlsafe(32)
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 600}
        record = b"{}"
        if form["grant_type"] != "client_credentials":
            kind = "code" if form["grant_type"] == "authorization_code" else "refresh_token"
            held = _store().getdel(f"floor:{kind}:{ids.digest(form[kind])}")
            assert isinstance(held, bytes)
            now, record = int(time.time()), held
            refresh = secrets.token_urlsafe(32)
            claims = {"iss": issuer, "sub": "floor", "aud": "floor", "iat": now, "exp": now + 600,
                      "at_hash": ids.left_half_hash(access), "nonce": orjson.loads(held)["nonce"]}  # fmt: skip
            answer |= {"id_token": signing.compact(signer, claims), "refresh_token": refresh}
            _store().set(f"floor:refresh_token:{ids.digest(refresh)}", held, ex=600)
        _store().set(f"floor:access:{ids.digest(access)}", record, ex=600)
        return _json(orjson.dumps(answer))

    @app.post("/introspect")
    def introspect() -> flask.Response:
        held = _store().get(f"floor:access:{ids.digest(flask.request.form['token'])}")
        return _json(orjson.dumps({"active": held is not None, "iss": issuer, "scope": "openid"}))

    @app.get("/userinfo")
    def userinfo() -> flask.Response:
        held = _store().get(f"floor:access:{ids.digest(flask.request.headers['Authorization'][7:])}")
        return _json(orjson.dumps({"sub": "floor" if held is not None else ""}))

    return app


def _store() -> redis.Redis:
    if (client := getattr(_LOCAL, "client", None)) is None:
        client = _LOCAL.client = redis.Redis.from_url(os.environ["FLOOR_REDIS_URL"], single_connection_client=True)
    return client


def _json(body: bytes) -> flask.Response:
    return flask.Response(body, 200, {"Content-Type": "application/json", "Cache-Control": "no-store"})
