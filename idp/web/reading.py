"""Pages to read: the front page, help, and the texts people agree to, in every published version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from idp.edge import browser, pages
from idp.web import legal

bp = flask.Blueprint("reading", __name__)
ADDRESSES: Final = {"user_agreement": "/legal/agreement", "privacy_notice": "/legal/privacy"}


@dataclass(frozen=True, slots=True)
class ShownText:
    title: str
    version: str
    versions: tuple[str, ...]
    text: Markup


def title_of(document: str) -> str:
    return str(_("隐私政策") if document == "privacy_notice" else _("用户协议"))


@bp.get("/")
def home() -> ResponseReturnValue:
    return flask.render_template("home.html", account=browser.session())


@bp.get("/help")
def help_page() -> ResponseReturnValue:
    return flask.render_template("help.html")


@bp.get("/legal/privacy", defaults={"document": "privacy_notice"})
@bp.get("/legal/agreement", defaults={"document": "user_agreement"})
def text(document: str) -> ResponseReturnValue:
    version = flask.request.args.get("version") or legal.current(document)
    found = legal.text(document, version, pages.locale())
    if found is None:
        return pages.refusal("not_found", 404)
    # Our own published texts, part of the release: the only markup that is passed through.
    shown = ShownText(title_of(document), version, legal.versions(document), Markup(found.html))  # noqa: S704
    return flask.render_template("legal.html", document=shown)
