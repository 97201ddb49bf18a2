"""The statistics in words: what measures and their keys are called, and the day's anomalies as sentences."""

from datetime import date

from idp.admin import act_names
from idp.admin.texts import say, word
from idp.edge import level_words
from idp.edge.services import services
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
_METHODS = {
    "password": word("账户密码"),
    "sms": word("短信验证码"),
    "link": word("第三方账号"),
    "registration": word("注册后登录"),
    "recovery": word("找回账户后登录"),
}
_FAILURES = {
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
}
_CHANNELS = {
    "web": word("本人注册"),
    "self": word("本人注册"),
    "guardian": word("监护人代为注册"),
    "import": word("批量导入"),
    "demo": word("演示数据"),
}
_PROOFS = {
    "verified": word("一致"),
    "refuted": word("不一致"),
    "unavailable": word("不可用"),
    "abandoned": word("未完成"),
    "population": word("人口库"),
    "registry": word("人口库"),
    "alipay": word("支付宝"),
    "wechat": word("微信"),
    "face": word("人脸核验"),
    "photo": word("照片比对"),
    "counter": word("现场核验"),
    "operator": word("工作人员"),
    "import": word("原有系统转入"),
    "review": word("人工审核"),
}
_LEVELS = {str(number): name for number, name in level_words.LEVELS.items()}
_ERRORS = {
    "secret": word("应用密码错误"),
    "method": word("认证方式不符"),
    "unknown_client": word("应用不存在"),
    "code_refused": word("授权码被拒"),
    "code_replayed": word("授权码重放"),
    "refresh_reused": word("刷新令牌重放"),
    "assertion_iss": word("断言的签发者不符"),
    "assertion_replayed": word("断言重放"),
    "assertion_aud": word("断言的受众不符"),
    "assertion_exp": word("断言已过期"),
    "assertion_iat": word("断言的时间不符"),
    "assertion_nbf": word("断言的时间不符"),
    "assertion_jti": word("断言没有可用的编号"),
    "certificate_missing": word("没有客户端证书"),
    "certificate_not_offered": word("客户端证书不符"),
    "certificate_expired": word("客户端证书已过期"),
}
_ASSERTION = word("断言不合要求")
_DELIVERIES = {"logout": word("退出通知"), "backchannel_logout": word("退出通知"), "sms": word("短信")}
_ENDS = {
    "signed_out": word("本人退出"),
    "ended_by_owner": word("本人在其他设备上结束"),
    "switched_account": word("换用其他账户"),
    "replaced": word("重新登录"),
    "password_changed": word("修改密码"),
    "password_recovered": word("找回密码"),
    "ended_by_guardian": word("监护人结束"),
    "ended_by_staff": word("管理员结束"),
    "credentials_reset": word("重置登录方式"),
    "account_frozen": word("账户已冻结"),
    "account_closed": word("账户已注销"),
    "account_merged": word("账户已合并"),
}
KEYS: dict[str, dict[str, str]] = {
    measures.SIGN_IN: _METHODS,
    measures.SIGN_IN_FAILED: _FAILURES,
    measures.NEW_ACCOUNT: _CHANNELS,
    measures.PROOF: _PROOFS,
    measures.LEVEL: _LEVELS,
    measures.SITE_ERROR: _ERRORS,
    measures.DELIVERY_FAILED: _DELIVERIES,
    measures.LOGOUT: _ENDS,
    measures.OPERATOR_ACT: act_names.GROUPS,
}
"""What the keys of a measure are called; a source of proof is called what the operators of the service call it."""
_HIGH = word("{day}{what} {count} 次，为前四周同日中位数的 {times} 倍")
_LOW = word("{day}{what} {count} 次，只有前四周同日中位数（{median} 次）的 {percent}%")
_REASON = word("，主要原因：{key}")
_LESS = word("，减少最多：{key}")
_END = word("。")


def key(measure: str, code: str) -> str:
    """The name of a key; `registry/verified` by its two parts, and a code that has no name as it is."""
    if "/" in code:
        return " · ".join(key(measure, part) for part in code.split("/", 1))
    if measure == measures.PROOF and (label := _labels().get(code)):
        return label
    if measure == measures.SITE_ERROR and code.startswith("assertion_"):
        return say(_ASSERTION)
    known = KEYS.get(measure, {})
    return say(known[code]) if code in known else code or say(word("未注明"))


def _labels() -> dict[str, str]:
    """What the sources that are set up are called."""
    return {source.name: source.label for source in services().sources}


def sentence(anomaly: Anomaly, today: date) -> str:
    """`今日登录失败 1,240 次，为前四周同日中位数的 3.1 倍，主要原因：密码错误。`"""
    day = say(word("今日")) if anomaly.day == today else say(word("昨日"))
    told = say(_HIGH if anomaly.is_high else _LOW).format(
        day=day, what=say(MEASURES[anomaly.measure]), count=f"{anomaly.count:,}", times=f"{anomaly.times:.1f}",
        median=f"{anomaly.median:,.0f}", percent=f"{anomaly.times * 100:.0f}",
    )  # fmt: skip
    if anomaly.key:
        told += say(_REASON if anomaly.is_high else _LESS).format(key=key(anomaly.measure, anomaly.key))
    return told + say(_END)
