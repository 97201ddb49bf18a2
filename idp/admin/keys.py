"""The keys of the house as operators see them, their rotation by two people, and revocation in need by security alone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.admin import console, needs, sensitive, texts
from idp.admin.console import route
from idp.admin.needs import Need
from idp.admin.sensitive import SensitiveAct
from idp.admin.texts import word
from idp.audit.models import AuditKey
from idp.core import clock, ids
from idp.db.keyring import DataKeyRow
from idp.edge.services import Services, services
from idp.oidc.jwt import keys as signing_keys
from idp.oidc.jwt import planned, rotation
from idp.oidc.jwt.keys import ACTIVE, REVOKED
from idp.oidc.models import ClientSecret, SigningKey
from idp.staff.approvals import Allowed
from idp.staff.models import Approval
from idp.staff.permissions import Permission
from idp.staff.sessions import SignedInOperator

_LONGEST_PLAN = timedelta(days=60)
_COUNTED = "admin.keys.counted"
_TARGET = "signing_keys"
_SOON = timedelta(days=30)
ROTATE_WHY = ("key_routine", "key_rehearsal", "key_staff_left", "key_suspected")
REVOKE_WHY = ("key_suspected", "key_exposed", "authority_order", "key_rehearsal")
PURPOSES = {
    "field": word("加密资料"),
    "index": word("检索索引"),
    "pairwise": word("应用内标识"),
    "audit": word("审计验证码"),
    "browser": word("浏览器会话"),
    "signing_wrap": word("保护签名密钥"),
    "audit_signing": word("审计检查点签名"),
}
_NO_COMMAND = word("还没有更换它的命令；由主密钥保护。")
RENEWAL = {
    "field": _NO_COMMAND,
    "index": word("不更换：换了就查不到已有的资料。"),
    "pairwise": word("不更换：换了网站就认不出已有的用户。"),
    "audit": word("不更换：换了已有的审计记录就不能核验。"),
    "browser": _NO_COMMAND,
    "signing_wrap": _NO_COMMAND,
    "audit_signing": _NO_COMMAND,
}
"""How the key of a purpose is exchanged, or why it never is."""
texts.STATES["trial"] = word("检查用")
texts.REASONS.update({
    "key_routine": word("定期轮换"), "key_rehearsal": word("演练"), "key_staff_left": word("接触过密钥的人员离岗"),
    "key_suspected": word("怀疑泄露"), "key_exposed": word("确认泄露"),
})  # fmt: skip


def _describe(everything: Services, approval: Approval, _payload: dict[str, Any]) -> Sequence[tuple[str, str]]:
    with everything.database.view() as db:
        steps = rotation.timetable(signing_keys.listing(db), clock.now())
    begin = [step.kid for step in steps if step.kid is not None and step.after == ACTIVE]
    return (
        (word("执行时间"), _said(planned.time_of(approval))),
        (word("现在签名的密钥"), "、".join(approval.summary.get("active", ()))),
        (word("批准后开始签名"), "、".join(begin)),
        (word("对应用的影响"), texts.say(word("按 jwks_uri 取密钥的应用不受影响；旧密钥在密钥集中再保留 30 天。"))),
    )


def _perform(db: Session, everything: Services, allowed: Allowed, who: SignedInOperator) -> None:
    rotation.rotate_as_seen(db, everything.keyring, everything.trail, allowed.payload["active"], actor=who.actor)


sensitive.register(
    SensitiveAct(
        name=planned.ACT, label=word("轮换签名密钥"), describe=_describe, perform=_perform, not_before=planned.time_of
    )
)


@route("/keys", Permission.KEYS_READ)
def keys() -> ResponseReturnValue:
    """Every key: its state and age, whether sites see it now, and when it leaves."""
    return _listed()


@route("/keys/-/rotation", Permission.KEYS_ROTATE_ASK)
def key_rotation() -> ResponseReturnValue:
    """What a rotation would do and what sites would notice, before it is asked for."""
    return _planned()


@route(
    "/keys/-/rotation", Permission.KEYS_ROTATE_ASK, methods=("POST",), is_fresh=True, doing=word("申请轮换签名密钥")
)  # fmt: skip
def key_rotation_asked() -> ResponseReturnValue:
    """Ask a second person for it; they decide about the keys that are in force now."""
    everything, form = services(), flask.request.form
    with everything.database.view() as db:
        rows = signing_keys.listing(db)
    if form.get("reason") not in ROTATE_WHY:
        return _planned(word("请选择原因。"))
    try:
        not_before = _time(form.get("not_before", ""))
    except ValueError:
        return _planned(word("执行时间要在现在之后、六十天以内；留空为批准时执行。"))
    if rotation.too_new(rows, not_before or clock.now()) and form.get("understood") != "yes":
        return _planned(word("请确认您已了解后果。"))
    with everything.database.transaction() as db:
        seen = planned.summary(list(rotation.signing_now(db)), not_before)
        made = everything.approvals.ask(
            db, console.operator(), planned.ACT, target=_TARGET, reason=form["reason"], summary=seen, payload=seen
        )
    return flask.redirect(flask.url_for("admin.approval", approval_id=made), 303)


@route("/keys/<kid>", Permission.KEYS_READ)
def key(kid: str) -> ResponseReturnValue:
    """One key, and for security the way to revoke it."""
    return _one(kid)


@route("/keys/<kid>/revoke", Permission.KEYS_REVOKE, methods=("POST",), is_fresh=True, doing=word("紧急吊销密钥"))
def key_revoked(kid: str) -> ResponseReturnValue:
    """Out of the key set at once; what takes over is made in the same transaction."""
    everything, form, who = services(), flask.request.form, console.operator()
    if form.get("reason") not in REVOKE_WHY:
        return _one(kid, word("请选择原因。"))
    if not ids.same(form.get("kid", "").strip(), kid):
        return _one(kid, word("输入的密钥编号不一致，密钥没有吊销。"))
    with everything.database.transaction() as db:
        done = signing_keys.revoke(
            db, everything.keyring, everything.trail, kid, actor=who.actor, reason=form["reason"]
        )
    if not done:
        return _one(kid, word("这把密钥已经吊销，或者不存在。"))
    return flask.redirect(flask.url_for("admin.keys", done="revoked"), 303)


def _listed() -> ResponseReturnValue:
    everything, now = services(), clock.now()
    with everything.database.view() as db:
        rows = signing_keys.listing(db)
        of_data = db.execute(
            select(DataKeyRow.purpose, func.count(), func.max(DataKeyRow.created_at)).group_by(DataKeyRow.purpose)
        ).all()
        of_audit = db.execute(select(func.count(AuditKey.kid), func.max(AuditKey.created_at))).one()
        expiring = db.scalar(
            select(func.count()).where(ClientSecret.expires_at > now, ClientSecret.expires_at <= now + _SOON)
        )
    published = {jwk["kid"] for jwk in everything.provider.keys.current().public}
    others = [*((purpose, n, at) for purpose, n, at in of_data), ("audit_signing", *of_audit)]
    return console.page(
        "keys.html", keys=list(reversed(rows)), published=published, now=now, leaves_at=rotation.leaves_at, others=others,
        is_due=rotation.is_due, every=rotation.EVERY.days, purposes=PURPOSES, renewal=RENEWAL, expiring=expiring or 0,
        days=_days, done=flask.request.args.get("done") == "revoked",
        may_rotate=console.operator().may(Permission.KEYS_ROTATE_ASK),
    )  # fmt: skip


def typed(at: datetime) -> str:
    """As the form has a time: of Beijing, to the minute."""
    return at.astimezone(clock.BEIJING).strftime("%Y-%m-%dT%H:%M")


def _time(typed: str) -> datetime | None:
    """The time of Beijing that the form has; None where it is empty, ValueError for what is no time to plan for."""
    if not typed:
        return None
    wanted = datetime.fromisoformat(typed[:16]).replace(tzinfo=clock.BEIJING)
    if not clock.now() < wanted <= clock.now() + _LONGEST_PLAN:
        raise ValueError(typed)
    return wanted.astimezone(UTC)


def _said(at: datetime | None) -> str:
    return at.astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M") if at is not None else texts.say(word("批准时"))


def _planned(problem: str = "") -> ResponseReturnValue:
    now = clock.now()
    with services().database.view() as db:
        rows = signing_keys.listing(db)
    return console.page(
        "keys_rotation.html", 400 if problem else 200, steps=rotation.timetable(rows, now), now=now, problem=problem,
        too_new=rotation.too_new(rows, now), known_after=int(rotation.KNOWN_AFTER.total_seconds() // 3600),
        every=rotation.EVERY.days, why=ROTATE_WHY, days=_days,
    )  # fmt: skip


def _one(kid: str, problem: str = "") -> ResponseReturnValue:
    everything = services()
    with everything.database.view() as db:
        row = db.get(SigningKey, kid[:64])
    if row is None:
        flask.abort(404)
    return console.page(
        "key.html", 400 if problem else 200, key=row, problem=problem, why=REVOKE_WHY, now=clock.now(), days=_days,
        is_published=kid in {jwk["kid"] for jwk in everything.provider.keys.current().public},
        leaves_at=rotation.leaves_at(row),
        may_revoke=row.state != REVOKED and console.operator().may(Permission.KEYS_REVOKE),
    )  # fmt: skip


def _days(since: datetime | None, now: datetime) -> int:
    return (now - since).days if since is not None else 0


def _counted(db: Session) -> tuple[int, int]:
    """Keys that are due, and rotations that wait for their time: one statement for both, once a page."""
    if _COUNTED not in db.info:
        old = SigningKey.state == ACTIVE, SigningKey.active_at <= clock.now() - rotation.EVERY
        due = select(func.count()).select_from(SigningKey).where(*old).scalar_subquery()
        waiting = select(func.count()).select_from(planned.waiting().subquery()).scalar_subquery()
        db.info[_COUNTED] = tuple(db.execute(select(due, waiting)).one())
    counts: tuple[int, int] = db.info[_COUNTED]
    return counts


for place, label, permission in (
    (0, word("到期应轮换的签名密钥"), Permission.KEYS_ROTATE_ASK),
    (1, word("已批准、等待执行的密钥轮换"), Permission.KEYS_READ),
):
    needs.register(
        Need(label, permission, "admin.keys", lambda db, _everything, _who, place=place: _counted(db)[place])  # type: ignore[misc]
    )
