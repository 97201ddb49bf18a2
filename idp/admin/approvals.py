"""What waits for a second person, what became of it, and the decision itself."""

import re

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.admin import console, needs, sensitive
from idp.admin.console import route
from idp.admin.needs import Need
from idp.admin.texts import word
from idp.core import clock
from idp.db import keyset
from idp.edge.services import services
from idp.staff.approvals import APPROVED, OPEN
from idp.staff.errors import NotOpen
from idp.staff.models import Approval, Operator
from idp.staff.permissions import Permission

_FIRST = 100
needs.register(
    Need(
        word("等待您审批的申请"),
        Permission.APPROVALS_DECIDE,
        "admin.approvals",
        lambda db, everything, who: (
            db.scalar(
                select(func.count()).select_from(everything.approvals.waiting_for(who).limit(needs.MOST).subquery())
            )
            or 0
        ),
        is_urgent=True,
    )
)
REMARKS = ("not_needed", "not_justified", "wrong_target", "ask_again_later")


@route("/approvals", Permission.APPROVALS_READ)
def approvals() -> ResponseReturnValue:
    """First what this operator may decide, then every request they may see."""
    who = console.operator()
    with services().database.view() as db:
        first = services().approvals.waiting_for(who).order_by(Approval.id).limit(_FIRST)
        waiting: list[Approval] = list(db.scalars(first))
        all_of_them = keyset.page(
            db, services().approvals.visible_to(who), [Approval.id], after=flask.request.args.get("after", "")
        )
        names = _logins(db, [*waiting, *all_of_them.rows])
    return console.page(
        "approvals.html", waiting=waiting, slice=all_of_them, names=names, acts=sensitive.ACTS, now=clock.now()
    )


@route("/approvals/<approval_id>", Permission.APPROVALS_READ)
def approval(approval_id: str) -> ResponseReturnValue:
    return _shown(approval_id)


@route("/approvals/<approval_id>", Permission.APPROVALS_READ, methods=("POST",))
def approval_withdrawn(approval_id: str) -> ResponseReturnValue:
    """The asker takes it back."""
    everything, who = services(), console.operator()
    with everything.database.transaction() as db:
        everything.approvals.withdraw(db, who, _known(approval_id))
    return flask.redirect(flask.url_for("admin.approval", approval_id=approval_id), 303)


@route(
    "/approvals/<approval_id>/decision",
    Permission.APPROVALS_DECIDE,
    methods=("POST",),
    is_fresh=True,
    doing=word("处理一项需要第二人的申请"),
)
def approval_decided(approval_id: str) -> ResponseReturnValue:
    """The second person's word; what is done by it is done in the same transaction."""
    everything, who, form = services(), console.operator(), flask.request.form
    act, code = None, ""
    with everything.database.transaction() as db:
        row = everything.approvals.find(db, who, _known(approval_id))
        if row is None:
            flask.abort(404)
        match form.get("action", ""):
            case "allow":
                act = sensitive.ACTS[row.act]
                later = act.not_before(row) if act.not_before is not None else None
                is_now = act.perform is not None and (later is None or later <= clock.now())
                allowed = everything.approvals.allow(db, who, approval_id, is_done_now=is_now, not_before=later)
                if is_now and act.perform is not None:
                    act.perform(db, everything, allowed, who)
                if act.hands_over is not None:
                    code = act.hands_over(db, everything, allowed)
            case "refuse" if form.get("remark") in REMARKS:
                everything.approvals.refuse(db, who, approval_id, remark=form["remark"])
            case _:
                flask.abort(400)
    if act is not None and act.after is not None:
        act.after(everything)
    if code:
        return console.page("approval_code.html", approval_id=approval_id, code=code)
    return flask.redirect(flask.url_for("admin.approval", approval_id=approval_id), 303)


def _shown(approval_id: str) -> ResponseReturnValue:
    everything, who = services(), console.operator()
    with everything.database.view() as db:
        row = everything.approvals.find(db, who, _known(approval_id))
        if row is None:
            flask.abort(404)
        names = _logins(db, [row])
        mine_to_decide = everything.approvals.waiting_for(who).where(Approval.id == row.id)
        may_decide = who.may(Permission.APPROVALS_DECIDE) and db.scalar(mine_to_decide) is not None
        act = sensitive.ACTS[row.act]
        told = act.describe(everything, row, dict(everything.approvals.payload_of(row)))
    is_waiting = row.state == OPEN and row.expires_at > clock.now()
    is_mine = row.asked_by == who.id
    goes_on = (
        act.goes_on(row) if act.goes_on and is_mine and row.state == APPROVED and row.expires_at > clock.now() else ""
    )
    return console.page(
        "approval.html", approval=row, act=act, told=told, names=names, is_mine=is_mine, is_waiting=is_waiting,
        may_decide=may_decide, remarks=REMARKS, goes_on=goes_on, now=clock.now(),
        later=act.not_before(row) if act.not_before is not None else None,
    )  # fmt: skip


def _known(approval_id: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{32}", approval_id, re.ASCII):
        raise NotOpen
    return approval_id


def _logins(db: Session, rows: list[Approval]) -> dict[str, str]:
    """Who asked and who decided, by their login."""
    wanted = {each for row in rows for each in (row.asked_by, row.decided_by) if each is not None}
    if not wanted:
        return {}
    return {row.id: row.login for row in db.execute(select(Operator.id, Operator.login).where(Operator.id.in_(wanted)))}
