"""The reviewer's side of one request: what it says is opened for who claimed it, and it is decided once.

A decision is one conditional statement over the claim, with its effect, its audit and its message in one transaction. Where a
second reviewer is needed, the first yes only hands it on; the same operator can neither claim nor decide it then. Operators
have no link to citizens' accounts, so nothing here can know that somebody reviews their own request: that is for the staff's
rules, and for the second look.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from idp.accounts.disclosures import PAPER, Disclosures
from idp.audit.trail import Trail
from idp.authn.notices import Notices
from idp.core import clock
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database
from idp.realname import persons
from idp.realname.persons import PersonFacts
from idp.reviews.effects import Effects
from idp.reviews.errors import NotClaimed, RemarkTooLong, RequestIsOver
from idp.reviews.models import ReviewPaper, ReviewRequest
from idp.reviews.papers import Paper
from idp.reviews.queue import is_claimed_by, workable
from idp.reviews.rows import (
    APPROVED,
    FORGOTTEN,
    REFUSED,
    RETURNED,
    SECOND,
    WAITING,
    forget_paper,
    paper_place,
    remark_place,
    told_place,
)
from idp.staff.sessions import SignedInOperator

REASONS: Final[Mapping[str, tuple[str, ...]]] = {
    "organisation": (
        "paper_differs", "paper_doubtful", "paper_expired", "not_the_representative", "register_answers",
        "known_more_surely", "organisation_not_live",
    ),
    "document": ("paper_differs", "paper_doubtful", "paper_expired", "another_person", "belongs_to_another"),
    "guardianship": ("paper_differs", "paper_doubtful", "relation_not_shown"),
}  # fmt: skip
"""Why a request is refused, by its kind."""
LONGEST_REMARK: Final = 300
_REASON: Final = "handling_request"
_LOOKED_AT: Final = {"organisation": ("name",), "document": ("name", "document"), "guardianship": ("name",)}
"""Which facts of the person the reviewer sees open."""


@dataclass(frozen=True, slots=True)
class Opened:
    """All that a request says, unmasked, beside what is known of the person."""

    request: ReviewRequest
    told: Mapping[str, Any] = field(repr=False)
    person: PersonFacts | None = field(repr=False)
    child: PersonFacts | None = field(repr=False)
    media_type: str | None


class Deciding:
    """Requests in the hands of reviewers."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        trail: Trail,
        notices: Notices,
        disclosures: Disclosures,
        effects: Effects,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._trail = trail
        self._notices = notices
        self._disclosures = disclosures
        self._effects = effects

    def open(self, who: SignedInOperator, request_id: str) -> Opened | None:
        """What it says, for who holds the claim; None for everybody else. Every look is on record."""
        with self._database.transaction() as db:
            row = self._held(db, who, request_id)
            if row is None or row.told_sealed is None:
                return None
            media_type = db.scalar(select(ReviewPaper.media_type).where(ReviewPaper.request_id == row.id))
            told = json.loads(self._keyring.open(row.told_sealed, bound_to=told_place(row.id)))
            person = persons.known(db, self._keyring, row.account_id)
            child = persons.known(db, self._keyring, row.subject) if row.kind == "guardianship" else None
            self._looked(db, who, row, _LOOKED_AT[row.kind])
            return Opened(row, told, person, child, media_type)

    def paper(self, who: SignedInOperator, request_id: str) -> Paper | None:
        """The paper, for who holds the claim; every look is on record."""
        with self._database.transaction() as db:
            row = self._held(db, who, request_id)
            kept = db.get(ReviewPaper, request_id) if row is not None else None
            if row is None or kept is None:
                return None
            self._looked(db, who, row, (PAPER,))
            content = self._keyring.open(kept.content_sealed, bound_to=paper_place(request_id))
            return Paper(kept.media_type, base64.b64decode(content))

    def approve(self, db: Session, who: SignedInOperator, request_id: str) -> str:
        """Yes. Answers the state it is in now; a refusal of the effect (DomainError) leaves everything as it was."""
        row = self._held(db, who, request_id)
        if row is None or row.told_sealed is None:
            raise NotClaimed
        now = clock.now()
        if row.state == WAITING and row.needs_second:
            self._move(
                db, who, row, state=SECOND, first_by=who.id, first_at=now, claimed_by=None, claimed_until=None
            )  # fmt: skip
            self._record(db, who, row, "review.passed_on")
            return SECOND
        told = json.loads(self._keyring.open(row.told_sealed, bound_to=told_place(row.id)))
        self._finish(db, who, row, APPROVED, None)
        self._effects.apply(db, row, told, by=who.actor)
        self._record(db, who, row, "review.approved")
        self._notices.tell(db, row.account_id, "review_decided")
        return APPROVED

    def refuse(self, db: Session, who: SignedInOperator, request_id: str, *, reason: str) -> None:
        """No, with one of the REASONS of its kind."""
        row = self._held(db, who, request_id)
        if row is None:
            raise NotClaimed
        if reason not in REASONS[row.kind]:
            raise ValueError(reason)
        self._finish(db, who, row, REFUSED, reason)
        self._record(db, who, row, "review.refused", reason=reason)
        self._notices.tell(db, row.account_id, "review_decided")

    def send_back(self, db: Session, who: SignedInOperator, request_id: str, *, remark: str) -> None:
        """The citizen has to complete it; the remark tells them what."""
        row = self._held(db, who, request_id)
        if row is None:
            raise NotClaimed
        said = " ".join(remark.split())
        if not said or len(said) > LONGEST_REMARK:
            raise RemarkTooLong
        sealed = self._keyring.seal(said, bound_to=remark_place(row.id))
        self._move(
            db, who, row, state=RETURNED, remark_sealed=sealed, first_by=None, first_at=None, claimed_by=None,
            claimed_until=None,
        )  # fmt: skip
        self._record(db, who, row, "review.returned")
        self._notices.tell(db, row.account_id, "review_returned")

    def _held(self, db: Session, who: SignedInOperator, request_id: str) -> ReviewRequest | None:
        held: ReviewRequest | None = db.scalar(
            select(ReviewRequest).where(*workable(who, request_id), is_claimed_by(who, clock.now()))
        )
        return held

    def _finish(self, db: Session, who: SignedInOperator, row: ReviewRequest, state: str, reason: str | None) -> None:
        now = clock.now()
        minutes = int((now - row.submitted_at).total_seconds() // 60)
        self._move(
            db, who, row, state=state, decided_by=who.id, decided_at=now, minutes=minutes, reason=reason, **FORGOTTEN
        )  # fmt: skip
        forget_paper(db, row.id)

    def _move(self, db: Session, who: SignedInOperator, row: ReviewRequest, **values: Any) -> None:
        """One statement: only out of the state that was read, only under a claim that still holds."""
        moved = db.scalar(
            update(ReviewRequest)
            .where(
                *workable(who, row.id), is_claimed_by(who, clock.now()), ReviewRequest.state == row.state,
                ReviewRequest.submitted_at == row.submitted_at,
            )
            .values(**values)
            .returning(ReviewRequest.id)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        if moved is None:
            raise RequestIsOver

    def _record(self, db: Session, who: SignedInOperator, row: ReviewRequest, act: str, **more: str) -> None:
        self._trail.record(
            db, act, actor=who.actor, account_id=row.account_id, review=row.id, kind=row.kind, **more
        )  # fmt: skip

    def _looked(self, db: Session, who: SignedInOperator, row: ReviewRequest, fields: tuple[str, ...]) -> None:
        """On record in the trail, and as disclosures, which the citizen reads in the account centre."""
        self._record(db, who, row, "review.viewed", fields=" ".join(fields))
        for each in fields:
            self._disclosures.record(db, row.account_id, each, who, _REASON, row.id)
        if row.kind == "guardianship" and "name" in fields:
            self._disclosures.record(db, row.subject, "name", who, _REASON, row.id)
