"""What the built-in check said of a site, as those who decide about going live read it.

Whoever runs the checks registers how its last result is found; without one nothing has been checked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Checked:
    """The last finished check. `is_of_this` says whether it was made of the registration in question; `failed` are codes."""

    is_passed: bool
    is_of_this: bool
    at: datetime
    failed: tuple[str, ...] = ()
    is_outside: bool = False
    """Nothing was found wrong, but only from outside: the sign-in itself needs a script and was not made."""

    @property
    def counts(self) -> bool:
        return self.is_passed and self.is_of_this


Result = Callable[[Session, str, Mapping[str, Any]], Checked | None]
"""Of a client's id, and of the version's document that somebody decides about."""
_results: list[Result] = []


def register(result: Result) -> Result:
    """Make known how the last result of a client is found."""
    _results.append(result)
    return result


def latest(db: Session, client_id: str, document: Mapping[str, Any]) -> Checked | None:
    """The last finished check of a site, held against this version of it, by whoever makes checks."""
    return next((found for result in _results if (found := result(db, client_id, document)) is not None), None)
