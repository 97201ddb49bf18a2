"""The last errors of a site, for its developers: a ring of few slots for each kind, written beside the request.

Whoever floods a site's name with mistakes is remembered once a second and kind in each process, and fills the slots of that
kind only. A thread writes; a request leaves a note and goes on. The same mistake again counts up.
"""

import queue
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from idp.core import clock, logging
from idp.db.unit_of_work import Database
from idp.oidc import site_errors
from idp.sites.models_checks import SiteError

SLOTS: Final = 5
KEPT: Final = timedelta(days=30)
_WAITING, _REMEMBERED = 200, 2000
_PAUSE: Final = 1.0
_log = logging.get("idp.site_errors")


@dataclass(frozen=True, slots=True)
class Noted:
    """One mistake as it was seen."""

    client_id: str
    code: str
    sent: str
    registered: str
    trace_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """One mistake as it is shown; `times` is how often it was noted, which is at most once a second."""

    code: str
    sent: str
    registered: str
    trace_id: str
    times: int
    at: datetime


class ErrorsSeen:
    """Keeps what `Provider.tell_error` is told."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.Queue[Noted] = queue.Queue(_WAITING)
        self._lock = threading.Lock()
        self._last: dict[tuple[str, str], float] = {}
        self._writer: threading.Thread | None = None

    def note(self, client_id: str, code: str, sent: str, registered: str) -> None:
        """Leave a note; nothing happens when the same kind was noted a moment ago, or too many wait."""
        now = clock.monotonic()
        with self._lock:
            if now - self._last.get((client_id, code), float("-inf")) < _PAUSE:
                return
            if len(self._last) >= _REMEMBERED:
                self._last.clear()
            self._last[client_id, code] = now
            if self._writer is None or not self._writer.is_alive():
                self._writer = threading.Thread(target=self._write_on, name="site-errors", daemon=True)
                self._writer.start()
        shown = (site_errors.printable(sent), site_errors.printable(registered))
        try:
            self._queue.put_nowait(Noted(client_id, code, *shown, logging.trace_id(), clock.now()))
        except queue.Full:
            return

    def flush(self) -> None:
        """Wait until what was noted is written."""
        self._queue.join()

    def _write_on(self) -> None:
        while True:
            noted = self._queue.get()
            try:
                with self._database.transaction() as db:
                    write(db, noted)
            except SQLAlchemyError as failure:  # it was worth a try, and no more
                _log.warning("site_errors.lost", error=type(failure).__name__)
            finally:
                self._queue.task_done()


def write(db: Session, noted: Noted) -> None:
    """Count up where the same is known; else take a free slot of the kind, or the oldest."""
    kind = (SiteError.client_id == noted.client_id, SiteError.code == noted.code)
    same = (*kind, SiteError.sent == noted.sent, SiteError.registered == noted.registered)
    counted = db.execute(
        update(SiteError).where(*same).values(times=SiteError.times + 1, at=noted.at, trace_id=noted.trace_id)
        .returning(SiteError.slot)
    ).first()  # fmt: skip
    if counted is not None:
        return
    taken = {row.slot: row.at for row in db.execute(select(SiteError.slot, SiteError.at).where(*kind))}
    free = next((slot for slot in range(SLOTS) if slot not in taken), None)
    slot = free if free is not None else min(taken, key=lambda each: taken[each])
    row = {
        "client_id": noted.client_id, "code": noted.code, "slot": slot, "sent": noted.sent,
        "registered": noted.registered, "trace_id": noted.trace_id, "times": 1, "at": noted.at,
    }  # fmt: skip
    db.execute(
        postgresql.insert(SiteError)  # compiles on SQLite as well
        .values(**row)
        .on_conflict_do_update(index_elements=["client_id", "code", "slot"], set_=row)
    )


def latest(db: Session, client_id: str) -> list[Seen]:
    """The errors of a site, the last first; their number is bounded by the kinds there are."""
    rows = db.scalars(
        select(SiteError).where(SiteError.client_id == client_id).order_by(SiteError.at.desc()).limit(100)
    )
    return [Seen(row.code, row.sent, row.registered, row.trace_id, row.times, row.at) for row in rows]


def forget_old(db: Session, now: datetime) -> None:
    db.execute(delete(SiteError).where(SiteError.at < now - KEPT))
