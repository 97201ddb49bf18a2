"""Which version of each text a person must have agreed to, and the record that they did (PIPL art. 7, 13, 14)."""

from collections.abc import Mapping

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from idp.accounts.models import Agreement
from idp.audit.trail import Trail
from idp.core import clock, ids
from idp.db.prepared import Prepared, RawTransaction

_ACCEPTED = Prepared(
    select(Agreement.document, Agreement.version).where(Agreement.account_id == bindparam("wanted"))
)  # fmt: skip
_ACCEPT = Prepared(
    insert(Agreement)
    .values({c: bindparam(c) for c in ("id", "account_id", "document", "version", "accepted_at", "channel")})
    .on_conflict_do_nothing(index_elements=["account_id", "document", "version"])
    .returning(Agreement.id)
)


def due(db: RawTransaction | Session, account_id: str, current: Mapping[str, str]) -> list[str]:
    """The documents whose current version this account has not agreed to."""
    accepted = {(row.document, row.version) for row in _ACCEPTED(db, wanted=account_id)}
    return [document for document, version in current.items() if (document, version) not in accepted]


def agree(
    db: RawTransaction | Session, trail: Trail, account_id: str, *, document: str, version: str, channel: str
) -> bool:
    """Record the agreement once; False when it was recorded before."""
    made = _ACCEPT.first(
        db, id=ids.new_id(), account_id=account_id, document=document, version=version,
        accepted_at=clock.now(), channel=channel,
    )  # fmt: skip
    if made is None:
        return False
    trail.record(db, "agreement.accepted", account_id=account_id, document=document, version=version, channel=channel)
    return True
