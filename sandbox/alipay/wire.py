"""The gateway's protocol: read a request from query and form, hold it to the rules, and write a signed answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import flask

from sandbox.alipay import keys
from sandbox.alipay.keys import Keys
from sandbox.alipay.part import NAME, SKEW_MS
from sandbox.runtime import BEIJING, Runtime

_REQUIRED = {
    "method": "isv.missing-method",
    "app_id": "isv.missing-app-id",
    "sign_type": "isv.missing-signature-type",
    "sign": "isv.missing-signature",
    "timestamp": "isv.missing-timestamp",
    "version": "isv.missing-version",
}
_MEANINGS = {
    "20000": "Service Currently Unavailable",
    "20001": "Insufficient Token Permissions",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40004": "Business Failed",
    "40005": "Call Limited",
    "40006": "Insufficient Permissions",
}


@dataclass(frozen=True)
class Refused(Exception):
    """An answer that is no success, in the platform's words."""

    code: str
    sub_code: str
    sub_msg: str = ""

    def content(self) -> dict[str, Any]:
        known = {"code": self.code, "msg": _MEANINGS.get(self.code, "Error")}
        return known | {"sub_code": self.sub_code, "sub_msg": self.sub_msg or self.sub_code}


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed every check."""

    method: str
    parameters: Mapping[str, str] = field(repr=False)
    content: Mapping[str, Any] = field(repr=False)
    is_encrypted: bool

    def text(self, name: str) -> str:
        """A member of the business content; empty when it is absent or no text."""
        value = self.content.get(name)
        return value if isinstance(value, str) else ""


def merged(request: flask.Request) -> dict[str, str]:
    """All parameters, wherever they stand; Refused when one stands in two places."""
    found: dict[str, str] = {}
    for name, value in (*request.args.items(multi=True), *request.form.items(multi=True)):
        if name in found:
            raise Refused("40002", "isv.invalid-parameter", f"{name} 出现两次")
        found[name] = value
    return found


def string_to_sign(parameters: Mapping[str, str]) -> str:
    """Sorted by name, without `sign` and what is empty, values as they were before URL encoding."""
    return "&".join(f"{name}={value}" for name, value in sorted(parameters.items()) if name != "sign" and value)


def check(here: Runtime, agreed: Keys, parameters: Mapping[str, str]) -> Call:
    """Presence, application, time, signature, content, in this order."""
    for name, sub_code in _REQUIRED.items():
        if not parameters.get(name):
            raise Refused("40001", sub_code)
    if parameters["app_id"] != here.of(NAME)["app_id"]:
        raise Refused("40002", "isv.invalid-app-id", "无效的AppID参数")
    if parameters["sign_type"] != "RSA2":
        raise Refused("40002", "isv.invalid-signature-type", "无效的签名类型")
    if parameters["version"] != "1.0" or parameters.get("charset", "utf-8").lower() != "utf-8":
        raise Refused("40002", "isv.invalid-parameter", "版本或字符集不符合要求")
    _check_time(here, parameters["timestamp"])
    signed = string_to_sign(parameters)
    if agreed.is_in_certificate_mode:
        numbers = (parameters.get("app_cert_sn"), parameters.get("alipay_root_cert_sn"))
        if numbers != (agreed.app_number, agreed.root_number):
            raise Refused("40002", "isv.invalid-cert-sn", "证书序列号不符")  # not published: the sandbox's own
    if not agreed.app_signed(signed, parameters["sign"]):
        raise Refused("40002", "isv.invalid-signature", f"验签出错，网关生成的验签字符串为：{signed}")
    is_encrypted = bool(parameters.get("encrypt_type"))
    return Call(parameters["method"], parameters, _content(agreed, parameters, is_encrypted), is_encrypted)


def answer(agreed: Keys, name: str, content: Mapping[str, Any], *, is_encrypted: bool, fault: str) -> str:
    """The answer's text: one object under its name, and the signature over that object's text."""
    text = _written(content)
    if is_encrypted:
        text = f'"{keys.encrypt(agreed.aes_key, text)}"'
    key, number = agreed.own_key, agreed.own_number
    if fault in {"wrong_signature", "unknown_certificate"}:
        key, pem = keys.stranger()
        if fault == "unknown_certificate":
            number = keys.number_of_pem(pem)
    signature = keys.sign(key, text)
    members = [(name, text)]
    if agreed.is_in_certificate_mode:
        members.append(("alipay_cert_sn", f'"{number}"'))
    if fault != "unsigned":
        members.append(("sign", f'"{signature}"'))
    return _joined(_spoiled(members, fault))


def _spoiled(members: list[tuple[str, str]], fault: str) -> list[tuple[str, str]]:
    [(name, text), *others] = members
    match fault:
        case "tampered":
            return [(name, _altered(text)), *others]
        case "decoy":
            return [("note", _joined([(name, text)])), (name, _altered(text)), *others]
        case "repeated":
            return [(name, _altered(text)), (name, text), *others]
    return members


def _altered(text: str) -> str:
    if text.startswith('"'):
        return text[:-3] + ("A" if text[-3] != "A" else "B") + text[-2:]
    passed = text.replace('"passed":"F"', '"passed":"T"').replace('"passed":"false"', '"passed":"true"')
    return passed if passed != text else '{"altered":"1",' + text[1:]


def _joined(members: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f'"{name}":{text}' for name, text in members) + "}"


def _written(content: Mapping[str, Any]) -> str:
    """As the platform's Java does: compact, and a slash with an escape before it."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")


def _check_time(here: Runtime, given: str) -> None:
    try:
        sent = datetime.strptime(given, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise Refused("40002", "isv.invalid-timestamp", "非法的时间戳参数") from None
    if abs(here.now_ms() - sent.timestamp() * 1000) > SKEW_MS:
        raise Refused("40002", "isv.invalid-timestamp", "时间戳超出允许范围")


def _content(agreed: Keys, parameters: Mapping[str, str], is_encrypted: bool) -> dict[str, Any]:
    text = parameters.get("biz_content", "")
    try:
        if is_encrypted:
            if parameters["encrypt_type"] != "AES" or not agreed.aes_key:
                raise ValueError
            text = keys.decrypt(agreed.aes_key, text) if text else ""
        content = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        raise Refused("40002", "isv.invalid-parameter", "业务参数不符合要求") from None
    if not isinstance(content, dict):
        raise Refused("40002", "isv.invalid-parameter", "业务参数不符合要求")
    return content
