"""How WeChat answers machines: JSON with HTTP 200 even where it refuses, and the faults that were switched on."""

import json
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from sandbox import faults
from sandbox.runtime import runtime
from sandbox.wechat.part import NAME

_CODES = {
    "busy": (-1, "system error"),
    "too_frequent": (45011, "api minute-quota reach limit, must slower, retry next minute"),
    "not_on_the_list": (40164, "invalid ip, not in whitelist"),
    "bad_secret": (40125, "invalid appsecret"),
    "blocked": (40226, "code blocked"),
    "unknown_code": (88888, "something new"),
}

View = Callable[[], dict[str, Any]]


class Refused(Exception):
    """An `errcode` with its text."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.errcode = errcode
        self.errmsg = errmsg


def machine(view: View) -> Callable[[], ResponseReturnValue]:
    """Make an answer of what the view returns or refuses, or of the fault that is on."""

    @wraps(view)
    def answered() -> ResponseReturnValue:
        here = runtime()
        fault = faults.active(here.state, NAME)
        if fault in _CODES:
            return _written(_refusal(*_CODES[fault]))
        match fault:
            case "hang":
                here.hang()
            case "garbage":
                return flask.Response(bytes(range(256)), content_type="application/json")
            case "maintenance":
                return flask.Response("<h1>维护中</h1>", 503, content_type="text/html; charset=utf-8")
            case "no_members":
                return _written({"errcode": 0, "errmsg": "ok"})
        try:
            told = view()
        except Refused as refused:
            told = _refusal(refused.errcode, refused.errmsg)
        text = json.dumps(told, ensure_ascii=False)
        if fault == "half":
            return _written_text(text[: len(text) // 2])
        kind = "text/plain" if fault == "text_plain" else "application/json; encoding=utf-8"
        return flask.Response(text, content_type=kind)

    return answered


def _refusal(errcode: int, errmsg: str) -> dict[str, Any]:
    return {"errcode": errcode, "errmsg": f"{errmsg}, rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}"}


def _written(told: dict[str, Any]) -> flask.Response:
    return _written_text(json.dumps(told, ensure_ascii=False))


def _written_text(text: str) -> flask.Response:
    return flask.Response(text, content_type="application/json; encoding=utf-8")
