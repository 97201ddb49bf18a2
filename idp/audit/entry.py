"""What one audit entry says, as exact bytes: the same for writing, sealing, verifying and exporting."""

from datetime import UTC, datetime
from typing import Any, Protocol

import orjson


class Entry(Protocol):
    """The members of an audit entry that its code and the chain cover."""

    id: str
    at: datetime
    act: str
    outcome: str
    actor_kind: str
    actor_id: str | None
    account_id: str | None
    client_id: str | None
    session_id: str | None
    trace_id: str
    details: dict[str, Any]


def canonical(entry: Entry) -> bytes:
    """The entry as JSON with sorted names and without spaces; times in UTC to the microsecond."""
    return canonical_bytes(
        id=entry.id,
        at=entry.at,
        act=entry.act,
        outcome=entry.outcome,
        actor_kind=entry.actor_kind,
        actor_id=entry.actor_id,
        account_id=entry.account_id,
        client_id=entry.client_id,
        session_id=entry.session_id,
        trace_id=entry.trace_id,
        details=entry.details,
    )


def canonical_bytes(**members: Any) -> bytes:
    """`canonical` for an entry that is not yet a row."""
    members["at"] = members["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return orjson.dumps(members, option=orjson.OPT_SORT_KEYS)
