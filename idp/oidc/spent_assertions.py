"""Assertions that were accepted: each by its `jti`, once, whatever process it comes to (RFC 7523 §3)."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql

from idp.core import ids
from idp.db.prepared import Prepared
from idp.db.unit_of_work import Database
from idp.oidc.models import SpentAssertion

_BATCH = 2000

# `ON CONFLICT DO NOTHING` is written the same on both databases.
_spend = Prepared(
    postgresql.insert(SpentAssertion)
    .values(digest=bindparam("digest"), expires_at=bindparam("expires_at"))
    .on_conflict_do_nothing()
    .returning(SpentAssertion.digest)
)
_over = select(SpentAssertion.digest).where(SpentAssertion.expires_at < bindparam("now")).limit(_BATCH)
_purge = Prepared(
    delete(SpentAssertion).where(SpentAssertion.digest.in_(_over)).returning(SpentAssertion.digest),
)


def spend(database: Database, *, issuer: str, jti: str, until: datetime) -> bool:
    """Whether this is the assertion's first use; of any number of callers one is told so. Kept `until` it has expired."""
    digest = ids.digest(f"client\x00{issuer}\x00{jti}")
    with database.quick() as db:
        return _spend.first(db, digest=digest, expires_at=until) is not None


def purge(database: Database, now: datetime) -> int:
    """Forget those that have expired, some at a time; answers how many went."""
    gone = 0
    while True:
        with database.quick() as db:
            went = len(_purge(db, now=now))
        gone += went
        if went < _BATCH:
            return gone
