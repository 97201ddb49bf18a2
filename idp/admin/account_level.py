"""Raising an account's level by hand: asked for by one operator, allowed by a second, one of them of security."""

from collections.abc import Sequence
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from idp.admin import account_words, console, sensitive
from idp.admin.account_page import because, within_reach
from idp.admin.console import route
from idp.admin.sensitive import SensitiveAct
from idp.admin.texts import say, word
from idp.edge import level_words
from idp.edge.services import Services, services
from idp.realname.models import Person
from idp.staff.account_care import MOST_DAYS, MOST_LEVEL, Because
from idp.staff.account_care_errors import NobodyProven, NotActive
from idp.staff.approvals import Allowed
from idp.staff.models import Approval
from idp.staff.permissions import Permission
from idp.staff.sessions import SignedInOperator

ACT = "account.raise_level"
_TERMS = (30, 90, 180, MOST_DAYS)


@route("/accounts/<account_id>/level", Permission.ACCOUNTS_RAISE_ASK)
def account_level(account_id: str) -> ResponseReturnValue:
    with services().database.view() as db:
        row = within_reach(db, account_id)
        is_proven = db.get(Person, account_id) is not None
    return console.page(
        "account_level.html", account=row, is_proven=is_proven, words=account_words, terms=_TERMS,
        levels=range(1, MOST_LEVEL + 1),
    )  # fmt: skip


@route(
    "/accounts/<account_id>/level",
    Permission.ACCOUNTS_RAISE_ASK,
    methods=("POST",),
    is_fresh=True,
    doing=word("申请人工提升核验程度"),
)
def account_level_asked(account_id: str) -> ResponseReturnValue:
    everything, who, form = services(), console.operator(), flask.request.form
    why = because(account_words.RAISE)
    wanted = {"ial": form.get("ial", ""), "days": form.get("days", "")}
    if wanted["ial"] not in map(str, range(1, MOST_LEVEL + 1)) or wanted["days"] not in map(str, _TERMS):
        flask.abort(400)
    if not why.ticket:  # a word of two people rests on a case that can be looked up
        flask.abort(400)
    with everything.database.transaction() as db:
        row = within_reach(db, account_id)
        if row.state != "active":
            raise NotActive
        if db.get(Person, account_id) is None:
            raise NobodyProven
        summary = {"ial": int(wanted["ial"]), "days": int(wanted["days"]), "ticket": why.ticket, "reason": why.reason}
        asked = everything.approvals.ask(
            db, who, ACT, target=account_id, reason=why.reason, summary=summary,
            payload={**summary, "role": why.role}, region=row.region,
        )  # fmt: skip
    return flask.redirect(flask.url_for("admin.approval", approval_id=asked), 303)


def _describe(_everything: Services, row: Approval, _payload: dict[str, Any]) -> Sequence[tuple[str, str]]:
    said = row.summary
    level = int(said["ial"])
    return [
        (word("提升到"), f"{say(level_words.LEVELS[level])} ial{level}"),
        (word("有效天数"), str(said["days"])),
        (word("工单号"), str(said["ticket"])),
    ]


def _perform(db: Session, everything: Services, allowed: Allowed, who: SignedInOperator) -> None:
    told = allowed.payload
    why = Because(allowed.asked_by, told["role"], told["reason"], told["ticket"])
    everything.care.raise_level(
        db, allowed.target, why, ial=told["ial"], days=told["days"], approval_id=allowed.id, allowed_by=who.id
    )


sensitive.register(SensitiveAct(ACT, word("人工提升核验程度"), _describe, perform=_perform))
