"""The police population registry, behind each of the platforms over which a province may reach it."""

import flask

from sandbox.parts import Part
from sandbox.population import access_keys, md5, national, provincial
from sandbox.population.gate import NAME

_bp = flask.Blueprint(NAME, __name__)
for _channel in (provincial.bp, national.bp, md5.bp, access_keys.bp):
    _bp.register_blueprint(_channel)

PART = Part(
    NAME,
    "人口库（省级网关、国家共享交换平台等）",
    _bp,
    {
        "hang": "很久以后才应答",
        "garbage": "应答是乱码",
        "half": "应答只有一半",
        "soap_fault": "服务内部错误（SOAP 故障）",
        "fhdm_20": "返回代码 20（接口调用失败）",
        "unknown_code": "返回代码无人知晓",
        "replay": "一律答请求标识重复",
        "wrong_request_id": "应答的请求标识不是所问的",
        "server_error": "网关内部错误（HTTP 500）",
        "closed": "不在服务时间",
        "expired_secret": "会话密钥已过期",
        "wrong_signature": "一律答签名错误",
        "stale_time": "一律答时间戳超出范围",
        "malformed_xml": "应答的 XML 或 JSON 残缺",
        "doctype": "应答带有 DTD 和实体",
        "oversize": "应答过大",
        "record_error": "记录级错误（代码 99）",
        "other_person": "应答的是另一个人",
        "empty_codes": "比对代码为空",
        "photo_unknown": "人像比对代码无人知晓",
        "token_garbage": "令牌无法解密",
        "quota": "超过调用次数",
        "not_granted": "服务未授权",
    },
    machine_paths=("/proxy/", "/sysapi/", "/httpproxy", "/wsproxy", "/gateway/", "/restapi/"),
    says="公安人口信息核验和人像比对：省级网关、国家共享交换平台、MD5 网关、AK/SK 网关之后是同一个库。",
    wires=(
        "POST /proxy/auth/token",
        "POST /proxy/api/GK_GXFW_SFHC",
        "POST /sysapi/auth/refreshappsecret",
        "POST /wsproxy",
        "POST /httpproxy",
        "POST /gateway/app/refreshTokenByKey.htm",
        "POST /restapi/prod/GK_GXFW_SFHC",
    ),
    page="registry",
    settings=("app_id", "app_key", "soap_user", "soap_password"),
)
