"""The blocks of the first page: a few figures of each duty, each from a bounded number of statements."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.admin import home_needs, texts
from idp.admin.texts import word
from idp.core import clock
from idp.edge.services import Services
from idp.oidc.jwt.keys import ACTIVE
from idp.oidc.models import SigningKey
from idp.staff.approvals import APPROVED, OPEN
from idp.staff.models import Approval
from idp.staff.permissions import Permission
from idp.staff.sessions import SignedInOperator
from idp.statistics import measures, reading

_WEEK = 7
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its label, and what it is compared with."""

    label: str
    value: str
    beside: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One duty on the page."""

    label: str
    url: str
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Maker:
    """How a block is made, for whom, and where more of it is."""

    label: str
    permission: Permission
    endpoint: str
    figures: Callable[[Session, Services, SignedInOperator], Sequence[Figure]]


def _yesterday(db: Session, _everything: Services, who: SignedInOperator) -> list[Figure]:
    day = date.fromisoformat(clock.day_in_beijing(clock.epoch())) - timedelta(days=1)
    labels = {
        measures.SIGN_IN: _("登录次数"), measures.SIGN_IN_FAILED: _("登录失败"), measures.NEW_ACCOUNT: _("新用户"),
        measures.PROOF: _("身份核验"), measures.SITE_SIGN_IN: _("通过本中心登录网站"),
    }  # fmt: skip
    counted = reading.several(db, labels, since=day - timedelta(days=_WEEK), until=day, reach=who.reach)
    return [_compared(label, counted[measure], day) for measure, label in labels.items()]


def _compared(label: str, found: Sequence[reading.DayCount], day: date) -> Figure:
    on_day = sum(each.count for each in found if each.day == day)
    before = sum(each.count for each in found if each.day != day) / _WEEK
    is_small = not on_day and any(each.is_small for each in found if each.day == day)
    return Figure(
        str(label),
        str(_("少于 5")) if is_small else f"{on_day:,}",
        str(_("前七日平均 %(count)s", count=f"{before:,.0f}")),
    )


def _sources(_db: Session, everything: Services, _who: SignedInOperator) -> list[Figure]:
    every = everything.sources.all
    if not every:
        return []
    off = sum(not everything.sources.is_offered(each.name) for each in every)
    broken = sum(state() != "closed" for state in everything.identity_proof.breakers().values())
    return [
        Figure(str(_("已配置")), str(len(every))),
        Figure(str(_("已关闭")), str(off), tone="warn" if off else ""),
        Figure(str(_("熔断中")), str(broken), tone="bad" if broken else ""),
    ]


def _keys(db: Session, _everything: Services, _who: SignedInOperator) -> list[Figure]:
    rows = db.execute(select(func.count(), func.min(SigningKey.active_at)).where(SigningKey.state == ACTIVE)).one()
    count, oldest = rows[0], rows[1]
    if not count or oldest is None:
        return []
    age = clock.now() - oldest
    return [
        Figure(str(_("使用中的签名密钥")), str(count)),
        Figure(str(_("最久的已使用天数")), str(age.days), tone="warn" if age > _YEAR else ""),
    ]


def _asked(db: Session, _everything: Services, who: SignedInOperator) -> list[Figure]:
    mine = select(Approval.state, func.count()).where(
        Approval.asked_by == who.id, Approval.state.in_((OPEN, APPROVED)), Approval.expires_at > clock.now()
    )
    counted = {row[0]: row[1] for row in db.execute(mine.group_by(Approval.state))}
    return [
        Figure(str(_("等待他人审批")), str(counted.get(OPEN, 0))),
        Figure(str(_("已批准，等您办理")), str(counted.get(APPROVED, 0)), tone="warn" if counted.get(APPROVED) else ""),
    ]


def _deliveries(db: Session, _everything: Services, who: SignedInOperator) -> list[Figure]:
    return [
        Figure(texts.say(label), home_needs.at_most(count), tone=tone if count else "")
        for label, count, tone in (
            (word("已放弃"), home_needs.dead(db, who), "bad"),
            (word("多次未送达，仍在重试"), home_needs.late(db, who), "warn"),
        )
    ]


BLOCKS = (
    Maker(word("昨日"), Permission.STATISTICS_READ, "admin.statistics", _yesterday),
    Maker(word("我的申请"), Permission.APPROVALS_READ, "admin.approvals", _asked),
    Maker(word("身份源"), Permission.SOURCES_READ, "admin.sources", _sources),
    Maker(word("通知送达"), Permission.CLIENTS_READ, "admin.deliveries", _deliveries),
    Maker(word("密钥"), Permission.KEYS_READ, "admin.keys", _keys),
)
