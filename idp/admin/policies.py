"""Policies in the console: looked at, changed by way of a difference, undone by one more version, never without a reason."""

import re
from typing import Any, Final

import flask
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.admin import console, policy_forms, policy_reach, policy_words, texts
from idp.admin.console import route
from idp.admin.texts import word
from idp.core import clock
from idp.db import keyset
from idp.edge import legal
from idp.edge.services import services
from idp.policies import checking, kinds
from idp.policies.checking import Problem
from idp.policies.errors import PolicyMoved
from idp.policies.kinds import Kind, Text, ThrottlePolicy
from idp.policies.models import PolicyVersion
from idp.policies.policies import Version
from idp.staff.models import Operator
from idp.staff.permissions import Permission
from idp.staff.sessions import ABSOLUTE, IDLE

_TICKET: Final = re.compile(r"[A-Za-z0-9-]{0,32}", re.ASCII)
_LONGEST_FORM: Final = 480_000
_PUBLISH: Final = word("发布新的策略")
_BEYOND: Final = 10**9  # no policy has that many versions, nor a column room for every number


def longest_body(method: str, path: str, kind: str) -> int | None:
    """How many bytes a form with a text in two languages may bring."""
    is_text = method == "POST" and path.startswith("/admin/policies/") and kind == "application/x-www-form-urlencoded"
    return _LONGEST_FORM if is_text else None


@route("/policies", Permission.POLICIES_READ)
def policies() -> ResponseReturnValue:
    everything = services()
    with everything.database.view() as db:
        shown = [(kind, everything.policies.version(kind)) for kind in kinds.KINDS.values()]
        names = _logins(db, [version.changed_by for _, version in shown])
    return console.page("policies.html", policies=shown, names=names, words=policy_words, fixed=_fixed())


@route("/policies/<kind>", Permission.POLICIES_READ)
def policy(kind: str) -> ResponseReturnValue:
    known = _kind(kind)
    return _form(known, services().policies.version(known))


@route("/policies/<kind>", Permission.POLICIES_CHANGE, methods=("POST",))
def policy_compared(kind: str) -> ResponseReturnValue:
    """What was typed, or an earlier version, beside what holds: nothing is kept yet."""
    known, everything, form = _kind(kind), services(), flask.request.form
    current = everything.policies.version(known)
    if _number("base") != current.number:
        raise PolicyMoved
    undoes = _number("undoes") if form.get("undoes") else None
    value, wrong = _wanted(known, current, undoes)
    if wrong or form.get("action") == "edit":
        return _form(known, current, value, wrong)
    rows = policy_forms.rows(known, current.value, value)
    if not rows:
        return _form(known, current, value, [], is_same=True)
    with everything.database.view() as db:
        told = policy_reach.concerned(db, known, current.value, value)
    compared = {
        each: policy_forms.lines(getattr(current.value, each), getattr(value, each))
        for each in ("zh", "en")
        if isinstance(value, Text)
    }
    return console.page(
        "policy_change.html", kind=known, current=current, value=value, rows=rows, compared=compared, told=told,
        undoes=undoes, words=policy_words, fields=policy_forms.fields_of(known), today=_today(),
        reasons=[each for each in policy_words.REASONS if (each == "undone") == (undoes is not None)],
    )  # fmt: skip


@route(
    "/policies/<kind>/publish",
    Permission.POLICIES_CHANGE,
    methods=("POST",),
    is_fresh=True,
    doing=lambda given: f"{texts.say(_PUBLISH)} · {texts.say(policy_words.KINDS.get(given['kind'], ''))}",
)
def policy_published(kind: str) -> ResponseReturnValue:
    known, everything, form = _kind(kind), services(), flask.request.form
    reason, ticket = form.get("reason", ""), form.get("ticket", "").strip()
    if reason not in policy_words.REASONS or not _TICKET.fullmatch(ticket):
        flask.abort(400)
    undoes, base = _number("undoes") if form.get("undoes") else None, _number("base")
    current = everything.policies.version(known)
    if current.number != base:
        raise PolicyMoved
    value, wrong = _wanted(known, current, undoes)
    if wrong:
        return _form(known, current, value, wrong)
    with everything.database.transaction() as db:
        everything.policies.publish(
            db, known, value, base=base, actor=console.operator().actor, undoes=undoes,
            reason=f"{reason}:{ticket}" if ticket else reason,
        )  # fmt: skip
    everything.policies.follow()
    return flask.redirect(flask.url_for("admin.policy", kind=kind, done="published"), 303)


@route("/policies/<kind>/versions/<int:number>", Permission.POLICIES_READ)
def policy_version(kind: str, number: int) -> ResponseReturnValue:
    """One version as it was, what it changed, and the way back to it."""
    known, everything = _kind(kind), services()
    if number >= _BEYOND:
        flask.abort(404)
    current = everything.policies.version(known)
    with everything.database.view() as db:
        shown = everything.policies.earlier(db, known, number)
        if shown is None:
            flask.abort(404)
        before = everything.policies.earlier(db, known, number - 1) if number > 1 else None
        names = _logins(db, [shown.changed_by])
    compared = {}
    if isinstance(shown.value, Text) and before is not None:
        compared = {
            each: policy_forms.lines(getattr(before.value, each), getattr(shown.value, each)) for each in ("zh", "en")
        }
    return console.page(
        "policy_version.html", kind=known, version=shown, current=current, names=names, words=policy_words,
        rows=policy_forms.rows(known, before.value, shown.value) if before is not None else [], compared=compared,
        fields=policy_forms.fields_of(known), may_change=console.operator().may(Permission.POLICIES_CHANGE),
        address=legal.ADDRESSES.get(kind),
    )  # fmt: skip


