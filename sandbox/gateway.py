"""The provincial gateway in front of the population registry: token, signature, grant, and the SOAP service."""

import base64
import re
import secrets
from dataclasses import dataclass, replace

import flask
from flask.typing import ResponseReturnValue

from sandbox import faults, gateway_cipher, package
from sandbox.package import Call, Package
from sandbox.parts import Part
from sandbox.registry import Finding
from sandbox.runtime import Runtime, runtime
from sandbox.xml_reader import XmlRefused

bp = flask.Blueprint("gateway", __name__, url_prefix="/proxy")
_NAME = "population"
PART = Part(
    _NAME,
    "人口库（省级网关）",
    bp,
    {
        "hang": "很久以后才应答",
        "garbage": "应答是乱码",
        "soap_fault": "SOAP 故障",
        "fhdm_20": "返回代码 20（接口调用失败）",
        "wrong_request_id": "应答的请求标识不是所问的",
        "server_error": "网关内部错误（HTTP 500）",
        "closed": "不在服务时间",
        "expired_secret": "会话密钥已过期",
        "wrong_signature": "一律答签名错误",
        "malformed_xml": "应答的 XML 残缺",
        "doctype": "应答带有 DTD 和实体",
        "oversize": "应答过大",
        "record_error": "记录级错误（代码 99）",
        "other_person": "应答的是另一个人",
        "empty_codes": "比对代码为空",
        "token_garbage": "令牌无法解密",
        "quota": "超过调用次数",
        "not_granted": "服务未授权",
    },
    machine_paths=("/proxy/",),
    says="省级网关之后的公安人口信息核验。",
    wires=("POST /proxy/auth/token", "POST /proxy/api/GK_GXFW_SFHC"),
    page="registry",
    settings=("app_id", "app_key", "soap_user", "soap_password"),
)

_SERVICES = ("GK_GXFW_SFHC",)
_SKEW_MS = 5 * 60 * 1000
_SECRET_SECONDS = 600
_RTIME = re.compile(r"[0-9]{1,15}")
_REQUEST_NUMBER = re.compile(r"[0-9a-fA-F]{32}")
_AT_TOKEN = frozenset({"hang", "garbage", "server_error", "closed", "wrong_signature", "token_garbage", "quota"})
_SECRET_LOST = frozenset({"expired_secret", "wrong_signature", "token_garbage"})
_GARBAGE = bytes(range(256))


@dataclass(frozen=True)
class Refused(Exception):
    """The gateway turns the call away before any service sees it."""

    status: int
    code: str
    message: str


@bp.errorhandler(Refused)
def refused(refusal: Refused) -> ResponseReturnValue:
    return {"code": refusal.code, "message": refusal.message}, refusal.status


@bp.post("/auth/token")
def token() -> ResponseReturnValue:
    """Give the application a new session secret, encrypted under its key."""
    here = runtime()
    fault = faults.active(here.state, _NAME, _AT_TOKEN)
    if (answer := _gateway_fault(here, fault)) is not None:
        return answer
    if fault == "wrong_signature":
        raise Refused(401, "401002", "签名错误")
    app_key = here.of(_NAME)["app_key"]
    _authenticate(here, [app_key])
    secret = secrets.token_urlsafe(24)
    now = here.now_ms()
    here.state.add_secret(secret, expires_ms=now + _SECRET_SECONDS * 1000, now_ms=now)
    sealed = gateway_cipher.encrypt_secret(app_key, secret)
    if fault == "token_garbage":
        sealed = sealed[:-8] + "!*garble="
    return {"code": "0", "message": "", "body": {"access_token": sealed, "expires_in": _SECRET_SECONDS}}


@bp.post("/api/<service>")
def call_service(service: str) -> ResponseReturnValue:
    """Check the call at the gateway, then let the population service answer it."""
    here = runtime()
    fault = faults.active(here.state, _NAME)
    if (answer := _gateway_fault(here, fault)) is not None:
        return answer
    if fault in _SECRET_LOST:
        raise Refused(401, "401002", "签名错误或会话密钥已过期")
    _authenticate(here, here.state.live_secrets(now_ms=here.now_ms()))
    if fault == "not_granted" or service not in here.of(_NAME).get("services", _SERVICES):
        raise Refused(403, "403001", "服务未授权")
    if flask.request.mimetype != "text/xml":
        raise Refused(415, "400001", "内容类型应为 text/xml")
    return _answer_soap(here, service, fault)


