"""The states of an operator, what a login may look like, and where a secret of theirs is sealed."""

from idp.staff.errors import LoginUnfit

INVITED, ACTIVE, DISABLED = "invited", "active", "disabled"
"""Invited: named, and not enrolled yet."""
_DEFAULTS = frozenset({"admin", "administrator", "root", "system", "security", "audit", "test", "guest"})


def check_login(login: str) -> None:
    """3 to 32 small letters, digits, dots or hyphens, and no default name (GB/T 22239 8.1.4.2); LoginUnfit otherwise."""
    plain = login.replace(".", "").replace("-", "")
    is_fine = 3 <= len(login) <= 32 and login.isascii() and plain.isalnum() and login == login.lower()
    if not is_fine or login in _DEFAULTS:
        raise LoginUnfit


def totp_place(operator_id: str) -> str:
    return f"operators.totp:{operator_id}"
