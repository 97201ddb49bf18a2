"""What the staff looked at and did in an account, in the words of its owner: which duty, when, what, why; never who."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from idp.accounts import care, disclosures


@dataclass(frozen=True, slots=True)
class ShownAct:
    """One line: what was done, and by which duty for which reason."""

    at: datetime
    text: str
    detail: str


def of_account(db: Session, account_id: str) -> list[ShownAct]:
    """The latest first."""
    looked = [
        ShownAct(each.at, _looked(each.field, is_bulk=each.is_bulk), _by(each.role, each.reason))
        for each in disclosures.of_account(db, account_id)
    ]
    done = [ShownAct(each.at, _did(each.act), _by(each.role, each.reason)) for each in care.of_account(db, account_id)]
    return sorted([*looked, *done], key=lambda each: each.at, reverse=True)


def _looked(field: str, *, is_bulk: bool) -> str:
    words = {
        "name": _("姓名"),
        "document": _("证件号码"),
        "phone": _("手机号"),
        "username": _("账户名"),
        "paper": _("提交的材料"),
    }
    what = str(words.get(field, field)).lower()
    return str(_("批量导出了您的%(what)s", what=what) if is_bulk else _("查看了您的%(what)s", what=what))


def _did(act: str) -> str:
    words = {
        "freeze": _("停用了账户"),
        "unfreeze": _("恢复了账户"),
        "end_sessions": _("结束了登录"),
        "reverify": _("要求重新核验身份"),
        "reset": _("重置了登录方式，请用“忘记密码”设置新密码"),
        "close": _("注销了账户"),
        "part": _("撤销了账户合并"),
        "raise_level": _("人工提升了核验程度"),
    }
    return str(words.get(act, _("办理了一项业务")))


def _by(role: str, why: str) -> str:
    return str(_("%(role)s，原因：%(reason)s", role=_role(role), reason=reason(why)))


def _role(role: str) -> str:
    words = {
        "system": _("系统管理员"), "security": _("安全管理员"), "audit": _("审计管理员"), "counter": _("窗口核验员"),
        "department": _("部门管理员"),
    }  # fmt: skip
    return str(words.get(role, _("工作人员")))


def reason(code: str) -> str:
    """Why it was done, in words for the account's owner."""
    words = {
        "handling_request": _("办理您的申请"),
        "handling_complaint": _("处理投诉"),
        "inspection": _("监督检查"),
        "migration": _("系统迁移"),
        "breach_notice": _("个人信息泄露通知"),
        "data_correction": _("更正信息"),
        "authority_order": _("主管机关要求"),
        "owner_request": _("您本人申请"),
        "owner_verified": _("已核实是您本人"),
        "frozen_by_mistake": _("之前误停用"),
        "reported_stolen": _("账户被报告盗用"),
        "suspicious_use": _("账户使用异常"),
        "evidence_doubtful": _("核验依据存疑"),
        "identity_misused": _("身份可能被冒用"),
        "credentials_lost": _("本人无法登录"),
        "credentials_leaked": _("登录信息可能泄露"),
        "merged_by_mistake": _("误合并"),
        "person_deceased": _("本人已故"),
        "register_outdated": _("登记信息未更新"),
        "source_unavailable": _("登记机关无法核验"),
        "export": _("按规定导出数据"),
    }
    return str(words.get(code, _("按规定办理")))
