"""The owner, signed in, changes or first sets the password: the current one is asked for, and other sessions end."""

from idp.accounts.accounts import Accounts
from idp.accounts.errors import PasswordUnchanged
from idp.accounts.passwords import PasswordRules
from idp.audit.trail import Trail
from idp.authn.errors import WrongPassword
from idp.authn.guard import Guard, Taken
from idp.authn.sessions import Sessions
from idp.core import passwords
from idp.db.unit_of_work import Database


class PasswordChange:
    """Guesses at the current password count in the same bucket as sign-ins of this browser."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        guard: Guard,
        rules: PasswordRules,
        sessions: Sessions,
        trail: Trail,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._guard = guard
        self._rules = rules
        self._sessions = sessions
        self._trail = trail

    def change(self, account_id: str, current: str, new: str, *, session_id: str, device: str, address: str) -> None:
        """WrongPassword or PasswordRefused instead of a change; an account without a password needs no current one."""
        with self._database.glance() as db:
            profile = self._accounts.profile(db, account_id)
        if profile is None:
            raise WrongPassword
        # Before anything is counted: a new password that will not do says nothing of the current one.
        self._rules.check(new, [profile.username or "", profile.phone or ""])
        if current == new:
            raise PasswordUnchanged
        taken = self._proven(account_id, current, device=device, address=address)
        password_hash = passwords.hash_password(new)
        with self._database.transaction() as db:
            if taken is not None:
                self._guard.succeeded(db, taken)
            self._accounts.set_password(db, account_id, password_hash, reason="changed_by_owner")
            self._sessions.end_all(db, account_id, reason="password_changed", except_session=session_id)

    def _proven(self, account_id: str, current: str, *, device: str, address: str) -> Taken | None:
        """The attempt that the right password was; None where there is no password to guess. WrongPassword otherwise."""
        with self._database.quick() as db:
            stored = self._accounts.stored_password(db, account_id)
            if stored is None:
                return None
            subject = self._guard.subject_of_account(account_id)
            taken = self._guard.begin(db, subject, is_known=True, device=device, address=address, blocked=0)
        if taken is not None and passwords.verify_password(stored.hash, current):
            return taken
        reason = "wrong_current" if taken is not None else "blocked"
        with self._database.quick() as db:
            self._trail.record(db, "password.changed", outcome="failure", account_id=account_id, reason=reason)
        raise WrongPassword
