"""The citizen's side: a request is filed with one paper, completed when it came back, withdrawn, and looked at.

One open request of a kind for each account, and a few new ones a day. What is said is checked as far as anybody can without
a register; whether a document belongs to somebody else is told to nobody here, or the form would answer strangers.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.accounts.models import Account, AccountState
from idp.audit.trail import Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.core.identifiers import DocumentKind, IdentifierError, Uscc
from idp.db.unit_of_work import Database
from idp.mandates import people
from idp.mandates.errors import InvalidOrganisationName, InvalidUscc
from idp.mandates.models import Organisation, Representation
from idp.realname import applicants, persons
from idp.realname.errors import AccountIsOver, MinorNeedsGuardian
from idp.realname.ports import OrganisationState
from idp.reviews import errors, papers, service_time
from idp.reviews.models import ReviewPaper, ReviewRequest
from idp.reviews.papers import Paper
from idp.reviews.rows import (
    DOCUMENT,
    FORGOTTEN,
    GUARDIANSHIP,
    KEPT,
    OPEN,
    ORGANISATION,
    RETURNED,
    WAITING,
    WITHDRAWN,
    forget_paper,
    is_unseen,
    paper_place,
    remark_place,
    told_place,
)

A_DAY: Final = 3
LONGEST_REMARK: Final = 500
_LONGEST_NAME: Final = 200
_SHOWN: Final = 50
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Filed:
    """A request as its owner sees it; `told` and `remark` only while it is open."""

    id: str
    kind: str
    subject: str
    state: str
    filed_at: datetime
    submitted_at: datetime
    due_at: datetime
    decided_at: datetime | None
    reason: str | None
    told: Mapping[str, Any] = field(repr=False)
    remark: str = field(repr=False)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for, checked, before it is written."""

    kind: str
    subject: str
    region: str | None
    told: dict[str, Any] = field(repr=False)
    paper: Paper | None = field(repr=False)
    needs_second: bool


