"""Changes what a site registered, and shows every version of it."""

import flask
import pydantic
from flask.typing import ResponseReturnValue

from idp.core import differences
from idp.edge.services import services
from idp.oidc.models import Client
from idp.oidc.registration.clients import UnknownScope
from idp.sites import drafts, kinds, versions
from idp.sites.errors import StillWrong
from idp.sites.rules import Problem
from idp.workbench import forms, texts, workbench
from idp.workbench.forms import Filled
from idp.workbench.texts import word
from idp.workbench.workbench import Mine, bp

workbench.tab("workbench.edit", word("修改"))
workbench.tab("workbench.versions_of_site", word("版本"))


@bp.route("/sites/<client_id>/edit", methods=["GET", "POST"])
def edit(client_id: str) -> ResponseReturnValue:
    """A test site works by it at once; of a live one it is a draft that waits for approval."""
    mine, everything, asked = workbench.mine(client_id), services(), flask.request.form
    with everything.database.view() as db:
        row = db.get_one(Client, client_id)
        members, _basis = versions.parted(drafts.editable(db, row))
        is_waiting = drafts.waits(db, client_id)
    if flask.request.method == "GET":
        return _form(mine, forms.of_document(members), [], is_waiting=is_waiting)
    if asked.get("action") == "discard":
        with everything.database.transaction() as db:
            everything.sites.drafts.discard(db, workbench.live().account_id, client_id)
        return flask.redirect(flask.url_for("workbench.site", client_id=client_id, done="discarded"), 303)
    filled = forms.of_post(asked)
    if asked.get("action") != "continue":
        return _form(mine, filled, [], is_waiting=is_waiting)
    try:
        said = forms.checked(filled, members)
        with everything.database.transaction() as db:
            kept = everything.sites.drafts.change(db, workbench.live().account_id, client_id, said)
    except (StillWrong, UnknownScope) as wrong:
        return _form(mine, filled, forms.problems_of(wrong), is_waiting=is_waiting, status=400)
    everything.provider.clients.forget(client_id)
    if kept.secret is not None:
        return workbench.page("secret_shown.html", client_id=client_id, secret=kept.secret)
    done = "drafted" if kept.version.state == versions.DRAFT else "changed"
    return flask.redirect(flask.url_for("workbench.site", client_id=client_id, done=done), 303)


@bp.get("/sites/<client_id>/versions")
def versions_of_site(client_id: str) -> ResponseReturnValue:
    mine = workbench.mine(client_id)
    with services().database.view() as db:
        found = versions.history(db, client_id, after=flask.request.args.get("after", ""))
    return workbench.site_page("versions.html", mine, told=found.rows, next=found.next)


@bp.post("/sites/<client_id>/try")
def try_draft(client_id: str) -> ResponseReturnValue:
    """A test site of its own from what waits beside a live one, to try it out before it is asked for."""
    workbench.mine(client_id)
    everything = services()
    try:
        with everything.database.transaction() as db:
            made, secret = everything.sites.drafts.try_out(db, workbench.live().account_id, client_id)
    except (UnknownScope, pydantic.ValidationError) as gone:  # of an API that is no more, or of rules that changed
        raise StillWrong(forms.problems_of(gone)) from gone
    if secret is None:
        return flask.redirect(flask.url_for("workbench.site", client_id=made, done="registered"), 303)
    return workbench.page("secret_shown.html", client_id=made, secret=secret, is_first=True)


def draft_beside(client_id: str) -> list[differences.Change]:
    """What the draft beside a live site would change."""
    with services().database.view() as db:
        row = db.get_one(Client, client_id)
        return differences.between(versions.of_client(row), drafts.editable(db, row))


def _form(
    mine: Mine, filled: Filled, problems: list[Problem], *, is_waiting: bool, status: int = 200
) -> ResponseReturnValue:
    return workbench.site_page(
        "edit.html", mine, status, filled=filled, problems=problems, kind=kinds.KINDS[filled.kind], scopes=texts.SCOPES,
        is_waiting=is_waiting, has_draft=bool(mine.is_live and draft_beside(mine.client_id)),
    )  # fmt: skip
