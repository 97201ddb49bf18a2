"""The SMS gateway: it accepts signed messages and keeps them in an inbox instead of sending them."""

import hashlib
import json
import re
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from sandbox import faults, gateway_cipher
from sandbox.parts import Part
from sandbox.runtime import BEIJING, Runtime, instant, runtime

bp = flask.Blueprint("sms", __name__, url_prefix="/sms")
_NAME = "sms"
PART = Part(
    _NAME,
    "短信网关",
    bp,
    {"server_error": "网关内部错误（HTTP 500）", "hang": "很久以后才应答"},
    machine_paths=("/sms/v1/",),
    says="短信不会发出，都留在收件箱。",
    wires=("POST /sms/v1/send", "GET /sms/inbox.jsonl"),
    page="sms.inbox",
    settings=("app_id", "app_key"),
)

_SKEW_MS = 5 * 60 * 1000
_TIME = re.compile(r"[0-9]{1,15}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_MOBILE = re.compile(r"(?:\+86)?(1[3-9][0-9]{9})")
_LONGEST_TEXT = 500
_LONGEST_SIGN = 30
_ON_THE_PAGE = 50
_IN_THE_FILE = 1000


@bp.post("/v1/send")
def send() -> ResponseReturnValue:
    """Take one message; the same request id twice is one message."""
    here = runtime()
    match faults.active(here.state, _NAME):
        case "hang":
            here.hang()
        case "server_error":
            return _refuse(500, "500001", "网关内部错误")
    body = flask.request.get_data()
    if (refusal := _unauthenticated(here, body)) is not None:
        return refusal
    asked = _read(body)
    if asked is None:
        return _refuse(400, "400001", "请求不符合要求")
    request_id, to, text = asked
    digest = hashlib.sha256(f"{to}\n{text}".encode()).hexdigest()
    message_id = here.state.add_message(request_id, digest, to, text, at_ms=here.now_ms())
    if message_id is None:
        return _refuse(409, "409001", "请求标识已用于另一条短信")
    return {"code": "0", "message": "", "message_id": f"sms-{message_id}"}


@bp.get("")
def inbox() -> ResponseReturnValue:
    """The inbox for people: newest first, of one number when `to` is given."""
    to = _wanted_recipient()
    messages = [
        {
            "recipient": message.recipient,
            "text": message.text,
            "at": instant(message.at_ms).astimezone(BEIJING),
        }
        for message in runtime().state.messages(recipient=to, limit=_ON_THE_PAGE)
    ]
    is_auto = flask.request.args.get("auto") == "1"
    return flask.render_template("sms.html", messages=messages, to=to, is_auto=is_auto)


@bp.get("/inbox.jsonl")
def inbox_lines() -> ResponseReturnValue:
    """The inbox for programs: one JSON object a line, newest last."""
    newest_first = runtime().state.messages(recipient=_wanted_recipient(), limit=_IN_THE_FILE)
    lines = [
        json.dumps(
            {"to": message.recipient, "text": message.text, "at": instant(message.at_ms).isoformat()},
            ensure_ascii=False,
        )
        for message in reversed(newest_first)
    ]
    return flask.Response("".join(f"{line}\n" for line in lines), content_type="application/jsonl; charset=utf-8")


def _wanted_recipient() -> str:
    """The filter as typed; a number in any usual form, else the text itself, which then finds nothing."""
    typed = re.sub(r"[\s-]", "", flask.request.args.get("to", ""))
    found = _MOBILE.fullmatch(typed)
    return found[1] if found else typed[:40]


def _unauthenticated(here: Runtime, body: bytes) -> ResponseReturnValue | None:
    headers = flask.request.headers
    app_id, time = headers.get("sms-app-id", ""), headers.get("sms-time", "")
    if not gateway_cipher.same(app_id, here.of(_NAME)["app_id"]):
        return _refuse(401, "401001", "未知的应用")
    if not _TIME.fullmatch(time) or abs(here.now_ms() - int(time)) > _SKEW_MS:
        return _refuse(401, "401003", "时间戳超出允许范围")
    signature = gateway_cipher.sign(here.of(_NAME)["app_key"], app_id + time + hashlib.sha256(body).hexdigest())
    if not gateway_cipher.same(headers.get("sms-signature", ""), signature):
        return _refuse(401, "401002", "签名错误")
    return None


def _read(body: bytes) -> tuple[str, str, str] | None:
    """Request id, number and text as a phone would show it; None when anything is not as agreed."""
    try:
        asked: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(asked, dict):
        return None
    request_id, to, text, sign = (asked.get(name) for name in ("request_id", "to", "text", "sign"))
    if not (isinstance(request_id, str) and isinstance(to, str) and isinstance(text, str) and isinstance(sign, str)):
        return None
    mobile = _MOBILE.fullmatch(to)
    if mobile is None or not _REQUEST_ID.fullmatch(request_id):
        return None
    if not (_is_printable(text, _LONGEST_TEXT) and _is_printable(sign, _LONGEST_SIGN)):
        return None
    return request_id, mobile[1], f"【{sign}】{text}"


def _is_printable(text: str, longest: int) -> bool:
    return 1 <= len(text) <= longest and all(character.isprintable() or character == "\n" for character in text)


def _refuse(status: int, code: str, message: str) -> ResponseReturnValue:
    return {"code": code, "message": message}, status
