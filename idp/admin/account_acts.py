"""Acts on an account that have a page of their own: it says what will happen to whom, and wants a reason."""

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from idp.accounts.models import Account, Merge
from idp.admin import account_words, console
from idp.admin.account_page import back, because, within_reach
from idp.admin.account_words import Act
from idp.admin.console import route
from idp.core.identifiers import mask_mobile
from idp.edge.services import Services, services
from idp.staff.account_care import Because
from idp.staff.permissions import Permission


def _label(act: str) -> str:
    described = account_words.ACTS.get(act)
    return described.label if described is not None else ""


@route("/accounts/<account_id>/acts/<act>", Permission.ACCOUNTS_CHANGE)
def account_act(account_id: str, act: str) -> ResponseReturnValue:
    everything = services()
    with everything.database.view() as db:
        row = within_reach(db, account_id)
        described = _possible(row, act)
        profile = everything.accounts.profile(db, account_id)
        merges = everything.merging.of_account(db, account_id) if act == "part" else []
    phone = (profile.phone or "").removeprefix("+86") if profile is not None else ""
    return console.page(
        "account_act.html", account=row, name=act, act=described, phone=mask_mobile(phone) if phone else "",
        merges=merges,
    )  # fmt: skip


@route(
    "/accounts/<account_id>/acts/<act>",
    Permission.ACCOUNTS_CHANGE,
    methods=("POST",),
    is_fresh=True,
    doing=lambda given: _label(given["act"]),
)
def account_act_done(account_id: str, act: str) -> ResponseReturnValue:
    everything = services()
    with everything.database.transaction() as db:
        described = _possible(within_reach(db, account_id), act)
        _do(db, everything, account_id, act, because(described.reasons))
    everything.worker.wake()
    return back(account_id)


def _do(db: Session, everything: Services, account_id: str, act: str, why: Because) -> None:
    match act:
        case "sessions":
            everything.care.end_sessions(db, account_id, why)
        case "reverify":
            everything.care.reverify(db, account_id, why)
        case "reset":
            everything.care.reset(db, account_id, why)
        case "close":
            everything.care.close(db, account_id, why)
        case _:
            _part(db, everything, account_id, why)


def _part(db: Session, everything: Services, account_id: str, why: Because) -> None:
    """The account that comes back must be within the operator's reach as well."""
    merge = db.get(Merge, flask.request.form.get("merge", "")[:32])
    if merge is None:
        flask.abort(404)
    within_reach(db, merge.merged_account_id)
    everything.merging.undo(db, account_id, merge.id, actor=why.actor)
    everything.care.note_parted(db, account_id, why)
    everything.notices.tell(db, account_id, "parted")


def _possible(row: Account, act: str) -> Act:
    """What the act is; 404 for none, or one that the account's state does not allow."""
    described = account_words.ACTS.get(act)
    if described is None or row.state not in described.states:
        flask.abort(404)
    return described
