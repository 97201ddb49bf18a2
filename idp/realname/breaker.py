"""A circuit breaker per source, shared by all processes: after repeated trouble it opens, and one probe closes it."""

from dataclasses import dataclass
from typing import ClassVar

from idp.core import clock
from idp.store.records import Record
from idp.store.redis import Store

FAILURES, WITHIN_SECONDS, OPEN_SECONDS = 5, 60, 30


@dataclass(frozen=True, slots=True)
class Opened(Record):
    """The source was in trouble; kept for a while after `until` so that a probe is asked for."""

    KIND: ClassVar[str] = "breaker"
    SECONDS: ClassVar[int] = 600

    until: float


@dataclass(frozen=True, slots=True)
class Probe(Record):
    """The one call that tries whether the source has recovered."""

    KIND: ClassVar[str] = "breaker_probe"
    SECONDS: ClassVar[int] = 20


class Breaker:
    """Decides whether a source may be called now, and learns from how it went."""

    def __init__(self, store: Store, source: str) -> None:
        self._store = store
        self._source = source

    @property
    def state(self) -> str:
        """closed, open, or probing."""
        opened = self._store.get(Opened, self._source)
        if opened is None:
            return "closed"
        return "open" if opened.until > clock.now().timestamp() else "probing"

    @classmethod
    def state_of(cls, store: Store, source: str) -> str:
        return cls(store, source).state

    def admits(self) -> bool:
        """Whether a call may be made: always while closed, never while open, one probe at a time afterwards."""
        match self.state:
            case "closed":
                return True
            case "open":
                return False
            case _:
                return self._store.add(self._source, Probe())

    def succeeded(self) -> None:
        """The source answered, whatever it said."""
        if self._store.get(Opened, self._source) is not None:
            self._store.delete(Opened, self._source)
            self._store.delete(Probe, self._source)

    def failed(self) -> None:
        """The source did not answer usefully; the fifth time within a minute, or a failed probe, opens the breaker."""
        now = clock.now().timestamp()
        was_probe = self._store.get(Opened, self._source) is not None
        if was_probe or self._store.hit(f"breaker:{self._source}", limit=FAILURES - 1, period=WITHIN_SECONDS, now=now):
            self._store.put(self._source, Opened(now + OPEN_SECONDS))
            self._store.delete(Probe, self._source)
