"""The faults an operator or a test may switch on, for a service or for one request."""

import flask

from sandbox.state import State

HEADER = "sandbox-fault"
NONE = "none"

POPULATION = "population"
SMS = "sms"

FAULTS = {
    POPULATION: {
        NONE: "正常应答",
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
    SMS: {
        NONE: "正常应答",
        "server_error": "网关内部错误（HTTP 500）",
        "hang": "很久以后才应答",
    },
}


class UnknownFault(ValueError):
    """The request asks for a fault that the service does not have."""


def active(state: State, service: str, places: frozenset[str] | None = None) -> str:
    """The fault for the present request: its header first, then the switch; `places` are those that apply here."""
    asked = flask.request.headers.get(HEADER)
    if asked is not None:
        if asked not in FAULTS[service]:
            raise UnknownFault
        return asked if places is None or asked in places else NONE
    switch = state.switches().get(service)
    if switch is None or (places is not None and switch.fault not in places):
        return NONE
    return switch.fault if state.use_switch(service, switch.fault) else NONE
