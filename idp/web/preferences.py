"""Display preferences: language, elder mode and theme, kept in this browser alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import parse_qs, urlsplit

import flask
from flask.typing import ResponseReturnValue

from idp.edge import display
from idp.edge.display import Display
from idp.web import pages

bp = flask.Blueprint("preferences", __name__)
_SWITCH: Final = {"on": True, "off": False}


@bp.get("/preferences")
def preferences() -> ResponseReturnValue:
    return flask.render_template("preferences.html", done="saved" in flask.request.args)


@bp.post("/preferences")
def save() -> ResponseReturnValue:
    chosen = _changed(display.current(), flask.request.form.to_dict(), journey=None)
    return display.remember(flask.make_response(flask.redirect("/preferences?saved", 303)), chosen)


@bp.get("/preferences/set")
def switch() -> ResponseReturnValue:
    """The links of the header: they change how this browser shows pages and nothing else, so a link may do it."""
    back = pages.local_path(flask.request.args.get("back"))
    journey = parse_qs(urlsplit(back).query).get("journey", [""])[0]
    chosen = _changed(display.current(), flask.request.args.to_dict(), journey=journey)
    return display.remember(flask.make_response(flask.redirect(back, 303)), chosen)


def _changed(now: Display, wanted: dict[str, str], *, journey: str | None) -> Display:
    """The display with every wish that is understood; the others change nothing."""
    if (language := wanted.get("language")) in display.LANGUAGES:
        now = now.with_language(language, journey=journey)
    if (elder := wanted.get("elder")) in _SWITCH:
        now = replace(now, is_elder=_SWITCH[elder])
    if (theme := wanted.get("theme")) in display.THEMES:
        now = replace(now, theme=theme)
    return now
