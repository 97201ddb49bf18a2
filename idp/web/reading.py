"""Pages to read: the front page, help, and the texts people agree to, every version that was ever in force."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from idp.edge import browser, legal, pages
from idp.edge.services import services
from idp.policies import built_in, kinds
from idp.web.legal import title_of

bp = flask.Blueprint("reading", __name__)


@bp.get("/")
def home() -> ResponseReturnValue:
    return flask.render_template("home.html", account=browser.session())


@bp.get("/help")
def help_page() -> ResponseReturnValue:
    return flask.render_template("help.html")


@bp.get("/legal/privacy", defaults={"document": built_in.PRIVACY_NOTICE, "version": ""})
@bp.get("/legal/privacy/<version>", defaults={"document": built_in.PRIVACY_NOTICE})
@bp.get("/legal/agreement", defaults={"document": built_in.USER_AGREEMENT, "version": ""})
@bp.get("/legal/agreement/<version>", defaults={"document": built_in.USER_AGREEMENT})
@bp.get("/legal/face", defaults={"document": built_in.FACE_CONSENT, "version": ""})
@bp.get("/legal/face/<version>", defaults={"document": built_in.FACE_CONSENT})
def text(document: str, version: str) -> ResponseReturnValue:
    """The version that holds, or the one of the address; `?version=` is how addresses used to be."""
    wanted, policies = version or flask.request.args.get("version", ""), services().policies
    with services().database.view() as db:
        found = policies.text(db, document, wanted) if wanted else policies.current(kinds.TEXTS[document])
        versions = policies.texts(db, document)
    if found is None:
        return pages.refusal("not_found", 404)
    shown = legal.shown(document, title_of(document), found, versions, pages.locale())
    return flask.render_template("legal.html", document=shown)
