"""How many threads may be busy with strangers at once: a process has few, and a site may be as slow as it likes.

Whoever finds the turnstile full is turned away at once: to wait in front of it would hold a thread as well.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turnstile:
    """Lets so many through at a time."""

    def __init__(self, places: int) -> None:
        self._places = threading.BoundedSemaphore(places)

    @contextmanager
    def passed(self) -> Iterator[bool]:
        """Whether there was a place; it is given back at the end of the block."""
        is_in = self._places.acquire(blocking=False)
        try:
            yield is_in
        finally:
            if is_in:
                self._places.release()
