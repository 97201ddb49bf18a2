"""Seals entries into the chain, in the order they are found, and signs its head from time to time; a chore of the worker."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from idp.audit import chain
from idp.audit.entry import canonical
from idp.audit.models import AuditCheckpoint, AuditEntry, AuditHead
from idp.audit.trail import Trail, mac_of
from idp.core import clock, ids, logging
from idp.core.crypto import Keyring, Purpose
from idp.db.prepared import Prepared
from idp.db.unit_of_work import Database

_log = logging.get("idp.audit")

HEAD_FORGED = "audit.head_forged"

_BATCH = 500
_ANY_UNSEALED = Prepared(select(AuditEntry.id).where(AuditEntry.seq.is_(None)).limit(1))
_TABLE = AuditEntry.__table__
_SEAL = (
    update(AuditEntry.__table__)  # type: ignore[arg-type]
    .where(_TABLE.c.id == bindparam("wanted"), _TABLE.c.seq.is_(None))
    .values(seq=bindparam("place"), chain=bindparam("link"))
)


class Sealer:
    """Moves the head of the chain; any number of processes may try, the head row lets one at a time through.

    An entry that was committed late, with an id older than the head, is sealed when it is found. One that was not
    written by the service is sealed too, with its wrong code, so that verification names it for ever.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        checkpoint_entries: int = 1000,
        checkpoint_every: timedelta = timedelta(minutes=5),
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._key = keyring.current(Purpose.AUDIT)
        self._trail = Trail(keyring)
        self._signer: chain.AuditSigner | None = None
        self._entries = checkpoint_entries
        self._every = checkpoint_every

    def seal(self) -> int:
        """Seal all that is there, and sign a checkpoint when one is due; answers how many entries were sealed."""
        total = 0
        while self._has_unsealed():
            sealed = self._batch()
            total += sealed
            if sealed < _BATCH:
                break
        self.checkpoint(only_if_due=True)
        return total

    def checkpoint(self, *, only_if_due: bool = False) -> bool:
        """Sign the present head, when it moved since the last checkpoint."""
        now = clock.now()
        with self._database.view() as db:
            head = db.get(AuditHead, 1)
            if head is None or not self._wants_checkpoint(head, now, only_if_due):
                return False
            self._signer = self._signer or chain.AuditSigner(db, self._keyring)
        with self._database.transaction() as db:
            head = db.get(AuditHead, 1, with_for_update={"skip_locked": True})
            if head is None or not self._wants_checkpoint(head, now, only_if_due):
                return False
            claims = chain.checkpoint_claims(head.seq, head.chain, now, head.checkpoint_seq)
            signature = self._signer.sign("audit-checkpoint", claims)
            db.add(AuditCheckpoint(seq=head.seq, chain=head.chain, at=now, kid=self._signer.kid, signature=signature))
            head.checkpoint_seq, head.checkpoint_at = head.seq, now
            head.mac = chain.head_mac(self._key, head)
            seq, value = head.seq, head.chain
        _log.info("audit.checkpoint", seq=seq, chain=value, signature=signature)  # a copy that the database cannot undo
        return True

    def _wants_checkpoint(self, head: AuditHead, now: datetime, only_if_due: bool) -> bool:
        grown = head.seq - head.checkpoint_seq
        return grown > 0 and (not only_if_due or grown >= self._entries or now - head.checkpoint_at >= self._every)

    def _has_unsealed(self) -> bool:
        with self._database.glance() as db:
            return _ANY_UNSEALED.first(db) is not None

    def _batch(self) -> int:
        with self._database.transaction() as db:
            head = self._locked_head(db)
            if head is None:  # somebody else is sealing
                return 0
            seq, value = self._sound_end(db, head)
            unsealed = select(*_TABLE.c).where(_TABLE.c.seq.is_(None)).order_by(_TABLE.c.id).limit(_BATCH)
            seals = []
            for entry in db.execute(unsealed):
                said = canonical(entry)
                if not ids.same(entry.mac, mac_of(self._key, said)):
                    _log.error("audit.entry_forged", entry=entry.id)
                seq, value = seq + 1, chain.link(value, said, entry.mac)
                seals.append({"wanted": entry.id, "place": seq, "link": value})
            if seals:
                db.connection().execute(_SEAL, seals)
                head.seq, head.chain = seq, value
                head.mac = chain.head_mac(self._key, head)
            return len(seals)

    def _locked_head(self, db: Session) -> AuditHead | None:
        head = db.get(AuditHead, 1, with_for_update={"skip_locked": True})
        if head is None and db.get(AuditHead, 1) is None:  # removed by hand
            head = AuditHead(id=1, seq=0, chain=chain.GENESIS, checkpoint_seq=0, checkpoint_at=clock.now(), mac="")
            db.add(head)
            db.flush()
        return head

    def _sound_end(self, db: Session, head: AuditHead) -> tuple[int, str]:
        """Where the chain goes on: at the head, or, when that was tampered with, at the last sealed entry.

        Tampering is itself written to the trail, so that sealing on does not wipe it out. A head beyond the last
        entry is right: the entries between are missing, and their gap stays.
        """
        last = db.execute(
            select(_TABLE.c.seq, _TABLE.c.chain).where(_TABLE.c.seq.is_not(None)).order_by(_TABLE.c.seq.desc()).limit(1)
        ).first()
        end = (last.seq, last.chain) if last is not None else (0, chain.GENESIS)
        if ids.same(head.mac, chain.head_mac(self._key, head)) and head.seq >= end[0]:
            return head.seq, head.chain
        _log.error("audit.head_forged", seq=head.seq, last=end[0])
        self._trail.record(db, HEAD_FORGED, outcome="failure", head=head.seq, last=end[0])
        return end
