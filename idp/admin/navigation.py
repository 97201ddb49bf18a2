"""The console's navigation, by duty; the rules of the routes decide what an operator finds in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from idp.admin.texts import word
from idp.staff.permissions import Permission
from idp.staff.sessions import SignedInOperator


class Rule(Protocol):
    """What the navigation asks of a rule."""

    @property
    def permission(self) -> Permission | None: ...


@dataclass(frozen=True, slots=True)
class Group:
    """One duty and its pages: endpoint and label."""

    label: str
    pages: tuple[tuple[str, str], ...]


GROUPS = (
    Group(word("工作台"), (("admin.home", word("待办")), ("admin.approvals", word("审批")))),
    Group(
        word("用户管理"),
        (
            ("admin.accounts", word("账户查询")),
            ("admin.imports", word("批量导入")),
            ("admin.exports", word("数据导出")),
            ("admin.reviews", word("人工审核")),
            ("admin.counter", word("现场核验")),
        ),
    ),
    Group(
        word("应用管理"),
        (
            ("admin.clients", word("接入应用")),
            ("admin.releases", word("上线申请")),
            ("admin.deliveries", word("通知送达")),
            ("admin.emergencies", word("未经审核的修改")),
        ),
    ),
    Group(
        word("安全"),
        (
            ("admin.sources", word("身份源")),
            ("admin.policies", word("安全策略")),
            ("admin.keys", word("密钥")),
            ("admin.staff", word("管理人员")),
        ),
    ),
    Group(
        word("审计与统计"),
        (
            ("admin.audit", word("审计记录")),
            ("admin.chain", word("审计链核验")),
            ("admin.auditors", word("审计员行为")),
            ("admin.statistics", word("统计")),
        ),
    ),
    Group(
        word("我的"),
        (
            ("admin.me", word("登录与安全")),
            ("admin.tokens", word("接口令牌")),
            ("admin.confirmations", word("等待我确认")),
        ),
    ),
)


def of(who: SignedInOperator, rules: Mapping[str, Rule]) -> list[Group]:
    """The groups with the pages that this operator may use."""
    mine = (
        Group(group.label, tuple((page, label) for page, label in group.pages if _is_open(who, rules.get(page))))
        for group in GROUPS
    )
    return [group for group in mine if group.pages]


def _is_open(who: SignedInOperator, rule: Rule | None) -> bool:
    return rule is not None and rule.permission is not None and who.may(rule.permission)
