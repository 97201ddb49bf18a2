"""How an account stands: its level, until when it holds, and what it had before that ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.realname import levels
from idp.realname.models import Evidence, Person

ASK_BEFORE = timedelta(days=30)
"""How long before the end a person is asked to prove themselves again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`until` is when the level ends or falls; `lapsed_at` when a higher one did."""

    ial: int
    until: datetime | None
    lapsed_at: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Whether the person should prove themselves again now."""
        return self.until is not None and self.until - now <= ASK_BEFORE


def standing_of(db: Session, account_id: str, now: datetime) -> Standing:
    """Derived from the evidence of the account's person, as the level is."""
    proofs = db.execute(
        select(Evidence.ial, Evidence.expires_at)
        .join(
            Person,
            (Person.account_id == Evidence.account_id) & (Person.document_index == Evidence.document_index),
        )
        .where(Evidence.account_id == account_id, Evidence.verdict == levels.VERIFIED, Evidence.ial > 0)
    ).all()
    live = [proof for proof in proofs if proof.expires_at is None or proof.expires_at > now]
    ial = max((proof.ial for proof in live), default=0)
    ends = [proof.expires_at for proof in live if proof.ial == ial]
    over = [proof.expires_at for proof in proofs if proof not in live and proof.ial > ial]
    return Standing(ial, None if not ends or None in ends else max(ends), max(over, default=None))
