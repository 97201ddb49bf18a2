"""Freezing and closing an account as a whole: its state, its sessions and what they gave out, in one transaction."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from idp.accounts.accounts import Accounts
from idp.audit.trail import Actor
from idp.authn.sessions import Sessions


class Lifecycle:
    """What an operator, or the owner, may do to an account."""

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        on_close: Callable[[Session, str], None] = lambda _db, _account_id: None,
    ) -> None:
        """`on_close` lets go of what other rooms keep of a closed account, in the same transaction."""
        self._accounts = accounts
        self._sessions = sessions
        self._on_close = on_close

    def freeze(self, db: Session, account_id: str, *, actor: Actor, reason: str) -> bool:
        """Nobody signs in to it any more, and every site is told that its sessions are over; False when not active."""
        if not self._accounts.freeze(db, account_id, actor=actor, reason=reason):
            return False
        self._sessions.end_all(db, account_id, reason="account_frozen")
        return True

    def unfreeze(self, db: Session, account_id: str, *, actor: Actor, reason: str) -> bool:
        return self._accounts.unfreeze(db, account_id, actor=actor, reason=reason)

    def close(self, db: Session, account_id: str, *, actor: Actor, reason: str) -> bool:
        """The account ends for good; its phone, its name and its person become free; False when it was closed before."""
        if not self._accounts.close(db, account_id, actor=actor, reason=reason):
            return False
        self._sessions.end_all(db, account_id, reason="account_closed")
        self._on_close(db, account_id)
        return True
