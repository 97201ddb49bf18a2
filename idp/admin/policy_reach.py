"""Whom a change of a policy concerns, said before it is made: counted where that is bounded, in words where it is not."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from idp.accounts.models import Account, AccountState
from idp.policies import built_in
from idp.policies.kinds import Kind
from idp.realname.models import FaceConsent

_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Counted:
    """How many; beyond what is worth counting the database's own estimate."""

    number: int
    is_exact: bool

    @property
    def said(self) -> str:
        shown = f"{self.number:,}"
        return shown if self.is_exact else str(_("约 %(count)s", count=shown))


def concerned(db: Session, kind: Kind[Any], old: Any, new: Any) -> list[str]:
    """Sentences for whoever is about to publish `new`."""
    match kind.name:
        case built_in.FACE_CONSENT:
            given = select(FaceConsent.id).where(FaceConsent.withdrawn_at.is_(None))
            counted = _counted(db, given, FaceConsent.__tablename__)
            return [str(_("%(count)s 个账户同意过现在的版本，下次使用人脸时要重新同意。", count=counted.said))]
        case built_in.USER_AGREEMENT | built_in.PRIVACY_NOTICE:
            counted = _counted(
                db, select(Account.id).where(Account.state == AccountState.ACTIVE.value), Account.__tablename__
            )
            return [str(_("%(count)s 个账户下次登录时都要阅读并重新同意；不同意的不能继续登录。", count=counted.said))]
        case "password":
            return _of_passwords(old, new)
        case "session":
            return _of_sessions(old, new)
        case "throttle":
            return [str(_("对所有用户立即生效；管理员登录的限制是固定的，不受影响。"))]
    return [str(_("所有页面、短信和控制台立即使用新的内容。"))]


def _of_passwords(old: Any, new: Any) -> list[str]:
    said = [str(_("设置新密码的人立即按新要求办理；已有的密码仍可登录。"))]
    if new.max_age_days and (not old.max_age_days or new.max_age_days < old.max_age_days):
        said.append(
            str(_("密码已使用超过 %(days)s 天的人，下次用密码登录时要先换密码。", days=new.max_age_days))
        )  # fmt: skip
    return said


def _of_sessions(old: Any, new: Any) -> list[str]:
    said = []
    if new.idle_minutes < old.idle_minutes:
        said.append(str(_("已空闲超过 %(minutes)s 分钟的用户立即退出。", minutes=new.idle_minutes)))
    if new.hours < old.hours:
        said.append(str(_("已登录超过 %(hours)s 小时的用户立即退出。", hours=new.hours)))
    if new.idle_minutes > old.idle_minutes:
        said.append(str(_("更长的空闲时间对已登录的用户也立即生效。")))
    if new.hours > old.hours:
        said.append(str(_("更长的登录时间只对之后登录的人生效。")))
    return said


def _counted(db: Session, rows: Select[Any], table: str) -> Counted:
    """Counted up to a bound; beyond it what PostgreSQL believes the table holds."""
    number = db.scalar(select(func.count()).select_from(rows.limit(_MOST + 1).subquery())) or 0
    if number <= _MOST:
        return Counted(number, is_exact=True)
    if db.get_bind().dialect.name == "postgresql":
        believed = db.scalar(text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:table)"), {"table": table})
        number = max(number, round(believed or 0, -3))
    return Counted(int(number), is_exact=False)
