"""The platform's interface: a QR code, its state, and the licence's holder against an authorisation code."""

import json
from dataclasses import dataclass
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from sandbox import faults, gateway_cipher
from sandbox.business.companies import Companies
from sandbox.elicence import codes, seal
from sandbox.elicence.part import AT_QRCODE, AT_STATUS, AT_TOKEN, EVERYWHERE, NAME, bp
from sandbox.runtime import Runtime, runtime

_SKEW_MS = 5 * 60 * 1000
_HOUR_MS = 3_600_000
_LICENSED = Companies(("9",))
_INVALID = ("吊销", "注销", "撤销")
_OTHER_KEY = "2" * 64
_PAGE = "<!doctype html><html><head><title>系统提示</title></head><body>系统繁忙，请稍后再试</body></html>"


@dataclass(frozen=True)
class Refused(Exception):
    """The platform's own refusal: HTTP 200 with a code."""

    code: str
    message: str
    status: int = 200


_REFUSALS = {
    "closed": Refused("5000", "系统维护", 503),
    "unknown_app": Refused("1001", "未知的应用"),
    "wrong_signature": Refused("1002", "签名错误"),
    "stale_time": Refused("1002", "时间戳超出允许范围"),
    "expired": Refused("1003", "二维码已过期"),
    "code_used": Refused("1004", "授权码已使用"),
    "licence_invalid": Refused("1005", "执照已注销或冻结"),
    "role_not_allowed": Refused("1006", "角色不允许"),
    "unknown_code": Refused("9999", "未知错误"),
}


@bp.errorhandler(Refused)
def refused(refusal: Refused) -> ResponseReturnValue:
    return {"code": refusal.code, "msg": refusal.message}, refusal.status


@bp.post("/api/v1/qrcode")
def create() -> ResponseReturnValue:
    """A code to show on a desk."""
    here, fault = runtime(), _fault(AT_QRCODE)
    if (spoiled := _spoiled(here, fault)) is not None:
        return spoiled
    asked = _asked(here, "interfaceCode", "areaPrefix", "bizType", "bizSeq")
    if not 1 <= len(asked["bizSeq"]) <= 32 or not here.state.claim_request(asked["bizSeq"], now_ms=here.now_ms()):
        raise Refused("1007", "业务流水号不符合要求或已使用")
    area, interface = asked["areaPrefix"], asked["interfaceCode"]
    qrcode_id = codes.create(here, asked["bizSeq"])
    shown = flask.url_for(
        "elicence.scan", qrcode_id=qrcode_id, areaPrefix=area, interfaceCode=interface, _external=True
    )
    if fault == "strange_address":
        shown = "javascript:alert(1)"
    data = {"qrcodeId": qrcode_id, "qrContent": shown, "expiresIn": codes.LASTS_SECONDS}
    if fault == "no_qrcode":
        del data["qrContent"]
    return _say(fault, json.dumps(data))


@bp.post("/api/v1/qrcode/status")
def status() -> ResponseReturnValue:
    """Whether somebody scanned, confirmed or refused it."""
    here, fault = runtime(), _fault(AT_STATUS)
    if (spoiled := _spoiled(here, fault)) is not None:
        return spoiled
    code = codes.find(here, _asked(here, "qrcodeId")["qrcodeId"])
    if code is None:
        raise _REFUSALS["expired"]
    told = {"status": code["status"]} | ({"authCode": code["authCode"]} if "authCode" in code else {})
    if fault == "unknown_status":
        told["status"] = "PARTLY"
    if fault == "no_auth_code":
        told.pop("authCode", None)
    return _say(fault, json.dumps(told))


