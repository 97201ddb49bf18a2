"""The owner, signed in, changes or first sets the password: the current one is asked for, and other sessions end."""

from idp.accounts.accounts import Accounts
from idp.accounts.passwords import PasswordRules
from idp.audit.trail import Trail
from idp.authn.errors import WrongPassword
from idp.authn.guard import Guard
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
        with self._database.quick() as db:
            stored = self._accounts.stored_password(db, account_id)
            profile = self._accounts.profile(db, account_id)
            subject = self._guard.subject_of_account(account_id)
            taken = self._guard.begin(db, subject, is_known=True, device=device, address=address, blocked=0)
        if (
            profile is None
            or taken is None
            or (stored is not None and not passwords.verify_password(stored.hash, current))
        ):
            with self._database.quick() as db:
                self._trail.record(
                    db, "password.changed", outcome="failure", account_id=account_id, reason="wrong_current"
                )
            raise WrongPassword
        self._rules.check(new, [profile.username or "", profile.phone or ""])
        password_hash = passwords.hash_password(new)
        with self._database.transaction() as db:
            self._guard.succeeded(db, taken)
            self._accounts.set_password(db, account_id, password_hash, reason="changed_by_owner")
            self._sessions.end_all(db, account_id, reason="password_changed", except_session=session_id)
