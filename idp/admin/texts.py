"""The console's words for codes: Chinese is the source text, English stands in the catalogue beside it."""

from flask_babel import get_locale, gettext


def word(text: str) -> str:
    """Marks a text for the catalogue; it is looked up where it is shown."""
    return text


ROLES = {
    "system": word("系统管理员"),
    "security": word("安全管理员"),
    "audit": word("审计管理员"),
    "counter": word("窗口核验员"),
    "department": word("部门管理员"),
}
ACTORS = {"citizen": word("用户"), "client": word("应用"), "operator": word("管理员"), "system": word("系统")}
STATES = {
    "active": word("正常"),
    "invited": word("待登记"),
    "frozen": word("已冻结"),
    "closed": word("已注销"),
    "merged": word("已并入另一账户"),
    "disabled": word("已停用"),
    "next": word("待启用"),
    "retired": word("已退役"),
    "revoked": word("已吊销"),
    "deleted": word("已删除"),
    "success": word("成功"),
    "failure": word("失败"),
    "open": word("待审批"),
    "approved": word("已批准"),
    "done": word("已完成"),
    "refused": word("未批准"),
    "withdrawn": word("已撤回"),
    "expired": word("已过期"),
}
TONES: dict[str, str] = {
    **dict.fromkeys(("active", "success", "done"), "good"),
    **dict.fromkeys(("frozen", "failure", "revoked", "disabled", "refused"), "bad"),
    **dict.fromkeys(("open", "approved", "next", "invited", "retired", "closed"), "warn"),
}
"""The shape and colour of a state beside its word: good, warn or bad; what is not here is none of these."""
ORIGINS = {"operator": word("管理员登记"), "dynamic": word("自助登记")}
SERVES = {"people": word("个人"), "organisations": word("单位"), "both": word("个人和单位")}
BASES = {"consent": word("本人同意"), "statutory_duty": word("法定职责")}
REASONS = {
    "owner_request": word("本人申请"),
    "reported_stolen": word("报告被盗用"),
    "suspicious_use": word("异常使用"),
    "authority_order": word("主管机关要求"),
    "owner_verified": word("已核实本人"),
    "frozen_by_mistake": word("误冻结"),
    "not_the_person": word("人证不符"),
    "not_needed": word("没有必要"),
    "not_justified": word("理由不足"),
    "wrong_target": word("对象有误"),
    "ask_again_later": word("请稍后再申请"),
    "card_doubtful": word("证件可疑"),
    "card_expired": word("证件过期"),
    "data_differs": word("录入有误"),
}
DOCUMENTS = {
    "resident_id": word("居民身份证"),
    "hmt_residence_permit": word("港澳台居民居住证"),
    "hk_macao_travel_permit": word("港澳居民来往内地通行证"),
    "taiwan_travel_permit": word("台湾居民来往大陆通行证"),
    "foreign_permanent_resident": word("外国人永久居留身份证"),
    "prc_passport": word("中华人民共和国护照"),
    "foreign_passport": word("外国护照"),
    "exit_permit_hk_macao": word("往来港澳通行证"),
    "exit_permit_taiwan": word("往来台湾通行证"),
}
COUNTER_DONE = {
    "seen": word("已提交，请另一位核验员复核。"),
    "confirmed": word("已通过，本人账户的核验程度已提升。"),
    "refused": word("已退回，本人可以重新取码。"),
}
PROBLEMS = {
    "altered": word("被修改"),
    "forged": word("不是服务写入的"),
    "misplaced": word("被移动"),
    "removed": word("被删除"),
    "truncated": word("链尾被截断"),
    "head_forged": word("链尾记录被改动"),
    "checkpoint_forged": word("检查点被伪造"),
    "checkpoint_removed": word("检查点被删除"),
    "diverged": word("与签名不符"),
}
FILTERS = (
    ("act", word("行为")),
    ("outcome", word("结果")),
    ("actor_id", word("行为人编号")),
    ("account_id", word("账户编号")),
    ("client_id", word("应用编号")),
    ("trace_id", word("跟踪编号")),
    ("since", word("从")),
    ("until", word("到")),
)


def say(text: str, **values: object) -> str:
    """The text in the language of the page, filled in; what has no English stays Chinese, and codes stay codes."""
    return str(gettext(text, **values)) if text else ""


def language() -> str:
    """The value of `<html lang>`."""
    return "en" if str(get_locale()).startswith("en") else "zh-CN"
