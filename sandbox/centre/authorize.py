"""The other centre's pages: what it is, and where a person signs in and allows."""

import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import flask
from flask.typing import ResponseReturnValue

from sandbox.centre import people
from sandbox.centre.part import NAME, bp
from sandbox.runtime import runtime

_CODE_MS = 60_000
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_KEPT = ("client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge")


@bp.get("")
def about() -> ResponseReturnValue:
    return flask.render_template("centre/about.html", users=people.users())


@bp.get("/authorize")
def authorize() -> ResponseReturnValue:
    asked = flask.request.args
    if (wrong := _wrong(asked)) is not None:
        return flask.render_template("refused.html", message=wrong), 400
    return flask.render_template("centre/authorize.html", asked=asked, users=people.users(), kept=_KEPT)


@bp.post("/authorize")
def decide() -> ResponseReturnValue:
    form = flask.request.form
    if (wrong := _wrong({**form, "response_type": "code", "code_challenge_method": "S256"})) is not None:
        return flask.render_template("refused.html", message=wrong), 400
    told = {"state": form.get("state", ""), "iss": issuer()}
    if form.get("action") != "allow" or people.user(form.get("user", "")) is None:
        return _back(form, {"error": "access_denied", **told})
    here, code = runtime(), secrets.token_urlsafe(32)
    kept: dict[str, Any] = {name: form.get(name, "") for name in _KEPT} | {
        "user": form["user"],
        "at": here.now_ms() // 1000,
    }
    here.state.put("centre_code", code, kept, expires_ms=here.now_ms() + _CODE_MS)
    return _back(form, {"code": code, **told})


def issuer() -> str:
    """Its own address, as it is called."""
    return flask.request.host_url + NAME


def _back(form: Mapping[str, str], told: Mapping[str, str]) -> ResponseReturnValue:
    uri = form["redirect_uri"]
    return flask.redirect(f"{uri}{'&' if '?' in uri else '?'}{urlencode(told)}", 303)


def _wrong(asked: Mapping[str, str]) -> str | None:
    agreed = runtime().of(NAME)
    if not agreed or asked.get("client_id") != agreed["client_id"]:
        return "没有登记过的网站"
    parts = urlsplit(asked.get("redirect_uri", ""))
    if parts.scheme not in {"http", "https"} or parts.hostname not in agreed.get(
        "callback_hosts", ["localhost", "127.0.0.1"]
    ):
        return "没有登记过的回调地址"
    if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split(" "):
        return "不支持的请求"
    if asked.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(asked.get("code_challenge", "")):
        return "缺少 PKCE（S256）"
    return None
