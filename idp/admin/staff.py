"""The staff: who they are and what they may do; whatever gives somebody more is asked for and allowed by a second person."""

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from idp.admin import console, staff_acts, texts
from idp.admin.console import route
from idp.admin.replayed import explained
from idp.admin.texts import word
from idp.core.errors import DomainError
from idp.db import keyset
from idp.edge.services import services
from idp.staff import enrolment, operators, own, passkeys
from idp.staff.errors import ClientUnknown, LoginTaken, NotForYourself, OperatorGone, RoleUnknown
from idp.staff.models import Operator, Role
from idp.staff.operators import Duty
from idp.staff.permissions import Permission
from idp.staff.states import ACTIVE, DISABLED, INVITED, check_login

DORMANT = "dormant"
texts.STATES[DORMANT] = word("90 天没有登录")
REASONS = ("new_duty", "changed_duty", "lost_factor", "left_duty", "suspicious_use")


@route("/staff", Permission.STAFF_READ)
def staff() -> ResponseReturnValue:
    """Every operator, the newest first; one by login, or those of a role or state."""
    asked = {name: flask.request.args.get(name, "").strip()[:32] for name in ("login", "role", "state")}
    query = select(Operator)
    for name, column in (("login", Operator.login), ("role", Operator.role), ("state", Operator.state)):
        if asked[name] and (name, asked[name]) != ("state", DORMANT):
            query = query.where(column == asked[name])
    if asked["state"] == DORMANT:
        query = query.where(*operators.are_dormant())
    with services().database.view() as db:
        rows = keyset.page(db, query, [Operator.id], after=flask.request.args.get("after", ""))
    return console.page(
        "staff.html", slice=rows, asked=asked, roles=list(Role), states=(ACTIVE, INVITED, DISABLED, DORMANT)
    )


@route("/staff/new", Permission.STAFF_GRANT_ASK)
def staff_new() -> ResponseReturnValue:
    return _new_page()


@route("/staff/new", Permission.STAFF_GRANT_ASK, methods=("POST",), is_fresh=True, doing=word("申请登记一位管理人员"))
def staff_new_asked() -> ResponseReturnValue:
    everything, form, who = services(), flask.request.form, console.operator()
    login = form.get("login", "").strip()[:64]
    try:
        check_login(login)
        duty = _duty()
        with everything.database.transaction() as db:
            if operators.of_login(db, login) is not None:
                raise LoginTaken
            made = everything.approvals.ask(
                db, who, staff_acts.NEW.name, target=login, reason=_reason(), summary=duty.as_json(),
                payload={"login": login, **duty.as_json()},
            )  # fmt: skip
    except DomainError as refusal:
        return _new_page(explained(refusal))
    return flask.redirect(flask.url_for("admin.approval", approval_id=made), 303)


@route("/staff/<operator_id>", Permission.STAFF_READ)
def staff_member(operator_id: str) -> ResponseReturnValue:
    return _member_page(operator_id)


@route(
    "/staff/<operator_id>",
    Permission.STAFF_GRANT_ASK,
    methods=("POST",),
    is_fresh=True,
    doing=word("申请变更一位管理人员"),
)
def staff_member_asked(operator_id: str) -> ResponseReturnValue:
    """Ask for another duty, or for a new link for who lost a factor."""
    everything, who = services(), console.operator()
    try:
        with everything.database.transaction() as db:
            row = _somebody_else(db.get(Operator, operator_id))
            match flask.request.form.get("action", ""):
                case "change":
                    duty = _duty()
                    operators.check_change(Duty.of(row), duty)
                    made = everything.approvals.ask(
                        db, who, staff_acts.CHANGE.name, target=row.id, reason=_reason(),
                        summary={"login": row.login, "before": Duty.of(row).as_json()}, payload=duty.as_json(),
                    )  # fmt: skip
                case "link":
                    made = everything.approvals.ask(
                        db, who, staff_acts.LINK.name, target=row.id, reason=_reason(), summary={"login": row.login},
                        payload={},
                    )  # fmt: skip
                case _:
                    flask.abort(400)
    except DomainError as refusal:
        return _member_page(operator_id, explained(refusal))
    return flask.redirect(flask.url_for("admin.approval", approval_id=made), 303)


