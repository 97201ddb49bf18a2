"""One deadline for one piece of work, handed down to everything that may wait."""

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager

from idp.core import clock

_AT_LEAST = 0.01  # whoever waits reads zero as "no limit", and what is quick may end even late


class Deadline:
    """The instant after which nobody is waiting for the answer any more."""

    __slots__ = ("_at",)

    def __init__(self, at: float) -> None:
        self._at = at

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(clock.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self._at - clock.monotonic())

    def is_over(self) -> bool:
        return self.remaining() == 0.0

    def within(self, seconds: float) -> "Deadline":
        """The nearer of this deadline and `seconds` from now."""
        return Deadline(min(self._at, clock.monotonic() + seconds))


_in_hand: contextvars.ContextVar[Deadline | None] = contextvars.ContextVar("deadline", default=None)


@contextmanager
def in_force(deadline: Deadline) -> Iterator[None]:
    """All that waits inside asks `allowed` how long it may."""
    before = _in_hand.set(deadline)
    try:
        yield
    finally:
        _in_hand.reset(before)


def allowed(seconds: float) -> float:
    """A wait's own limit, or what is left of the work in hand when that is less."""
    deadline = _in_hand.get()
    return seconds if deadline is None else max(_AT_LEAST, min(seconds, deadline.remaining()))


def is_over() -> bool:
    """Whether nobody waits any more for the work in hand."""
    deadline = _in_hand.get()
    return deadline is not None and deadline.is_over()
