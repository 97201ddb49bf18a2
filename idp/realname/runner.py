"""Runs one question to one source: breaker before, a bounded number at a time, deadline around, and nothing raised."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from idp.core import clock, logging
from idp.core.deadline import Deadline
from idp.core.errors import StoreUnavailable
from idp.realname.breaker import Breaker
from idp.realname.ports import Unavailable
from idp.realname.watch.last_answers import LastAnswer
from idp.store.redis import Store

ANSWER_SECONDS = 10.0
SLOW_SECONDS = 2.0
NOT_ASKED = BUSY, BREAKER_OPEN, NO_STORE = "busy", "breaker_open", "no_store"
"""Reasons of an answer that no source was asked for."""
_log = logging.get("realname.runner")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timed(Generic[T]):
    """An answer, and how long the source took; None when it was not asked."""

    answer: T | Unavailable
    took_ms: int | None


class Lane:
    """How many threads of this process may wait for one source.

    All of its places while it answers well; one while its last call came to nothing, or one under way is slow: a process
    has few threads, and those who sign in elsewhere need them.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._under_way: list[float] = []
        self._is_in_doubt = False

    @contextmanager
    def entered(self) -> Iterator[bool]:
        """Whether there was a place; whoever finds none is turned away at once, for to wait would hold a thread as well."""
        began = clock.monotonic()
        with self._lock:
            is_in = len(self._under_way) < self._open_places(began)
            if is_in:
                self._under_way.append(began)
        try:
            yield is_in
        finally:
            if is_in:
                with self._lock:
                    self._under_way.remove(began)

    def learn(self, *, is_well: bool) -> None:
        self._is_in_doubt = not is_well

    def _open_places(self, now: float) -> int:
        is_slow = bool(self._under_way) and now - self._under_way[0] > SLOW_SECONDS
        return 1 if self._is_in_doubt or is_slow else self._places


class Runner:
    """Asks sources; trouble of any kind is Unavailable, never a pass and never a refusal."""

    def __init__(self, store: Store, *, threads: int = 4) -> None:
        self.store = store
        self._places = max(1, threads // 2)
        self._lanes: dict[str, Lane] = {}

    def ask(self, source: str, channel: str, question: Callable[[Deadline], T], deadline: Deadline) -> T | Unavailable:
        """What the source says, cut off at the deadline; the breaker of all processes learns from it."""
        return self.timed(source, channel, question, deadline).answer

    def timed(self, source: str, channel: str, question: Callable[[Deadline], T], deadline: Deadline) -> Timed[T]:
        """The same, for evidence that says how long it took."""
        with self._lane(source).entered() as has_place:
            if not has_place:
                return Timed(Unavailable(BUSY), None)
            breaker = Breaker(self.store, source)
            try:
                if not breaker.admits():
                    return Timed(Unavailable(BREAKER_OPEN), None)
            except StoreUnavailable:
                return Timed(
                    Unavailable(NO_STORE), None
                )  # nobody was asked; whoever wrote the question down can say so
            return self._asked(source, channel, question, deadline, breaker)

    def breaker(self, source: str) -> Breaker:
        return Breaker(self.store, source)

    def _asked(
        self,
        source: str,
        channel: str,
        question: Callable[[Deadline], T],
        deadline: Deadline,
        breaker: Breaker,
    ) -> Timed[T]:
        began = clock.monotonic()
        answer: T | Unavailable
        try:
            answer = question(deadline.within(ANSWER_SECONDS))
        except Exception as broken:  # noqa: BLE001 - whatever an adapter raises, it is no proof
            _log.error("adapter_failed", source=source, exc_info=broken)
            answer = Unavailable(f"failed:{type(broken).__name__}"[:64])
        took = round((clock.monotonic() - began) * 1000)
        is_well = not isinstance(answer, Unavailable)
        self._lane(source).learn(is_well=is_well)
        with suppress(StoreUnavailable):  # the answer is worth more than what the breaker learns of it
            if is_well:
                breaker.succeeded()
            else:
                breaker.failed()
            reason = getattr(answer, "reason", None)
            self.store.put(source, LastAnswer(clock.now().timestamp(), type(answer).__name__, reason or "", took))
        _log.info(
            "adapter_called",
            source=source,
            channel=channel,
            outcome=type(answer).__name__,
            reason=getattr(answer, "reason", None),
            request=getattr(answer, "request_number", None),
            ms=took,
        )
        return Timed(answer, took)

    def _lane(self, source: str) -> Lane:
        return self._lanes.setdefault(source, Lane(self._places))
