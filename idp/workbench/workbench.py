"""The workbench as one blueprint: who is working, which sites are theirs at this moment, and the frame of every page.

Everybody may read the guide; for the rest one signs in as a citizen and manages what `idp.sites.owners` says.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import flask
import pydantic
from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from idp.accounts.errors import NotForTestPeople
from idp.authn.sessions import LiveSession
from idp.core import clock, ids
from idp.edge import browser, coming_back, level_words
from idp.edge import pages as edge_pages
from idp.edge.services import services
from idp.oidc.models import Client
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.clients import RegisteredClient
from idp.sites import rules
from idp.sites.owners import Department
from idp.workbench import pages, texts

_FOLDER = Path(__file__).parent
CATALOGUES = _FOLDER / "translations"
OPEN: Final = frozenset({"workbench.guide", "workbench.static"})
"""What everybody may read, signed in or not."""

bp = Blueprint(
    "workbench",
    __name__,
    url_prefix="/workbench",
    template_folder=str(_FOLDER / "templates"),
    static_folder=str(_FOLDER / "static"),
)
TABS: list[tuple[str, str]] = []
"""The pages of one site, endpoint and label; each takes a `client_id`."""


@dataclass(frozen=True, slots=True)
class Mine:
    """A site that the person at work manages at this moment, for its department."""

    row: Client
    department: Department

    @property
    def client_id(self) -> str:
        return self.row.client_id

    @property
    def metadata(self) -> ClientMetadata:
        return ClientMetadata.stored(self.row.metadata_)

    @property
    def is_live(self) -> bool:
        return self.row.mode == "live"

    @property
    def name(self) -> str:
        """As people read it, in their language."""
        client = RegisteredClient(self.row.client_id, self.row.release_basis, self.metadata, ())
        return client.name(edge_pages.locale())


def tab(endpoint: str, label: str) -> None:
    """Give every site a further page."""
    TABS.append((endpoint, label))


def init_app(app: Flask) -> None:
    """Add the workbench to the application."""
    for room in pages.ALL:
        importlib.import_module(f"idp.workbench.{room}")
    app.register_blueprint(bp)


def live() -> LiveSession:
    """The session of who is at work; the door has made sure of it."""
    return cast(LiveSession, browser.session())


def departments() -> tuple[Department, ...]:
    """Those for which this person may keep sites now."""
    everything = services()
    with everything.database.view() as db:
        return everything.sites.owners.departments(db, live().account_id, clock.now())


def mine(client_id: str) -> Mine:
    """The site, if the person at work may manage it at this moment; NotYours, a 404, otherwise."""
    everything = services()
    with everything.database.view() as db:
        return Mine(*everything.sites.owners.site(db, live().account_id, client_id, clock.now()))


def fresh(back: str) -> ResponseReturnValue | None:
    """Before an act that a stolen session must not do: somebody who signed in a while ago does it anew."""
    return coming_back.again_if_stale(live(), back)


def page(template: str, status: int = 200, **values: Any) -> ResponseReturnValue:
    """A page of the workbench in the language of the browser."""
    return flask.render_template(f"workbench/{template}", **_frame(), **values), status


def site_page(template: str, site: Mine, status: int = 200, **values: Any) -> ResponseReturnValue:
    """A page of one site, under its name, with the tabs of its other pages."""
    return page(template, status, site=site, tabs=TABS, **values)


@bp.before_request
def _let_in() -> ResponseReturnValue | None:
    if flask.request.endpoint in OPEN:
        return None
    if (here := browser.session()) is None:
        return coming_back.after_sign_in()
    if here.is_synthetic:  # who is nobody manages no site
        raise NotForTestPeople
    return None


@bp.errorhandler(pydantic.ValidationError)
def _unreadable(_wrong: pydantic.ValidationError) -> ResponseReturnValue:
    """What a form could not have sent."""
    return edge_pages.refusal("bad_request", 400, reason="workbench")


def _frame() -> dict[str, Any]:
    return {
        "asset_of": _asset,
        "say": lambda text: gettext(text) if text else "",
        "words": texts,
        "sensitive": rules.SENSITIVE,
        "level_names": level_words.LEVELS,
        "level_choices": [(value, gettext(label)) for value, label in texts.LEVELS.items()],
        "serves_choices": [(value, gettext(label)) for value, label in texts.SERVES.items()],
        "is_signed_in": browser.session() is not None,
    }


_FINGERPRINTS: dict[str, str] = {
    path.name: ids.digest(path.read_text(encoding="utf-8"))[:10] for path in (_FOLDER / "static").glob("*.*")
}


def _asset(name: str) -> str:
    """The address of a static file, which changes with its content: browsers keep it for a year."""
    return flask.url_for("workbench.static", filename=name, v=_FINGERPRINTS[name])
