"""What needs a second person about the staff: somebody new, another duty, a new link for who lost a factor."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from idp.admin import sensitive, texts
from idp.admin.sensitive import SensitiveAct
from idp.admin.texts import say, word
from idp.edge import places
from idp.edge.services import Services
from idp.staff import enrolment, halves, operators
from idp.staff.approvals import Allowed
from idp.staff.enrolment import Link
from idp.staff.errors import OperatorGone
from idp.staff.models import Approval, Operator
from idp.staff.operators import Duty
from idp.staff.sessions import SignedInOperator
from idp.staff.states import DISABLED

texts.REASONS.update(
    {
        "new_duty": word("新到岗"),
        "changed_duty": word("职责变动"),
        "lost_factor": word("丢失认证器或通行密钥"),
        "left_duty": word("离岗"),
    }
)


def _duty_told(told: Mapping[str, Any], when: str = "") -> list[tuple[str, str]]:
    duty = Duty.read(told)
    lines = [
        (word("角色"), say(texts.ROLES[duty.role.value])),
        (word("区域"), places.name(duty.region)),
        (word("应用范围"), ", ".join(duty.clients) if duty.clients is not None else say(word("不限"))),
        (word("登录网络"), ", ".join(duty.networks) or say(word("不限"))),
    ]
    return [(f"{say(when)} {say(label)}" if when else label, value) for label, value in lines]


def _halves_told() -> tuple[str, str]:
    """Who gives what to whom, so that neither of the two can enrol in somebody's place."""
    return (word("登记"), say(word("申请人领取链接，审批人在批准时得到登记码，各自交给本人；两样齐全才能登记。")))


def _new_told(_services: Services, row: Approval, payload: dict[str, Any]) -> list[tuple[str, str]]:
    return [(word("登录名"), row.target), *_duty_told(row.summary), _halves_told()]


def _change_told(_services: Services, row: Approval, payload: dict[str, Any]) -> list[tuple[str, str]]:
    now, then = (
        _duty_told(row.summary["before"], word("现在的")),
        _duty_told(payload, word("变更后的")) if payload else [],
    )
    return [(word("登录名"), row.summary["login"]), *now, *then]


def _link_told(_services: Services, row: Approval, payload: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (word("登录名"), row.summary["login"]),
        (word("说明"), say(word("使用新链接后，原来的密码、认证器、通行密钥和会话全部失效。"))),
        _halves_told(),
    ]


def _change(db: Session, everything: Services, allowed: Allowed, who: SignedInOperator) -> None:
    operators.change(db, everything.trail, allowed.target, Duty.read(allowed.payload), actor=who.actor)


def _goes_on(row: Approval) -> str:
    return f"/admin/staff/approved/{row.id}"


def _hand_over(db: Session, everything: Services, allowed: Allowed) -> str:
    return halves.give(db, everything.keyring, allowed.id)


NEW = sensitive.register(
    SensitiveAct("staff.new", word("登记管理人员"), _new_told, goes_on=_goes_on, hands_over=_hand_over)
)
CHANGE = sensitive.register(
    SensitiveAct("staff.change", word("变更管理人员的角色或范围"), _change_told, perform=_change)
)
LINK = sensitive.register(
    SensitiveAct("staff.link", word("重新登记登录方式"), _link_told, goes_on=_goes_on, hands_over=_hand_over)
)


def take_link(db: Session, everything: Services, allowed: Allowed, who: SignedInOperator) -> Link:
    """Name who was allowed to be named, where that was it, and make the link."""
    if allowed.act == NEW.name:
        duty = Duty.read(allowed.payload)
        clients = list(duty.clients) if duty.clients is not None else None
        row = enrolment.name(
            db, everything.trail, login=allowed.payload["login"], role=duty.role, region=duty.region, clients=clients,
            actor=who.actor,
        )  # fmt: skip
        row.networks = list(duty.networks) or None
    else:
        found = db.get(Operator, allowed.target)
        if found is None or found.state == DISABLED:
            raise OperatorGone
        row = found
    half = halves.pass_on(db, allowed.id)
    return enrolment.invite(db, everything.trail, row, actor=who.actor, second_half=half)
