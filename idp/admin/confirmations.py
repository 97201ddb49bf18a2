"""What the operator's own programs ask for: looked at as the console would show it, and done, or not, by the operator's word."""

import re
from collections.abc import Mapping
from typing import Any

import flask
import werkzeug.exceptions
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.admin import confirmations_shown, console, needs, replayed, sources_words, texts
from idp.admin.console import RULES, route
from idp.admin.needs import Need
from idp.admin.texts import word
from idp.core import clock
from idp.core.errors import DomainError
from idp.db import keyset
from idp.edge.services import services
from idp.staff import confirmations as kept
from idp.staff.confirmations import Confirmations
from idp.staff.errors import NotWaiting
from idp.staff.models import ApiToken, Confirmation
from idp.staff.permissions import Permission

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_CONFIRM = word("确认程序请求的操作")
_LATER = (429, 503)
"""Refusals that say nothing about the act: it goes on waiting."""
_STATES = {
    kept.WAITING: "to_confirm", kept.DONE: "confirmed", kept.REFUSED: "declined", kept.FAILED: "not_done",
}  # fmt: skip
texts.STATES.update({"to_confirm": word("等待确认"), "confirmed": word("已确认"), "declined": word("已拒绝"),
                     "not_done": word("没有办成"), "void": word("令牌已失效")})  # fmt: skip
texts.TONES.update({"to_confirm": "warn", "confirmed": "good", "declined": "bad", "not_done": "bad"})

needs.register(
    Need(
        word("等待您确认的程序请求"),
        Permission.TOKENS_OWN,
        "admin.confirmations",
        lambda db, _everything, who: (
            db.scalar(select(func.count()).select_from(kept.waiting_for(who).limit(needs.MOST).subquery())) or 0
        ),
        is_urgent=True,
    )
)


@route("/confirmations", Permission.TOKENS_OWN)
def confirmations() -> ResponseReturnValue:
    """First what waits, then all that programs of this operator asked for."""
    who = console.operator()
    with services().database.view() as db:
        waiting = list(db.scalars(kept.waiting_for(who).order_by(Confirmation.id)))
        found = keyset.page(db, kept.of_operator(who), [Confirmation.id], after=flask.request.args.get("after", ""))
        tokens = _tokens(db, [*waiting, *found.rows])
    lives = {row.id for row in waiting}
    return console.page(
        "confirmations.html", waiting=waiting, slice=found, tokens=tokens, said=_said,
        targets=_targets,
        states={row.id: _state(row, is_alive=row.id in lives or _is_alive(tokens[row.token_id])) for row in found.rows},
    )  # fmt: skip


@route("/confirmations/<confirmation_id>", Permission.TOKENS_OWN)
def confirmation(confirmation_id: str) -> ResponseReturnValue:
    return _shown(confirmation_id)


def _doing(given: Mapping[str, Any]) -> str:
    """The act that the program asked for."""
    if "operator" not in flask.g or not _ID.fullmatch(given["confirmation_id"]):
        return _CONFIRM
    with services().database.view() as db:
        row = _find(db, given["confirmation_id"])
    return f"{texts.say(_CONFIRM)}{texts.say(word('：'))}{texts.say(_said(row))}"


@route("/confirmations/<confirmation_id>", Permission.TOKENS_OWN, methods=("POST",), is_fresh=True, doing=_doing)
def confirmation_confirmed(confirmation_id: str) -> ResponseReturnValue:
    """Do it, by the console's own route, in one transaction with this word; what is shown once is shown in this answer."""
    everything, who, room = services(), console.operator(), _room()
    with everything.database.view() as db:
        row = _find(db, confirmation_id)
        form = room.form_of(row)
    permission = RULES[f"admin.{row.act}"].permission
    if permission is None or not who.may(permission):
        flask.abort(403)
    if confirmations_shown.to_be_said(row.act, dict(form)) and flask.request.form.get("sure") != "yes":
        return _shown(confirmation_id, 400, word("请先查看，并勾选确认。"))
    try:
        return replayed.perform(row.act, row.arguments, form, room.settling(who, confirmation_id))
    except NotWaiting as over:
        return _shown(confirmation_id, over.status, over.sentence)
    except DomainError as refusal:
        code, status, sentence = refusal.code, refusal.status, refusal.sentence
    except werkzeug.exceptions.HTTPException as refused:
        code, status, sentence = (
            f"http_{refused.code}",
            refused.code or 400,
            word("这件事现在不能这样办理：对象已经变化，或者不在您的范围内。"),
        )
    if status not in _LATER:
        with everything.database.transaction() as db:
            room.fail(db, who, confirmation_id, code)
    return _shown(confirmation_id, status, sentence)


@route("/confirmations/<confirmation_id>/refuse", Permission.TOKENS_OWN, methods=("POST",))
def confirmation_refused(confirmation_id: str) -> ResponseReturnValue:
    """Saying no takes nothing but being signed in."""
    everything, who = services(), console.operator()
    with everything.database.transaction() as db:
        _find(db, confirmation_id)
        _room().refuse(db, who, confirmation_id)
    return flask.redirect(flask.url_for("admin.confirmations"), 303)


def _shown(confirmation_id: str, status: int = 200, problem: str = "") -> ResponseReturnValue:
    everything, who = services(), console.operator()
    with everything.database.view() as db:
        row = _find(db, confirmation_id)
        token = _tokens(db, [row])[row.token_id]
        form = _room().form_of(row)
        told = confirmations_shown.told(db, everything, row, form)
    is_waiting = kept.state_of(row) == kept.WAITING
    permission = RULES[f"admin.{row.act}"].permission
    return console.page(
        "confirmation.html", status, row=row, token=token, told=told, said=_said(row), problem=problem,
        state=_state(row, is_alive=_is_alive(token)), is_open=is_waiting and _is_alive(token),
        may=permission is not None and who.may(permission), to_say=confirmations_shown.to_be_said(row.act, dict(form)),
        where=confirmations_shown.place(row), words=sources_words, targets=_targets(row),
    )  # fmt: skip


def _room() -> Confirmations:
    everything = services()
    return Confirmations(everything.keyring, everything.trail)


def _find(db: Session, confirmation_id: str) -> Confirmation:
    row: Confirmation | None = None
    if _ID.fullmatch(confirmation_id):
        row = db.scalar(kept.of_operator(console.operator()).where(Confirmation.id == confirmation_id))
    if row is None:
        flask.abort(404)
    return row


def _said(row: Confirmation) -> str:
    return RULES[f"admin.{row.act}"].said(row.arguments)


def _targets(row: Confirmation) -> list[str]:
    return RULES[f"admin.{row.act}"].targets(row.arguments)


def _state(row: Confirmation, *, is_alive: bool) -> str:
    state = kept.state_of(row)
    return "void" if state == kept.WAITING and not is_alive else _STATES.get(state, state)


def _is_alive(token: ApiToken) -> bool:
    return token.ended_at is None and token.expires_at > clock.now()


def _tokens(db: Session, rows: list[Confirmation]) -> dict[str, ApiToken]:
    wanted = {row.token_id for row in rows}
    return {row.id: row for row in db.scalars(select(ApiToken).where(ApiToken.id.in_(wanted)))} if wanted else {}
