"""The last errors of a site: what it sent beside what is registered, what that means, and how to mend it."""

from typing import Final

from flask.typing import ResponseReturnValue

from idp.edge.services import services
from idp.sites import errors_seen
from idp.workbench import workbench
from idp.workbench.texts import word
from idp.workbench.workbench import bp

workbench.tab("workbench.last_errors", word("最近错误"))
_AUTHORIZE = word("授权请求被拒绝")
_KEYS = word("断言中的声明不符合要求：aud 用签发者地址，exp 在一小时内，iss 和 sub 都是 client_id，每次用新的 jti。")
MEANINGS: Final = {
    "redirect_uri_not_registered": (
        word("回调地址没有登记"),
        word("把左边的地址一字不差地登记，或让应用使用登记过的地址。比较时逐字符进行，包括末尾的斜杠。"),
    ),
    "redirect_uri_missing": (word("请求里没有回调地址"), word("授权请求必须带 redirect_uri。")),
    "request_object_refused": (
        word("请求对象不被接受"),
        word("检查请求对象的签名、iss、aud 和有效期，并确认公钥已登记。"),
    ),
    "scope_passed_over": (
        word("请求了没有登记的 scope"),
        word("多出的 scope 已被忽略。需要的话先登记并说明用途，否则从请求中去掉。"),
    ),
    "authorize_invalid_scope": (word("scope 不正确"), word("scope 必须包含 openid，其余要登记过。")),
    "authorize_invalid_request": (
        _AUTHORIZE,
        word("按左边的说明改正参数；常见原因是缺少 PKCE（code_challenge，S256）或参数重复。"),
    ),
    "authorize_unauthorized_client": (word("没有登记这种 response_type"), word("多数网站只需要 code。")),
    "authorize_unsupported_response_type": (word("没有登记这种 response_type"), word("多数网站只需要 code。")),
    "authorize_invalid_target": (
        word("请求的接口不能用"),
        word("resource 必须是已知的接口，并登记它的 scope；测试模式的应用只能用测试模式的接口。"),
    ),
    "code_unknown": (word("授权码无效或已过期"), word("授权码一分钟内有效，只能由拿到它的应用兑换；收到后立即兑换。")),
    "code_replayed": (
        word("授权码用了第二次"),
        word("同一个授权码只能兑换一次；检查是否因刷新页面或重试而重复提交。由此得到的令牌已全部作废。"),
    ),
    "code_redirect_uri": (word("兑换时的回调地址与请求时不同"), word("两处的 redirect_uri 必须完全一样。")),
    "code_verifier": (
        word("PKCE 校验失败"),
        word("code_verifier 要与发出请求时的 code_challenge 对应，并保存在同一个浏览器会话里。"),
    ),
    "refresh_unknown": (word("刷新令牌无效或已过期"), word("让用户重新登录。")),
    "refresh_reused": (
        word("刷新令牌用了第二次"),
        word("每次刷新都换发新令牌，必须保存新的；多个进程不要同时刷新。由此得到的令牌已全部作废。"),
    ),
    "post_logout_redirect_uri": (word("退出后的返回地址没有登记"), word("登记左边的地址，或使用登记过的地址。")),
    "token_unauthorized_client": (word("没有登记这种授权方式"), word("登记需要的 grant_type，或改用登记过的。")),
    "token_invalid_scope": (word("令牌请求的 scope 超出范围"), word("只能要求已经给过的 scope。")),
    "token_invalid_target": (
        word("请求的接口不能用"),
        word("resource 必须是授权时给过的接口；测试模式的应用只能用测试模式的接口。"),
    ),
    "token_invalid_request": (word("令牌请求不完整"), word("按左边的说明改正参数。")),
    "client_method": (
        word("应用证明自己的方式不对"),
        word("使用登记的方式（右边），例如 client_secret_basic 把密码放在 Authorization 头里。"),
    ),
    "client_secret": (word("应用密码不对"), word("检查配置里的密码有没有换过、是否多了空格；密码从不显示在这里。")),
}
_OF_CLIENT = (word("应用没有证明自己"), _KEYS)
_OTHER = (word("请求被拒绝"), word("按左边的说明改正；把追踪号告诉运营人员可以查到详情。"))


@bp.get("/sites/<client_id>/errors")
def last_errors(client_id: str) -> ResponseReturnValue:
    site = workbench.mine(client_id)
    with services().database.view() as db:
        seen = errors_seen.latest(db, client_id)
    return workbench.site_page("errors.html", site, rows=[(each, *meaning(each.code)) for each in seen])


def meaning(code: str) -> tuple[str, str]:
    """What happened, and what to do."""
    return MEANINGS.get(code) or (_OF_CLIENT if code.startswith("client_") else _OTHER)
