"""Work that comes round: each chore in its own rhythm, in a thread of the worker that deliveries never wait for."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from idp.core import clock, logging

_log = logging.get("idp.chores")


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do every so often; safe to do in several processes at once. It answers how much there was to do."""

    name: str
    every: timedelta
    run: Callable[[], int]


def keep_up(chores: Sequence[Chore], stop: threading.Event) -> None:
    """Run every chore when it is due until `stop` is set; one that fails is logged and comes round again."""
    if not chores:
        return
    due = dict.fromkeys(chores, clock.monotonic())
    while not stop.wait(max(0.0, min(due.values()) - clock.monotonic())):
        for chore, at in due.items():
            if at <= clock.monotonic() and not stop.is_set():
                _do(chore)
                due[chore] = clock.monotonic() + chore.every.total_seconds()


def _do(chore: Chore) -> None:
    logging.begin_trace()
    try:
        done = chore.run()
    except Exception as failure:  # noqa: BLE001 - a chore that fails must not end the others
        _log.error("chore.failed", chore=chore.name, error=type(failure).__name__, exc_info=True)
    else:
        if done:
            _log.debug("chore.done", chore=chore.name, count=done)
