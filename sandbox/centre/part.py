"""How the other centre introduces itself, and what may go wrong there."""

import flask

from sandbox.parts import Part

NAME = "centre"
bp = flask.Blueprint(NAME, __name__, url_prefix="/centre")
PART = Part(
    NAME,
    "济南市统一身份认证",
    bp,
    {
        "wrong_nonce": "ID 令牌里是别人的 nonce",
        "wrong_signature": "ID 令牌的签名不对",
        "unknown_key": "用没有公布的密钥签名",
        "no_signature": "ID 令牌没有签名（alg none）",
        "expired": "ID 令牌已经过期",
        "stale": "ID 令牌是很久以前签发的",
        "wrong_audience": "ID 令牌是给别的网站的",
        "two_audiences": "ID 令牌同时给两个网站",
        "other_party": "ID 令牌的 azp 是别的网站",
        "other_issuer": "ID 令牌的签发者是别人",
        "other_subject": "用户信息是另一个人的",
        "wrong_hash": "ID 令牌里的 at_hash 不对",
        "other_kind": "给的不是 ID 令牌，是注销令牌",
        "no_id_token": "没有给 ID 令牌",
        "bad_client": "一律答客户端认证失败",
        "server_error": "内部错误（HTTP 500）",
        "hang": "很久以后才应答",
        "garbage": "应答是乱码",
        "half": "应答只有一半",
        "other_discovery": "发现文档里的签发者是别人",
        "lower_level": "只给最低的等级（五级）",
        "unknown_level": "给没有约定的等级",
    },
    machine_paths=("/centre/.well-known/", "/centre/token", "/centre/userinfo", "/centre/jwks"),
    says="另一座城市的认证中心，可以用它的账号登录，并由它证明身份。等级从一级（最高）数到五级。",
    wires=(
        "GET /centre/.well-known/openid-configuration",
        "GET /centre/authorize",
        "POST /centre/token",
        "GET /centre/userinfo",
    ),
    page="centre.about",
    settings=("client_id", "client_secret"),
)
