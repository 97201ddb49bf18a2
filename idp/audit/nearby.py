"""Looks at one entry and its neighbours in the chain at once: what a reading of the whole trail would say of this place."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.audit import chain
from idp.audit.models import AuditEntry
from idp.audit.verification import is_genuine, said_by
from idp.core.crypto import Keyring, Purpose

_E = AuditEntry


@dataclass(frozen=True, slots=True)
class Checked:
    """An entry, the ones before and after it in the chain, and the kinds of findings (see `verification.Problem`)."""

    entry: AuditEntry
    before: AuditEntry | None
    after: AuditEntry | None
    problems: tuple[str, ...]


def check(db: Session, keyring: Keyring, entry: AuditEntry) -> Checked:
    """Whether the entry says what was written, stands where it was sealed, and the next one follows from it."""
    keys, problems = keyring.all_of(Purpose.AUDIT), []
    said = said_by(entry)
    if said is None or not is_genuine(keys, entry, said):
        problems.append("altered")
    if entry.seq is None:
        return Checked(entry, None, None, tuple(problems))
    around = db.scalars(select(_E).where(_E.seq.in_((entry.seq - 1, entry.seq + 1))))
    by_place = {found.seq: found for found in around}
    before, after = by_place.get(entry.seq - 1), by_place.get(entry.seq + 1)
    if before is None and entry.seq > 1:
        problems.append("removed")
    elif said is not None and not problems and not _follows(before, entry):
        problems.append("misplaced")
    following = said_by(after) if after is not None else None
    if (
        after is not None
        and following is not None
        and is_genuine(keys, after, following)
        and not _follows(entry, after)
    ):
        problems.append("diverged")
    return Checked(entry, before, after, tuple(dict.fromkeys(problems)))


def _follows(before: AuditEntry | None, entry: AuditEntry) -> bool:
    said = said_by(entry)
    start = before.chain if before is not None else chain.GENESIS
    return said is not None and start is not None and entry.chain == chain.link(start, said, entry.mac)


def of_trace(db: Session, trace_id: str, size: int = 50) -> list[AuditEntry]:
    """What happened in the same request, in order."""
    return list(db.scalars(select(_E).where(_E.trace_id == trace_id).order_by(_E.id).limit(size))) if trace_id else []
