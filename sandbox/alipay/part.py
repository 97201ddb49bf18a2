"""How the Alipay stand-in introduces itself, what it may be asked to do wrong, and how long its things last."""

import flask

from sandbox.parts import Part

NAME = "alipay"
bp = flask.Blueprint("alipay", __name__)

PART = Part(
    NAME,
    "支付宝",
    bp,
    {
        "hang": "很久以后才应答",
        "garbage": "应答是乱码",
        "half": "应答只有一半",
        "oversize": "应答过大",
        "server_error": "网关内部错误（HTTP 500）",
        "maintenance": "停机维护",
        "wrong_signature": "应答的签名不是支付宝的",
        "tampered": "应答在签名之后被改动",
        "unsigned": "应答没有签名",
        "decoy": "真应答藏在里面，外面是假的",
        "repeated": "同一个应答出现两次",
        "unsigned_error": "没有签名的错误应答",
        "unknown_certificate": "用来历不明的证书签名",
        "busy": "服务不可用（20000）",
        "limited": "超过调用次数（40005）",
        "not_granted": "没有权限（40006）",
        "unknown_code": "文档里没有的代码",
        "stale_time": "一律答时间不符",
        "refused_signature": "一律答验签出错",
        "spent_code": "一律答授权码无效",
        "revoked_token": "一律答访问令牌无效",
        "unknown_ticket": "一律答认证单不存在",
        "never_passes": "一直答未通过",
        "odd_verdict": "结论不是约定的写法",
        "no_verdict": "没有结论",
        "other_person": "通过的是另一个人",
    },
    machine_paths=("/gateway.do",),
    says="支付宝登录和刷脸认证；手机上的页面由您按按钮代替刷脸。",
    wires=("POST /gateway.do", "GET /oauth2/publicAppAuthorize.htm"),
    page="alipay.accounts_page",
    settings=("app_id", "app_public_key", "alipay_private_key", "redirect_uris"),
)

SECOND = 1000
CODE_MS = 180 * SECOND
TOKEN_MS = 3600 * SECOND
REFRESH_MS = 30 * 24 * 3600 * SECOND
OPENS_MS = 23 * 3600 * SECOND
QUERIED_MS = 90 * 24 * 3600 * SECOND
PAGE_MS = 30 * 60 * SECOND
SKEW_MS = 10 * 60 * SECOND
