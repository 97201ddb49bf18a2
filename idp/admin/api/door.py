"""The door of the operators' API: who comes with which token, and what the route asks for.

A token does what its operator may do now, as far as it was made for it. What needs a fresh factor in the console is
asked for here (`idp.admin.api.asking`) and confirmed there, by its operator.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import flask

from idp.db.unit_of_work import Database
from idp.edge import browser, described
from idp.edge.described import Model, NotFound, Nothing, Problem, Unfit, View, problem
from idp.edge.services import services
from idp.staff import tokens
from idp.staff.permissions import Permission
from idp.staff.sessions import comes_from
from idp.staff.tokens import TokenOperator

__all__ = [
    "Model", "NotFound", "Nothing", "Problem", "Unfit", "api", "bp", "database", "document", "operator", "problem", "route",
]  # fmt: skip

PREFIX = "/admin/api/v1"
DOCUMENT = f"{PREFIX}/openapi.json"

api = described.Api(
    "admin_api", PREFIX, title="Unified identity: operators' API", scheme="operatorToken",
    token="A token that an operator made in the console.",
)  # fmt: skip
bp = api.bp


@dataclass(frozen=True, slots=True)
class Rule:
    """Which permission a token needs; None is for every token that is good."""

    permission: Permission | None


RULES: dict[str, Rule] = {}
"""Every route of the API and its permission. One without a rule stays shut."""


def route(
    path: str, permission: Permission | None, gives: type[Model], *, method: str = "GET", tag: str, status: int = 200
) -> Callable[[View], View]:
    """A route together with its permission and its place in the document (`described.Api.route`)."""

    def decorate(view: View) -> View:
        RULES[f"{bp.name}.{view.__name__}"] = Rule(permission)
        return api.route(path, gives, method=method, tag=tag, status=status)(view)

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
    if endpoint == api.open_endpoint:
        return
    secret = described.bearer()
    with services().database.transaction() as db:
        flask.g.operator = tokens.find(db, secret, address=browser.address())
    rule = RULES.get(endpoint)
    if flask.g.operator is None:
        raise described.Unauthorized
    if rule is None:
        flask.abort(403)
    if rule.permission is not None and not flask.g.operator.may(rule.permission):
        raise described.Lacking(rule.permission.value)


def document() -> Mapping[str, Any]:
    """What the routes are described by."""
    return api.document()
