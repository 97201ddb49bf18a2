"""Reads the whole trail once and names every entry that was altered, removed, moved or put in by hand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Result, func, select

from idp.audit import chain, reading
from idp.audit.entry import canonical
from idp.audit.models import AuditCheckpoint, AuditHead
from idp.audit.reading import Unreadable
from idp.audit.sealing import HEAD_FORGED
from idp.audit.trail import mac_of
from idp.core import ids
from idp.core.crypto import DataKey, Keyring, Purpose
from idp.db.prepared import Row
from idp.db.unit_of_work import Database

_SHOWN = 1000
_STRIDE = 5000
_CANDIDATES = 8  # else a long run of altered entries would cost its length at every one of them


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `kind` is one of the words below, `where` an entry id or a place in the chain.

    altered: changed after it was sealed · forged: not written by the service · misplaced: genuine, but not where it
    was sealed · removed: places without entries · truncated: the end of the chain is missing · head_forged,
    checkpoint_forged, checkpoint_removed: the marks themselves were tampered with · diverged: the chain is not the
    one that was signed.
    """

    kind: str
    where: str
    seq: int | None = None


@dataclass(slots=True)
class Verdict:
    """What a verification saw; the list of problems is bounded, their count is not."""

    sealed: int = 0
    unsealed: int = 0
    checkpoints: int = 0
    head: tuple[int, str] = (0, chain.GENESIS)
    count: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return self.count == 0

    def add(self, kind: str, where: str, seq: int | None = None) -> None:
        problem = Problem(kind, where, seq)
        if self.problems and self.problems[-1] == problem:
            return
        self.count += 1
        if len(self.problems) < _SHOWN:
            self.problems.append(problem)


def verify(
    database: Database,
    keyring: Keyring,
    *,
    expected_head: tuple[int, str] | None = None,
    progress: Callable[[int], None] = lambda _seen: None,
) -> Verdict:
    """Walk the chain and everything that vouches for it, in constant memory, while the service goes on.

    `expected_head` is a place and chain noted elsewhere (the log, an earlier verification, an export). `progress` is told
    now and then how many sealed entries were seen; what it raises ends the walk.
    """
    verdict = Verdict()
    keys = keyring.all_of(Purpose.AUDIT)
    with database.view() as db:
        signer = chain.AuditSigner(db, keyring)
        last_mark = db.scalar(select(func.max(AuditCheckpoint.seq))) or 0  # what comes while we walk is for next time
        head = _sound_head(db.execute(select(*AuditHead.__table__.columns)), keys)
    signed = _checkpoints(database, signer, verdict, last_mark, head.checkpoint_seq if head is not None else 0)
    marks = _Marks(verdict, signed, expected_head)
    walk = _Walk(verdict, keys, marks)
    for entry in reading.SEALED.rows(database, 0):
        walk.step(entry)
        if verdict.sealed % _STRIDE == 0:
            progress(verdict.sealed)
    marks.end(walk.seq)
    if head is None:
        verdict.add("head_forged", "audit_head")
    elif head.seq > walk.seq:
        verdict.add("truncated", f"{walk.seq + 1}-{head.seq}", walk.seq + 1)
    verdict.head = (walk.seq, walk.candidates[0] if walk.candidates else "")
    for entry in reading.UNSEALED.rows(database, ""):
        verdict.unsealed += 1
        if isinstance(entry, Unreadable):
            verdict.add("forged", str(entry.key))
        elif (said := said_by(entry)) is None or not is_genuine(keys, entry, said):
            verdict.add("forged", entry.id)
    return verdict


