"""How WeChat introduces itself in the sandbox: its faults, its paths, and what must be agreed on."""

import flask

from sandbox.parts import Part

NAME = "wechat"
bp = flask.Blueprint(NAME, __name__)
PART = Part(
    NAME,
    "微信",
    bp,
    {
        "busy": "系统繁忙（-1）",
        "too_frequent": "调用太频繁（45011）",
        "not_on_the_list": "调用方 IP 不在白名单（40164）",
        "bad_secret": "AppSecret 错误（40125）",
        "blocked": "高风险用户，拦截登录（40226）",
        "unknown_code": "没有公布过的错误码（88888）",
        "hang": "很久以后才应答",
        "garbage": "应答不是 JSON",
        "half": "应答只有一半",
        "no_members": "应答缺少约定的字段",
        "maintenance": "停机维护（HTTP 503）",
        "text_plain": "应答的 Content-Type 是 text/plain（内容正确）",
    },
    machine_paths=("/sns/", "/cgi-bin/", "/cityservice/"),
    says="网站扫码登录、微信内登录、小程序登录，以及小程序里的人脸核身。",
    wires=(
        "GET /connect/qrconnect",
        "GET /connect/oauth2/authorize",
        "GET /sns/oauth2/access_token",
        "GET /sns/jscode2session",
        "POST /cgi-bin/stable_token",
        "POST /cityservice/face/identify/getverifyid",
        "POST /cityservice/face/identify/queryverifyinfo",
    ),
    page="wechat.users",
    settings=("website_appid", "website_secret", "official_appid", "official_secret", "mini_appid", "mini_secret"),
)