class Filing:
    """Requests in the hands of those who file them."""

    def __init__(self, database: Database, keyring: Keyring, trail: Trail) -> None:
        self._database = database
        self._keyring = keyring
        self._trail = trail

    def organisation(self, account_id: str, *, name: str, uscc: str, remark: str, paper: bytes) -> str:
        """The person says to be the legal representative of what no register can answer for; answers the request's id."""
        try:
            code = Uscc.parse(uscc)
        except IdentifierError as odd:
            raise InvalidUscc from odd
        said = " ".join(name.split())
        if not said or len(said) > _LONGEST_NAME:
            raise InvalidOrganisationName
        told = {"uscc": code.code, "name": said, "remark": _remark(remark)}
        asked = _Asked(ORGANISATION, code.code, code.region, told, _paper(paper), needs_second=True)
        with self._database.transaction() as db:
            people.adult(db, self._keyring, account_id, clock.now())
            if _represents(db, account_id, code):
                raise errors.AlreadyRepresented
            return self._file(db, account_id, asked)

    def document(
        self, account_id: str, *, name: str, kind: DocumentKind, number: str, country: str | None,
        valid_until: date | None, is_endless: bool, remark: str, paper: bytes,
    ) -> str:  # fmt: skip
        """The person, proven by one document, now has another, or another name."""
        applicant = applicants.read(name, number, kind, country)
        if applicants.needs_guardian(applicant):
            raise MinorNeedsGuardian
        if (valid_until is None and not is_endless) or (valid_until is not None and valid_until < applicants.today()):
            raise errors.DocumentIsOver
        document = applicant.document
        told = {
            "name": applicant.name, "kind": document.kind.value, "number": document.number, "country": document.country,
            "valid_until": valid_until.isoformat() if valid_until is not None else None, "remark": _remark(remark),
        }  # fmt: skip
        with self._database.transaction() as db:
            known = persons.known(db, self._keyring, account_id)
            if known is None:
                raise errors.NotProvenYet
            if known.name == applicant.name and known.document == document:
                raise errors.SameDocument
            is_renamed = known.name != applicant.name
            asked = _Asked(DOCUMENT, document.kind.value, None, told, _paper(paper), needs_second=is_renamed)
            return self._file(db, account_id, asked)

    def guardianship(self, account_id: str, child_id: str, *, remark: str, paper: bytes) -> str:
        """The guardian shows papers that say whose child it is; RelationSeen when that was looked at, or is over."""
        told = {"remark": _remark(remark)}
        with self._database.transaction() as db:
            if not is_unseen(db, account_id, child_id):
                raise errors.RelationSeen
            asked = _Asked(GUARDIANSHIP, child_id, None, told, _paper(paper), needs_second=False)
            return self._file(db, account_id, asked)

    def withdraw(self, account_id: str, request_id: str) -> None:
        """The person wants it no more; RequestIsOver when it was decided before."""
        with self._database.transaction() as db:
            gone = db.scalar(
                update(ReviewRequest)
                .where(
                    ReviewRequest.id == request_id,
                    ReviewRequest.account_id == account_id,
                    ReviewRequest.state.in_(OPEN),
                )
                .values(state=WITHDRAWN, decided_at=clock.now(), **FORGOTTEN)
                .returning(ReviewRequest.kind)
            )
            if gone is None:
                raise errors.RequestIsOver
            forget_paper(db, request_id)
            self._trail.record(db, "review.withdrawn", account_id=account_id, review=request_id, kind=gone)

    def of_account(self, account_id: str) -> list[Filed]:
        """The newest requests of the account."""
        with self._database.view() as db:
            rows = db.scalars(
                select(ReviewRequest)
                .where(ReviewRequest.account_id == account_id)
                .order_by(ReviewRequest.filed_at.desc(), ReviewRequest.id.desc())
                .limit(_SHOWN)
            ).all()
            return [self._filed(row) for row in rows]

    def find(self, account_id: str, request_id: str) -> Filed | None:
        """One of them; None for anybody else's."""
        with self._database.view() as db:
            row = db.scalar(
                select(ReviewRequest).where(ReviewRequest.id == request_id, ReviewRequest.account_id == account_id)
            )
            return self._filed(row) if row is not None else None

    def open_of(self, account_id: str, kind: str) -> Filed | None:
        """The open one of this kind, if there is one."""
        with self._database.view() as db:
            row = db.scalar(_open_of(account_id, kind))
            return self._filed(row) if row is not None else None

    def _file(self, db: Session, account_id: str, asked: _Asked) -> str:
        """Write it, or complete the one that came back. The account's row is held, so that parallel ones are counted."""
        now = clock.now()
        account = db.scalars(select(Account).where(Account.id == account_id).with_for_update()).one()
        if account.state != AccountState.ACTIVE:
            raise AccountIsOver
        region = asked.region if asked.region is not None else account.region
        held = db.scalar(_open_of(account_id, asked.kind).with_for_update())
        if held is not None and held.state != RETURNED:
            raise errors.AlreadyOpen
        if held is None:
            request_id = self._insert(db, account_id, asked, region, now)
        else:
            request_id = held.id
            held.state, held.subject, held.region = WAITING, asked.subject, region
            held.needs_second = asked.needs_second
            held.first_by, held.first_at = None, None
            held.remark_sealed, held.submitted_at = None, now
            held.due_at, held.expires_at = service_time.due(asked.kind, now), now + KEPT
        self._keep(db, request_id, asked, now)
        act = "review.completed" if held is not None else "review.filed"
        self._trail.record(db, act, account_id=account_id, review=request_id, kind=asked.kind)
        return request_id

    def _insert(self, db: Session, account_id: str, asked: _Asked, region: str, now: datetime) -> str:
        if asked.paper is None:
            raise errors.PaperMissing
        today = (ReviewRequest.account_id == account_id, ReviewRequest.filed_at > now - _DAY)
        if (db.scalar(select(func.count()).where(*today)) or 0) >= A_DAY:
            raise errors.TooManyRequests
        row = ReviewRequest(
            id=ids.new_id(), account_id=account_id, kind=asked.kind, subject=asked.subject, region=region, state=WAITING,
            needs_second=asked.needs_second, filed_at=now, submitted_at=now, due_at=service_time.due(asked.kind, now),
            expires_at=now + KEPT,
        )  # fmt: skip
        db.add(row)
        try:
            db.flush()
        except IntegrityError as raced:
            raise errors.AlreadyOpen from raced
        return row.id

    def _keep(self, db: Session, request_id: str, asked: _Asked, now: datetime) -> None:
        """What was said and the paper, sealed; one that came back keeps its paper unless another is sent."""
        row = db.get_one(ReviewRequest, request_id)
        row.told_sealed = self._keyring.seal(json.dumps(asked.told), bound_to=told_place(request_id))
        if asked.paper is not None:
            forget_paper(db, request_id)
            content = base64.b64encode(asked.paper.content).decode()
            sealed = self._keyring.seal(content, bound_to=paper_place(request_id))
            db.add(
                ReviewPaper(
                    request_id=request_id,
                    media_type=asked.paper.media_type,
                    content_sealed=sealed,
                    kept_until=now + KEPT,
                )
            )
        elif db.scalar(select(ReviewPaper.request_id).where(ReviewPaper.request_id == request_id)) is None:
            raise errors.PaperMissing
        db.flush()

    def _filed(self, row: ReviewRequest) -> Filed:
        told: dict[str, Any] = {}
        if row.told_sealed is not None:
            told = json.loads(self._keyring.open(row.told_sealed, bound_to=told_place(row.id)))
        remark = ""
        if row.remark_sealed is not None:
            remark = self._keyring.open(row.remark_sealed, bound_to=remark_place(row.id))
        return Filed(
            row.id, row.kind, row.subject, row.state, row.filed_at, row.submitted_at, row.due_at, row.decided_at, row.reason,
            told, remark,
        )  # fmt: skip


def _open_of(account_id: str, kind: str) -> Any:
    return select(ReviewRequest).where(
        ReviewRequest.account_id == account_id, ReviewRequest.kind == kind, ReviewRequest.state.in_(OPEN)
    )


def _paper(content: bytes) -> Paper | None:
    return papers.read(content) if content else None


def _remark(text: str) -> str:
    said = text.strip()
    if len(said) > LONGEST_REMARK:
        raise errors.RemarkTooLong
    return said


def _represents(db: Session, account_id: str, uscc: Uscc) -> bool:
    known = (
        select(Representation.id)
        .join(Organisation, Organisation.id == Representation.organisation_id)
        .where(
            Organisation.uscc == uscc.code, Organisation.state == OrganisationState.ACTIVE.value,
            Representation.account_id == account_id, Representation.ended_at.is_(None),
        )
    )  # fmt: skip
    return db.scalar(known) is not None
