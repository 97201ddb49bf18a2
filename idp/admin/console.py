"""The console as one blueprint: who is working, what their role may do, and the frame of every page."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import flask
import werkzeug.exceptions
from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from idp.admin import frame, kept, pages, replayed
from idp.admin.texts import word
from idp.audit.trail import Actor
from idp.authn.guard import Guard
from idp.core.errors import DomainError
from idp.edge import browser
from idp.edge import pages as error_pages
from idp.edge.services import services
from idp.staff.passkeys import Passkeys
from idp.staff.permissions import Permission
from idp.staff.sessions import Opened, OperatorSessions, Place, SignedInOperator, comes_from

_FOLDER = Path(__file__).parent
CATALOGUES = _FOLDER / "translations"
_LOOKS = 43  # characters of a secret
_KNOWN_HERE, _FEW = "operators", 3  # in the signed cookie: who of the staff signed in in this browser

bp = Blueprint(
    "admin",
    __name__,
    url_prefix="/admin",
    template_folder=str(_FOLDER / "templates"),
    static_folder=str(_FOLDER / "static"),
)


Doing = str | Callable[[Mapping[str, Any]], str]
_TOLD = frozenset({"act", "kind"})
"""Arguments of an address that the words of its act tell already."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a route: holders of `permission` (None is for everybody, signed in or not), with a fresh factor or without."""

    permission: Permission | None
    is_fresh: bool = False
    doing: Doing = ""
    """The act in a few words, for the page that asks for a factor before it; or how to tell from the route's arguments."""

    def said(self, given: Mapping[str, Any]) -> str:
        return self.doing if isinstance(self.doing, str) else self.doing(given)

    def targets(self, given: Mapping[str, Any]) -> list[str]:
        """What it is about, as the address of the route names it, without what the words of the act tell."""
        return [str(value) for name, value in given.items() if name not in _TOLD]


RULES: dict[str, Rule] = {"admin.static": Rule(None)}
"""Every route of the console and its rule. One without a rule stays shut."""

WITH_A_STALE_PASSWORD = frozenset({"admin.password", "admin.password_changed", "admin.sign_out"})
"""What is open to who has to choose a new password first."""

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def route(
    path: str, permission: Permission | None, methods: tuple[str, ...] = ("GET",), *, is_fresh: bool = False,
    doing: Doing = "",
) -> Callable[[View], View]:  # fmt: skip
    """A route of the console together with its rule; None opens it to everybody.

    `is_fresh`: a sensitive act, done only by who showed a factor a moment ago (`idp.admin.confirming`), which says
    what is about to happen in the words of `doing`.
    """

    def decorate(view: View) -> View:
        RULES[f"admin.{view.__name__}"] = Rule(permission, is_fresh, doing)
        return bp.route(path, methods=list(methods))(view)

    return decorate


def init_app(app: Flask) -> None:
    """Add the console to the application."""
    for room in pages.ALL:
        importlib.import_module(f"idp.admin.{room}")
    app.register_blueprint(bp)


def sessions() -> OperatorSessions:
    everything = services()
    return OperatorSessions(everything.database, everything.store, everything.keyring, everything.trail)


def passkeys() -> Passkeys:
    everything = services()
    return Passkeys(everything.keyring, everything.settings.issuer, everything.settings.brand_name)


def here() -> Place:
    """Where the person in front of this browser is."""
    known = flask.session.get(_KNOWN_HERE, [])
    return Place(browser.address(), browser.device(), browser.kind(), known)


def operator() -> SignedInOperator:
    """Who asks; only for routes whose rule names a role."""
    return cast(SignedInOperator, flask.g.operator)


def is_at_work() -> bool:
    """Whether this request is of somebody who is signed in: before its door, which comes after its body was read."""
    secret, address = flask.request.cookies.get(cookie_name(), ""), browser.address()
    if len(secret) != _LOOKS or not comes_from(services().settings.admin_allow, address):
        return False
    return sessions().find(secret, address=address) is not None


