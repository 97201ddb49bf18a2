"""What every page can count on: brand, language, display, addresses of assets, links that keep the journey."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask, g, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from idp.core import ids
from idp.edge import display
from idp.policies.kinds import Brand
from idp.web import i18n

STATIC: Final = Path(__file__).parent / "static"
TEMPLATES: Final = Path(__file__).parent / "templates"
UNNAMED: Final = frozenset({"", "统一身份认证"})  # an installation without a name of its own gets the translated one
ONE_YEAR: Final = 365 * 24 * 3600
_STEP: Final = ("journey", "level", "tried")
"""What forms carry and addresses may: where a page that was made by a form is opened again."""
_LONGEST_STEP: Final = 300


def init_app(app: Flask, brand: Callable[[], Brand] = Brand, catalogues: tuple[Path, ...] = ()) -> None:
    """Teach an application to render the citizen's pages; `brand` is asked for each of them."""
    i18n.init_app(app, *catalogues)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = ONE_YEAR  # an asset's address changes with its content
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def of_every_page() -> dict[str, Any]:
        centre = brand()
        return {
            "brand": name_of(centre),
            "centre": centre,
            "display": display.current(),
            "surroundings": getattr(g.get("journey"), "display", ""),
            "language_tag": i18n.language_tag(),
            "asset": asset,
            "switch": switch,
            "link": link,
            "here_url": here(),
            "trace_id": g.get("trace_id"),
        }


def name_of(centre: Brand) -> str:
    """What the centre is called in the language of the page."""
    if centre.name_en and i18n.language_tag() == "en":
        return centre.name_en
    return str(_("统一身份认证中心")) if centre.name_zh in UNNAMED else centre.name_zh


def asset(name: str) -> str:
    """Address of a static file that changes whenever its content does, so that it may be cached for long."""
    return url_for("static", filename=name, v=_fingerprint(name))


@cache
def _fingerprint(name: str) -> str:
    return ids.digest((STATIC / name).read_text(encoding="utf-8"))[:10]


def here() -> str:
    """The present page as a local address; a page shown in answer to a form is reopened by GET at the same place."""
    query = request.query_string.decode("ascii", "ignore")
    if request.method == "POST":
        given = {name: (_posted(name) or "")[:_LONGEST_STEP] for name in _STEP if name not in request.args}
        carried = urlencode({name: value for name, value in given.items() if value})
        query = "&".join(filter(None, (query, carried)))
    return local_path(f"{request.path}?{query}" if query else request.path)


def switch(**choice: str) -> str:
    """Link of the header that changes language or elder mode and comes back here."""
    return "/preferences/set?" + urlencode({**choice, "back": here()})


def link(path: str, **more: str) -> str:
    """A link to another step that keeps the journey it belongs to."""
    handle = request.args.get("journey") or _posted("journey") or ""
    query = {**({"journey": handle} if handle else {}), **more}
    return f"{path}?{urlencode(query)}" if query else path


def with_journey(path: str, **more: str) -> str:
    """The same from a page that is not opened by the journey's handle but has found its journey."""
    under_way = g.get("journey")
    query = {**({"journey": under_way.handle} if under_way is not None else {}), **more}
    return f"{path}?{urlencode(query)}" if query else path


def _posted(name: str) -> str | None:
    """A posted field; None when the body is too large to be read: error pages ask for it too."""
    try:
        return request.form.get(name)
    except RequestEntityTooLarge:
        return None


def local_path(wanted: str | None, otherwise: str = "/") -> str:
    """A path on this service and nowhere else: never a way to send somebody to a stranger's site."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return otherwise
    is_plain = all(33 <= ord(letter) < 127 and letter != "\\" for letter in wanted)
    return wanted if is_plain and len(wanted) < 2000 else otherwise
