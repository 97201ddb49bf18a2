"""A sensitive act of the console gone through for a program: its very route, with the form that the program filled in.

`rehearse` goes through all of it and leaves it undone; `perform` does it, once its operator said so. What the route refuses, by
whatever means, is raised.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import flask
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict

from idp.core.errors import DomainError
from idp.db import companions
from idp.db.companions import Companion, Rehearsed

Form = Sequence[tuple[str, str]]


class FormRefused(DomainError):
    """The form would have been shown again; `told` are the sentences beside it, or its fields and what is wrong with each."""

    code = "form_refused"
    status = 422

    def __init__(self, *told: str) -> None:
        super().__init__()
        self.told = [each for each in told if each]
        if self.told:
            self.sentence = self.told[0]


def explained(refusal: DomainError) -> str:
    """For a route that shows its form again with what was refused: the sentence; a program gets the refusal itself."""
    if is_replayed():
        raise refusal
    return refusal.sentence


def is_replayed() -> bool:
    return bool(flask.g.get("is_replayed"))


def is_rehearsed() -> bool:
    """Whether all of it will be undone: what is counted elsewhere than in the database is not to be counted."""
    return bool(flask.g.get("is_rehearsed"))


def refuse(told: str) -> None:
    """Within a transaction that keeps nothing but ends well: a program hears of it as a refusal."""
    if is_replayed():
        raise FormRefused(told)


def refuse_form(values: Mapping[str, Any]) -> None:
    """Instead of a page that shows the form again with `values`."""
    wrong = values.get("problems") or {}
    raise FormRefused(
        *(f"{name}: {problem.code}" for name, problem in wrong.items()),
        values.get("problem") or values.get("sentence") or "",
    )


def rehearse(endpoint: str, arguments: Mapping[str, Any], form: Form) -> None:
    """Go through the act and undo it; what would refuse it now is raised."""
    flask.g.is_rehearsed = True
    try:
        with contextlib.suppress(Rehearsed):
            _replay(endpoint, arguments, form, companions.rehearsal)
    finally:
        flask.g.is_rehearsed = False


def perform(endpoint: str, arguments: Mapping[str, Any], form: Form, settling: Companion) -> ResponseReturnValue:
    """Do it in one transaction with `settling`, and answer what the route answers."""
    return _replay(endpoint, arguments, form, settling)


def _replay(endpoint: str, arguments: Mapping[str, Any], form: Form, companion: Companion) -> ResponseReturnValue:
    request = flask.request
    request.form = ImmutableMultiDict(form)  # in the place of what was sent now
    flask.g.is_replayed = True
    try:
        with companions.accompanied(companion):
            view = cast(Callable[..., ResponseReturnValue], flask.current_app.view_functions[f"admin.{endpoint}"])
            answer = view(**arguments)
            if companions.is_pending():
                raise FormRefused  # the route found nothing to do
            return answer
    finally:
        flask.g.is_replayed = False
