"""The system administrator's view of accounts: found exactly, shown masked, frozen and unfrozen with a reason."""

import re

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from idp.accounts.profiles import Profile
from idp.admin import console
from idp.admin.console import route
from idp.core.identifiers import mask_mobile
from idp.edge.services import services
from idp.staff.permissions import Permission

FREEZE_REASONS = ("owner_request", "reported_stolen", "suspicious_use", "authority_order")
UNFREEZE_REASONS = ("owner_verified", "frozen_by_mistake", "authority_order")
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_TICKET = re.compile(r"[A-Za-z0-9-]{0,32}", re.ASCII)


@route("/accounts", Permission.ACCOUNTS_READ)
def accounts() -> ResponseReturnValue:
    return console.page("accounts.html")


@route("/accounts", Permission.ACCOUNTS_READ, methods=("POST",))
def accounts_found() -> ResponseReturnValue:
    """Exact search; posted, because a phone number has no place in an address."""
    wanted = flask.request.form.get("identifier", "").strip()[:128]
    everything = services()
    with everything.database.view() as db:
        account_id = _find(db, wanted)
    if account_id is None:
        return console.page("accounts.html", 404, is_missing=True)
    return flask.redirect(flask.url_for("admin.account", account_id=account_id), 303)


@route("/accounts/<account_id>", Permission.ACCOUNTS_READ)
def account(account_id: str) -> ResponseReturnValue:
    everything = services()
    with everything.database.transaction() as db:
        profile = _profile(db, account_id)
        everything.trail.record(db, "account.viewed", actor=console.operator().actor, account_id=account_id)
        sessions = everything.sessions.of_account(db, account_id)
    return console.page(
        "account.html",
        account=profile,
        phone=mask_mobile(profile.phone.removeprefix("+86")) if profile.phone else "",
        username=f"{profile.username[:2]}***" if profile.username else "",
        sessions=sessions,
        reasons=FREEZE_REASONS if profile.state == "active" else UNFREEZE_REASONS,
    )


@route("/accounts/<account_id>", Permission.ACCOUNTS_CHANGE, methods=("POST",))
def account_changed(account_id: str) -> ResponseReturnValue:
    """Freeze or unfreeze; the reason is a code and a case number, so that the audit trail stays free of names."""
    form, everything = flask.request.form, services()
    action, reason, ticket = form.get("action", ""), form.get("reason", ""), form.get("ticket", "").strip()
    allowed = {"freeze": FREEZE_REASONS, "unfreeze": UNFREEZE_REASONS}.get(action, ())
    if reason not in allowed or not _TICKET.fullmatch(ticket):
        flask.abort(400)
    change = everything.lifecycle.freeze if action == "freeze" else everything.lifecycle.unfreeze
    with everything.database.transaction() as db:
        _profile(db, account_id)
        change(db, account_id, actor=console.operator().actor, reason=f"{reason}:{ticket}" if ticket else reason)
    everything.worker.wake()
    return flask.redirect(flask.url_for("admin.account", account_id=account_id), 303)


def _find(db: Session, wanted: str) -> str | None:
    if _ID.fullmatch(wanted):
        return wanted if services().accounts.profile(db, wanted) is not None else None
    found = services().accounts.find(db, wanted)
    return found.id if found is not None else None


def _profile(db: Session, account_id: str) -> Profile:
    profile = services().accounts.profile(db, account_id) if _ID.fullmatch(account_id) else None
    if profile is None:
        flask.abort(404)
    return profile
