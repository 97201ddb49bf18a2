"""Delivers the messages of the outbox: leases, bounded threads, back-off, dead letters; any number may run at once."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from idp.core import clock, ids, logging
from idp.core.crypto import SealBroken
from idp.core.deadline import Deadline
from idp.db.prepared import Row
from idp.db.unit_of_work import Database, QuickTransaction
from idp.outbox import chores as rounds
from idp.outbox import leasing
from idp.outbox.chores import Chore
from idp.outbox.outbox import Dead, Delivered, Message, Outbox, Retry

_log = logging.get("idp.outbox")

Outcome = Delivered | Retry | Dead
Handler = Callable[[Message, Deadline], Outcome]
Observer = Callable[[str, str, float], None]
"""Told the kind, the outcome (delivered, retry, dead) and the seconds since the message was posted."""


class Recorder(Protocol):
    """What the worker needs of the audit trail."""

    def record(self, db: QuickTransaction, act: str, *, outcome: str = "success", **details: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient a worker is; the lease must outlast the deadline of a try."""

    threads: int = 8
    of_one_recipient: int = 4
    deadline: timedelta = timedelta(seconds=10)
    lease: timedelta = timedelta(seconds=60)
    first_delay: timedelta = timedelta(seconds=1)
    longest_delay: timedelta = timedelta(minutes=10)
    tries: int = 200
    poll_seconds: float = 1.0


