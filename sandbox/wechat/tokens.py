"""The token by which a server speaks for its mini program."""

import json
import secrets
from typing import Any

import flask

from sandbox.runtime import runtime
from sandbox.wechat import people
from sandbox.wechat.answers import Refused, machine
from sandbox.wechat.part import bp
from sandbox.wechat.people import Application

_LIVES_MS = 7_200_000
_OLD_ONE_LIVES_MS = 300_000


@bp.get("/cgi-bin/token")
@machine
def token() -> dict[str, Any]:
    """A new one each time; the one before lives five minutes longer."""
    asked = flask.request.args
    application = _authenticated(asked.get("grant_type"), asked.get("appid", ""), asked.get("secret", ""))
    return _new(application)


@bp.post("/cgi-bin/stable_token")
@machine
def stable_token() -> dict[str, Any]:
    """The same one until it ends, unless a new one is forced."""
    asked, here = posted(), runtime()
    application = _authenticated(
        asked.get("grant_type"), str(asked.get("appid", "")), str(asked.get("secret", "")), bad_secret=40001
    )
    held = here.state.get("wechat_stable", application.appid, now_ms=here.now_ms())
    if held is None or asked.get("force_refresh") is True:
        return _new(application)
    return {"access_token": held["token"], "expires_in": (held["until_ms"] - here.now_ms()) // 1000}


def posted() -> dict[str, Any]:
    try:
        asked = json.loads(flask.request.get_data())
    except (ValueError, RecursionError):
        raise Refused(47001, "data format error") from None
    if not isinstance(asked, dict):
        raise Refused(47001, "data format error")
    return asked


def speaker() -> Application:
    """The mini program whose server asks; Refused for a token that is not, or no longer, good."""
    here, given = runtime(), flask.request.args.get("access_token", "")
    if not given:
        raise Refused(41001, "access_token missing")
    kept = here.state.get("wechat_server_token", given, now_ms=here.now_ms())
    if kept is None:
        raise Refused(40001, "invalid credential, access_token is invalid or not latest")
    application = people.application(kept["appid"], "mini")
    if application is None:
        raise Refused(48001, "api unauthorized")
    return application


def _authenticated(grant_type: object, appid: str, secret: str, *, bad_secret: int = 40125) -> Application:
    if grant_type != "client_credential":
        raise Refused(40002, "invalid grant_type")
    application = people.application(appid)
    if application is None:
        raise Refused(40013, "invalid appid")
    if not secrets.compare_digest(secret.encode(), application.secret.encode()):
        raise Refused(bad_secret, "invalid appsecret")
    return application


def _new(application: Application) -> dict[str, Any]:
    here, new = runtime(), f"{secrets.randbelow(90) + 10}_{secrets.token_urlsafe(64)}"
    now = here.now_ms()
    held = here.state.get("wechat_stable", application.appid, now_ms=now)
    if held is not None:
        here.state.put(
            "wechat_server_token", held["token"], {"appid": application.appid}, expires_ms=now + _OLD_ONE_LIVES_MS
        )
    until = now + _LIVES_MS
    here.state.put("wechat_stable", application.appid, {"token": new, "until_ms": until}, expires_ms=until)
    here.state.put("wechat_server_token", new, {"appid": application.appid}, expires_ms=until)
    return {"access_token": new, "expires_in": _LIVES_MS // 1000}
