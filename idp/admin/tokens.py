"""The operator's own tokens for the console's API: made, shown once, revoked."""

import flask
from flask.typing import ResponseReturnValue

from idp.admin import console
from idp.admin.api import door
from idp.admin.console import route
from idp.admin.texts import word
from idp.core import clock
from idp.core.errors import DomainError
from idp.edge.services import services
from idp.staff import tokens as own_tokens
from idp.staff.permissions import Permission

NAMES = {
    Permission.HOME: word("首页和自己的设置"),
    Permission.ACCOUNTS_READ: word("查询账户"),
    Permission.ACCOUNTS_UNMASK: word("查看账户原文"),
    Permission.ACCOUNTS_CHANGE: word("办理账户事项"),
    Permission.ACCOUNTS_RAISE_ASK: word("申请提升核验程度"),
    Permission.ACCOUNTS_IMPORT: word("批量导入账户"),
    Permission.ACCOUNTS_EXPORT_ASK: word("申请导出账户"),
    Permission.COUNTER_WORK: word("现场核验"),
    Permission.REVIEWS_WORK: word("人工审核"),
    Permission.CLIENTS_READ: word("查看应用"),
    Permission.CLIENTS_CHANGE: word("变更应用"),
    Permission.CLIENTS_REVIEW: word("审核上线申请"),
    Permission.CLIENTS_SECRET_ASK: word("申请新的应用密码"),
    Permission.SOURCES_READ: word("查看身份源"),
    Permission.SOURCES_CHANGE: word("变更身份源"),
    Permission.KEYS_READ: word("查看密钥"),
    Permission.KEYS_ROTATE_ASK: word("申请轮换密钥"),
    Permission.KEYS_REVOKE: word("吊销密钥"),
    Permission.POLICIES_READ: word("查看安全策略"),
    Permission.POLICIES_CHANGE: word("变更安全策略"),
    Permission.STAFF_READ: word("查看管理人员"),
    Permission.STAFF_GRANT_ASK: word("申请登记或变更管理人员"),
    Permission.STAFF_DISABLE: word("停用管理人员"),
    Permission.APPROVALS_READ: word("查看审批"),
    Permission.APPROVALS_DECIDE: word("审批"),
    Permission.AUDIT_READ: word("查阅审计"),
    Permission.AUDIT_EXPORT: word("导出审计"),
    Permission.AUDITORS_READ: word("查看审计员行为"),
    Permission.STATISTICS_READ: word("查看统计"),
    Permission.TOKENS_OWN: word("管理自己的令牌"),
}


@route("/tokens", Permission.TOKENS_OWN)
def tokens() -> ResponseReturnValue:
    return _page()


@route("/tokens", Permission.TOKENS_OWN, methods=("POST",), is_fresh=True, doing=word("制作一个接口令牌"))
def token_made() -> ResponseReturnValue:
    """The answer is the only page that ever shows the token."""
    everything, form = services(), flask.request.form
    typed = form.get("days", "")
    days = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
    try:
        with everything.database.transaction() as db:
            made = own_tokens.make(
                db, everything.trail, console.operator(), name=form.get("name", ""), days=days,
                scopes=form.getlist("scopes"),
            )  # fmt: skip
    except DomainError as refusal:
        return _page(400, problem=refusal.sentence)
    return _page(shown=made.secret)


@route("/tokens/<token_id>", Permission.TOKENS_OWN, methods=("POST",))
def token_revoked(token_id: str) -> ResponseReturnValue:
    everything = services()
    with everything.database.transaction() as db:
        if not own_tokens.revoke(db, everything.trail, console.operator(), token_id):
            flask.abort(404)
    return flask.redirect(flask.url_for("admin.tokens"), 303)


def _page(status: int = 200, *, problem: str = "", shown: str = "") -> ResponseReturnValue:
    who = console.operator()
    asked_for = {rule.permission for rule in door.RULES.values()}  # the API has routes for these alone
    with services().database.view() as db:
        rows = own_tokens.of(db, who.id)
    return console.page(
        "tokens.html", status, rows=rows, problem=problem, shown=shown, now=clock.now(),
        scopes=[each for each in own_tokens.grantable(who.role) if each in asked_for],
        longest=own_tokens.LONGEST_DAYS, names=NAMES, typed=flask.request.form,
        document=f"{services().settings.issuer}/admin/api/v1/openapi.json",
    )  # fmt: skip
