"""Undoing a merge, from the account centre of the account that was kept."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from idp.authn.sessions import LiveSession
from idp.edge import browser, leaving
from idp.edge.services import services
from idp.merging.errors import CannotUndo
from idp.merging.merging import MergeView
from idp.web import account, forms, signing_in
from idp.web.forms import JourneyForm

bp = flask.Blueprint("parting", __name__, url_prefix="/account/merges")
bp.before_request(account.only_when_signed_in)


def undoable(account_id: str) -> list[MergeView]:
    """The merges that the owner may still undo."""
    with services().database.view() as db:
        return services().merging.of_account(db, account_id)


@bp.route("/<merge_id>", methods=["GET", "POST"])
def undo(merge_id: str) -> ResponseReturnValue:
    live = browser.session()
    if live is None:
        return signing_in.first()
    found = next((view for view in undoable(live.account_id) if view.id == merge_id), None)
    if found is None or forms.action() == "cancel":
        return flask.redirect("/account/security", 303)
    if (first := signing_in.again_if_stale(live, f"/account/merges/{merge_id}")) is not None:
        return first
    form = forms.read(JourneyForm)
    if form.validate_on_submit() and forms.action() == "confirm":
        try:
            return _parted(live, merge_id)
        except CannotUndo as refusal:
            forms.blame(form, refusal)
    page = flask.render_template("account/part.html", merge=found, form=form)
    return page, forms.status_of(form)


def _parted(live: LiveSession, merge_id: str) -> ResponseReturnValue:
    everything = services()
    with everything.database.transaction() as db:
        ended = everything.merging.undo(db, live.account_id, merge_id)
        everything.notices.tell(db, live.account_id, "parted")
    everything.worker.wake()
    if live.id in ended:
        return leaving.onward(live.id, "/sign-in")
    return flask.redirect("/account/security?done=parted", 303)
