"""A site's configuration as text: taken out, edited elsewhere, brought back, compared, and then put in force."""

from dataclasses import replace

import flask
import pydantic
from flask.typing import ResponseReturnValue

from idp.edge.services import services
from idp.oidc.registration.clients import UnknownScope
from idp.oidc.registration.sectors import SectorRefused
from idp.sites import brought, configuration, drafts, versions
from idp.sites.configuration import ChangedSince, NotAText
from idp.sites.errors import StillWrong
from idp.workbench import forms, workbench
from idp.workbench.texts import word
from idp.workbench.workbench import Mine, bp

workbench.tab("workbench.text_of_site", word("配置文本"))


@bp.get("/sites/<client_id>/text")
def text_of_site(client_id: str) -> ResponseReturnValue:
    mine = workbench.mine(client_id)
    return _shown(mine, _exported(mine))


@bp.get("/sites/<client_id>/text.json")
def text_taken(client_id: str) -> ResponseReturnValue:
    mine = workbench.mine(client_id)
    answer = flask.Response(_exported(mine), mimetype="application/json")
    answer.headers.set("Content-Disposition", "attachment", filename="client.json")
    return answer


@bp.post("/sites/<client_id>/text")
def text_brought(client_id: str) -> ResponseReturnValue:
    """First what it would change; then, pressed again, it is done, as if it had been typed into the form."""
    mine, everything, asked = workbench.mine(client_id), services(), flask.request.form
    given, compared = _given(), None
    try:
        entry = brought.read(given, mine.row)
        with everything.database.view() as db:
            compared = configuration.compare(db, [entry], look=drafts.editable)[0]
        if asked.get("action") != "apply":
            return _shown(mine, given, compared=compared)
        said = forms.read_members(versions.parted(entry.registration)[0])
        everything.registrar.require_sector(said)
        base = None if asked.get("force") == "yes" else entry.base
        with everything.database.transaction() as db:
            kept = brought.put(db, everything.sites.drafts, workbench.live().account_id, entry, said, base=base)
    except ChangedSince:
        return _shown(mine, given, compared=compared and replace(compared, is_stale=True), status=409)
    except StillWrong as wrong:
        return _shown(mine, given, problems=wrong.problems, status=400)
    except pydantic.ValidationError as wrong:
        return _shown(mine, given, problems=forms.problems_of(wrong), status=400)
    except (NotAText, UnknownScope, SectorRefused) as wrong:
        return _shown(mine, given, sentence=str(wrong), status=400)
    everything.provider.clients.forget(client_id)
    if kept is None:
        return flask.redirect(flask.url_for("workbench.site", client_id=client_id, done="unchanged"), 303)
    if kept.secret is not None:
        return workbench.page("secret_shown.html", client_id=client_id, secret=kept.secret)
    done = "drafted" if kept.version.state == versions.DRAFT else "changed"
    return flask.redirect(flask.url_for("workbench.site", client_id=client_id, done=done), 303)


def _given() -> str:
    """The file that was chosen, else what stands in the field."""
    file = flask.request.files.get("file")
    brought = (
        file.read(configuration.LONGEST + 1).decode("utf-8", "replace") if file is not None and file.filename else ""
    )
    return brought or flask.request.form.get("text", "")


def _exported(mine: Mine) -> str:
    with services().database.view() as db:
        return configuration.text(configuration.export(db, [mine.client_id], look=drafts.editable))


def _shown(mine: Mine, text: str, status: int = 200, **more: object) -> ResponseReturnValue:
    return workbench.site_page("text.html", mine, status, text=text, **more)
