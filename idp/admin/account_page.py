"""The page of one account: its record, one value shown in clear for a while, and what is done at once."""

import re

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from idp.accounts.models import Account
from idp.admin import account_record, account_search, account_words, console
from idp.admin.console import route
from idp.admin.replayed import is_rehearsed
from idp.admin.texts import word
from idp.core import clock
from idp.core.errors import TooManyAttempts
from idp.edge.services import services
from idp.realname import persons
from idp.staff.account_care import MOST_DAYS, Because
from idp.staff.permissions import Permission

_TICKET = re.compile(r"[A-Za-z0-9-]{0,32}", re.ASCII)
_UNMASKED = (60, 3600)
"""One by one, as people come to be helped: whoever wants more wants them in bulk, and that needs a second person."""
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


@route("/accounts/<account_id>", Permission.ACCOUNTS_READ)
def account(account_id: str) -> ResponseReturnValue:
    """Who looked at whose record is in the audit trail."""
    everything, who = services(), console.operator()
    with everything.database.transaction() as db:
        row = within_reach(db, account_id)
        everything.trail.record(db, "account.viewed", actor=who.actor, account_id=account_id)
        record = account_record.read(db, everything, who, row)
    now = clock.now()
    freezes = row.state == "active"
    return console.page(
        "account.html", record=record, words=account_words, sources=_sources(), now=now, undoable=record.undoable(now),
        reasons=account_words.FREEZE if freezes else account_words.UNFREEZE, most_days=MOST_DAYS,
        acts={name: act for name, act in account_words.ACTS.items() if row.state in act.states and name != "part"},
    )  # fmt: skip


@route("/accounts/<account_id>", Permission.ACCOUNTS_CHANGE, methods=("POST",))
def account_changed(account_id: str) -> ResponseReturnValue:
    """Freeze, unfreeze, or end one session; the reason is a code and a case number, so that the trail stays free of names."""
    form, everything = flask.request.form, services()
    action = form.get("action", "")
    allowed = {
        "freeze": account_words.FREEZE, "unfreeze": account_words.UNFREEZE, "end_session": account_words.FREEZE,
    }.get(action, ())  # fmt: skip
    why = because(allowed)
    session_id = form.get("session", "")
    if action == "end_session" and not _ID.fullmatch(session_id):
        flask.abort(400)
    with everything.database.transaction() as db:
        within_reach(db, account_id)
        match action:
            case "freeze":
                everything.care.freeze(db, account_id, why)
            case "unfreeze":
                everything.care.unfreeze(db, account_id, why)
            case _:
                everything.care.end_sessions(db, account_id, why, only=session_id)
    everything.worker.wake()
    return back(account_id)


@route(
    "/accounts/<account_id>/unmask",
    Permission.ACCOUNTS_UNMASK,
    methods=("POST",),
    is_fresh=True,
    doing=word("查看一项原文"),
)
def account_unmasked(account_id: str) -> ResponseReturnValue:
    """One value of one account, for five minutes, in this session alone; its owner will read of it."""
    everything, who, field = services(), console.operator(), flask.request.form.get("field", "")
    why = because(account_words.UNMASK)
    most, period = _UNMASKED
    if not is_rehearsed() and (
        wait := everything.store.hit(f"operator_unmask:{who.id}", limit=most, period=period, now=clock.epoch())
    ):
        raise TooManyAttempts(retry_after=wait)
    with everything.database.transaction() as db:
        within_reach(db, account_id)
        profile = everything.accounts.profile(db, account_id)
        person = persons.known(db, everything.keyring, account_id)
        if not account_record.clear_values(profile, person).get(field):
            flask.abort(400)
        everything.disclosures.record(db, account_id, field, who, why.reason, why.ticket)
    return back(account_id)


def _sources() -> dict[str, str]:
    """What people call the sources of proof."""
    own = {
        "counter": word("现场核验"),
        "operator": word("工作人员"),
        "import": word("原有系统转入"),
        "review": word("人工审核"),
        "face": word("人脸核验"),
    }
    return {**{source.name: source.label for source in services().sources}, **own}


def within_reach(db: Session, account_id: str) -> Account:
    """The account; 404 when there is none that this operator may know of."""
    found = account_search.find(db, console.operator().reach, account_id)
    if found is None:
        flask.abort(404)
    return found


def because(reasons: tuple[str, ...]) -> Because:
    """The reason and the case number of the posted form; 400 when it is none of these."""
    form = flask.request.form
    reason, ticket = form.get("reason", ""), form.get("ticket", "").strip()
    if reason not in reasons or not _TICKET.fullmatch(ticket):
        flask.abort(400)
    return Because.of(console.operator(), reason, ticket)


def back(account_id: str) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("admin.account", account_id=account_id), 303)
