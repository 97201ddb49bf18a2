"""Tokens for a department's own programs: whose there are, one more, shown once, and the end of one."""

from typing import Any, Final

import flask
from flask.typing import ResponseReturnValue

from idp.core import clock
from idp.core.errors import DomainError
from idp.edge.services import services
from idp.sites import tokens as developer_tokens
from idp.sites.models_tokens import DeveloperToken
from idp.sites.tokens import LONGEST_DAYS, Scope
from idp.workbench import workbench
from idp.workbench.texts import word
from idp.workbench.workbench import bp

NAMES: Final = {
    Scope.READ: (word("查看本部门的应用"), word("列表、配置、版本、检查结果、统计、错误和投递记录")),
    Scope.WRITE: (word("登记和修改应用"), word("正式应用的修改只成为草稿；包括开始检查、再发一次投递")),
    Scope.RELEASES: (word("申请上线和撤回申请"), word("是否批准仍由平台运营人员决定")),
    Scope.SECRETS: (word("管理测试应用的密码"), word("正式应用的密码不能用令牌办理")),
    Scope.TEST_PEOPLE: (word("管理测试人员"), word("新建、停用、换密码、查看他们收到的验证码")),
}
STATES: Final = {
    "good": ("good", word("有效")), "ends": ("warn", word("快要到期")), "over": ("info", word("已到期")),
    "revoked": ("info", word("已经吊销")), "lost": ("info", word("已经失效")), "asleep": ("warn", word("现在不能用")),
}  # fmt: skip

_TYPED: Final = ("name", "organisation", "scopes", "days")
"""What comes back in the address after a sign-in that had to be made again."""


@bp.route("/tokens", methods=["GET", "POST"])
def tokens() -> ResponseReturnValue:
    """Making one asks for a sign-in that is fresh, as a secret does; the answer of the POST is all that ever shows it."""
    departments, everything, asked = workbench.departments(), services(), flask.request.form
    if not departments:
        return flask.redirect("/workbench", 303)
    if flask.request.method == "GET":
        return _page()
    again: dict[str, Any] = {name: [each[:64] for each in asked.getlist(name)[:9]] for name in _TYPED if name in asked}
    if (first := workbench.fresh(flask.url_for("workbench.tokens", **again))) is not None:
        return first
    typed = asked.get("days", "")
    days = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
    try:
        with everything.database.transaction() as db:
            made = everything.sites.tokens.make(
                db, workbench.live().account_id, asked.get("organisation") or departments[0].organisation_id,
                name=asked.get("name", ""), scopes=asked.getlist("scopes"), days=days,
            )  # fmt: skip
    except DomainError as refusal:
        if refusal.status == 404:
            raise
        return _page(refusal.status, problem=refusal.sentence)
    everything.worker.wake()
    return workbench.page(
        "token_shown.html", secret=made.secret, name=asked.get("name", "").strip(), issuer=everything.settings.issuer
    )


@bp.post("/tokens/<token_id>")
def token_revoked(token_id: str) -> ResponseReturnValue:
    """Anybody who keeps the department's sites may end any of its tokens, at once."""
    everything = services()
    with everything.database.transaction() as db:
        if not everything.sites.tokens.revoke(db, workbench.live().account_id, token_id):
            flask.abort(404)
    return flask.redirect(flask.url_for("workbench.tokens", done="revoked"), 303)


def _page(status: int = 200, *, problem: str = "") -> ResponseReturnValue:
    everything, departments, me = services(), workbench.departments(), workbench.live().account_id
    with everything.database.view() as db:
        room = everything.sites.tokens
        found = room.of(db, departments, after=flask.request.args.get("after", ""))
        asleep = room.asleep(db, found.rows)
    of = {each.organisation_id: each for each in departments}
    rows = [(row, of[row.organisation_id].name, STATES[_state(row, asleep)]) for row in found.rows]
    return workbench.page(
        "tokens.html", status, rows=rows, next=found.next, departments=departments, me=me, names=NAMES,
        longest=LONGEST_DAYS, problem=problem,
        typed=flask.request.args if "name" in flask.request.args else flask.request.form,
        done=flask.request.args.get("done", ""),
        document=f"{everything.settings.issuer}/workbench/api/v1/openapi.json", prefix=developer_tokens.PREFIX,
    )  # fmt: skip


def _state(row: DeveloperToken, asleep: frozenset[str]) -> str:
    now = clock.now()
    if row.ended_at is not None:
        return "revoked" if row.ended_by is not None else "lost"
    if row.expires_at <= now:
        return "over"
    if row.id in asleep:
        return "asleep"
    return "ends" if (row.expires_at - now).days < developer_tokens.WARN_DAYS[0] else "good"
