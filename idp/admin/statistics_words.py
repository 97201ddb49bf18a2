"""The statistics in words: what measures and their keys are called, and the day's anomalies as sentences."""

from datetime import date

from idp.admin import act_names
from idp.admin.texts import say, word
from idp.statistics import measures
from idp.statistics.anomalies import Anomaly

MEASURES = {
    measures.SIGN_IN: word("成功登录"),
    measures.SIGN_IN_FAILED: word("登录失败"),
    measures.NEW_ACCOUNT: word("新注册"),
    measures.PROOF: word("身份核验"),
    measures.LEVEL: word("核验通过"),
    measures.SITE_SIGN_IN: word("应用登录"),
    measures.SITE_ERROR: word("应用出错"),
    measures.CONSENT_GIVEN: word("同意授权"),
    measures.CONSENT_REFUSED: word("拒绝授权"),
    measures.CONSENT_WITHDRAWN: word("撤回授权"),
    measures.LOGOUT: word("退出"),
    measures.DELIVERY_FAILED: word("投递失败"),
    measures.OPERATOR_ACT: word("管理操作"),
}
KEYS = {
    **act_names.GROUPS,
    "password": word("密码错误"),
    "wrong": word("密码错误"),
    "unknown": word("账户不存在"),
    "unknown_account": word("账户不存在"),
    "no_password": word("没有设置密码"),
    "blocked": word("尝试过多"),
    "address": word("同一网络尝试过多"),
    "frozen": word("账户已冻结"),
    "closed": word("账户已注销"),
    "merged": word("账户已合并"),
    "secret": word("应用密码错误"),
    "method": word("认证方式不符"),
    "unknown_client": word("应用不存在"),
    "code_refused": word("授权码被拒"),
    "code_replayed": word("授权码重放"),
    "refresh_reused": word("刷新令牌重放"),
    "logout": word("退出通知"),
    "sms": word("短信"),
    "verified": word("一致"),
    "refuted": word("不一致"),
    "unavailable": word("不可用"),
    "abandoned": word("未完成"),
    "registry": word("人口库"),
    "alipay": word("支付宝"),
    "wechat": word("微信"),
    "counter": word("现场核验"),
    "1": word("一级"),
    "2": word("二级"),
    "3": word("三级"),
}
_HIGH = word("{day}{what} {count} 次，为前四周同日中位数的 {times} 倍")
_LOW = word("{day}{what} {count} 次，只有前四周同日中位数（{median} 次）的 {percent}%")
_REASON = word("，主要原因：{key}")
_LESS = word("，减少最多：{key}")
_END = word("。")


def key(code: str) -> str:
    """The name of a key; `registry/verified` by its two parts, and a code that has no name as it is."""
    if "/" in code:
        return " · ".join(key(part) for part in code.split("/", 1))
    return say(KEYS[code]) if code in KEYS else code or say(word("未注明"))


def sentence(anomaly: Anomaly, today: date) -> str:
    """`今日登录失败 1,240 次，为前四周同日中位数的 3.1 倍，主要原因：密码错误。`"""
    day = say(word("今日")) if anomaly.day == today else say(word("昨日"))
    told = say(_HIGH if anomaly.is_high else _LOW).format(
        day=day, what=say(MEASURES[anomaly.measure]), count=f"{anomaly.count:,}", times=f"{anomaly.times:.1f}",
        median=f"{anomaly.median:,.0f}", percent=f"{anomaly.times * 100:.0f}",
    )  # fmt: skip
    if anomaly.key:
        told += say(_REASON if anomaly.is_high else _LESS).format(key=key(anomaly.key))
    return told + say(_END)
