"""States of a request, what becomes of it when it is over, and how long anything of it is kept.

| state     | who has it      | becomes                                                                    |
|-----------|-----------------|----------------------------------------------------------------------------|
| waiting   | the reviewers   | approved, refused, returned; second, where a second reviewer has to agree  |
| second    | other reviewers | approved, refused, returned                                                |
| returned  | the citizen     | waiting, once it is completed                                              |
| any above | –               | withdrawn by the citizen; expired after 30 days                            |
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from idp.accounts.models import Guardianship
from idp.core import clock
from idp.reviews.models import ReviewPaper, ReviewRequest

ORGANISATION, DOCUMENT, GUARDIANSHIP = "organisation", "document", "guardianship"
KINDS: Final = (ORGANISATION, DOCUMENT, GUARDIANSHIP)
WAITING, SECOND, RETURNED = "waiting", "second", "returned"
APPROVED, REFUSED, WITHDRAWN, EXPIRED = "approved", "refused", "withdrawn", "expired"
OPEN: Final = (WAITING, SECOND, RETURNED)
KEPT: Final = timedelta(days=30)
"""How long a request waits for either side, and its paper is kept at most."""
FORGOTTEN: Final[dict[str, Any]] = {
    "told_sealed": None, "remark_sealed": None, "claimed_by": None, "claimed_until": None,
}  # fmt: skip
"""What a request that is over no longer holds."""


def is_unseen(db: Session, guardian_id: str, child_id: str) -> bool:
    """Whether this account answers for the child, and nobody has looked at the papers yet."""
    unseen = select(Guardianship.id).where(
        Guardianship.guardian_account_id == guardian_id, Guardianship.child_account_id == child_id,
        Guardianship.ended_at.is_(None), Guardianship.seen_at.is_(None),
    )  # fmt: skip
    return db.scalar(unseen) is not None


def forget_paper(db: Session, request_id: str) -> None:
    db.execute(delete(ReviewPaper).where(ReviewPaper.request_id == request_id))


def account_closed(db: Session, account_id: str) -> None:
    """Nobody decides anything for an account that has ended; its papers go."""
    of_it = select(ReviewRequest.id).where(ReviewRequest.account_id == account_id)
    db.execute(
        delete(ReviewPaper).where(ReviewPaper.request_id.in_(of_it)).execution_options(synchronize_session=False)
    )
    db.execute(
        update(ReviewRequest)
        .where(ReviewRequest.account_id == account_id, ReviewRequest.state.in_(OPEN))
        .values(state=WITHDRAWN, decided_at=clock.now(), **FORGOTTEN)
        .execution_options(synchronize_session=False)
    )


def forget_expired(db: Session, now: datetime) -> int:
    """End what nobody answered in time, and delete papers whose time is over; how many requests."""
    ended = db.execute(
        update(ReviewRequest)
        .where(ReviewRequest.state.in_(OPEN), ReviewRequest.expires_at <= now)
        .values(state=EXPIRED, decided_at=now, **FORGOTTEN)
        .returning(ReviewRequest.id)
        .execution_options(synchronize_session=False)
    ).all()
    for row in ended:
        forget_paper(db, row.id)
    db.execute(delete(ReviewPaper).where(ReviewPaper.kept_until <= now).execution_options(synchronize_session=False))
    return len(ended)


def told_place(request_id: str) -> str:
    return f"review_requests.told:{request_id}"


def remark_place(request_id: str) -> str:
    return f"review_requests.remark:{request_id}"


def paper_place(request_id: str) -> str:
    return f"review_papers.content:{request_id}"
