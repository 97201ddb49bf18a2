"""How run.py speaks: short lines of progress, and one clear sentence when it cannot go on."""

from __future__ import annotations

import os
import sys
import time

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_MACHINE = 3  # this machine lacks something: a module, a port, the network


class Refusal(Exception):
    """run.py cannot go on; the text is what the person reads."""

    def __init__(self, text: str, exit_code: int = EXIT_FAILED) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def line(text: str = "") -> None:
    """One line of progress, at once."""
    print(text, flush=True)


def problem(text: str) -> None:
    """One sentence on standard error."""
    print(text, file=sys.stderr, flush=True)


class Counter:
    """A line that counts: rewritten in place on a terminal, now and then a new line elsewhere."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._live = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self._shown = time.monotonic()

    def step(self, detail: str) -> None:
        """One more is done."""
        self._done = min(self._done + 1, self._total)
        text = f"  {self._what} {self._done} of {self._total}"
        if self._live:
            print(f"\r\033[K{text}: {detail}"[:110], end="", flush=True)
        elif time.monotonic() - self._shown > 5:
            self._shown = time.monotonic()
            print(text, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if self._live:
            print("\r\033[K", end="", flush=True)
