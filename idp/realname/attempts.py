"""Rows of challenges under way: made before the source is asked, found by whoever started them, settled once."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.core.identifiers import Document, DocumentKind
from idp.realname.models import IdentityAttempt
from idp.realname.ports import Applicant, Started, Surface

POLL_SECONDS = 2
LONGEST = timedelta(minutes=30)
"""However long a source would let a person take."""
_SEALED = ("applicant_sealed", "ticket_sealed", "open_url_sealed", "app_url_sealed")


class AttemptState(StrEnum):
    """How a challenge stands, in words of its own: `outcome` of a settled row holds any but WAITING."""

    WAITING = "waiting"
    PROVEN = "proven"
    NOT_PROVEN = "not_proven"
    ABANDONED = "abandoned"
    UNAVAILABLE = "unavailable"
    ANOTHER_ACCOUNT = "person_has_another_account"
    ANOTHER_PERSON = "account_is_another_person"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who may see and settle a challenge: this account, in this browser, on its way to this site."""

    account_id: str
    browser: str = field(repr=False)
    client_id: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A challenge as its owner sees it."""

    handle: str = field(repr=False)
    state: AttemptState
    source: str
    expires_at: datetime
    surface: Surface
    has_returned: bool = False
    is_on_phone: bool = False
    """Somebody took it up on a phone."""
    open_url: str | None = field(default=None, repr=False)
    app_url: str | None = field(default=None, repr=False)

    @property
    def phone_handle(self) -> str:
        return phone_handle(self.handle)


def phone_handle(handle: str) -> str:
    """The handle that lets a phone go on with this challenge, and do nothing else; it does not tell the other one."""
    return ids.digest(f"identity-attempt-phone:{handle}")


class AttemptRows:
    """Statements on `identity_attempts`, and what is sealed in it."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def add(
        self,
        db: Session,
        handle: str,
        evidence_id: str,
        owner: Owner,
        source: str,
        applicant: Applicant,
        surface: Surface,
    ) -> str:
        """Write the attempt down before its source hears of it."""
        row_id, now = ids.new_id(), clock.now()
        db.add(
            IdentityAttempt(
                id=row_id, handle_digest=ids.digest(handle), evidence_id=evidence_id, account_id=owner.account_id,
                client_id=owner.client_id, browser_digest=ids.digest(owner.browser),
                phone_digest=ids.digest(phone_handle(handle)), source=source, surface=surface.value,
                applicant_sealed=self._seal(row_id, "applicant_sealed", _written(applicant)),
                started_at=now, expires_at=now + timedelta(minutes=1),
            )
        )  # fmt: skip
        return row_id

    def begin(self, db: Session, row_id: str, started: Started) -> bool:
        """The source has taken it; False when it was settled meanwhile."""
        changes: dict[str, Any] = {
            "request_number": started.request_number[:64],
            "ticket_sealed": self._seal(row_id, "ticket_sealed", started.ticket),
            "open_url_sealed": self._seal(row_id, "open_url_sealed", started.open_url),
            "expires_at": clock.now() + min(started.lasts, LONGEST),
        }
        if started.app_url:
            changes["app_url_sealed"] = self._seal(row_id, "app_url_sealed", started.app_url)
        return self._changed(db, row_id, IdentityAttempt.ticket_sealed.is_(None), **changes)

    def find(self, db: Session, handle: str, owner: Owner) -> IdentityAttempt | None:
        """Whoever else comes with the handle finds nothing."""
        return db.scalar(
            select(IdentityAttempt).where(
                IdentityAttempt.handle_digest == ids.digest(handle),
                IdentityAttempt.account_id == owner.account_id,
                IdentityAttempt.browser_digest == ids.digest(owner.browser),
                IdentityAttempt.client_id.is_not_distinct_from(owner.client_id),
            )
        )

    def of_phone(self, db: Session, handle: str) -> IdentityAttempt | None:
        return db.scalar(select(IdentityAttempt).where(IdentityAttempt.phone_digest == ids.digest(handle)))

    def taken_up(self, db: Session, handle: str, browser: str) -> bool:
        """Whether this browser is the one phone that goes on with it; the first to come is."""
        mine = ids.digest(browser)
        statement = (
            update(IdentityAttempt)
            .where(
                IdentityAttempt.phone_digest == ids.digest(handle),
                or_(IdentityAttempt.phone_browser.is_(None), IdentityAttempt.phone_browser == mine),
            )
            .values(phone_browser=mine)
            .returning(IdentityAttempt.id)
        )
        return db.scalar(statement) is not None

    def release_phone(self, db: Session, row_id: str) -> bool:
        """Let another phone take it up."""
        return self._changed(db, row_id, IdentityAttempt.phone_browser.is_not(None), phone_browser=None)

    def may_ask(self, db: Session, row_id: str, now: datetime) -> bool:
        """Whether the source may be asked now: of all who would in these two seconds, in all processes, one."""
        pause, last = timedelta(seconds=POLL_SECONDS), IdentityAttempt.asked_at
        is_due = or_(last.is_(None), last <= now - pause, last > now + pause)  # the last: a clock was set back
        return self._changed(db, row_id, is_due, asked_at=now)

    def returned(self, db: Session, row_id: str, now: datetime) -> bool:
        return self._changed(db, row_id, IdentityAttempt.returned_at.is_(None), returned_at=now)

    def retold(self, db: Session, row_id: str, before: str, ticket: str) -> bool:
        """Keep what the source's application changed, unless somebody else changed it first."""
        sealed = self._seal(row_id, "ticket_sealed", ticket)
        return self._changed(db, row_id, IdentityAttempt.ticket_sealed == before, ticket_sealed=sealed)

    def settle(self, db: Session, row_id: str, state: AttemptState) -> bool:
        """End it and forget what was sealed; of any number of callers one gets True."""
        return self._changed(
            db,
            row_id,
            IdentityAttempt.id == row_id,
            settled_at=clock.now(),
            outcome=state.value,
            **dict.fromkeys(_SEALED),
        )

    def left_open(self, db: Session, now: datetime, most: int) -> list[IdentityAttempt]:
        """Those whose time is over, and nobody settled."""
        over = (IdentityAttempt.settled_at.is_(None), IdentityAttempt.expires_at <= now)
        return list(db.scalars(select(IdentityAttempt).where(*over).order_by(IdentityAttempt.expires_at).limit(most)))

    def applicant_of(self, row: IdentityAttempt) -> Applicant:
        return _read(self._open(row, "applicant_sealed"))

    def ticket_of(self, row: IdentityAttempt) -> str:
        return self._open(row, "ticket_sealed")

    def seen(self, row: IdentityAttempt, handle: str) -> Attempt:
        """The row as its owner, or the phone, sees it."""
        return Attempt(
            handle=handle,
            state=AttemptState(row.outcome) if row.outcome else AttemptState.WAITING,
            source=row.source,
            expires_at=row.expires_at,
            surface=Surface(row.surface),
            has_returned=row.returned_at is not None,
            is_on_phone=row.phone_browser is not None,
            open_url=self._opened(row, "open_url_sealed"),
            app_url=self._opened(row, "app_url_sealed"),
        )

    def _changed(self, db: Session, row_id: str, condition: ColumnElement[bool], **values: Any) -> bool:
        """One statement on a row that is not settled; whether it was."""
        statement = (
            update(IdentityAttempt)
            .where(IdentityAttempt.id == row_id, IdentityAttempt.settled_at.is_(None), condition)
            .values(**values)
            .returning(IdentityAttempt.id)
            .execution_options(synchronize_session=False)
        )
        return db.scalar(statement) is not None

    def _seal(self, row_id: str, column: str, text: str) -> str:
        return self._keyring.seal(text, bound_to=f"identity_attempts.{column}:{row_id}")

    def _opened(self, row: IdentityAttempt, column: str) -> str | None:
        """The same of a column that may be empty."""
        return self._open(row, column) if getattr(row, column) else None

    def _open(self, row: IdentityAttempt, column: str) -> str:
        return self._keyring.open(getattr(row, column), bound_to=f"identity_attempts.{column}:{row.id}")


def _written(applicant: Applicant) -> str:
    document = applicant.document
    return orjson.dumps([applicant.name, document.kind.value, document.number, document.country]).decode()


def _read(text: str) -> Applicant:
    name, kind, number, country = orjson.loads(text)
    return Applicant(name, Document.of(DocumentKind(kind), number, country=country))