@bp.post("/api/v1/token")
def exchange() -> ResponseReturnValue:
    """Who holds the licence, signed; once for each code."""
    here, fault = runtime(), _fault(AT_TOKEN)
    if (spoiled := _spoiled(here, fault)) is not None:
        return spoiled
    asked = _asked(here, "authCode", "bizSeq")
    found = codes.spend(here, asked["authCode"])
    if found is None or found["bizSeq"] != asked["bizSeq"]:
        raise _REFUSALS["code_used" if codes.is_spent(here, asked["authCode"]) else "expired"]
    company = _LICENSED.find(found["uscc"])
    if company is None or company.state.startswith(_INVALID):
        raise _REFUSALS["licence_invalid"]
    data = {
        "uniscid": company.uscc,
        "entName": company.name,
        "entType": company.kind,
        "legalName": company.head,
        "regState": company.state,
        "holder": {
            "name": found["name"],
            "idHash": seal.number_digest(found["resident_id"]),
            "role": found["role"],
        },
        "licenceSn": f"EBL{company.uscc[2:17]}",
        "issuedAt": "2024-03-15",
        "authTime": found["auth_ms"],
    }
    return _signed(here, _bent(data, fault), fault)


def _bent(data: dict[str, Any], fault: str) -> dict[str, Any]:
    match fault:
        case "replayed_data":
            data["authTime"] -= _HOUR_MS
        case "later_data":
            data["authTime"] += _HOUR_MS
        case "half_data":
            del data["holder"]
        case "no_state":
            del data["regState"]
        case "strange_state":
            data["regState"] = "存续但已列入其他情形"
        case "not_active":
            data["regState"] = "吊销，未注销"
        case "strange_role":
            data["holder"]["role"] = "OWNER"
        case "broken_uscc":
            data["uniscid"] = data["uniscid"][:17] + ("0" if data["uniscid"][17] != "0" else "1")
        case "no_digest":
            data["holder"]["idHash"] = "-"
    return data


def _signed(here: Runtime, data: dict[str, Any], fault: str) -> flask.Response:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    key = here.of(NAME)["platform_private_key"]
    signature = seal.sign(_OTHER_KEY if fault == "wrong_platform_signature" else key, text)
    match fault:
        case "changed_data":
            text = text.replace('"entType"', '"entKind"')
        case "other_text":
            text = text.replace(":", ": ", 1)
        case "unsigned":
            return _say(fault, text)
    return _say(fault, text, f',"platformSign":"{signature}"')


def _say(fault: str, data: str, rest: str = "") -> flask.Response:
    text = f'{{"code":"0","msg":"","data":{data}{rest}}}'
    if fault == "truncated":
        text = text[: len(text) // 2]
    return flask.Response(text, content_type="application/json;charset=UTF-8")


def _fault(here: dict[str, str]) -> str:
    return faults.active(runtime().state, NAME, frozenset(EVERYWHERE | here))


def _spoiled(here: Runtime, fault: str) -> flask.Response | None:
    if fault in _REFUSALS:
        raise _REFUSALS[fault]
    match fault:
        case "hang":
            here.hang()
        case "garbage":
            return flask.Response(bytes(range(256)), mimetype="application/json")
        case "html":
            return flask.Response(_PAGE, content_type="text/html;charset=UTF-8")
        case "oversize":
            return _say(fault, f'"{"x" * 2_000_000}"')
        case "server_error":
            return flask.Response("<html><body>500 Internal Server Error</body></html>", status=500)
    return None


def _asked(here: Runtime, *required: str) -> dict[str, Any]:
    """The members that were sent, after application, time, signature and nonce have been checked."""
    try:
        asked = json.loads(flask.request.get_data())
    except (ValueError, RecursionError):
        asked = None
    table = here.of(NAME)
    if not isinstance(asked, dict) or not gateway_cipher.same(str(asked.get("appId")), table["app_id"]):
        raise _REFUSALS["unknown_app"]
    sent_at, nonce = asked.get("timestamp"), asked.get("nonce")
    if type(sent_at) is not int or abs(here.now_ms() - sent_at) > _SKEW_MS:
        raise _REFUSALS["stale_time"]
    if not seal.verifies(table["app_public_key"], seal.sorted_text(asked), asked.get("sign")):
        raise _REFUSALS["wrong_signature"]
    if not isinstance(nonce, str) or not here.state.claim_request(f"elicence:{nonce}", now_ms=here.now_ms()):
        raise Refused("1002", "随机数已使用")
    if not all(isinstance(asked.get(name), str) and asked[name] for name in required):
        raise Refused("1007", "缺少必填项")
    return asked
