"""The door of the API: who comes with which token, what the route asks for, and failures as problem documents (RFC 9457).

A token does what its operator may do now, as far as it was made for it. What needs a fresh factor or a second person's yes in the
console is not to be had by a token: it can be asked for here, and is decided there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar, cast

import flask
import pydantic
import werkzeug.exceptions
from flask import Blueprint
from flask.typing import ResponseReturnValue
from spectree import Response, SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData

from idp.core import logging
from idp.core.errors import DomainError
from idp.db.unit_of_work import Database
from idp.edge import browser
from idp.edge.services import services
from idp.staff import tokens
from idp.staff.permissions import Permission
from idp.staff.sessions import comes_from
from idp.staff.tokens import TokenOperator

PREFIX = "/admin/api/v1"
DOCUMENT = f"{PREFIX}/openapi.json"
_SCHEME = "operatorToken"
_LONGEST_TOKEN = 128

bp = Blueprint("admin_api", __name__, url_prefix=PREFIX)


class Model(pydantic.BaseModel):
    """What goes in and comes out: nothing unnamed."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Problem(Model):
    """RFC 9457: `code` is stable, `trace_id` is what to quote."""

    title: str
    status: int
    code: str
    trace_id: str
    errors: list[str] = []


class Nothing(Model):
    """An act that answers nothing but that it was done."""


@dataclass(frozen=True, slots=True)
class Rule:
    permission: Permission


RULES: dict[str, Rule] = {}
"""Every route of the API and its permission. One without a rule stays shut."""

View = TypeVar("View", bound=Callable[..., Any])


def _quiet(*_: object) -> None:
    """The log of requests is written elsewhere, without what was sent."""


def _key(model: type[Any]) -> str:
    return model.__name__


spec = SpecTree(
    "flask",
    title="Unified identity: operators' API",
    version="1",
    mode="strict",
    before=_quiet,
    after=_quiet,
    annotations=True,
    naming_strategy=_key,
    nested_naming_strategy=lambda _parent, child: child,
    validation_error_status=422,
    security_schemes=[
        SecurityScheme(
            name=_SCHEME,
            data=SecuritySchemeData(
                type=SecureType.HTTP, scheme="bearer", description="A token that an operator made in the console."
            ),
        )
    ],
    security={_SCHEME: []},
)


def route(
    path: str, permission: Permission, gives: type[Model], *, method: str = "GET", tag: str, status: int = 200
) -> Callable[[View], View]:
    """A route together with its permission and its place in the document.

    `query` and `json` arguments of the view are read by their models, nothing unnamed; it answers a `gives`.
    """

    def decorate(view: View) -> View:
        RULES[f"admin_api.{view.__name__}"] = Rule(permission)
        problems = {f"HTTP_{code}": Problem for code in (400, 401, 403, 404, 409, 422)}
        described = spec.validate(
            resp=Response(**{f"HTTP_{status}": gives, **problems}),
            tags=[tag],
            skip_validation=False,
            operation_id=view.__name__,
        )(view)
        return cast(View, bp.route(path, methods=[method])(described))

    return decorate


def operator() -> TokenOperator:
    """Whose token it is."""
    return cast(TokenOperator, flask.g.operator)


def database() -> Database:
    return services().database


@bp.before_request
def _let_in() -> None:
    if not comes_from(services().settings.admin_allow, browser.address()):
        flask.abort(404)
    endpoint = flask.request.endpoint or ""
    if endpoint == "admin_api.openapi":
        return
    flask.g.operator = _holder()
    rule = RULES.get(endpoint)
    if flask.g.operator is None:
        raise _Unauthorized
    if rule is None or not flask.g.operator.may(rule.permission):
        flask.abort(403)


class NotFound(DomainError):
    """There is no such record, or none within the operator's reach: both are one answer."""

    code = "not_found"
    status = 404


class Unfit(DomainError):
    """What was sent has its form, and cannot be; `told` says which member and why, in ASCII."""

    code = "invalid"
    status = 422

    def __init__(self, told: str) -> None:
        super().__init__()
        self.told = told


class _Unauthorized(werkzeug.exceptions.HTTPException):
    code = 401


def _holder() -> TokenOperator | None:
    scheme, _, secret = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret or len(secret) > _LONGEST_TOKEN or not secret.isascii():
        return None
    with services().database.transaction() as db:
        return tokens.find(db, secret, address=browser.address())


@bp.get("/openapi.json")
def openapi() -> ResponseReturnValue:
    """The document of this API (OpenAPI 3.1), for everybody: it holds no secret."""
    return flask.jsonify(document())


def document() -> Mapping[str, Any]:
    """What spectree knows of the routes, with the base of their addresses."""
    return cast(Mapping[str, Any], spec.spec)


def problem(status: int, code: str, errors: list[str] | None = None) -> flask.Response:
    """A failure as its document."""
    told = Problem(
        title=HTTPStatus(status).phrase, status=status, code=code, trace_id=logging.trace_id(), errors=errors or []
    )
    answer = flask.Response(told.model_dump_json(), status, mimetype="application/problem+json")
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@bp.errorhandler(DomainError)
def _refused(refusal: DomainError) -> ResponseReturnValue:
    return problem(refusal.status, refusal.code, [refusal.told] if isinstance(refusal, Unfit) else None)


@bp.errorhandler(werkzeug.exceptions.HTTPException)
def _failed(error: werkzeug.exceptions.HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if error.response is not None and status == 422:
        return problem(422, "invalid", _told(cast(flask.Response, error.response).get_json(silent=True)))
    codes = {401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
    return problem(status, codes.get(status, "refused"))


def _told(errors: Any) -> list[str]:
    """What is wrong with the request, member by member, without what was sent."""
    return [f"{'.'.join(str(part) for part in each.get('loc', ()))}: {each.get('msg', '')}" for each in errors or ()]