class _Walk:
    """Follows the links. After a broken one the stored or the computed chain may go on: one finding, not all the rest."""

    def __init__(self, verdict: Verdict, keys: list[DataKey], marks: "_Marks") -> None:
        self.seq = 0
        self.candidates: tuple[str, ...] = (chain.GENESIS,)
        self._verdict = verdict
        self._keys = keys
        self._marks = marks

    def step(self, entry: Row | Unreadable) -> None:
        self._verdict.sealed += 1
        seq = entry.key if isinstance(entry, Unreadable) else entry.seq
        if not isinstance(seq, int):  # SQLite keeps a text in a column of numbers
            self._verdict.add("altered", str(seq))
            return
        is_after_gap = seq != self.seq + 1
        if is_after_gap:
            first, last = self.seq + 1, seq - 1
            self._verdict.add("removed", str(first) if first == last else f"{first}-{last}", first)
        self.seq = seq
        said = None if isinstance(entry, Unreadable) else said_by(entry)
        if said is None:
            self._verdict.add("altered", f"#{seq}" if isinstance(entry, Unreadable) else entry.id, seq)
            self.candidates = ()
        else:
            self._judge(entry, said, may_follow=() if is_after_gap else self.candidates)
        self._marks.meet(seq, self.candidates)

    def _judge(self, entry: Row, said: bytes, *, may_follow: tuple[str, ...]) -> None:
        possible = [chain.link(before, said, entry.mac) for before in may_follow]
        fits = not possible or entry.chain in possible
        if not is_genuine(self._keys, entry, said):
            self._verdict.add("forged" if entry.chain in possible else "altered", entry.id, entry.seq)
        elif not fits:
            self._verdict.add("misplaced", entry.id, entry.seq)
        elif entry.act == HEAD_FORGED:
            self._verdict.add("head_forged", entry.id, entry.seq)
        self.candidates = (entry.chain,) if fits else (entry.chain, *possible)[:_CANDIDATES]


class _Marks:
    """Holds the walk against what was signed or noted, in the order of the chain."""

    def __init__(self, verdict: Verdict, marks: Iterator[tuple[int, str]], noted: tuple[int, str] | None) -> None:
        self._verdict = verdict
        self._marks = marks
        self._noted = noted
        self._next = next(marks, None)

    def meet(self, seq: int, candidates: tuple[str, ...]) -> None:
        while self._next is not None and self._next[0] <= seq:
            self._compare(self._next, seq, candidates)
            self._next = next(self._marks, None)
        if self._noted is not None and self._noted[0] <= seq:
            self._compare(self._noted, seq, candidates)
            self._noted = None

    def end(self, last: int) -> None:
        furthest = self._noted[0] if self._noted is not None else 0
        while self._next is not None:
            furthest = max(furthest, self._next[0])
            self._next = next(self._marks, None)
        if furthest > last:
            self._verdict.add("truncated", f"{last + 1}-{furthest}", last + 1)

    def _compare(self, mark: tuple[int, str], seq: int, candidates: tuple[str, ...]) -> None:
        if mark[0] == seq and candidates and mark[1] not in candidates:  # a mark in a gap was reported with the gap
            self._verdict.add("diverged", str(seq), seq)


def _checkpoints(
    database: Database, signer: chain.AuditSigner, verdict: Verdict, last: int, newest: int
) -> Iterator[tuple[int, str]]:
    """The heads that were truly signed, up to `last`; `newest` is the checkpoint that the head row remembers."""
    before = 0
    for row in reading.CHECKPOINTS.rows(database, 0):
        seq = row.key if isinstance(row, Unreadable) else row.seq
        if seq > last:
            break
        verdict.checkpoints += 1
        claims = None if isinstance(row, Unreadable) else _signed_claims(signer, row)
        if claims is None:
            verdict.add("checkpoint_forged", str(seq), seq)
        else:
            if claims["before"] != before:
                verdict.add("checkpoint_removed", str(claims["before"]), claims["before"])
            yield seq, claims["chain"]
        before = seq
    if before < newest:
        verdict.add("checkpoint_removed", str(newest), newest)


def _signed_claims(signer: chain.AuditSigner, row: Row) -> dict[str, Any] | None:
    claims = signer.read("audit-checkpoint", row.signature)
    if claims is None or (claims["seq"], claims["chain"], claims["at"]) != (row.seq, row.chain, row.at.isoformat()):
        return None
    return claims


def _sound_head(rows: Result[Any], keys: list[DataKey]) -> Row | None:
    try:
        head = rows.one_or_none()
    except (ValueError, TypeError):
        return None
    return head if head is not None and any(ids.same(head.mac, chain.head_mac(key, head)) for key in keys) else None


def said_by(entry: Any) -> bytes | None:
    """The exact bytes of an entry; None when it holds values that the service never writes."""
    try:
        return canonical(entry)
    except (ValueError, TypeError, AttributeError):
        return None


def is_genuine(keys: list[DataKey], entry: Any, said: bytes) -> bool:
    """Whether a key of this installation wrote it."""
    return any(ids.same(entry.mac, mac_of(key, said)) for key in keys)