def page(template: str, status: int = 200, **values: Any) -> ResponseReturnValue:
    """A page of the console in the language of the browser; of a form that would be shown again, a program hears as a refusal."""
    if status >= 400 and replayed.is_replayed():
        replayed.refuse_form(values)
    shown = frame.values(flask.g.get("operator"), RULES)
    return flask.render_template(f"admin/{template}", **shown, **values), status


def carry(response: flask.Response, opened: Opened) -> flask.Response:
    """Give the browser the cookie of a new session, and a new CSRF token with it; it is known from now on."""
    flask.session.pop("csrf_token", None)
    others = (mark for mark in flask.session.get(_KNOWN_HERE, []) if mark != opened.operator_mark)
    flask.session[_KNOWN_HERE] = [opened.operator_mark, *others][:_FEW]
    response.set_cookie(
        cookie_name(), opened.secret, httponly=True, samesite="Strict", path="/", secure=services().settings.is_https
    )
    return response


def drop(response: flask.Response) -> flask.Response:
    flask.session.pop("csrf_token", None)
    response.delete_cookie(
        cookie_name(), path="/", httponly=True, samesite="Strict", secure=services().settings.is_https
    )
    return response


def cookie_name() -> str:
    return "__Host-idp_operator" if services().settings.is_https else "idp_operator"


@bp.before_request
def _let_in() -> ResponseReturnValue | None:
    """The door of every route. One without a rule stays shut."""
    endpoint = flask.request.endpoint or ""
    if not comes_from(services().settings.admin_allow, browser.address()):
        _tell_outsider()
        return error_pages.refusal("not_found", 404, reason="outside_admin_allow")
    if endpoint not in RULES:
        flask.abort(403)
    secret = flask.request.cookies.get(cookie_name(), "")
    known = len(secret) == _LOOKS and endpoint != "admin.static"
    flask.g.operator = sessions().find(secret, address=browser.address()) if known else None
    rule = RULES[endpoint]
    if rule.permission is None:
        return None
    if flask.g.operator is None:
        return _to_the_sign_in(sessions().ran_out(secret) if known else "")
    if not flask.g.operator.may(rule.permission):
        flask.abort(403)
    if flask.g.operator.has_stale_password and endpoint not in WITH_A_STALE_PASSWORD:
        return flask.redirect(flask.url_for("admin.password"), 303)
    return None


def _to_the_sign_in(operator_id: str) -> ResponseReturnValue:
    """And back here afterwards; a form of somebody whose session ran out goes along, sealed."""
    if operator_id and flask.request.method == "POST":
        question = passkeys().to_show(device=browser.device())
        sealed = kept.form_of(operator_id)
        return page("sign_in.html", question=question, has_run_out=True, kept=sealed, is_lost=not sealed)
    kept.note_page(operator_id)
    return flask.redirect(flask.url_for("admin.sign_in"), 303)


def _tell_outsider() -> None:
    """In the trail, once a minute and network: who knocks all the time floods nothing."""
    everything = services()
    guard = Guard(everything.store, everything.keyring)
    if (network := guard.mark_to_tell(f"{browser.address()}")) is not None:
        with everything.database.transaction() as db:
            everything.trail.record(db, "console.refused", outcome="failure", actor=Actor("operator"), network=network)


@bp.errorhandler(DomainError)
def _explained(refusal: DomainError) -> ResponseReturnValue:
    return page("refused.html", refusal.status, sentence=refusal.sentence)


@bp.errorhandler(werkzeug.exceptions.HTTPException)
def _refused(error: werkzeug.exceptions.HTTPException) -> ResponseReturnValue:
    sentences = {403: word("您的角色不能使用这一页。"), 404: word("没有找到这条记录。")}
    status = error.code or 500
    return page("refused.html", status, sentence=sentences.get(status, word("这个请求不能处理，请返回重试。")))
