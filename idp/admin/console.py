"""The console as one blueprint: who is working, what their role may do, and the frame of every page."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import flask
import werkzeug.exceptions
from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from idp.admin import texts
from idp.admin.models import Role
from idp.admin.sessions import Opened, OperatorSessions, SignedInOperator
from idp.core import clock, ids
from idp.edge.services import services

_FOLDER = Path(__file__).parent
_LOOKS = 43  # characters of a secret

bp = Blueprint(
    "admin",
    __name__,
    url_prefix="/admin",
    template_folder=str(_FOLDER / "templates"),
    static_folder=str(_FOLDER / "static"),
)

# The address of the style sheet changes with its content, because browsers keep static files for a year.
_STYLE = ids.digest((_FOLDER / "static" / "console.css").read_text(encoding="utf-8"))[:10]

RULES: dict[str, frozenset[Role] | None] = {"admin.static": None}
"""Every route of the console and the roles that may use it; None is for everybody, signed in or not."""

# What each role finds in its navigation; the rules above decide, not this.
NAVIGATION = (
    ("admin.accounts", "账户", Role.SYSTEM),
    ("admin.clients", "接入应用", Role.SYSTEM),
    ("admin.policies", "安全策略", Role.SECURITY),
    ("admin.keys", "密钥", Role.SECURITY),
    ("admin.audit", "审计记录", Role.AUDIT),
    ("admin.chain", "审计链核验", Role.AUDIT),
    ("admin.counter", "现场核验", Role.COUNTER),
)

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def route(
    path: str, *roles: Role, methods: tuple[str, ...] = ("GET",), is_open: bool = False
) -> Callable[[View], View]:
    """A route of the console together with its rule: one or more roles, or open to everybody."""
    if bool(roles) == is_open:
        raise ValueError(f"{path}: name the roles, or say that it is open")

    def decorate(view: View) -> View:
        RULES[f"admin.{view.__name__}"] = None if is_open else frozenset(roles)
        return bp.route(path, methods=list(methods))(view)

    return decorate


def init_app(app: Flask) -> None:
    """Add the console to the application."""
    from idp.admin import accounts, audit, clients, counter, entry, security  # noqa: F401 - they add their routes

    app.register_blueprint(bp)


def sessions() -> OperatorSessions:
    everything = services()
    return OperatorSessions(everything.database, everything.store, everything.keyring, everything.trail)


def operator() -> SignedInOperator:
    """Who asks; only for routes whose rule names a role."""
    return cast(SignedInOperator, flask.g.operator)


def page(template: str, status: int = 200, **values: Any) -> ResponseReturnValue:
    """A page of the console in the language of the browser."""
    return flask.render_template(f"admin/{template}", **_frame(), **values), status


def carry(response: flask.Response, opened: Opened) -> flask.Response:
    """Give the browser the cookie of a new session, and a new CSRF token with it."""
    flask.session.pop("csrf_token", None)
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
    if endpoint not in RULES:
        flask.abort(403)
    secret = flask.request.cookies.get(cookie_name(), "")
    flask.g.operator = sessions().find(secret) if len(secret) == _LOOKS and endpoint != "admin.static" else None
    rule = RULES[endpoint]
    if rule is None:
        return None
    if flask.g.operator is None:
        return flask.redirect(flask.url_for("admin.sign_in"), 303)
    if flask.g.operator.role not in rule:
        flask.abort(403)
    return None


@bp.errorhandler(werkzeug.exceptions.HTTPException)
def _refused(error: werkzeug.exceptions.HTTPException) -> ResponseReturnValue:
    sentences = {403: "您的角色不能使用这一页。", 404: "没有找到这条记录。"}
    status = error.code or 500
    return page("refused.html", status, sentence=sentences.get(status, "这个请求不能处理，请返回重试。"))


def _frame() -> Mapping[str, Any]:
    who: SignedInOperator | None = flask.g.get("operator")
    return {
        "_": texts.say,
        "language": texts.language(),
        "style": _STYLE,
        "operator": who,
        "navigation": [entry for entry in NAVIGATION if who is not None and entry[2] is who.role],
        "local_time": lambda at: at.astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M"),
        "console": services().settings.brand_name,
        "role_names": texts.ROLES,
        "actor_names": texts.ACTORS,
        "state_names": texts.STATES,
        "origin_names": texts.ORIGINS,
        "basis_names": texts.BASES,
        "serves_names": texts.SERVES,
        "reason_names": texts.REASONS,
        "problem_names": texts.PROBLEMS,
        "filters": texts.FILTERS,
        "document_names": texts.DOCUMENTS,
        "counter_done": texts.COUNTER_DONE,
    }