def _gateway_fault(here: Runtime, fault: str) -> ResponseReturnValue | None:
    match fault:
        case "hang":
            here.hang()
        case "garbage":
            return flask.Response(_GARBAGE, mimetype="text/xml")
        case "server_error":
            return flask.Response("<html><body>500 Internal Server Error</body></html>", status=500)
        case "closed":
            raise Refused(503, "500001", "不在服务时间，请于工作日 08:30 至 17:30 调用")
        case "quota":
            raise Refused(429, "429001", "超过调用次数")
    return None


def let_in(here: Runtime) -> None:
    """Check a call of any service behind this gateway as it checks its own; Refused says why not."""
    _authenticate(here, here.state.live_secrets(now_ms=here.now_ms()))


def _authenticate(here: Runtime, keys: list[str]) -> None:
    """Application, time and signature; any of `keys` may have signed."""
    headers = flask.request.headers
    app_id, rtime = headers.get("gateway_appid", ""), headers.get("gateway_rtime", "")
    if not gateway_cipher.same(app_id, here.of(_NAME)["app_id"]):
        raise Refused(401, "401001", "未知的应用")
    if not _RTIME.fullmatch(rtime) or abs(here.now_ms() - int(rtime)) > _SKEW_MS:
        raise Refused(401, "401003", "时间戳超出允许范围")
    signature = headers.get("gateway_sig", "")
    matches = [gateway_cipher.same(signature, gateway_cipher.sign(key, app_id + rtime)) for key in keys]
    if not any(matches):
        raise Refused(401, "401002", "签名错误或会话密钥已过期")


def _answer_soap(here: Runtime, service: str, fault: str) -> ResponseReturnValue:
    try:
        call = package.read_call(flask.request.get_data())
    except XmlRefused as refusal:
        return _soap_fault("Client", str(refusal))
    if call.operation != service:
        return _soap_fault("Client", "the operation is not the service")
    if fault == "soap_fault":
        return _soap_fault("Server", "服务内部错误")
    code, message, number, findings = _judge(here, call)
    if fault == "fhdm_20":
        code, message, findings = "20", "接口调用失败", []
    return _spoil(fault, call, _packed(here, number, code, message, [_bent(fault, each) for each in findings], fault))


def _judge(here: Runtime, call: Call) -> tuple[str, str, str, list[Finding]]:
    """FHDM, FHMS, the request number to echo, and the findings."""
    try:
        asked: Package = package.read_package(call.package)
    except XmlRefused:
        return "20", "请求报文不符合要求", "", []
    number = asked.request_number
    settings = here.of(_NAME)
    password = gateway_cipher.same(call.password, _base64(settings["soap_password"]))
    if not (gateway_cipher.same(call.user, settings["soap_user"]) and password):
        return "20", "用户名或口令错误", number, []
    if not _REQUEST_NUMBER.fullmatch(number):
        return "20", "请求标识不符合要求", "", []
    if not here.state.claim_request(number.lower(), now_ms=here.now_ms()):
        return "20", "请求标识重复", number, []
    return "10", "接口调用成功", number, [here.registry.check(*record) for record in asked.records]


def _bent(fault: str, finding: Finding) -> Finding:
    match fault:
        case "record_error":
            return Finding(code="99", message="记录处理错误")
        case "other_person":
            return replace(finding, number="370299197001010111")
        case "empty_codes":
            return replace(finding, number_code="", name_code="", cancelled="")
    return finding


def _packed(here: Runtime, number: str, code: str, message: str, findings: list[Finding], fault: str) -> str:
    if fault == "wrong_request_id":
        number = secrets.token_hex(16)
    sent_at = here.now_in_beijing().strftime("%Y%m%d%H%M%S")
    return package.answer_package(number, sent_at, code, message, findings)


def _spoil(fault: str, call: Call, packed: str) -> ResponseReturnValue:
    """Put the package into its envelope, as a healthy or a broken service would."""
    match fault:
        case "malformed_xml":
            text = package.answer_envelope(call, packed[: -len("</PACKAGE>")])
        case "doctype":
            text = package.answer_envelope(call, f'<!DOCTYPE PACKAGE [<!ENTITY one "1">]>{packed}')
        case "oversize":
            text = package.answer_envelope(call, packed) + "<!--" + "x" * 2_000_000 + "-->"
        case _:
            text = package.answer_envelope(call, packed)
    return flask.Response(text, content_type="text/xml;charset=UTF-8")


def _soap_fault(code: str, message: str) -> ResponseReturnValue:
    return flask.Response(package.fault_envelope(code, message), status=500, content_type="text/xml;charset=UTF-8")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
