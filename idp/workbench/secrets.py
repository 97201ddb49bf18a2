"""The secrets of a site: those that are good now, a new one, and the second manager's word on a live one."""

from collections.abc import Callable

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from idp.core import clock
from idp.edge.services import services
from idp.oidc.registration.metadata_rules import WITH_SECRET
from idp.sites import secrets
from idp.sites.secrets import Secrets
from idp.workbench import workbench
from idp.workbench.texts import word
from idp.workbench.workbench import Mine, bp

workbench.tab("workbench.secrets_of_site", word("密码和密钥"))
_OVERLAPS = (0, 24, 72, 168)


@bp.get("/sites/<client_id>/secrets")
def secrets_of_site(client_id: str) -> ResponseReturnValue:
    mine, everything, now = workbench.mine(client_id), services(), clock.now()
    with everything.database.view() as db:
        living = secrets.living(db, client_id)
        wish = secrets.open_wish(db, client_id, now)
        others = len(everything.sites.owners.managers(db, mine.department.organisation_id, now)) - 1
    return workbench.site_page(
        "secrets.html", mine, living=[(secrets.marked(each), each) for each in living], wish=wish,
        is_mine=wish is not None and wish.asked_by == workbench.live().account_id, needs_other=mine.is_live and others > 0,
        overlaps=_OVERLAPS, has_secret=mine.metadata.token_endpoint_auth_method in WITH_SECRET, now=now,
        m=mine.metadata, done=flask.request.args.get("done", ""),
    )  # fmt: skip


@bp.post("/sites/<client_id>/secrets")
def secret_changed(client_id: str) -> ResponseReturnValue:
    """Make a new one, ask for one, say yes or no to one, or end an old one: each after a fresh sign-in."""
    mine = workbench.mine(client_id)
    here = flask.url_for("workbench.secrets_of_site", client_id=client_id)
    if (first := workbench.fresh(here)) is not None:
        return first
    match flask.request.form.get("action", ""):
        case "make":
            return _make(mine)
        case "wish":
            return _done(mine, "wished", lambda room, db, who: room.wish(db, who, client_id))
        case "allow":
            return _done(mine, "allowed", lambda room, db, who: room.answer(db, who, client_id, is_yes=True))
        case "deny":
            return _done(mine, "denied", lambda room, db, who: room.answer(db, who, client_id, is_yes=False))
        case "end":
            mark = flask.request.form.get("secret", "")
            return _done(mine, "ended", lambda room, db, who: room.end(db, who, client_id, mark))
    return flask.abort(400)


def _make(mine: Mine) -> ResponseReturnValue:
    """The answer of the POST shows it, and nothing else ever does."""
    everything = services()
    hours = flask.request.form.get("overlap", "24")
    with everything.database.transaction() as db:
        is_first = not secrets.living(db, mine.client_id)
        made = everything.sites.secrets.make(
            db, workbench.live().account_id, mine.client_id,
            overlap_hours=int(hours) if hours in map(str, _OVERLAPS) else 24,
        )  # fmt: skip
    everything.provider.clients.forget(mine.client_id)
    everything.worker.wake()
    return workbench.page(
        "secret_shown.html", client_id=mine.client_id, secret=made.secret,
        old_until=None if is_first else made.old_until, expires_at=made.expires_at,
    )  # fmt: skip


def _done(mine: Mine, what: str, act: Callable[[Secrets, Session, str], None]) -> ResponseReturnValue:
    everything = services()
    with everything.database.transaction() as db:
        act(everything.sites.secrets, db, workbench.live().account_id)
    everything.provider.clients.forget(mine.client_id)
    everything.worker.wake()
    return flask.redirect(flask.url_for("workbench.secrets_of_site", client_id=mine.client_id, done=what), 303)
