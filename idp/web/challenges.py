"""What was typed to get a code, kept sealed for this browser for a while, so that the code can be sent once more."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar

import flask
from flask.typing import ResponseReturnValue

from idp.core import ids
from idp.edge import browser
from idp.edge.services import services
from idp.store.records import Record
from idp.web import pages

_CHALLENGE = re.compile("[0-9a-f]{32}")  # ids.new_id


@dataclass(frozen=True, slots=True)
class AskedFor(Record):
    """The phone or account name a code was asked for."""

    KIND: ClassVar[str] = "code_asked_for"
    SECONDS: ClassVar[int] = 1200

    typed_sealed: str = field(repr=False)


def enter(path: str, challenge_id: str, typed: str, *, again: bool = False) -> ResponseReturnValue:
    """Go to the page where the code of this challenge is typed."""
    sealed = services().keyring.seal(typed, bound_to=_place(challenge_id))
    services().store.put(_place(challenge_id), AskedFor(sealed))
    more = {"again": "1"} if again else {}
    return flask.redirect(pages.link(path, challenge=challenge_id, **more), 303)


def in_hand() -> str:
    """The challenge that the page's address names; empty when it names none."""
    named = flask.request.args.get("challenge", "")
    return named if _CHALLENGE.fullmatch(named) else ""


def typed() -> str | None:
    """What the challenge in hand was asked for, if this browser asked for it lately."""
    challenge_id = in_hand()
    kept = services().store.get(AskedFor, _place(challenge_id)) if challenge_id else None
    return services().keyring.open(kept.typed_sealed, bound_to=_place(challenge_id)) if kept is not None else None


def _place(challenge_id: str) -> str:
    return f"{challenge_id}:{ids.digest(browser.device())}"
