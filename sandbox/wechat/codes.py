"""One-time codes: issued on a page or a phone, spent at a token call, and remembered when they were spent."""

import secrets
from typing import Any

from sandbox.runtime import runtime
from sandbox.wechat import people
from sandbox.wechat.answers import Refused
from sandbox.wechat.people import Application

_MINUTE_MS = 60_000
_LIVES_MS = {"website": 10 * _MINUTE_MS, "official": 5 * _MINUTE_MS, "mini": 5 * _MINUTE_MS}
_SPENT_MS = 24 * 60 * _MINUTE_MS


def issue(application: Application, key: str, scope: str, *, with_unionid: bool, is_snapshot: bool) -> str:
    here, code = runtime(), "0" + secrets.token_urlsafe(23)
    kept = {"appid": application.appid, "key": key, "scope": scope, "unionid": with_unionid, "snapshot": is_snapshot}
    here.state.put("wechat_code", code, kept, expires_ms=here.now_ms() + _LIVES_MS[application.kind])
    return code


def spend(code: str, application: Application) -> dict[str, Any]:
    """Who stands behind the code; Refused when it is unknown, too old, spent or another application's."""
    here = runtime()
    if not code:
        raise Refused(41008, "missing code")
    if here.state.get("wechat_spent", code, now_ms=here.now_ms()) is not None:
        raise Refused(40163, "code been used")
    kept = here.state.take("wechat_code", code, now_ms=here.now_ms())
    if kept is None:
        raise Refused(40029, "invalid code")
    here.state.put("wechat_spent", code, {}, expires_ms=here.now_ms() + _SPENT_MS)
    if kept["appid"] != application.appid:
        raise Refused(40029, "invalid code")
    return kept


def identity(kept: dict[str, Any], application: Application) -> dict[str, Any]:
    """`openid`, with `unionid` and `is_snapshotuser` where the person's choice had them."""
    told: dict[str, Any] = {"openid": people.openid(kept["key"], application.appid)}
    if kept["unionid"]:
        told["unionid"] = people.unionid(kept["key"])
    if kept["snapshot"]:
        told["is_snapshotuser"] = 1
    return told
