"""What each role may do: one table, asked by every route of the console and of its API."""

from enum import StrEnum

from idp.staff.models import Role


class Permission(StrEnum):
    """One thing that an operator may do; `.ask` ones are done only once a second person has allowed them."""

    HOME = "home"
    ACCOUNTS_READ = "accounts.read"
    ACCOUNTS_UNMASK = "accounts.unmask"
    ACCOUNTS_CHANGE = "accounts.change"
    ACCOUNTS_RAISE_ASK = "accounts.raise.ask"
    ACCOUNTS_IMPORT = "accounts.import"
    ACCOUNTS_EXPORT_ASK = "accounts.export.ask"
    COUNTER_WORK = "counter.work"
    REVIEWS_WORK = "reviews.work"
    CLIENTS_READ = "clients.read"
    CLIENTS_CHANGE = "clients.change"
    CLIENTS_REVIEW = "clients.review"
    CLIENTS_SECRET_ASK = "clients.secret.ask"
    SOURCES_READ = "sources.read"
    SOURCES_CHANGE = "sources.change"
    KEYS_READ = "keys.read"
    KEYS_ROTATE_ASK = "keys.rotate.ask"
    KEYS_REVOKE = "keys.revoke"
    POLICIES_READ = "policies.read"
    POLICIES_CHANGE = "policies.change"
    STAFF_READ = "staff.read"
    STAFF_GRANT_ASK = "staff.grant.ask"
    STAFF_DISABLE = "staff.disable"
    APPROVALS_READ = "approvals.read"
    APPROVALS_DECIDE = "approvals.decide"
    AUDIT_READ = "audit.read"
    AUDIT_EXPORT = "audit.export"
    AUDITORS_READ = "auditors.read"
    STATISTICS_READ = "statistics.read"
    TOKENS_OWN = "tokens.own"


_P = Permission
_EVERYBODY = {_P.HOME}
_ASKS = {_P.APPROVALS_READ, _P.TOKENS_OWN}

MATRIX: dict[Role, frozenset[Permission]] = {
    Role.SYSTEM: frozenset(
        _EVERYBODY | _ASKS | {
            _P.ACCOUNTS_READ, _P.ACCOUNTS_UNMASK, _P.ACCOUNTS_CHANGE, _P.ACCOUNTS_RAISE_ASK, _P.ACCOUNTS_IMPORT,
            _P.ACCOUNTS_EXPORT_ASK, _P.REVIEWS_WORK, _P.CLIENTS_READ, _P.CLIENTS_CHANGE, _P.CLIENTS_REVIEW,
            _P.CLIENTS_SECRET_ASK, _P.SOURCES_READ, _P.SOURCES_CHANGE, _P.KEYS_READ, _P.KEYS_ROTATE_ASK,
            _P.STAFF_READ, _P.STAFF_GRANT_ASK, _P.APPROVALS_DECIDE, _P.STATISTICS_READ,
        }
    ),
    Role.SECURITY: frozenset(
        _EVERYBODY | _ASKS | {
            _P.POLICIES_READ, _P.POLICIES_CHANGE, _P.KEYS_READ, _P.KEYS_ROTATE_ASK, _P.KEYS_REVOKE, _P.STAFF_READ,
            _P.STAFF_GRANT_ASK, _P.STAFF_DISABLE, _P.APPROVALS_DECIDE, _P.CLIENTS_READ, _P.SOURCES_READ, _P.AUDITORS_READ,
            _P.STATISTICS_READ,
        }
    ),
    Role.AUDIT: frozenset(
        _EVERYBODY | {_P.AUDIT_READ, _P.AUDIT_EXPORT, _P.STATISTICS_READ, _P.TOKENS_OWN}
    ),
    Role.COUNTER: frozenset(_EVERYBODY | {_P.COUNTER_WORK}),
    Role.DEPARTMENT: frozenset(
        _EVERYBODY | _ASKS | {
            _P.ACCOUNTS_READ, _P.ACCOUNTS_UNMASK, _P.ACCOUNTS_CHANGE, _P.REVIEWS_WORK, _P.CLIENTS_READ,
            _P.CLIENTS_SECRET_ASK, _P.STATISTICS_READ,
        }
    ),
}  # fmt: skip
"""No role reaches what another one watches: only `audit` sees the trail, and nobody who changes anything does."""


def may(role: Role, permission: Permission) -> bool:
    """Whether the role holds it, wherever that is."""
    return permission in MATRIX[role]
