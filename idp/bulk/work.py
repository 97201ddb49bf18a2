"""The work on imports, in the worker: every row checked, then every right one made an account, each once, whoever is killed.

An import is leased while a worker is at it; a killed one's lease runs out within a minute. A row is moved by one conditional
statement in the transaction that makes its account, so that two workers, or one after another that was killed, never make it
twice.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from idp.accounts.accounts import Accounts
from idp.accounts.errors import PhoneTaken, UsernameTaken
from idp.accounts.models import Account, AccountState, Identifier
from idp.audit.trail import Actor, Trail
from idp.bulk import candidates
from idp.bulk.candidates import Candidate
from idp.bulk.models import Import, ImportRow
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database
from idp.realname import levels, listed, persons
from idp.realname.errors import NotForThisAccount
from idp.realname.models import Evidence, Person

NEW, READY, WRONG, DONE, FAILED = "new", "ready", "wrong", "done", "failed"
RECEIVED, CHECKED, ASKED, RUNNING, OVER, CANCELLED = "received", "checked", "asked", "running", "done", "cancelled"
SOURCE, PURPOSE = "import", "import"
_LEASE = timedelta(minutes=1)
_KEYS: Mapping[str, InstrumentedAttribute[str | None]] = {
    "phone": ImportRow.phone_index,
    "username": ImportRow.username_index,
    "document_number": ImportRow.document_index,
}
_BATCH = 100
_MOMENT = 1.0  # seconds
_PROOF_HOLDS = timedelta(days=730)


class Work:
    """One round of a worker: the oldest import that waits, as far as it comes."""

    def __init__(self, database: Database, keyring: Keyring, trail: Trail, accounts: Accounts) -> None:
        self._database = database
        self._keyring = keyring
        self._trail = trail
        self._accounts = accounts

    def round(self) -> int:
        """Work on one import that nobody works on, for a moment: other chores wait behind it. How many rows were moved."""
        taken = self._take()
        if taken is None:
            return 0
        import_id, state = taken
        work, moved, until = (self._check if state == RECEIVED else self._make), 0, clock.monotonic() + _MOMENT
        while (step := work(import_id)) and clock.monotonic() < until:
            moved += step
        with self._database.transaction() as db:
            db.execute(update(Import).where(Import.id == import_id).values(leased_until=None))
        return moved + step

    def _take(self) -> tuple[str, str] | None:
        now = clock.now()
        is_free = or_(Import.leased_until.is_(None), Import.leased_until < now)
        oldest = select(Import.id).where(Import.state.in_((RECEIVED, RUNNING)), is_free).order_by(Import.id).limit(1)
        with self._database.transaction() as db:
            row = db.execute(
                update(Import)
                .where(Import.id == oldest.scalar_subquery(), Import.state.in_((RECEIVED, RUNNING)), is_free)
                .values(leased_until=now + _LEASE)
                .returning(Import.id, Import.state)
            ).first()
        return (row.id, row.state) if row is not None else None

    def _holds(self, db: Session, import_id: str, state: str) -> bool:
        """Keep the lease for another while; False once the import was cancelled."""
        kept = update(Import).where(Import.id == import_id, Import.state == state)
        return db.scalar(kept.values(leased_until=clock.now() + _LEASE).returning(Import.id)) is not None

    # --- checking ------------------------------------------------------------------------------------------------

    def _check(self, import_id: str) -> int:
        """Judge the next rows by themselves, then against the rest of the list and the accounts that there are."""
        with self._database.transaction() as db:
            if not self._holds(db, import_id, RECEIVED):
                return 0
            rows = self._next(db, import_id, NEW)
            self._judge(db, rows)
            if not rows:
                self._settle(db, import_id, RECEIVED, CHECKED)
            return len(rows)

    def _next(self, db: Session, import_id: str, state: str) -> list[ImportRow]:
        found = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.state == state)
        return list(db.scalars(found.order_by(ImportRow.number).limit(_BATCH)))

    def _judge(self, db: Session, rows: Sequence[ImportRow]) -> None:
        """Each row by itself first, then all of them against the list and the accounts, in a few statements."""
        right = []
        for row in rows:
            candidate, row.problems = candidates.judge(self._keyring, self._said(row))
            if candidate is not None:
                row.phone_index, row.username_index = candidate.phone_index, candidate.username_index
                row.document_index = candidate.document_index
                right.append(row)
        db.flush()
        for column, index in _KEYS.items():
            wanted = {value for row in right if (value := getattr(row, index.key)) is not None}
            if not wanted:
                continue
            earliest, taken = _earliest(db, rows[0].import_id, index, wanted), _taken(db, column, wanted)
            for row in right:
                value = getattr(row, index.key)
                if value in taken:
                    row.problems = [*row.problems, f"{column}:taken"]
                elif value is not None and earliest[value] < row.number:
                    row.problems = [*row.problems, f"{column}:twice"]
        for row in rows:
            row.state = WRONG if row.problems else READY
            row.sealed = None if row.problems else row.sealed

    # --- making --------------------------------------------------------------------------------------------------

    def _make(self, import_id: str) -> int:
        """Make accounts of the next right rows."""
        with self._database.transaction() as db:
            if not self._holds(db, import_id, RUNNING):
                return 0
            about = db.get_one(Import, import_id)
            numbers = [row.number for row in self._next(db, import_id, READY)]
            if not numbers:
                self._settle(db, import_id, RUNNING, OVER)
        for number in numbers:
            self._make_one(about, number)
        return len(numbers)

    def _make_one(self, about: Import, number: int) -> None:
        goes_on = exists().where(Import.id == about.id, Import.state == RUNNING)
        place = (ImportRow.import_id == about.id, ImportRow.number == number, ImportRow.state == READY, goes_on)
        try:
            with self._database.transaction() as db:
                row = db.scalar(update(ImportRow).where(*place).values(state=DONE).returning(ImportRow))
                if row is None:
                    return
                candidate, _ = candidates.judge(self._keyring, self._said(row))
                if candidate is None:
                    raise _Spoiled
                row.account_id = self._register(db, about, candidate)
                row.sealed = None
            return
        except (PhoneTaken, UsernameTaken, NotForThisAccount, IntegrityError, _Spoiled) as late:
            problem = _LATE.get(type(late), "document_number:taken")
        with self._database.transaction() as db:
            db.execute(update(ImportRow).where(*place).values(state=FAILED, problems=[problem], sealed=None))

    def _register(self, db: Session, about: Import, candidate: Candidate) -> str:
        account_id = self._accounts.register(
            db, phone=candidate.phone, username=candidate.username, password_hash=candidate.password_hash, agreements={},
            locale="zh_CN", channel="import", actor=Actor("operator", about.brought_by), is_phone_proven=False,
        )  # fmt: skip
        if about.trusts_proofs and candidate.applicant is not None and candidate.proven_at is not None:
            self._prove(db, about, account_id, candidate)
        return account_id

    def _prove(self, db: Session, about: Import, account_id: str, candidate: Candidate) -> None:
        """The other system's comparison of name and number: level 1, as old as it is."""
        if candidate.applicant is None or candidate.proven_at is None:
            return
        persons.remember(db, self._keyring, account_id, applicant=candidate.applicant)
        document = candidate.applicant.document
        db.add(
            Evidence(
                id=ids.new_id(), account_id=account_id, client_id=None, purpose=PURPOSE, source=SOURCE,
                channel=about.label, evidence_type="electronic_record", check_method="data",
                document_kind=document.kind.value, verdict=levels.VERIFIED, request_number=about.id,
                document_index=persons.document_index(self._keyring, document), ial=1, at=candidate.proven_at,
                expires_at=candidate.proven_at + _PROOF_HOLDS,
            )
        )  # fmt: skip
        listed.weigh(db, [account_id])
        self._trail.record(
            db,
            "identity.proven",
            actor=Actor("operator", about.brought_by),
            account_id=account_id,
            source=SOURCE,
            ial=1,
        )

    def _settle(self, db: Session, import_id: str, state: str, rest: str) -> None:
        ended = {"ended_at": clock.now()} if rest == OVER else {}
        settled = update(Import).where(Import.id == import_id, Import.state == state)
        db.execute(settled.values(state=rest, leased_until=None, **ended))
        counted = tally(db, import_id)
        self._trail.record(
            db, f"import.{'checked' if rest == CHECKED else 'done'}", batch=import_id,
            ready=counted.get(READY, 0), wrong=counted.get(WRONG, 0), made=counted.get(DONE, 0), failed=counted.get(FAILED, 0),
        )  # fmt: skip

    def _said(self, row: ImportRow) -> Mapping[str, str]:
        if row.sealed is None:
            return {}
        said: Mapping[str, str] = json.loads(
            self._keyring.open(row.sealed, bound_to=place_of(row.import_id, row.number))
        )
        return said


