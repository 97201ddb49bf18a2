"""Writes audit entries: one insert, in the caller's transaction, authenticated so that nobody else can write one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import bindparam, insert
from sqlalchemy.orm import Session

from idp.audit.entry import canonical_bytes
from idp.audit.models import AuditEntry
from idp.core import clock, crypto, ids, logging
from idp.core.crypto import Keyring, Purpose
from idp.db.prepared import Prepared, RawTransaction

_WRITTEN = (
    "id", "at", "act", "outcome", "actor_kind", "actor_id", "account_id", "client_id", "session_id", "trace_id",
    "details", "mac",
)  # fmt: skip
_INSERT = Prepared(insert(AuditEntry).values({name: bindparam(name) for name in _WRITTEN}))

Detail = str | int | bool | list[str]
Observer = Callable[[str, str, Mapping[str, Detail]], None]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a citizen by account id, an operator, a relying site by client id, or the service itself."""

    kind: Literal["citizen", "operator", "client", "system"]
    id: str | None = None


SYSTEM = Actor("system")


class Trail:
    """The audit trail of the installation, as the rooms write it.

    An entry carries ids and codes, never a name or a number. If it cannot be written, the act does not happen: the
    insert fails inside the transaction of the act.
    """

    def __init__(self, keyring: Keyring, *observers: Observer) -> None:
        self._key = keyring.current(Purpose.AUDIT)
        self._observers = observers

    def tell(self, observer: Observer) -> None:
        """Let it know of every entry as it is written, before the commit: for counters and memories, not for decisions."""
        self._observers = (*self._observers, observer)

    def record(
        self,
        db: RawTransaction | Session,
        act: str,
        *,
        outcome: str = "success",
        actor: Actor | None = None,
        account_id: str | None = None,
        client_id: str | None = None,
        session_id: str | None = None,
        **details: Detail,
    ) -> None:
        """Write one entry; without `actor` it is the citizen of `account_id`, else the client, else the service."""
        if actor is None:
            actor = _implied(account_id, client_id)
        members = {
            "id": ids.new_id(),
            "at": clock.now(),
            "act": act,
            "outcome": outcome,
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "account_id": account_id,
            "client_id": client_id,
            "session_id": session_id,
            "trace_id": logging.trace_id(),
            "details": details,
        }
        _INSERT(db, mac=mac_of(self._key, canonical_bytes(**members)), **members)
        for observe in self._observers:
            observe(act, outcome, details)


def mac_of(key: crypto.DataKey, canonical: bytes) -> str:
    """The code that only a holder of the audit key can make (HMAC-SHA-256 or HMAC-SM3), base64url."""
    return ids.base64url(crypto.keyed_digest(key, b"audit-entry/1\n" + canonical))


def _implied(account_id: str | None, client_id: str | None) -> Actor:
    if account_id is not None:
        return Actor("citizen", account_id)
    return Actor("client", client_id) if client_id is not None else SYSTEM
