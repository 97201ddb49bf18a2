"""A site's configuration as text: taken out, edited elsewhere, brought back, compared, and then put in force."""

import flask
import pydantic
from flask.typing import ResponseReturnValue

from idp.core import clock
from idp.edge.services import services
from idp.oidc.registration.clients import UnknownScope
from idp.oidc.registration.sectors import SectorRefused
from idp.sites import configuration, drafts, versions
from idp.sites.configuration import NotAText
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
    given = _given()
    try:
        entries = configuration.read(given)
        if [entry.client_id for entry in entries] != [client_id]:
            raise NotAText("the text must hold this site and no other")
        with everything.database.view() as db:
            compared = configuration.compare(db, entries, look=drafts.editable)[0]
        members, basis = versions.parted(entries[0].registration)
        if basis not in {None, mine.row.release_basis}:
            raise NotAText("release_basis is decided by the operators")
        if asked.get("action") != "apply":
            return _shown(mine, given, compared=compared)
        if compared.is_stale and asked.get("force") != "yes":
            return _shown(mine, given, compared=compared, status=409)
        said = forms.read_members(members)
        everything.registrar.require_sector(said)
        with everything.database.transaction() as db:
            # once more, now that nobody else can change it
            everything.sites.owners.site(db, workbench.live().account_id, client_id, clock.now(), for_update=True)
            if configuration.compare(db, entries, look=drafts.editable)[0].is_stale and asked.get("force") != "yes":
                return _shown(mine, given, compared=compared, status=409)
            kept = everything.sites.drafts.change(db, workbench.live().account_id, client_id, said)
    except StillWrong as wrong:
        return _shown(mine, given, problems=wrong.problems, status=400)
    except pydantic.ValidationError as wrong:
        return _shown(mine, given, problems=forms.problems_of(wrong), status=400)
    except (NotAText, UnknownScope, SectorRefused) as wrong:
        return _shown(mine, given, sentence=str(wrong), status=400)
    everything.provider.clients.forget(client_id)
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
