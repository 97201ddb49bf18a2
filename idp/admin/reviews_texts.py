"""The console's words for reviews: kinds, states, ages, reasons and what was just done."""

from datetime import datetime, timedelta

from idp.admin import texts
from idp.admin.texts import word

KINDS = {"organisation": word("认定单位"), "document": word("变更证件"), "guardianship": word("监护关系")}
STATES = {
    "waiting": word("等待审核"),
    "second": word("等待复审"),
    "returned": word("已退回补充"),
    "approved": word("已通过"),
    "refused": word("未通过"),
    "withdrawn": word("已撤回"),
    "expired": word("已过期"),
    "mine": word("我领取的"),
}
TONES = {"waiting": "warn", "second": "warn", "approved": "good", "refused": "bad"}
AGES = {"overdue": word("已超时限"), "today": word("24 小时内提交")}
DONE = {
    "approved": word("已通过，申请人会收到短信。"),
    "second": word("初审通过，等待另一位审核员复审。"),
    "refused": word("已作不通过处理，申请人会收到短信。"),
    "returned": word("已退回申请人补充。"),
}
texts.REASONS.update(
    {
        "paper_differs": word("材料与填写不一致"),
        "paper_doubtful": word("材料真实性存疑"),
        "paper_expired": word("材料过期"),
        "not_the_representative": word("不是登记的法定代表人"),
        "register_answers": word("登记机关可以核对"),
        "known_more_surely": word("已有人以更高程度认定"),
        "organisation_not_live": word("单位不是存续状态"),
        "another_person": word("不能说明是同一个人"),
        "belongs_to_another": word("证件属于另一个账户"),
        "relation_not_shown": word("不能说明监护关系"),
    }
)


def left(due_at: datetime, now: datetime) -> tuple[bool, int, str]:
    """How far the target is: whether it has passed, and how many of which unit."""
    apart = abs(due_at - now)
    is_over = due_at <= now
    if apart >= timedelta(days=1):
        return is_over, apart.days, word("天")
    return is_over, max(1, int(apart.total_seconds() // 3600)), word("小时")


def hours(minutes: float | None) -> str:
    """A median in hours, one place; nothing was decided without one."""
    return f"{minutes / 60:.1f}" if minutes is not None else "—"
