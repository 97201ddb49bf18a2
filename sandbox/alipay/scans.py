"""Face scans under way: INIT → OPENED → PASSED | FAILED | EXPIRED, in the words of three products."""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import flask

from sandbox.alipay.part import OPENS_MS, PAGE_MS, QUERIED_MS
from sandbox.alipay.wire import Call, Refused
from sandbox.runtime import Runtime

_ORDER = re.compile(r"[0-9A-Za-z]{1,32}")
_LIVE = ("INIT", "OPENED")


@dataclass(frozen=True, slots=True)
class Words:
    """What one product calls things."""

    order: str
    ticket: str
    passed: tuple[str, str]
    biz_codes: tuple[str, ...]
    is_nested_as_text: bool = False


_CERTIFY = Words("outer_order_no", "certify_id", ("F", "T"), ("FACE", "SMART_FACE", "CERT_PHOTO", "CERT_PHOTO_FACE"))
_DATADIGITAL = Words("outer_order_no", "certify_id", ("F", "T"), ("DATA_DIGITAL_BIZ_CODE_FACE_VERIFICATION",))
_ZHIMA = Words("transaction_id", "biz_no", ("false", "true"), ("FACE",), is_nested_as_text=True)


def initialize(words: Words, here: Runtime, call: Call, _: str) -> dict[str, Any]:
    """Take note of a person to be scanned."""
    order, person = call.text(words.order), _nested(words, call, "identity_param")
    config = _nested(words, call, "merchant_config")
    name, number = str(person.get("cert_name") or ""), str(person.get("cert_no") or "")
    if not _ORDER.fullmatch(order) or call.text("biz_code") not in words.biz_codes:
        raise Refused("40004", "INVALID_PARAMETER", "参数有误")
    if (person.get("identity_type"), person.get("cert_type")) != ("CERT_INFO", "IDENTITY_CARD"):
        raise Refused("40004", "INVALID_PARAMETER", "参数有误")
    finding = here.registry.check(number, name)
    if finding.code == "99":
        raise Refused("40004", "CERT_INFO_INVALID", "证件信息有误")
    if not here.state.claim_request(f"alipay:{order}", now_ms=here.now_ms()):
        raise Refused("40004", "INVALID_PARAMETER", "商户请求号重复")
    is_known = (finding.name_code, finding.cancelled) == ("1", "0")
    case = {
        "state": "INIT",
        "name": name,
        "number": number,
        "is_known": is_known,
        "return_url": str(config.get("return_url") or ""),
        "opens_until_ms": here.now_ms() + OPENS_MS,
        "keeps_face": config.get("face_reserve_strategy") != "never",
    }
    ticket = secrets.token_hex(16)
    here.state.put("alipay_scan", ticket, case, expires_ms=here.now_ms() + QUERIED_MS)
    return {"code": "10000", "msg": "Success", words.ticket: ticket}


def open_page(words: Words, here: Runtime, call: Call, _: str) -> str:
    """The address of the page for one look at a scan; Refused when there is no such scan."""
    ticket = call.text(words.ticket)
    case = _case(here, ticket)
    if back := call.parameters.get("return_url"):
        case = case | {"return_url": back}
        _keep(here, ticket, case)
    handle = secrets.token_urlsafe(18)
    here.state.put("alipay_page", handle, {"ticket": ticket}, expires_ms=here.now_ms() + PAGE_MS)
    return flask.request.host_url.rstrip("/") + flask.url_for("alipay.scan_page", handle=handle)


def verify(words: Words, here: Runtime, call: Call, fault: str) -> dict[str, Any]:
    """The product that hands out the page's address instead of letting the merchant sign it."""
    return {"code": "10000", "msg": "Success", "certify_url": open_page(words, here, call, fault)}


def query(words: Words, here: Runtime, call: Call, fault: str) -> dict[str, Any]:
    """Passed or not; what is not done yet is not passed."""
    if fault == "unknown_ticket":
        raise Refused("40004", "OPEN_CERTIFY_BILL_NOT_EXIST", "认证单据不存在")
    case = _case(here, call.text(words.ticket))
    is_passed = case["state"] == "PASSED" and fault != "never_passes"
    told: dict[str, Any] = {"code": "10000", "msg": "Success", "passed": words.passed[is_passed]}
    if is_passed:
        told["material_info"] = json.dumps({"FACIAL_PICTURE_FRONT": {"FACE_URL": "https://sandbox.example/face"}})
    match fault:
        case "odd_verdict":
            told["passed"] = "Y"
        case "no_verdict":
            del told["passed"]
        case "other_person":
            other = {"identity_type": "CERT_INFO", "cert_type": "IDENTITY_CARD", "cert_no": "370199198503070025"}
            told |= {"passed": words.passed[True], "identity_info": json.dumps(other)}
    return told


def look(here: Runtime, handle: str) -> dict[str, Any] | None:
    """The scan behind a page, now opened; None when the page has served its time."""
    page = here.state.get("alipay_page", handle, now_ms=here.now_ms())
    case = here.state.get("alipay_scan", page["ticket"], now_ms=here.now_ms()) if page else None
    if page is None or case is None:
        return None
    if case["state"] in _LIVE:
        case["state"] = "OPENED" if here.now_ms() < case["opens_until_ms"] else "EXPIRED"
        _keep(here, page["ticket"], case)
    return case


def settle(here: Runtime, handle: str, action: str) -> str | None:
    """What the person did; the address to go back to, or None when there is nothing to settle any more."""
    page = here.state.take("alipay_page", handle, now_ms=here.now_ms())
    case = here.state.get("alipay_scan", page["ticket"], now_ms=here.now_ms()) if page else None
    if page is None or case is None or case["state"] != "OPENED":
        return None
    match action:
        case "match":
            case["state"] = "PASSED" if case["is_known"] else "FAILED"
        case "mismatch":
            case["state"] = "FAILED"
    _keep(here, page["ticket"], case)
    return str(case["return_url"])


Operation = Callable[[Words, Runtime, Call, str], dict[str, Any]]
OPERATIONS: Mapping[str, tuple[Operation, Words]] = {
    "alipay.user.certify.open.initialize": (initialize, _CERTIFY),
    "alipay.user.certify.open.query": (query, _CERTIFY),
    "datadigital.fincloud.generalsaas.face.certify.initialize": (initialize, _DATADIGITAL),
    "datadigital.fincloud.generalsaas.face.certify.verify": (verify, _DATADIGITAL),
    "datadigital.fincloud.generalsaas.face.certify.query": (query, _DATADIGITAL),
    "zhima.customer.certification.initialize": (initialize, _ZHIMA),
    "zhima.customer.certification.query": (query, _ZHIMA),
}
PAGES: Mapping[str, Words] = {
    "alipay.user.certify.open.certify": _CERTIFY,
    "zhima.customer.certification.certify": _ZHIMA,
}


def _case(here: Runtime, ticket: str) -> dict[str, Any]:
    case = here.state.get("alipay_scan", ticket, now_ms=here.now_ms())
    if case is None:
        raise Refused("40004", "OPEN_CERTIFY_BILL_NOT_EXIST", "认证单据不存在")
    return case


def _keep(here: Runtime, ticket: str, case: Mapping[str, Any]) -> None:
    here.state.put("alipay_scan", ticket, case, expires_ms=here.now_ms() + QUERIED_MS)


def _nested(words: Words, call: Call, name: str) -> Mapping[str, Any]:
    """A member that is an object, or the text of one."""
    value: Any = call.content.get(name)
    if words.is_nested_as_text and isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, Mapping):
        raise Refused("40004", "INVALID_PARAMETER", "参数有误")
    return value
