"""The pages on which a person allows a site to know their WeChat account: by QR code on a desk, and inside WeChat."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import flask
from flask.typing import ResponseReturnValue

from sandbox.runtime import runtime
from sandbox.wechat import codes, people
from sandbox.wechat.part import NAME, bp
from sandbox.wechat.people import Application

_STATE = re.compile(r"[0-9A-Za-z]{0,128}")
_PAGES = {"website": {"snsapi_login"}, "official": {"snsapi_base", "snsapi_userinfo"}}
_ORDER = ["appid", "redirect_uri", "response_type", "scope", "state"]


@bp.get("/wechat")
def users() -> ResponseReturnValue:
    """Who can sign in here."""
    return flask.render_template("wechat/users.html", users=people.users())


@bp.get("/connect/qrconnect")
def qrconnect() -> ResponseReturnValue:
    return _page("website")


@bp.get("/connect/oauth2/authorize")
def authorize() -> ResponseReturnValue:
    return _page("official")


@bp.post("/connect/confirm")
def confirm() -> ResponseReturnValue:
    """Send the browser back, with a code or, when the person declined, with the state alone."""
    form = flask.request.form
    application = people.application(form.get("appid", ""), "website", "official")
    if application is None:
        return _refused("AppID 参数错误")
    if (wrong := _wrong(application, form)) is not None:
        return _refused(wrong)
    back = {"state": form.get("state", "")}
    if form.get("action") == "allow":
        if people.user(form.get("user", "")) is None:
            return _refused("没有这个用户")
        code = codes.issue(
            application,
            form["user"],
            form["scope"],
            with_unionid="no_unionid" not in form,
            is_snapshot="snapshot" in form,
        )
        back = {"code": code, **back}
    return flask.redirect(f"{form['redirect_uri']}{'&' if '?' in form['redirect_uri'] else '?'}{urlencode(back)}", 303)


def may_return_to(address: str) -> bool:
    """WeChat compares the host alone."""
    parts = urlsplit(address)
    allowed = runtime().of(NAME).get("callback_hosts", ["localhost", "127.0.0.1"])
    return parts.scheme in {"http", "https"} and parts.hostname in allowed


def _page(kind: str) -> ResponseReturnValue:
    asked = flask.request.args
    application = people.application(asked.get("appid", ""), kind)
    if application is None:
        return _refused("AppID 参数错误")
    if list(asked)[: len(_ORDER)] != _ORDER or asked.get("response_type") != "code":
        return _refused("参数的顺序或内容不符合约定")
    if (wrong := _wrong(application, asked)) is not None:
        return _refused(wrong)
    return flask.render_template(f"wechat/{kind}.html", asked=asked, users=people.users())


def _wrong(application: Application, asked: Mapping[str, str]) -> str | None:
    if not may_return_to(asked.get("redirect_uri", "")):
        return "redirect_uri 参数错误"
    if asked.get("scope") not in _PAGES[application.kind]:
        return "Scope 参数错误或没有 Scope 权限"
    return None if _STATE.fullmatch(asked.get("state", "")) else "state 参数错误"


def _refused(message: str) -> ResponseReturnValue:
    return flask.render_template("refused.html", message=message), 400
