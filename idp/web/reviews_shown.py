"""Requests for a human's look in words: what they are about, how they stand, and why one was refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _


def kind(word: str) -> str:
    words = {
        "organisation": _("认定单位"),
        "document": _("变更证件或姓名"),
        "guardianship": _("核对监护关系"),
    }
    return str(words[word])


def state(word: str) -> tuple[str, str]:
    """The shape and the words of how a request stands."""
    words = {
        "waiting": ("wait", _("等待审核")),
        "second": ("wait", _("已初审，等待复审")),
        "returned": ("warn", _("需要补充")),
        "approved": ("good", _("已通过")),
        "refused": ("bad", _("没有通过")),
        "withdrawn": ("info", _("已撤回")),
        "expired": ("info", _("已过期，材料已删除")),
    }
    shape, text = words[word]
    return shape, str(text)


def reason(word: str | None) -> str:
    """Why it was refused, and what to do now."""
    words = {
        "paper_differs": _("材料上的内容与您填写的不一致。请核对后重新提交。"),
        "paper_doubtful": _("从照片上不能确认材料的真实性。请携带原件到政务服务大厅办理。"),
        "paper_expired": _("材料已经过期。请用有效的证照重新提交。"),
        "not_the_representative": _("材料上登记的法定代表人不是您。您是工作人员的，请由法定代表人授权您为经办人。"),
        "register_answers": _("登记机关现在可以核对这个单位。请在“添加单位”里直接办理。"),
        "known_more_surely": _(
            "已有人凭电子营业执照被认定为该单位的法定代表人。如果您才是本人，请用电子营业执照确认。"
        ),
        "organisation_not_live": _("该单位的登记状态不是存续，不能办理。状态有误的，请向登记机关查询。"),
        "another_person": _("材料不能说明两份证件属于同一个人。请携带原件到政务服务大厅办理。"),
        "belongs_to_another": _(
            "这份证件已在另一个账户中核验。请用那个账户登录；不再需要其中一个账户的，可以注销后重新申请，或到政务服务大厅办理。"
        ),
        "relation_not_shown": _("材料不能说明您与孩子的监护关系。请提交出生医学证明、户口簿或法院文书。"),
    }
    return str(words.get(word or "", ""))


def told(act: str, details: Mapping[str, Any]) -> tuple[str, str] | None:
    """An entry of the audit trail in words; None for machinery."""
    words = {
        "review.filed": _("提交了人工审核申请"),
        "review.completed": _("补充了人工审核申请"),
        "review.withdrawn": _("撤回了人工审核申请"),
        "review.approved": _("人工审核通过"),
        "review.refused": _("人工审核没有通过"),
        "review.returned": _("人工审核需要补充"),
        "identity.document_changed": _("证件或姓名已变更"),
    }
    if act not in words:
        return None
    return str(words[act]), kind(details["kind"]) if details.get("kind") else ""
