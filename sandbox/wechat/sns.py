"""The token calls of a sign-in: all of them GET, with what is secret in the query."""

import secrets
from typing import Any

import flask

from sandbox.runtime import runtime
from sandbox.wechat import codes, people
from sandbox.wechat.answers import Refused, machine
from sandbox.wechat.part import bp
from sandbox.wechat.people import Application

_TOKEN_SECONDS = 7200
_REFRESH_SECONDS = 30 * 24 * 3600


@bp.get("/sns/oauth2/access_token")
@machine
def access_token() -> dict[str, Any]:
    application = _authenticated("website", "official")
    kept = codes.spend(flask.request.args.get("code", ""), application)
    return _granted(kept, application)


@bp.get("/sns/oauth2/refresh_token")
@machine
def refresh_token() -> dict[str, Any]:
    asked, here = flask.request.args, runtime()
    application = people.application(asked.get("appid", ""), "website", "official")
    if application is None:
        raise Refused(40013, "invalid appid")
    if not asked.get("refresh_token"):
        raise Refused(41003, "refresh_token missing")
    kept = here.state.get("wechat_refresh", asked["refresh_token"], now_ms=here.now_ms())
    if kept is None or kept["appid"] != application.appid:
        raise Refused(40030, "invalid refresh_token")
    return _granted(kept, application)


@bp.get("/sns/auth")
@machine
def auth() -> dict[str, Any]:
    _bearer()
    return {"errcode": 0, "errmsg": "ok"}


@bp.get("/sns/userinfo")
@machine
def userinfo() -> dict[str, Any]:
    kept, application = _bearer()
    if kept["scope"] == "snsapi_base":
        raise Refused(48001, "api unauthorized")
    return {
        **codes.identity(kept, application),
        "nickname": "微信用户",
        "sex": 0,
        "province": "",
        "city": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
    }


@bp.get("/sns/jscode2session")
@machine
def jscode2session() -> dict[str, Any]:
    application = _authenticated("mini")
    kept = codes.spend(flask.request.args.get("js_code", ""), application)
    return {"session_key": secrets.token_urlsafe(16) + "==", **codes.identity(kept, application)}


def _authenticated(*kinds: str) -> Application:
    asked = flask.request.args
    if not asked.get("appid"):
        raise Refused(41002, "appid missing")
    application = people.application(asked["appid"], *kinds)
    if application is None:
        raise Refused(40013, "invalid appid")
    if not asked.get("secret"):
        raise Refused(41004, "appsecret missing")
    if not secrets.compare_digest(asked["secret"].encode(), application.secret.encode()):
        raise Refused(40125, "invalid appsecret")
    if asked.get("grant_type") != "authorization_code":
        raise Refused(40002, "invalid grant_type")
    return application


def _granted(kept: dict[str, Any], application: Application) -> dict[str, Any]:
    here, token, refresh = runtime(), secrets.token_urlsafe(48), secrets.token_urlsafe(48)
    here.state.put("wechat_access", token, kept, expires_ms=here.now_ms() + _TOKEN_SECONDS * 1000)
    here.state.put("wechat_refresh", refresh, kept, expires_ms=here.now_ms() + _REFRESH_SECONDS * 1000)
    return {
        "access_token": token,
        "expires_in": _TOKEN_SECONDS,
        "refresh_token": refresh,
        "scope": kept["scope"],
        **codes.identity(kept, application),
    }


def _bearer() -> tuple[dict[str, Any], Application]:
    asked, here = flask.request.args, runtime()
    if not asked.get("access_token"):
        raise Refused(41001, "access_token missing")
    kept = here.state.get("wechat_access", asked["access_token"], now_ms=here.now_ms())
    if kept is None or (application := people.application(kept["appid"])) is None:
        raise Refused(42001, "access_token expired")
    if not asked.get("openid"):
        raise Refused(41009, "missing openid")
    if asked["openid"] != people.openid(kept["key"], application.appid):
        raise Refused(40003, "invalid openid")
    return kept, application
