"""Questions whose process died before the answer was written down: they end as unavailable, and use up nobody's tries."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select, update

from idp.audit.trail import Trail
from idp.core import clock
from idp.db.unit_of_work import Database
from idp.realname import levels
from idp.realname.models import Evidence, IdentityAttempt

LOST_AFTER = timedelta(hours=1)
"""No question takes that long: a source is cut off after ten seconds, and challenges are settled by themselves."""
_MOST = 200


def end(database: Database, trail: Trail, now: datetime | None = None) -> int:
    """End what was asked an hour ago and has neither an answer nor a challenge under way; how many there were."""
    now = now or clock.now()
    under_way = exists().where(IdentityAttempt.evidence_id == Evidence.id, IdentityAttempt.settled_at.is_(None))
    is_lost = (Evidence.verdict.in_((levels.ASKED, levels.STARTED)), Evidence.at < now - LOST_AFTER, ~under_way)
    with database.transaction() as db:
        rows = db.execute(
            update(Evidence)
            .where(Evidence.id.in_(select(Evidence.id).where(*is_lost).limit(_MOST)), *is_lost)
            .values(verdict=levels.UNAVAILABLE, reason="lost")
            .returning(Evidence.account_id, Evidence.client_id, Evidence.source)
            .execution_options(synchronize_session=False)
        ).all()
        for row in rows:
            trail.record(
                db, "identity.not_proven", outcome="failure", account_id=row.account_id, client_id=row.client_id,
                source=row.source, verdict=levels.UNAVAILABLE, reason="lost",
            )  # fmt: skip
    return len(rows)