class Worker:
    """One worker; a handler runs outside any transaction and must be done by its deadline.

    A try whose result cannot be recorded (the process died, the database was away) is made again after its lease
    with the same message id: at least once, and the id lets the receiver make it once.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        handlers: Mapping[str, Handler],
        *,
        trail: Recorder,
        acts: Mapping[str, str] | None = None,
        chores: Sequence[Chore] = (),
        observe: Observer = lambda _kind, _outcome, _lag: None,
        pace: Pace = Pace(),
    ) -> None:
        """`acts` names the first word of the audited act where it is not the kind: {"backchannel_logout": "logout"}."""
        self._database = database
        self._outbox = outbox
        self._handlers = dict(handlers)
        self._trail = trail
        self._acts = acts or {}
        self._chores = chores
        self._observe = observe
        self._pace = pace
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._in_flight: Counter[str] = Counter()
        self._troubled: dict[str, tuple[int, datetime]] = {}

    def wake(self) -> None:
        """There is something to do; called after a post was committed in the same process."""
        self._wake.set()

    def run_once(self, now: datetime | None = None) -> int:
        """Deliver what is due, wait for the results, and answer how many tries were made."""
        with ThreadPoolExecutor(self._pace.threads, "outbox") as pool:
            done = 0
            while started := self._start_due(pool, now or clock.now()):
                wait(started)
                done += len(started)
            return done

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set (then call `wake`); started tries are finished first."""
        housework = threading.Thread(target=rounds.keep_up, args=(self._chores, stop), name="chores", daemon=True)
        housework.start()
        with ThreadPoolExecutor(self._pace.threads, "outbox") as pool:
            while not stop.is_set():
                self._wake.clear()
                try:
                    while not stop.is_set() and self._start_due(pool, clock.now()):
                        pass
                except Exception as failure:  # noqa: BLE001 - the database may be away for a while
                    _log.error("outbox.unavailable", error=type(failure).__name__)
                self._wake.wait(self._pace.poll_seconds)
        housework.join()

    def _start_due(self, pool: ThreadPoolExecutor, now: datetime) -> list[Future[None]]:
        with self._lock:
            room = self._pace.threads - self._in_flight.total()
            self._troubled = {r: t for r, t in self._troubled.items() if t[1] > now - self._pace.longest_delay}
            without = set(self._in_flight) | {r for r, (_, until) in self._troubled.items() if until > now}
        if room <= 0 or not leasing.any_due(self._database, now):
            return []
        rows = leasing.lease(
            self._database,
            now,
            kinds=self._handlers,
            without=without,
            each=self._pace.of_one_recipient,
            at_most=room,
            term=self._pace.lease,
        )
        with self._lock:
            self._in_flight.update(row.recipient for row in rows)
        return [pool.submit(self._try, row) for row in rows]

    def _try(self, row: Row) -> None:
        logging.begin_trace(row.trace_id or None)
        try:
            self._record(row, self._outcome_of(row))
        except Exception as failure:  # noqa: BLE001 - nobody waits for this thread; the lease brings the message back
            _log.error("outbox.not_recorded", message=row.id, kind=row.kind, error=type(failure).__name__)
        finally:
            with self._lock:
                self._in_flight[row.recipient] -= 1
                self._in_flight += Counter()  # drops those at zero
            self._wake.set()

    def _outcome_of(self, row: Row) -> Outcome:
        if row.expires_at <= clock.now():
            return Dead("expired")
        try:
            message = self._outbox.opened(row)
        except SealBroken:
            return Dead("payload_broken")
        try:
            return self._handlers[row.kind](message, Deadline.after(self._pace.deadline.total_seconds()))
        except Exception as failure:  # noqa: BLE001 - a handler may fail in any way; it is tried again
            _log.warning("outbox.handler_failed", message=row.id, kind=row.kind, exc_info=True)
            return Retry(getattr(failure, "reason", None) or type(failure).__name__)

    def _record(self, row: Row, outcome: Outcome) -> None:
        now = clock.now()
        if isinstance(outcome, Retry):
            next_at = now + self._delay(row.tries)
            self._trouble(row.recipient, now)
            if next_at < row.expires_at and row.tries < self._pace.tries:
                self._settle(row, state="waiting", at=None, next_at=next_at, error=outcome.reason)
                return
            outcome = Dead(outcome.reason)
        else:
            with self._lock:
                self._troubled.pop(row.recipient, None)
        if isinstance(outcome, Dead):
            self._settle(row, state="dead", at=now, next_at=now, error=outcome.reason)
        else:
            self._settle(row, state="delivered", at=now, next_at=now, error=None)

    def _settle(self, row: Row, *, state: str, at: datetime | None, next_at: datetime, error: str | None) -> None:
        details: dict[str, Any] = {"message": row.id, "recipient": row.recipient, "tries": row.tries}
        details |= {name: value for name, value in (("topic", row.topic), ("reason", error)) if value is not None}
        with self._database.quick() as db:
            ours = leasing.settle(db, row, state=state, at=at, next_at=next_at, error=error)
            if ours and at is not None:
                act = f"{self._acts.get(row.kind, row.kind)}.{state}"
                self._trail.record(db, act, outcome="success" if state == "delivered" else "failure", **details)
        if not ours:
            _log.warning("outbox.lease_lost", kind=row.kind, **details)
            return
        word = "retry" if at is None else state
        _log.info(f"outbox.{word}", kind=row.kind, **details)
        self._observe(row.kind, word, (clock.now() - row.created_at).total_seconds())

    def _delay(self, tries: int) -> timedelta:
        """Doubling from the first delay to the longest, with up to a quarter more or less so that retries spread out."""
        delay: timedelta = min(self._pace.first_delay * int(2 ** min(tries - 1, 30)), self._pace.longest_delay)
        return delay * (0.75 + int.from_bytes(ids.random_bytes(2)) / 0x1FFFE)

    def _trouble(self, recipient: str, now: datetime) -> None:
        """After a failure a recipient rests before its other messages are tried: a dead site must not hold threads."""
        with self._lock:
            failures, until = self._troubled.get(recipient, (0, now))
            if until <= now:
                pause = self._pace.first_delay / 2 * int(2 ** min(failures, 7))
                self._troubled[recipient] = (failures + 1, now + min(pause, self._pace.longest_delay / 10))
