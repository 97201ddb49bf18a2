"""What the console asks a fresh factor for: programs ask here, their operator confirms there, and they read on here.

What is asked is gone through at once, whole, by the console's own route, and left undone: so it is refused here for whatever
it would be refused for there. Nothing that is shown once to a person is ever answered to a token.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import flask
from flask.typing import ResponseReturnValue
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.admin import console, replayed
from idp.admin.api import door
from idp.admin.api.accounts import After
from idp.admin.api.door import Model, NotFound, Nothing, Unfit, database, operator, route
from idp.admin.replayed import FormRefused
from idp.db import keyset
from idp.edge import browser
from idp.edge.services import services
from idp.staff import confirmations
from idp.staff.confirmations import Confirmations
from idp.staff.models import Approval, Confirmation

State = Literal["waiting", "done", "refused", "withdrawn", "expired", "failed"]
Filled = Mapping[str, str | Sequence[str]]
"""The fields of a form of the console, as somebody would have typed them."""

ACTS: dict[str, str] = {}
"""The routes by which programs ask, and the console's route that does it then."""


class OneOf:
    """A text that is one of the codes that the console offers."""

    def __init__(self, *known: str) -> None:
        self._known = known

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(self._known))


class ApprovalBehind(Model):
    """The request for a second person that came of a confirmation."""

    id: str
    state: str


class ConfirmationShown(Model):
    """One act that this token asked for. Nothing is done while it is `waiting`; `failure` is a code where it `failed`."""

    id: str
    state: State
    act: str
    arguments: dict[str, str]
    asked_at: datetime
    expires_at: datetime
    settled_at: datetime | None
    failure: str | None
    approval: ApprovalBehind | None
    confirm_at: str


class ConfirmationsPage(Model):
    confirmations: list[ConfirmationShown]
    next: str | None


class ConfirmationsAsked(Model):
    after: After = ""


def asks(
    path: str, act: Callable[..., ResponseReturnValue], *, tag: str, method: str = "POST"
) -> Callable[[Callable[..., Filled]], Callable[..., Any]]:
    """A route that asks for what `act`, a route of the console, does; the view fills in that one's form.

    The arguments of both addresses are the same, and so is the permission.
    """
    endpoint = act.__name__

    def decorate(fill: Callable[..., Filled]) -> Callable[..., Any]:
        @functools.wraps(fill)
        def asked(**given: Any) -> tuple[ConfirmationShown, int]:
            return _kept(endpoint, list(_pairs(fill(**given)))), 202

        ACTS[f"{door.bp.name}.{fill.__name__}"] = endpoint
        permission = console.RULES[f"admin.{endpoint}"].permission
        made: Callable[..., Any] = route(path, permission, ConfirmationShown, method=method, tag=tag, status=202)(asked)
        return made

    return decorate


@route("/confirmations", None, ConfirmationsPage, tag="confirmations")
def confirmations_asked(query: ConfirmationsAsked) -> ConfirmationsPage:
    """What this token asked for, the newest first."""
    with database().view() as db:
        found = keyset.page(db, confirmations.of_token(operator()), [Confirmation.id], after=query.after)
        behind = {row.id: row for row in _approvals(db, found.rows)}
    return ConfirmationsPage(confirmations=[_shown(row, behind) for row in found.rows], next=found.next)


@route("/confirmations/<confirmation_id>", None, ConfirmationShown, tag="confirmations")
def confirmation_asked(confirmation_id: str) -> ConfirmationShown:
    """What became of it; of a second person's request that came of it, its state as well."""
    with database().view() as db:
        row = db.scalar(confirmations.of_token(operator()).where(Confirmation.id == confirmation_id[:32]))
        if row is None:
            raise NotFound
        return _shown(row, {each.id: each for each in _approvals(db, [row])})


@route("/confirmations/<confirmation_id>/withdraw", None, Nothing, method="POST", tag="confirmations")
def confirmation_withdrawn(confirmation_id: str) -> Nothing:
    """The program wants it no more."""
    with database().transaction() as db:
        room().withdraw(db, operator(), confirmation_id[:32])
    return Nothing()


def room() -> Confirmations:
    everything = services()
    return Confirmations(everything.keyring, everything.trail)


def _kept(endpoint: str, form: list[tuple[str, str]]) -> ConfirmationShown:
    arguments = dict(flask.request.view_args or {})
    try:
        replayed.rehearse(endpoint, arguments, form)
    except FormRefused as refused:
        raise Unfit(*(refused.told or ["nothing would be done"])) from refused
    with database().transaction() as db:
        row = room().ask(db, operator(), endpoint, arguments=arguments, form=form, address=browser.address())
        shown = _shown(row, {})
    where = flask.url_for("admin_api.confirmation_asked", confirmation_id=row.id)

    @flask.after_this_request
    def _located(answer: flask.Response) -> flask.Response:
        answer.headers["Location"] = services().settings.url(where)
        return answer

    return shown


def _pairs(filled: Filled) -> Iterator[tuple[str, str]]:
    for name, value in filled.items():
        yield from ((name, each) for each in ([value] if isinstance(value, str) else value))


def _approvals(db: Session, rows: Sequence[Confirmation]) -> list[Approval]:
    wanted = [row.approval_id for row in rows if row.approval_id is not None]
    return list(db.scalars(select(Approval).where(Approval.id.in_(wanted)))) if wanted else []


def _shown(row: Confirmation, behind: Mapping[str, Approval]) -> ConfirmationShown:
    approval = behind.get(row.approval_id or "")
    where = flask.url_for("admin.confirmation", confirmation_id=row.id)
    return ConfirmationShown(
        id=row.id, state=confirmations.state_of(row), act=row.act,  # type: ignore[arg-type]
        arguments={name: str(value) for name, value in row.arguments.items()}, asked_at=row.asked_at,
        expires_at=row.expires_at, settled_at=row.settled_at, failure=row.failure,
        approval=ApprovalBehind(id=approval.id, state=approval.state) if approval is not None else None,
        confirm_at=services().settings.url(where),
    )  # fmt: skip
