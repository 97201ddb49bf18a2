"""How the licence platform introduces itself, and all that may go wrong with it."""

import flask

from sandbox.parts import Part

NAME = "elicence"
bp = flask.Blueprint(NAME, __name__, url_prefix="/eblicense")
AT_TOKEN = {
    "code_used": "授权码已使用（1004）",
    "licence_invalid": "执照已注销或冻结（1005）",
    "role_not_allowed": "角色不允许（1006）",
    "unsigned": "没有平台签名",
    "wrong_platform_signature": "平台签名是别的密钥的",
    "changed_data": "数据在签名之后被改过",
    "other_text": "签名的文本写法不同（多一个空格）",
    "replayed_data": "一小时前的旧数据（重放）",
    "later_data": "认证时间在一小时以后",
    "half_data": "数据缺少持照人",
    "no_state": "数据没有登记状态",
    "strange_state": "登记状态是没有约定过的词",
    "not_active": "登记状态为吊销",
    "strange_role": "没有约定过的角色",
    "broken_uscc": "统一社会信用代码的校验位不对",
    "no_digest": "持照人证件摘要不是摘要",
}
AT_STATUS = {
    "expired": "二维码已过期（1003）",
    "unknown_status": "没有约定过的状态",
    "no_auth_code": "已确认，却没有授权码",
}
AT_QRCODE = {"no_qrcode": "应答没有二维码内容", "strange_address": "二维码内容不是网址"}
EVERYWHERE = {
    "hang": "很久以后才应答",
    "garbage": "应答是乱码",
    "html": "以 HTTP 200 应答一张网页",
    "truncated": "应答只到一半",
    "oversize": "应答过大",
    "server_error": "平台内部错误（HTTP 500）",
    "closed": "系统维护",
    "unknown_app": "未知的应用（1001）",
    "wrong_signature": "一律答签名错误（1002）",
    "stale_time": "一律答时间戳超出允许范围（1002）",
    "unknown_code": "没有约定过的代码（9999）",
}
PART = Part(
    NAME,
    "电子营业执照",
    bp,
    EVERYWHERE | AT_QRCODE | AT_STATUS | AT_TOKEN,
    machine_paths=("/eblicense/api/",),
    says="企业用电子营业执照扫码登录。手机上的执照应用也由这里扮演。",
    wires=(
        "POST /eblicense/api/v1/qrcode",
        "POST /eblicense/api/v1/qrcode/status",
        "POST /eblicense/api/v1/token",
    ),
    page="elicence.about",
    settings=("app_id", "app_public_key", "platform_private_key"),
)
