"""What goes along with the next transaction: a condition that belongs into it, or a rehearsal that undoes it.

A confirmation is settled in the very transaction of the act that it lets through, and an act that is only asked for is tried
out whole and left undone; neither the act nor its service knows.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from sqlalchemy.orm import Session

Companion = Callable[[Session], AbstractContextManager[None]]
"""Entered once the transaction is open, left before its commit; what it raises undoes the whole."""

_next: ContextVar[Companion | None] = ContextVar("companion", default=None)


class Rehearsed(BaseException):
    """The transaction came to its end and would have been committed; no refusal, so nobody on the way catches it."""


@contextmanager
def accompanied(companion: Companion) -> Iterator[None]:
    """The next transaction that begins here, and only that one, takes the companion along."""
    before = _next.set(companion)
    try:
        yield
    finally:
        _next.reset(before)


def is_pending() -> bool:
    """Whether no transaction has taken it along yet."""
    return _next.get() is not None


@contextmanager
def along(session: Session) -> Iterator[None]:
    """Inside a transaction that has just begun."""
    companion = _next.get()
    if companion is None:
        yield
        return
    _next.set(None)
    with companion(session):
        yield


@contextmanager
def rehearsal(session: Session) -> Iterator[None]:
    """A companion that does everything but the commit."""
    yield
    session.flush()
    raise Rehearsed
