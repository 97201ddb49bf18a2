"""The console's words for sources: what they are asked, what they answer, what is wrong, and why something was changed."""

from idp.admin import texts
from idp.admin.texts import word

KINDS = {
    "check": word("核对姓名和号码"),
    "photo": word("比对现场照片"),
    "challenge": word("手机刷脸"),
    "sign_in": word("账户登录"),
    "register": word("核对单位登记"),
    "licence": word("电子营业执照"),
    "look_up": word("查询"),
    "verify": word("比对"),
    "website": word("网站应用"),
    "official": word("服务号"),
    "mini": word("小程序"),
}
VERDICTS = {
    "verified": word("一致"),
    "refuted": word("不一致"),
    "abandoned": word("未完成"),
    "unavailable": word("无应答"),
}
BREAKERS = {"closed": word("连通"), "open": word("已熔断"), "probing": word("试探恢复")}
TONES = {"closed": "good", "open": "bad", "probing": "warn"}
OUTCOMES = {
    "Verified": word("一致"),
    "Refuted": word("应答为否"),
    "Started": word("已发起"),
    "Found": word("查到"),
    "Pending": word("等待中"),
    "Unavailable": word("无应答"),
    "ExternalIdentity": word("已登录"),
    "LicenceHolder": word("已确认"),
    "Said": word("应答"),
}
ORGANISATIONS = {
    "91": word("企业"),
    "92": word("个体工商户"),
    "93": word("农民专业合作社"),
    "51": word("社会团体"),
    "52": word("民办非企业单位"),
    "53": word("基金会"),
    "11": word("机关"),
    "12": word("事业单位"),
}
FAULTS = {
    "unresolved": word("找不到这个主机名：检查地址，或域名解析。"),
    "refused": word("连接不上：检查地址、端口和防火墙。"),
    "timeout": word("没有在时限内应答：检查地址和网络，或对方正忙。"),
    "tls": word("安全连接没有建立：检查对方证书和 IDP_OUTBOUND_CA_FILE。"),
    "address": word("有应答，但不是这项服务：检查地址或路径。"),
    "clock": word("两边的时钟不一致：检查本机的时间同步。"),
    "app_id": word("对方不认识我们的编号。"),
    "secret": word("签名、密钥或口令没有通过。"),
    "their_key": word("对方的签名没有通过验证：检查对方的公钥或证书。"),
    "grant": word("对方没有授权我们使用这项服务。"),
    "allow_list": word("我们的出口地址不在对方的白名单里。"),
    "quota": word("调用次数超过了对方的限额。"),
    "down": word("对方的服务有故障，或不在服务时间。"),
    "unexpected": word("应答不是约定的样子。"),
}
CHANGES = {"order": word("优先顺序"), "off": word("停用的身份源"), "costs": word("每次核验的费用（分）")}
DOING = {
    "off": word("停用身份源"),
    "on": word("启用身份源"),
    "up": word("提前一位"),
    "down": word("后移一位"),
    "cost": word("修改费用"),
    "restore": word("恢复到较早的版本"),
}
WHY = ("source_maintenance", "source_outage", "source_contract", "source_cost", "source_rehearsal", "source_undo")

texts.REASONS.update({
    "source_maintenance": word("维护"),
    "source_outage": word("对方故障"),
    "source_contract": word("合同或授权变化"),
    "source_cost": word("费用调整"),
    "source_rehearsal": word("演练"),
    "source_undo": word("恢复原来的设置"),
})  # fmt: skip
