"""A department asks that its site serves everybody, and reads what became of that."""

import flask
from flask.typing import ResponseReturnValue

from idp.core import differences
from idp.edge.services import services
from idp.oidc.models import Client
from idp.sites import checked, drafts, releases, versions
from idp.sites.errors import StillWrong
from idp.sites.rules import Problem
from idp.workbench import workbench
from idp.workbench.texts import word
from idp.workbench.workbench import Mine, bp

workbench.tab("workbench.going_live", word("上线"))


@bp.route("/sites/<client_id>/going-live", methods=["GET", "POST"])
def going_live(client_id: str) -> ResponseReturnValue:
    mine, everything, asked = workbench.mine(client_id), services(), flask.request.form
    if flask.request.method == "GET":
        return _shown(mine, [])
    who, here = workbench.live().account_id, flask.url_for("workbench.going_live", client_id=client_id)
    if (first := workbench.fresh(here)) is not None:
        return first
    match asked.get("action", ""):
        case "ask":
            try:
                with everything.database.transaction() as db:
                    everything.sites.releases.ask(db, who, client_id, asked.get("note", ""))
            except StillWrong as wrong:
                return _shown(mine, wrong.problems, note=asked.get("note", ""), status=400)
        case "withdraw":
            with everything.database.transaction() as db:
                everything.sites.releases.withdraw(db, who, client_id)
        case _:
            flask.abort(400)
    return flask.redirect(here, 303)


def _shown(mine: Mine, problems: list[Problem], *, note: str = "", status: int = 200) -> ResponseReturnValue:
    with services().database.view() as db:
        row = db.get_one(Client, mine.client_id)
        wanted = drafts.editable(db, row)
        before = releases.last_live(db, row)
        history = releases.of_client(db, mine.client_id)
        result = checked.latest(db, mine.client_id, wanted)
    has_something = not mine.is_live or before != wanted
    metadata = releases.metadata_of(wanted)
    shown = services().sites.releases.before_live(wanted) if has_something and not problems else problems
    return workbench.site_page(
        "going_live.html", mine, status, problems=shown,
        wrong=bool(problems), note=note, has_something=has_something, changes=differences.between(before, wanted),
        is_open=any(each.state == releases.OPEN for each in history), history=history, result=result, m=metadata,
        second=releases.needs_second(before, wanted), basis=wanted.get(versions.BASIS),
    )  # fmt: skip
