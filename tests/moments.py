"""Moments for a test to begin at, so that no border of a window lies among its seconds, however slow the machine."""

from datetime import timedelta

from idp.core import clock


def window_begins(seconds: int) -> None:
    """Go on to the first moment of the next window of so many seconds: what is counted from now on is in one window.

    A window slides: when a border lies among the events, the earlier ones weigh less from second to second, and one more
    may pass than the limit says.
    """
    clock.travel(timedelta(seconds=seconds - clock.now().timestamp() % seconds + 0.001))
