"""Freezing and closing an account as a whole: its state, and the end of all its sessions in the same transaction."""

from sqlalchemy.orm import Session

from idp.accounts.accounts import Accounts
from idp.audit.trail import Actor
from idp.authn.sessions import Sessions


class Lifecycle:
    """What an operator, or the owner, may do to an account."""

    def __init__(self, accounts: Accounts, sessions: Sessions) -> None:
        self._accounts = accounts
        self._sessions = sessions

    def freeze(self, db: Session, account_id: str, *, actor: Actor, reason: str) -> bool:
        """Nobody signs in to it any more, and every site is told that its sessions are over; False when not active."""
        if not self._accounts.freeze(db, account_id, actor=actor, reason=reason):
            return False
        self._sessions.end_all(db, account_id, reason="account_frozen")
        return True

    def unfreeze(self, db: Session, account_id: str, *, actor: Actor, reason: str) -> bool:
        return self._accounts.unfreeze(db, account_id, actor=actor, reason=reason)

    def close(self, db: Session, account_id: str, *, actor: Actor, reason: str) -> bool:
        """The account ends for good and its phone and name become free; False when it was closed before."""
        if not self._accounts.close(db, account_id, actor=actor, reason=reason):
            return False
        self._sessions.end_all(db, account_id, reason="account_closed")
        return True