@route("/policies/<kind>/preview", Permission.POLICIES_CHANGE, methods=("POST",))
def policy_preview(kind: str) -> ResponseReturnValue:
    """A text as it was typed, on the very page on which citizens read it."""
    known, form = _kind(kind), flask.request.form
    if not known.is_text:
        flask.abort(404)
    current = services().policies.version(known)
    value, wrong = _wanted(known, current, None)
    if wrong:
        return _form(known, current, value, wrong)
    language = "en" if form.get("language") == "en" else "zh"
    value = Text(_today(), value.zh, value.en)
    with force_locale("en" if language == "en" else "zh_CN"):
        shown = legal.shown(kind, texts.say(policy_words.KINDS[kind]), value, [], language)
        return flask.render_template("legal.html", document=shown)


def _form(
    kind: Kind[Any], current: Version[Any], value: Any = None, wrong: list[Problem] | None = None, *, is_same: bool = False
) -> ResponseReturnValue:  # fmt: skip
    everything, problems = services(), {each.field: each for each in wrong or ()}
    with everything.database.view() as db:
        query = select(PolicyVersion).where(PolicyVersion.kind == kind.name)
        history = keyset.page(
            db, query, [PolicyVersion.number], after=flask.request.args.get("after", ""), size=20
        )  # fmt: skip
        names = _logins(db, [current.changed_by, *(row.changed_by for row in history.rows)])
    return console.page(
        "policy.html", 400 if wrong or is_same else 200, kind=kind, current=current, history=history, names=names,
        value=value if value is not None else current.value, problems=problems, is_same=is_same, words=policy_words,
        fields=policy_forms.fields_of(kind), may_change=console.operator().may(Permission.POLICIES_CHANGE),
        is_done="done" in flask.request.args, longest=checking.LONGEST_TEXT, address=legal.ADDRESSES.get(kind.name),
        first=kinds.written(everything.policies.first(kind)),
    )  # fmt: skip


def _wanted(kind: Kind[Any], current: Version[Any], undoes: int | None) -> tuple[Any, list[Problem]]:
    """The value of the form, or that of the version to come back to, and what is wrong with it."""
    known = services().policies
    if undoes is None:
        value, odd = policy_forms.read(kind, flask.request.form, current.value)
        wrong = [Problem(name, "bounds", kind.bounds[name].least, kind.bounds[name].most) for name in odd]
    else:
        with services().database.view() as db:
            earlier = known.earlier(db, kind, undoes)
        if earlier is None:
            flask.abort(404)
        value, wrong = earlier.value, []
    return value, wrong + checking.problems(kind, value, current=current.value, first=known.first(kind))


def _kind(name: str) -> Kind[Any]:
    if name not in kinds.KINDS:
        flask.abort(404)
    return kinds.KINDS[name]


def _number(field: str) -> int:
    typed = flask.request.form.get(field, "")
    if not re.fullmatch(r"[0-9]{1,9}", typed, re.ASCII):
        flask.abort(400)
    return int(typed)


def _today() -> str:
    return clock.day_in_beijing(clock.epoch())


def _logins(db: Session, wanted: list[str | None]) -> dict[str, str]:
    """Who changed it, by their login."""
    known = {each for each in wanted if each is not None}
    if not known:
        return {}
    rows = db.execute(select(Operator.id, Operator.login).where(Operator.id.in_(known)))
    return {row.id: row.login for row in rows}


def _fixed() -> tuple[tuple[str, object, str], ...]:
    """What nobody changes here: settings of the installation, and rules that are part of the service."""
    given, staff = services().settings, ThrottlePolicy()
    return (
        (word("授权码有效期（秒）"), given.code_seconds, "IDP_CODE_SECONDS"),
        (word("访问令牌有效期（秒）"), given.access_token_seconds, "IDP_ACCESS_TOKEN_SECONDS"),
        (word("刷新令牌有效期（天）"), given.refresh_token_days, "IDP_REFRESH_TOKEN_DAYS"),
        (word("应用自助注册"), given.client_registration, "IDP_CLIENT_REGISTRATION"),
        (word("密码算法体系"), given.crypto_suite.value, "IDP_CRYPTO_SUITE"),
        (word("管理员会话空闲时限（分钟）"), int(IDLE.total_seconds() // 60), ""),
        (word("管理员会话最长时限（小时）"), int(ABSOLUTE.total_seconds() // 3600), ""),
        (word("管理员连续失败次数上限"), staff.failures, ""),
        (word("管理员锁定时长（分钟）"), staff.block_minutes, ""),
        (word("密码最长（个字符）"), 256, ""),
    )
