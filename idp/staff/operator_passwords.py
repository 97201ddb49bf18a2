"""Passwords of operators: longer and more mixed than a citizen's, none of the last five again, a new one every ninety days."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from idp.accounts.passwords import PasswordRules
from idp.config import PasswordPolicy
from idp.core import passwords
from idp.staff.errors import PasswordUsedBefore
from idp.staff.models import Operator

# GB/T 22239 8.1.4.1 a: complex and regularly changed.
POLICY = PasswordPolicy(min_length=10, required_classes=3, max_age_days=90)
HISTORY = 5
"""How many passwords, the present one among them, may not come again."""
_RULES = PasswordRules(lambda: POLICY)


def check(password: str, *, login: str, before: Sequence[str] = ()) -> None:
    """Refuse a password that is short, plain, listed, guessable, near the login, or was one of `before` (their hashes)."""
    _RULES.check(password, (login,))
    if any(passwords.verify_password(each, password) for each in before):
        raise PasswordUsedBefore


def of_late(row: Operator) -> tuple[str, ...]:
    """The hashes that may not come again, the present one first."""
    return tuple(each for each in (row.password_hash, *(row.past_passwords or ())) if each)[:HISTORY]


def put(row: Operator, hashed: str, now: datetime) -> None:
    """Let `hashed` be the operator's password from now on."""
    row.past_passwords = list(of_late(row))[: HISTORY - 1]
    row.password_hash, row.password_changed_at = hashed, now


def is_expired(changed_at: datetime | None, now: datetime) -> bool:
    return changed_at is not None and now - changed_at >= timedelta(days=POLICY.max_age_days)
