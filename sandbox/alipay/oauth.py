"""Signing in with Alipay: the authorisation page, codes that serve once, tokens, and what they let an application read."""

import secrets
from typing import Any
from urllib.parse import urlencode

import flask
from flask.typing import ResponseReturnValue

from sandbox import faults
from sandbox.alipay import accounts
from sandbox.alipay.part import CODE_MS, NAME, REFRESH_MS, SECOND, TOKEN_MS, bp
from sandbox.alipay.wire import Call, Refused
from sandbox.runtime import Runtime, runtime

_SCOPES = frozenset({"auth_base", "auth_user"})
_AT_A_GLANCE = 4


@bp.route("/oauth2/publicAppAuthorize.htm", methods=["GET", "POST"])
def authorize() -> ResponseReturnValue:
    """Let somebody choose an account, and send them back with a code, or without one when they decline."""
    here = runtime()
    if faults.active(here.state, NAME, frozenset({"maintenance"})) != "none":
        return _page_refused("支付宝正在维护", 503)
    asked = {name: flask.request.values.get(name, "") for name in ("app_id", "scope", "redirect_uri", "state")}
    scopes = set(asked["scope"].split(","))
    if asked["app_id"] != here.of(NAME)["app_id"]:
        return _page_refused("应用不存在（app_id）")
    if asked["redirect_uri"] not in here.of(NAME)["redirect_uris"]:
        return _page_refused("回调地址没有登记（redirect_uri）")
    if not scopes <= _SCOPES:
        return _page_refused("授权范围不存在（scope）")
    if flask.request.method == "GET":
        people = accounts.everyone()
        return flask.render_template(
            "alipay_authorize.html",
            asked=asked,
            is_described="auth_user" in scopes,
            first=people[:_AT_A_GLANCE],
            others=people[_AT_A_GLANCE:],
        )
    back = {"app_id": asked["app_id"], "source": "alipay_wallet", "scope": asked["scope"]}
    account = accounts.by_key(flask.request.form.get("account", ""))
    if flask.request.form.get("action") == "agree":
        if account is None:
            return _page_refused("请先选择一个账户")
        code = secrets.token_hex(16)
        value = {"account": account.key, "scope": asked["scope"]}
        here.state.put("alipay_code", code, value, expires_ms=here.now_ms() + CODE_MS)
        back["auth_code"] = code
    back["state"] = asked["state"]
    mark = "&" if "?" in asked["redirect_uri"] else "?"
    return flask.redirect(f"{asked['redirect_uri']}{mark}{urlencode(back)}", 302)


def token(here: Runtime, call: Call, fault: str) -> dict[str, Any]:
    """`alipay.system.oauth.token`: its parameters are no business content, and its success has no code."""
    match call.parameters.get("grant_type"):
        case "authorization_code":
            kind, key = "alipay_code", call.parameters.get("code", "")
        case "refresh_token":
            kind, key = "alipay_refresh", call.parameters.get("refresh_token", "")
        case _:
            raise Refused("40002", "isv.invalid-parameter", "授权类型不符合要求")
    granted = None if fault == "spent_code" else here.state.take(kind, key, now_ms=here.now_ms())
    if granted is None:
        raise Refused("40002", "isv.code-invalid", "授权码code无效")
    return _tokens(here, granted)


def share(here: Runtime, call: Call, fault: str) -> dict[str, Any]:
    """`alipay.user.info.share`: what the token's person agreed to have read."""
    now = here.now_ms()
    known = here.state.get("alipay_token", call.parameters.get("auth_token", ""), now_ms=now)
    if known is None or fault == "revoked_token":
        raise Refused("20001", "aop.invalid-auth-token", "无效的访问令牌")
    if known["ends_ms"] <= now:
        raise Refused("20001", "aop.auth-token-time-out", "访问令牌已过期")
    account = accounts.by_key(known["account"])
    if account is None or "auth_user" not in known["scope"].split(","):
        raise Refused("40006", "isv.insufficient-isv-permissions", "用户没有授权")
    return {"code": "10000", "msg": "Success", **account.identifiers(here.of(NAME)), **account.described()}


def _tokens(here: Runtime, granted: dict[str, Any]) -> dict[str, Any]:
    account = accounts.by_key(granted["account"])
    if account is None:
        raise Refused("40002", "isv.code-invalid", "授权码code无效")
    now, access, refresh = here.now_ms(), secrets.token_hex(20), secrets.token_hex(20)
    ends = {"ends_ms": now + TOKEN_MS}
    here.state.put("alipay_token", access, granted | ends, expires_ms=now + 2 * TOKEN_MS)
    here.state.put("alipay_refresh", refresh, granted, expires_ms=now + REFRESH_MS)
    return {
        "access_token": access,
        "refresh_token": refresh,
        "expires_in": TOKEN_MS // SECOND,  # a number here and text there, as the documents have both
        "re_expires_in": str(REFRESH_MS // SECOND),
        "auth_start": here.now_in_beijing().strftime("%Y-%m-%d %H:%M:%S"),
        **account.identifiers(here.of(NAME)),
    }


def _page_refused(message: str, status: int = 400) -> ResponseReturnValue:
    return flask.render_template("refused.html", message=message), status
