"""The first page: what needs this operator now, and how the parts of their duty stand."""

from dataclasses import dataclass

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from idp.admin import console, home_overview, needs, texts
from idp.admin.console import route
from idp.admin.needs import Need
from idp.core import logging
from idp.core.errors import DomainError
from idp.edge.services import services
from idp.staff.permissions import Permission
from idp.staff.sessions import SignedInOperator

_log = logging.get("admin.home")
UNREAD = -1
"""Shown where a number cannot be had just now: the short-lived store away must not take the first page with it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One duty with something in it, or one that could not be looked into."""

    need: Need
    count: int

    @property
    def url(self) -> str:
        return flask.url_for(self.need.endpoint, **self.need.filters)


@route("/", Permission.HOME)
def home() -> ResponseReturnValue:
    who = console.operator()
    mine = [need for need in needs.NEEDS if who.may(need.permission) and need.endpoint in console.RULES]
    with services().database.view() as db:
        counted = [Waiting(need, _counted(need, db, who)) for need in mine]
        blocks = _overview(db, who)
    waiting = sorted((each for each in counted if each.count), key=lambda each: (not each.need.is_urgent, -each.count))
    return console.page(
        "home.html", waiting=waiting, quiet=[each.need for each in counted if not each.count], blocks=blocks
    )


def _counted(need: Need, db: Session, who: SignedInOperator) -> int:
    try:
        return need.count(db, services(), who)
    except DomainError as away:
        _log.warning("need_unread", need=need.label, error=away.code)
        return UNREAD


def _overview(db: Session, who: SignedInOperator) -> list[home_overview.Block]:
    found = []
    for make in home_overview.BLOCKS:
        if not who.may(make.permission):
            continue
        try:
            figures = make.figures(db, services(), who)
        except DomainError as away:
            _log.warning("block_unread", block=make.label, error=away.code)
            figures = [home_overview.Figure(str(_("暂时读不到")), "—")]
        if figures:
            url = flask.url_for(make.endpoint) if make.endpoint in console.RULES else ""
            found.append(home_overview.Block(texts.say(make.label), url, figures))
    return found
