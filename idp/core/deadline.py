"""One deadline for one piece of work, handed down to everything that may wait."""

from idp.core import clock


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
