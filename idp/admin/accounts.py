"""Accounts: one box that finds exactly, filters that are the address, and a list by key."""

from collections.abc import Mapping
from datetime import timedelta

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from idp.accounts.models import Account, AccountState
from idp.admin import account_search, console, needs
from idp.admin.account_search import Filters
from idp.admin.console import route
from idp.admin.needs import Need
from idp.admin.texts import word
from idp.core import clock
from idp.db.keyset import Slice
from idp.edge.services import services
from idp.staff.permissions import Permission

_LONGEST = 128
_FILTERS = ("state", "ial", "region", *account_search.DATES)
_DORMANT = timedelta(days=90)

needs.register(
    Need(
        word("冻结超过 90 天的账户"),
        Permission.ACCOUNTS_CHANGE,
        "admin.accounts",
        lambda db, _everything, who: (
            db.scalar(
                select(func.count()).select_from(
                    select(Account.id)
                    .where(
                        Account.state == AccountState.FROZEN,
                        Account.frozen_at < clock.now() - _DORMANT,
                        who.reach.of_region(Account.region),
                    )
                    .limit(needs.MOST)
                    .subquery()
                )
            )
            or 0
        ),
        filters={"state": AccountState.FROZEN.value},
    )
)


@route("/accounts", Permission.ACCOUNTS_READ)
def accounts() -> ResponseReturnValue:
    """The filters are the address; nothing personal ever is."""
    return _listed(flask.request.args, exactly=None, after=flask.request.args.get("after", ""))


@route("/accounts", Permission.ACCOUNTS_READ, methods=("POST",))
def accounts_found() -> ResponseReturnValue:
    """What was typed into the box; posted, because a phone number has no place in an address."""
    form = flask.request.form
    return _listed(form, exactly=form.get("identifier", "").strip()[:_LONGEST], after=form.get("after", ""))


def _listed(given: Mapping[str, str], *, exactly: str | None, after: str) -> ResponseReturnValue:
    everything, who = services(), console.operator()
    filters = Filters.of(given)
    found: Slice[account_search.Row] = Slice([], None)
    if filters is not None:
        with everything.database.view() as db:
            found = account_search.search(
                db, everything.keyring, who.reach, filters, exactly=exactly or None, after=after
            )
    if exactly and not after and len(found.rows) == 1 and found.next is None:
        return flask.redirect(flask.url_for("admin.account", account_id=found.rows[0].id), 303)
    chosen = {name: given.get(name, "").strip()[:_LONGEST] for name in _FILTERS}
    status = 400 if filters is None else 404 if exactly and not found.rows and not after else 200
    return console.page(
        "accounts.html", status, slice=found, exactly=exactly or "", chosen=chosen, is_unreadable=filters is None,
        states=list(AccountState), is_filtered=any(chosen.values()), after=after,
    )  # fmt: skip
