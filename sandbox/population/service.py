"""The registry's two services, identity check and photo comparison, in either envelope, healthy or in trouble."""

import base64
import re
import secrets
from dataclasses import replace

import flask

from sandbox import gateway_cipher
from sandbox.population import datalist, soap
from sandbox.population.datalist import Shape
from sandbox.population.gate import NAME
from sandbox.population.soap import Asked, Call, Package
from sandbox.registry import Finding
from sandbox.runtime import Runtime
from sandbox.xml_reader import XmlRefused

_PHOTO = "GK_GXFW_RKKRXBD"
_REQUEST_NUMBER = re.compile(r"[0-9a-fA-F]{32}")
_SOMEBODY_ELSE = "370299197001010111"


def answer(here: Runtime, service: str, fault: str, body: bytes, shape: Shape = datalist.as_text) -> flask.Response:
    """Answer one call that a gateway let through, in the envelope it came in."""
    if flask.request.mimetype == "text/xml":
        return _answer_soap(here, service, fault, body)
    asked = datalist.read(body)
    if asked is None or any(record.photo is None for record in asked if service == _PHOTO):
        return flask.jsonify(shape("1", "请求报文不符合要求", []))
    return answer_records(here, service, fault, asked, shape)


def answer_records(here: Runtime, service: str, fault: str, asked: list[Asked], shape: Shape) -> flask.Response:
    """The same for records that came in JSON or in a form."""
    match fault:
        case "soap_fault":
            return _as_json(500, flask.json.dumps({"code": "500", "msg": "服务内部错误"}))
        case "fhdm_20":
            status, message = "20", "接口调用失败"
        case "unknown_code":
            status, message = "77", "无人知晓"
        case "replay":
            status, message = "409", "请求重复"
        case _:
            status, message = "0", "查询成功"
    if fault == "wrong_request_id":  # JSON answers echo no request number; the person is what they can confuse
        fault = "other_person"
    findings = [_bent(fault, _find(here, service, each)) for each in asked] if status == "0" else []
    return _spoilt_json(fault, flask.json.dumps(shape(status, message, findings), ensure_ascii=False))


def _answer_soap(here: Runtime, service: str, fault: str, body: bytes) -> flask.Response:
    try:
        call = soap.read_call(body)
    except XmlRefused as refusal:
        return _soap_fault("Client", str(refusal))
    if call.operation != service:
        return _soap_fault("Client", "the operation is not the service")
    if fault == "soap_fault":
        return _soap_fault("Server", "服务内部错误")
    code, message, number, findings = _judge(here, call, fault)
    if fault == "wrong_request_id":
        number = secrets.token_hex(16)
    sent_at = here.now_in_beijing().strftime("%Y%m%d%H%M%S")
    bent = [_bent(fault, finding) for finding in findings]
    return _spoilt_soap(fault, call, soap.answer_package(number, sent_at, code, message, bent))


def _judge(here: Runtime, call: Call, fault: str) -> tuple[str, str, str, list[Finding]]:
    """FHDM, FHMS, the request number to echo, and the findings."""
    try:
        asked: Package = soap.read_package(call.package)
    except XmlRefused:
        return "20", "请求报文不符合要求", "", []
    number = asked.request_number
    settings = here.of(NAME)
    password = gateway_cipher.same(call.password, _base64(settings["soap_password"]))
    if not (gateway_cipher.same(call.user, settings["soap_user"]) and password):
        return "20", "用户名或口令错误", number, []
    if not _REQUEST_NUMBER.fullmatch(number):
        return "20", "请求标识不符合要求", "", []
    if fault == "replay" or not here.state.claim_request(number.lower(), now_ms=here.now_ms()):
        return "20", "请求标识重复", number, []
    if call.operation == _PHOTO and any(record.photo is None for record in asked.records):
        return "20", "缺少现场照片", number, []
    match fault:
        case "fhdm_20":
            return "20", "接口调用失败", number, []
        case "unknown_code":
            return "77", "无人知晓", number, [_find(here, call.operation, each) for each in asked.records]
    return "10", "接口调用成功", number, [_find(here, call.operation, each) for each in asked.records]


def _find(here: Runtime, service: str, asked: Asked) -> Finding:
    if service == _PHOTO:
        return here.registry.compare(asked.number, asked.name, asked.photo or b"")
    return here.registry.check(asked.number, asked.name)


def _bent(fault: str, finding: Finding) -> Finding:
    match fault:
        case "record_error":
            return Finding(code="99", message="记录处理错误")
        case "other_person":
            return replace(finding, number=_SOMEBODY_ELSE)
        case "empty_codes":
            return replace(finding, number_code="", name_code="", cancelled="", photo_code="", similarity="")
        case "photo_unknown" if finding.photo_code:
            return replace(finding, photo_code="77")
    return finding


def _spoilt_soap(fault: str, call: Call, packed: str) -> flask.Response:
    """Put the package into its envelope, as a healthy or a broken service would."""
    match fault:
        case "malformed_xml":
            text = soap.answer_envelope(call, packed[: -len("</PACKAGE>")])
        case "doctype":
            text = soap.answer_envelope(call, f'<!DOCTYPE PACKAGE [<!ENTITY one "1">]>{packed}')
        case "oversize":
            text = soap.answer_envelope(call, packed) + "<!--" + "x" * 2_000_000 + "-->"
        case "half":
            whole = soap.answer_envelope(call, packed)
            text = whole[: len(whole) // 2]
        case _:
            text = soap.answer_envelope(call, packed)
    return flask.Response(text, content_type="text/xml;charset=UTF-8")


def _spoilt_json(fault: str, text: str) -> flask.Response:
    match fault:
        case "malformed_xml":
            text = text[:-1]
        case "half":
            text = text[: len(text) // 2]
        case "doctype":
            text = '<!DOCTYPE PACKAGE [<!ENTITY one "1">]><PACKAGE/>'
        case "oversize":
            text += " " * 2_000_000
    return _as_json(200, text)


def _as_json(status: int, text: str) -> flask.Response:
    return flask.Response(text, status=status, content_type="application/json;charset=UTF-8")


def _soap_fault(code: str, message: str) -> flask.Response:
    return flask.Response(soap.fault_envelope(code, message), status=500, content_type="text/xml;charset=UTF-8")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