@route(
    "/staff/<operator_id>/disable",
    Permission.STAFF_DISABLE,
    methods=("POST",),
    is_fresh=True,
    doing=word("停用一位管理人员"),
)
def staff_disabled(operator_id: str) -> ResponseReturnValue:
    """At once, and by one person: it takes away and gives nothing."""
    everything, who = services(), console.operator()
    try:
        with everything.database.transaction() as db:
            row = _somebody_else(db.get(Operator, operator_id))
            operators.disable(db, everything.trail, row.id, actor=who.actor)
    except DomainError as refusal:
        return _member_page(operator_id, explained(refusal))
    return flask.redirect(flask.url_for("admin.staff_member", operator_id=operator_id), 303)


@route("/staff/approved/<approval_id>", Permission.STAFF_GRANT_ASK)
def staff_approved(approval_id: str) -> ResponseReturnValue:
    """Where the asker goes on once a link was allowed."""
    everything, who = services(), console.operator()
    with everything.database.view() as db:
        row = everything.approvals.find(db, who, approval_id)
    if row is None or row.asked_by != who.id or row.act not in {staff_acts.NEW.name, staff_acts.LINK.name}:
        flask.abort(404)
    return console.page("staff_link.html", approval=row, link="")


@route(
    "/staff/approved/<approval_id>",
    Permission.STAFF_GRANT_ASK,
    methods=("POST",),
    is_fresh=True,
    doing=word("领取一次性登记链接"),
)
def staff_link_taken(approval_id: str) -> ResponseReturnValue:
    """The link, shown once, to who asked for it; the approval is used up by that."""
    everything, who = services(), console.operator()
    with everything.database.transaction() as db:
        row = everything.approvals.find(db, who, approval_id)
        if row is None or row.act not in {staff_acts.NEW.name, staff_acts.LINK.name}:
            flask.abort(404)
        allowed = everything.approvals.take(db, who, approval_id, row.act)
        link = staff_acts.take_link(db, everything, allowed, who)
    address = everything.settings.url(flask.url_for("admin.enrol", secret=link.secret))
    return console.page("staff_link.html", approval=row, link=address, until=link.expires_at)


def _somebody_else(row: Operator | None) -> Operator:
    if row is None:
        flask.abort(404)
    if row.id == console.operator().id:
        raise NotForYourself
    if row.state == DISABLED:
        raise OperatorGone
    return row


def _duty() -> Duty:
    form = flask.request.form
    if form.get("role", "") not in list(Role):
        raise RoleUnknown
    clients = _listed("clients")
    if any(services().provider.clients.find(each) is None for each in clients):
        raise ClientUnknown
    duty = Duty(Role(form["role"]), form.get("region", "").strip()[:32], clients or None, _listed("networks"))
    duty.check()
    return duty


def _listed(name: str) -> tuple[str, ...]:
    typed = flask.request.form.get(name, "")[:2000].replace("，", ",").replace("\n", ",")
    return tuple(dict.fromkeys(each.strip() for each in typed.split(",") if each.strip()))


def _reason() -> str:
    reason = flask.request.form.get("reason", "")
    return reason if reason in REASONS else flask.abort(400)


def _new_page(problem: str = "") -> ResponseReturnValue:
    return console.page(
        "staff_new.html", 400 if problem else 200, problem=problem, roles=list(Role), reasons=REASONS,
        typed=flask.request.form,
    )  # fmt: skip


def _member_page(operator_id: str, problem: str = "") -> ResponseReturnValue:
    who = console.operator()
    with services().database.view() as db:
        row = db.get(Operator, operator_id)
        if row is None:
            flask.abort(404)
        keys, sessions = passkeys.of(db, row.id), own.recent_sessions(db, row.id)
        is_open = enrolment.has_open_link(db, row.id)
    return console.page(
        "staff_member.html", 400 if problem else 200, problem=problem, row=row, passkeys=keys, sessions=sessions,
        is_open=is_open, is_me=row.id == who.id, roles=_roles_from(Role(row.role)), reasons=REASONS,
        may_ask=who.may(Permission.STAFF_GRANT_ASK), may_disable=who.may(Permission.STAFF_DISABLE),
    )  # fmt: skip


def _roles_from(role: Role) -> list[Role]:
    """What this one may become: auditors stay auditors."""
    return [role] if role is Role.AUDIT else [each for each in Role if each is not Role.AUDIT]
