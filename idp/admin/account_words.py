"""The console's words for what happens to accounts: events, acts, reasons, and what an act brings about."""

from dataclasses import dataclass

from idp.admin import texts
from idp.admin.texts import word

FIELDS = {
    "name": word("姓名"), "document": word("证件号码"), "phone": word("手机号"), "username": word("账户名"),
    "paper": word("提交的材料"),
}  # fmt: skip
PLACES = {
    "legal_representative": word("法定代表人"), "administrator": word("单位管理员"), "agent": word("经办人"),
}  # fmt: skip
RELATIONS = {"guardian": word("监护人"), "child": word("被监护人")}
EVENTS = {
    "registered": word("注册账户"),
    "password_set": word("设置密码"),
    "closed": word("账户注销"),
    "frozen": word("账户冻结"),
    "phone_added": word("绑定手机号"),
    "phone_released": word("手机号解除绑定"),
    "username_added": word("设置账户名"),
    "username_released": word("账户名失效"),
    "linked": word("关联登录方式"),
    "unlinked": word("取消关联登录方式"),
    "proof_verified": word("身份核验通过"),
    "proof_refuted": word("身份核验未通过"),
    "proof_abandoned": word("身份核验未完成"),
    "proof_unavailable": word("身份核验没有答复"),
    "proof_asked": word("身份核验进行中"),
    "proof_started": word("身份核验进行中"),
    "merged": word("账户合并"),
    "parted": word("撤销合并"),
    "guardian": word("确立监护关系"),
    "guardian_ended": word("监护关系结束"),
    "acting": word("开始代表单位办事"),
    "acting_ended": word("不再代表单位办事"),
    "staff_freeze": word("管理员冻结账户"),
    "staff_unfreeze": word("管理员解除冻结"),
    "staff_end_sessions": word("管理员结束会话"),
    "staff_reverify": word("管理员要求重新核验"),
    "staff_reset": word("管理员重置登录方式"),
    "staff_close": word("管理员注销账户"),
    "staff_part": word("管理员撤销合并"),
    "staff_raise_level": word("人工提升核验程度"),
}
VERDICTS = {
    "verified": word("一致"),
    "refuted": word("不一致"),
    "abandoned": word("未完成"),
    "unavailable": word("没有答复"),
    "asked": word("进行中"),
    "started": word("进行中"),
}
texts.STATES.update({"verified": VERDICTS["verified"], "refuted": VERDICTS["refuted"]})
texts.REASONS.update(
    {
        "evidence_doubtful": word("核验依据存疑"),
        "identity_misused": word("身份被冒用"),
        "credentials_lost": word("本人无法登录"),
        "credentials_leaked": word("登录信息泄露"),
        "merged_by_mistake": word("误合并"),
        "person_deceased": word("本人已故"),
        "handling_request": word("办理本人申请"),
        "handling_complaint": word("处理投诉"),
        "data_correction": word("更正信息"),
        "register_outdated": word("登记信息未更新"),
        "source_unavailable": word("身份源无法核验"),
    }
)
FREEZE = ("owner_request", "reported_stolen", "suspicious_use", "authority_order")
UNFREEZE = ("owner_verified", "frozen_by_mistake", "authority_order")
UNMASK = ("handling_request", "handling_complaint", "data_correction", "authority_order")
RAISE = ("register_outdated", "source_unavailable", "authority_order")


@dataclass(frozen=True, slots=True)
class Act:
    """An act with a page of its own: what it is called, what it brings about, and the reasons it may have."""

    label: str
    will: tuple[str, ...]
    reasons: tuple[str, ...]
    states: tuple[str, ...] = ("active",)
    is_dangerous: bool = True


ACTS = {
    "sessions": Act(
        word("结束全部会话"),
        (
            word("本人在所有设备上立即退出，各网站都会收到通知，长期有效的授权令牌一并失效。"),
            word("本人可以用原来的方式重新登录。"),
        ),
        FREEZE,
        is_dangerous=False,
    ),
    "reverify": Act(
        word("要求重新核验"),
        (
            word("现有的核验依据立即失效，核验程度降为 0；核验记录保留，本人可以查看。"),
            word("本人仍可登录；下次办理需要核验的业务时，网站会请本人重新核验。代表单位办事也要先重新核验。"),
        ),
        ("evidence_doubtful", "identity_misused", "authority_order"),
    ),
    "reset": Act(
        word("重置登录方式"),
        (
            word("原密码、关联的登录方式和已知设备立即失效，所有会话结束，各网站都会收到通知。"),
            word("系统向账户的手机号发出短信，请本人在登录页用“忘记密码”收取验证码并设置新密码。"
                 "验证码只发到本人手机，您看不到，也不能代办。"),
            word("手机号长期没有验证过的，设置新密码前还要核对姓名和证件号码；没有核验过身份的，请本人到窗口办理。"),
        ),
        ("credentials_lost", "credentials_leaked", "owner_request", "authority_order"),
    ),
    "close": Act(
        word("注销账户"),
        (
            word("账户永久注销，不能恢复：手机号、账户名和身份可以重新注册，密码和个人资料删除，所有会话结束。"),
            word("本人代表的单位、给出和得到的委托、监护关系同时结束。依法应保存的核验记录和审计记录保留。"),
        ),
        ("owner_request", "person_deceased", "authority_order"),
        ("active", "frozen"),
    ),
    "part": Act(
        word("撤销合并"),
        (
            word("并入的账户恢复，它带来的登录方式、授权和记录还给它；以它的身份进入的网站会话结束。"),
            word("系统会用短信告知本人。"),
        ),
        ("merged_by_mistake", "owner_request", "authority_order"),
    ),
}  # fmt: skip
