"""The door of the departments' API: whose token comes, what the route asks for, and which sites are theirs.

A token does part of what its maker may do in the workbench at this moment, for its one department. What the workbench asks a
fresh sign-in or a second manager for at a live site is done there, by a person.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

import flask
import pydantic
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.db.unit_of_work import Database
from idp.edge import browser, described
from idp.edge.described import Model, NotFound, View, problem
from idp.edge.services import services
from idp.oidc.models import Client
from idp.oidc.registration.clients import UnknownScope
from idp.oidc.registration.sectors import SectorRefused
from idp.sites.configuration import ChangedSince, NotAText
from idp.sites.errors import NotYours, StillWrong
from idp.sites.tokens import Holder, Scope

PREFIX: Final = "/workbench/api/v1"

api = described.Api(
    "workbench_api", PREFIX, title="Unified identity: API of departments for their sites", scheme="developerToken",
    token="A token that somebody who keeps the department's sites made in the workbench.",
)  # fmt: skip
bp = api.bp


@dataclass(frozen=True, slots=True)
class Rule:
    scope: Scope
    changes: bool


RULES: dict[str, Rule] = {}
"""Every route of the API and the scope it asks for. One without a rule stays shut."""


def route(
    path: str, scope: Scope, gives: type[Model], *, method: str = "GET", tag: str, status: int = 200,
    refused: tuple[int, ...] = (),
) -> Callable[[View], View]:  # fmt: skip
    """A route together with its scope and its place in the document (`described.Api.route`)."""

    def decorate(view: View) -> View:
        RULES[f"{bp.name}.{view.__name__}"] = Rule(scope, method != "GET")
        return api.route(path, gives, method=method, tag=tag, status=status, refused=refused)(view)

    return decorate


def holder() -> Holder:
    """Whose token it is, and for which department."""
    return cast(Holder, flask.g.developer)


def database() -> Database:
    return services().database


def sites_of_department() -> Any:
    """The sites of the token's department, and no others of the same person."""
    return select(Client).where(
        Client.organisation_id == holder().department.organisation_id, Client.state != "deleted"
    )


def mine(db: Session, client_id: str, *, for_update: bool = False) -> Client:
    """One of them; NotFound otherwise, whether it is another's or nobody's."""
    wanted = sites_of_department().where(Client.client_id == client_id)
    row: Client | None = db.scalar(wanted.with_for_update() if for_update else wanted)
    if row is None:
        raise NotFound
    return row


@contextmanager
def change(client_id: str | None = None) -> Iterator[Session]:
    """The transaction of a change: the token holds still, the site is theirs still, and the trail says a program did it."""
    with database().transaction() as db:
        if not services().sites.tokens.begin(db, holder(), (flask.request.endpoint or "").rpartition(".")[2]):
            raise described.Unauthorized
        if client_id is not None:
            mine(db, client_id)
        yield db


@bp.before_request
def _let_in() -> None:
    endpoint = flask.request.endpoint or ""
    if endpoint == api.open_endpoint:
        return
    found = services().sites.tokens.find(described.bearer(), address=browser.address())
    if found is None:
        raise described.Unauthorized
    rule = RULES.get(endpoint)
    if rule is None:
        flask.abort(403)
    if not found.may(rule.scope):
        raise described.Lacking(rule.scope.value)
    flask.g.developer = found


@bp.errorhandler(NotYours)
def _not_yours(_refusal: NotYours) -> flask.Response:
    """The same as what is not there."""
    return problem(404, NotFound.code)


@bp.errorhandler(StillWrong)
def _still_wrong(wrong: StillWrong) -> flask.Response:
    """Member by member: the code of what is wrong, and the address or scope in question."""
    told = [f"{each.member}: {each.code}" + (f" ({each.value})" if each.value else "") for each in wrong.problems]
    return problem(422, wrong.code, told)


@bp.errorhandler(pydantic.ValidationError)
def _unfit_member(wrong: pydantic.ValidationError) -> flask.Response:
    """A registration whose members do not fit, without their values."""
    errors = wrong.errors(include_url=False, include_input=False)
    return problem(422, "invalid", [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in errors])


@bp.errorhandler(UnknownScope)
@bp.errorhandler(SectorRefused)
@bp.errorhandler(NotAText)
def _unfit(wrong: Exception) -> flask.Response:
    return problem(422, "invalid", [str(wrong)])


@bp.errorhandler(ChangedSince)
def _changed_since(_wrong: ChangedSince) -> flask.Response:
    return problem(412, "changed_since", ["read it again: it was changed after what you come from"])
