"""Readings of the whole trail that a screen asks for: one at a time, done by a worker, with progress, and kept with who asked."""

import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from idp.audit.anchors import newest_checkpoint
from idp.audit.models import AuditHead, AuditVerification
from idp.audit.trail import Actor, Trail
from idp.audit.verification import Verdict, verify
from idp.core import clock, ids, logging
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database

_log = logging.get("idp.audit")
_V = AuditVerification
OPEN, DONE = "open", "done"
_LEASE = timedelta(minutes=2)


class LeaseLost(Exception):
    """Another worker has taken the reading over."""


class Verifications:
    """Asked for by an auditor, done by whichever worker takes the lease; one that dies is followed by another."""

    def __init__(self, database: Database, keyring: Keyring, trail: Trail, log_file: Path | None) -> None:
        self._database = database
        self._keyring = keyring
        self._trail = trail
        self._log_file = log_file
        self._thread: threading.Thread | None = None

    def ask(self, db: Session, actor: Actor) -> bool:
        """Have the whole trail read; False when a reading is open already, which is as good."""
        insert: Any = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
        head = db.get(AuditHead, 1)
        new = insert(_V).values(
            id=ids.new_id(), asked_by=actor.id or "", asked_at=clock.now(), state=OPEN, seen=0,
            expected=head.seq if head is not None else 0,
        )  # fmt: skip
        is_new = db.scalar(new.on_conflict_do_nothing().returning(_V.id)) is not None
        self._trail.record(db, "audit.verification_asked", actor=actor, is_new=is_new)
        return is_new

    def latest(self, db: Session, size: int = 10) -> Sequence[AuditVerification]:
        """The newest first."""
        return db.scalars(select(_V).order_by(_V.id.desc()).limit(size)).all()

    def start_due(self) -> int:
        """Begin what was asked for, beside the other chores; answers 1 when there was something to begin."""
        if self._thread is not None and self._thread.is_alive():
            return 0
        with self._database.view() as db:
            if db.scalar(select(_V.id).where(_V.state == OPEN, _is_free())) is None:
                return 0
        self._thread = threading.Thread(target=self._quietly, name="audit-verification", daemon=True)
        self._thread.start()
        return 1

    def run_due(self) -> bool:
        """Do what was asked for, here and now; False when there is nothing, or somebody else does it."""
        lease = ids.new_id()
        with self._database.transaction() as db:
            taken = db.scalar(
                update(_V)
                .where(_V.state == OPEN, _is_free())
                .values(lease=lease, lease_until=clock.now() + _LEASE, seen=0)
                .returning(_V.id),
                execution_options={"synchronize_session": False},
            )
        if taken is None:
            return False
        verdict = verify(
            self._database,
            self._keyring,
            expected_head=newest_checkpoint(self._log_file),
            progress=lambda seen: self._note(lease, seen),
        )
        self._end(lease, verdict)
        return True

    def _quietly(self) -> None:
        logging.begin_trace()
        try:
            self.run_due()
        except Exception as failure:  # noqa: BLE001 - nobody waits for this thread; the lease ends and it is begun anew
            _log.error("audit.verification_failed", error=type(failure).__name__, exc_info=True)

    def _note(self, lease: str, seen: int) -> None:
        with self._database.transaction() as db:
            self._keep(db, lease, seen=seen, lease_until=clock.now() + _LEASE)

    def _keep(self, db: Session, lease: str, **values: Any) -> str:
        kept = update(_V).where(_V.lease == lease, _V.state == OPEN).values(**values).returning(_V.asked_by)
        asked_by = db.scalar(kept, execution_options={"synchronize_session": False})
        if asked_by is None:
            raise LeaseLost
        return asked_by

    def _end(self, lease: str, verdict: Verdict) -> None:
        found = {
            "sealed": verdict.sealed, "unsealed": verdict.unsealed, "checkpoints": verdict.checkpoints,
            "head": list(verdict.head), "count": verdict.count, "problems": [asdict(each) for each in verdict.problems],
        }  # fmt: skip
        with self._database.transaction() as db:
            asked_by = self._keep(db, lease, state=DONE, ended_at=clock.now(), seen=verdict.sealed, verdict=found)
            self._trail.record(
                db, "audit.verified", outcome="success" if verdict.is_sound else "failure",
                actor=Actor("operator", asked_by), sealed=verdict.sealed, findings=verdict.count,
            )  # fmt: skip


def _is_free() -> Any:
    return or_(_V.lease_until.is_(None), _V.lease_until < clock.now())
