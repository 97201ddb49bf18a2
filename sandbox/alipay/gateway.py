"""The one endpoint of the platform, and the pages that it opens on a phone."""

import base64
from collections.abc import Callable
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from sandbox import faults
from sandbox.alipay import accounts, keys, oauth, scans, wire
from sandbox.alipay.keys import Keys
from sandbox.alipay.part import NAME, bp
from sandbox.alipay.wire import Call, Refused
from sandbox.runtime import Runtime, runtime

_GARBAGE = bytes(range(256))
_PAGE_FAULTS = frozenset({"hang", "server_error", "maintenance"})
_ALWAYS = {
    "busy": Refused("20000", "isp.unknow-error", "服务不可用"),
    "limited": Refused("40005", "aop.call-limited", "调用次数超过限制"),  # the sub-code is the sandbox's own
    "not_granted": Refused("40006", "isv.insufficient-isv-permissions", "权限不足"),
    "unknown_code": Refused("49999", "isv.something-new", "新的错误"),
    "stale_time": Refused("40002", "isv.invalid-timestamp", "非法的时间戳参数"),
    "refused_signature": Refused("40002", "isv.invalid-signature", "验签出错"),
}
_OTHERS: dict[str, Callable[[Runtime, Call, str], dict[str, Any]]] = {
    "alipay.system.oauth.token": oauth.token,
    "alipay.user.info.share": oauth.share,
}
_DOWNLOAD = "alipay.open.app.alipaycert.download"


@bp.route("/gateway.do", methods=["GET", "POST"])
def gateway() -> ResponseReturnValue:
    """Answer an application, or open a page for a person when the method is one of pages."""
    here = runtime()
    if flask.request.values.get("method") in scans.PAGES:
        return _page(here)
    fault = faults.active(here.state, NAME)
    if (broken := _broken(here, fault)) is not None:
        return broken
    agreed = keys.of(here.of(NAME))
    name, content, is_encrypted = _answered(here, agreed, fault)
    text = wire.answer(agreed, name, content, is_encrypted=is_encrypted, fault=fault)
    if fault == "half":
        text = text[: len(text) // 2]
    if fault == "oversize":
        text += " " * 2_000_000
    return flask.Response(text, content_type="text/html;charset=utf-8")  # as the platform labels its JSON


@bp.get("/alipay")
def accounts_page() -> ResponseReturnValue:
    """Who has an account here."""
    return flask.render_template("alipay_accounts.html", people=accounts.everyone())


@bp.route("/alipay/scan/<handle>", methods=["GET", "POST"])
def scan_page(handle: str) -> ResponseReturnValue:
    """The phone's page of a scan: a button for each thing that a face may do. It always goes back without a result."""
    here = runtime()
    if flask.request.method == "POST":
        back = scans.settle(here, handle, flask.request.form.get("action", ""))
        if back is None:
            return flask.render_template("refused.html", message="认证已经结束或已过期"), 410
        return flask.redirect(back, 302) if back else flask.render_template("alipay_done.html")
    case = scans.look(here, handle)
    if case is None or case["state"] != "OPENED":
        return flask.render_template("refused.html", message="认证已经结束或已过期"), 410
    return flask.render_template("alipay_scan.html", case=case, handle=handle)


def _page(here: Runtime) -> ResponseReturnValue:
    fault = faults.active(here.state, NAME, _PAGE_FAULTS)
    if (broken := _broken(here, fault)) is not None:
        return broken
    try:
        call = wire.check(here, keys.of(here.of(NAME)), wire.merged(flask.request))
        return flask.redirect(scans.open_page(scans.PAGES[call.method], here, call, fault), 302)
    except Refused as refused:
        return flask.render_template("refused.html", message=f"{refused.sub_code} {refused.sub_msg}"), 400


def _broken(here: Runtime, fault: str) -> ResponseReturnValue | None:
    match fault:
        case "hang":
            here.hang()
        case "garbage":
            return flask.Response(_GARBAGE, content_type="text/html;charset=utf-8")
        case "server_error":
            return flask.Response("<html><body>500 Internal Server Error</body></html>", status=500)
        case "maintenance":
            return flask.Response("<html><body>支付宝系统维护中</body></html>", status=503)
        case "unsigned_error":
            refused = Refused("40002", "isv.invalid-app-id", "无效的AppID参数")
            return {"error_response": refused.content()}
    return None


def _answered(here: Runtime, agreed: Keys, fault: str) -> tuple[str, dict[str, Any], bool]:
    """The name of the answer, what it says, and whether it is encrypted."""
    name, is_encrypted = "error_response", False
    try:
        parameters = wire.merged(flask.request)
        method = parameters.get("method", "")
        if method in {_DOWNLOAD, *_OTHERS, *scans.OPERATIONS}:
            name = f"{method.replace('.', '_')}_response"
        elif method:
            raise Refused("40002", "isv.invalid-method", "不存在的方法名")
        call = wire.check(here, agreed, parameters)
        is_encrypted = call.is_encrypted
        if fault in _ALWAYS:
            raise _ALWAYS[fault]
        return name, _done(here, agreed, call, fault), is_encrypted
    except Refused as refused:
        return name, refused.content(), is_encrypted


def _done(here: Runtime, agreed: Keys, call: Call, fault: str) -> dict[str, Any]:
    if call.method == _DOWNLOAD:
        return _certificate(agreed, call, fault)
    if (other := _OTHERS.get(call.method)) is not None:
        return other(here, call, fault)
    operation, words = scans.OPERATIONS[call.method]
    return operation(words, here, call, fault)


def _certificate(agreed: Keys, call: Call, fault: str) -> dict[str, Any]:
    pem = keys.stranger()[1] if fault == "unknown_certificate" else agreed.own_certificate
    number = keys.number_of_pem(pem)
    if not number or call.text("alipay_cert_sn") != number:
        raise Refused("40004", "CERT_NOT_EXIST", "证书不存在")  # not published: the sandbox's own
    return {"code": "10000", "msg": "Success", "alipay_cert_content": base64.b64encode(pem.encode()).decode("ascii")}
