"""How a register's JSON services are called over a platform, and all that may go wrong on the way."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from sandbox import faults, gateway_cipher
from sandbox.population import provincial
from sandbox.population.gate import Refused
from sandbox.runtime import Runtime, runtime

Asked = Mapping[str, Any]
Answer = Callable[[Asked, str], Any]
"""What a service says to what it was asked, while a fault is on."""

ON_THE_WAY = {
    "hang": "很久以后才应答",
    "garbage": "应答是乱码",
    "html": "以 HTTP 200 应答一张网页",
    "truncated": "应答只到一半",
    "oversize": "应答过大",
    "server_error": "网关内部错误（HTTP 500）",
    "closed": "系统维护，不在服务时间",
    "expired_secret": "会话密钥已过期",
    "wrong_signature": "一律答签名错误",
    "stale_time": "一律答时间戳超出允许范围",
    "quota": "超过调用次数",
    "not_granted": "服务未授权",
}
_REFUSALS = {
    "closed": Refused(503, "500001", "系统维护"),
    "expired_secret": Refused(401, "401002", "签名错误或会话密钥已过期"),
    "wrong_signature": Refused(401, "401002", "签名错误或会话密钥已过期"),
    "stale_time": Refused(401, "401003", "时间戳超出允许范围"),
    "quota": Refused(429, "429001", "超过调用次数"),
    "not_granted": Refused(403, "403001", "服务未授权"),
}
_PAGE = "<!doctype html><html><head><title>系统提示</title></head><body>系统繁忙，请稍后再试</body></html>"


def serve(
    part: str,
    answer: Answer,
    let_in: Callable[[Runtime], object] = provincial.let_in,
    read: Callable[[], Asked] | None = None,
) -> ResponseReturnValue:
    """One call over a platform: let in, understood, answered."""
    here = runtime()
    fault = faults.active(here.state, part)
    if fault == "hang":
        here.hang()
    if fault in _REFUSALS:
        raise _REFUSALS[fault]
    if (spoiled := _spoiled(fault)) is not None:
        return spoiled
    let_in(here)
    _ask_for_password(here, part)
    return say(fault, answer((read or read_object)(), fault))


def read_object() -> dict[str, Any]:
    """The object that was sent."""
    if not flask.request.is_json:
        raise Refused(415, "400001", "内容类型应为 application/json")
    try:
        asked = json.loads(flask.request.get_data())
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Refused(400, "400001", "请求不是 JSON 对象")
    return asked


def say(fault: str, answer: Any) -> flask.Response:
    """The answer as JSON, whole or cut off."""
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    if fault == "truncated":
        text = text[: len(text) // 2]
    return flask.Response(text, content_type="application/json;charset=UTF-8")


def _spoiled(fault: str) -> flask.Response | None:
    """What comes instead of any answer."""
    match fault:
        case "garbage":
            return flask.Response(bytes(range(256)), mimetype="application/json")
        case "html":
            return flask.Response(_PAGE, content_type="text/html;charset=UTF-8")
        case "oversize":
            return flask.Response(f'[{{"x":"{"x" * 2_000_000}"}}]', mimetype="application/json")
        case "server_error":
            return flask.Response("<html><body>500 Internal Server Error</body></html>", status=500)
    return None


def _ask_for_password(here: Runtime, part: str) -> None:
    """Some gateways want HTTP Basic besides, where the agreement has it."""
    table = here.of(part)
    if not (user := table.get("basic_user")):
        return
    expected = base64.b64encode(f"{user}:{table['basic_password']}".encode()).decode("ascii")
    if not gateway_cipher.same(flask.request.headers.get("Authorization", ""), f"Basic {expected}"):
        raise Refused(401, "401004", "用户名或口令错误")