class _Spoiled(Exception):
    """A row that was right and can no longer be read."""


_LATE = {PhoneTaken: "phone:taken", UsernameTaken: "username:taken", _Spoiled: "row:spoiled"}


def tally(db: Session, import_id: str) -> dict[str, int]:
    """How many rows are in which state."""
    counted = select(ImportRow.state, func.count()).where(ImportRow.import_id == import_id).group_by(ImportRow.state)
    return dict(db.execute(counted).all())


def place_of(import_id: str, number: int) -> str:
    return f"import_rows.row:{import_id}:{number}"


def _earliest(
    db: Session, import_id: str, index: InstrumentedAttribute[str | None], wanted: set[str]
) -> dict[str, int]:
    """The first line of the list that has each of these."""
    found = select(index, func.min(ImportRow.number)).where(ImportRow.import_id == import_id, index.in_(wanted))
    return {str(value): int(number) for value, number in db.execute(found.group_by(index))}


def _taken(db: Session, column: str, wanted: set[str]) -> set[str]:
    """Which of these an account here has already."""
    if column == "document_number":
        held = select(Person.document_index).join(Account, Account.id == Person.account_id)
        return set(db.scalars(held.where(Person.document_index.in_(wanted), Account.state != AccountState.CLOSED)))
    live = (Identifier.kind == column, Identifier.value_index.in_(wanted), Identifier.released_at.is_(None))
    return set(db.scalars(select(Identifier.value_index).where(*live)))
