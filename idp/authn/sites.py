"""What ending a session means for the sites it reached: an outline, filled in by the room that knows sites and tokens."""

from collections.abc import Collection
from typing import Protocol

from sqlalchemy.orm import Session


class Sites(Protocol):
    """All of it happens in the transaction in which the session, or the trust in an account, ends."""

    def end_of_session(self, db: Session, session_id: str, *, reason: str, keep_offline: bool) -> None:
        """Revoke what the session gave out; `keep_offline` spares what was meant to outlive it (offline_access)."""

    def end_of_account(self, db: Session, account_id: str, *, reason: str) -> None:
        """Revoke everything that any session of the account gave out, however long ago."""

    def that_listen(self, db: Session, client_ids: Collection[str]) -> Collection[str]:
        """The ones among these that want to be told of the end of a session."""


class _NoSites:
    """Sessions without a protocol around them: nothing was given out, and everybody is told."""

    def end_of_session(self, db: Session, session_id: str, *, reason: str, keep_offline: bool) -> None:
        return None

    def end_of_account(self, db: Session, account_id: str, *, reason: str) -> None:
        return None

    def that_listen(self, db: Session, client_ids: Collection[str]) -> Collection[str]:
        return client_ids


NO_SITES = _NoSites()
