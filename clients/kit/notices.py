"""The pages that say something went another way than hoped: what happened, what to do now, a number to quote."""

from dataclasses import dataclass

from flask import current_app, g, make_response, render_template
from flask.typing import ResponseReturnValue


@dataclass(frozen=True, slots=True)
class Notice:
    """A short page with one main way on, and always a way home."""

    title: str
    text: str
    status: int = 200
    action: tuple[str, str] | None = None  # what the button says, where it leads


def show(notice: Notice) -> ResponseReturnValue:
    return make_response(render_template("page.html", notice=notice, trace=g.trace), notice.status)


STALE = Notice(
    "这次登录已经过期",
    "页面停留较久、重复打开，或浏览器没有保存登录所需的 Cookie。请重新登录，不影响您已办理的事项。",
    status=400,
)
UNAVAILABLE = Notice(
    "暂时连接不上身份认证中心",
    "您的信息没有丢失，也没有提交任何内容。请稍等片刻再试；不需要登录的内容可以照常浏览。",
    status=503,
)
SIGNED_OUT = Notice("您已安全退出", "通过统一身份认证登录的其他网站会一并退出。如果使用的是公共电脑，请关闭浏览器。")
SIGNED_OUT_HERE_ONLY = Notice(
    "您已退出本站",
    "暂时连接不上身份认证中心，其他网站可能仍处于登录状态。请稍后到其他网站再次退出，或关闭浏览器。",
    status=503,
)
FORM_EXPIRED = Notice(
    "页面已过期", "登录状态在您打开这个页面之后有变化，为了安全没有提交。请返回刷新页面后再试。", status=400
)

_REFUSALS = {
    "access_denied": Notice("您取消了登录", "没有任何信息提供给本站。需要时可以随时重新登录。", status=403),
    "unmet_authentication_requirements": Notice(
        "还需要核验身份", "这项服务需要先确认是您本人。完成实名核验后即可继续，随时可以重新开始。", status=403
    ),
    "temporarily_unavailable": UNAVAILABLE,
    "server_error": UNAVAILABLE,
}
_UNKNOWN_REFUSAL = Notice(
    "登录没有完成", "身份认证中心没有完成这次登录。请重新登录；如多次出现，请记下页面编号联系客服。", status=400
)

_BY_STATUS = {
    404: Notice("没有找到这个页面", "地址可能已经变更，或者内容已经下线。", status=404),
    405: Notice("请从页面上的按钮进入", "这个地址不能直接打开。", status=405),
    413: Notice("提交的内容过大", "请减少内容后再提交。", status=413),
}


def of_refusal(error: str) -> Notice:
    """The page for an error response of the centre (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6)."""
    return _REFUSALS.get(error, _UNKNOWN_REFUSAL)


def no_words_of_its_own(error: str, back: str) -> Notice | None:
    """What a site says that leaves refusals to the kit."""
    return None


def of_status(status: int) -> Notice:
    fallback = "请返回首页重新开始；如多次出现，请记下页面编号联系客服。"
    title = "服务暂时出现问题" if status >= 500 else "这个请求无法处理"
    return _BY_STATUS.get(status) or Notice(title, fallback, status=status)


def log_as(reason: str) -> None:
    """One line for the operator: the number the person may quote and a code, never a name or a token."""
    current_app.logger.warning("refused: %s (%s)", reason, g.trace)
