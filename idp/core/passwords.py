"""Password hashing: Argon2id with bounded memory, and the same work for an account that does not exist."""

import threading
from functools import cache

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from idp.core import foreign_passwords, ids

# OWASP password storage: Argon2id m=19 MiB, t=2, p=1. Every thread that hashes keeps 19 MiB, so few may at once.
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_OURS = "$argon2id$v=19$m=19456,t=2,p=1$"
_at_once = threading.BoundedSemaphore(4)


def hash_password(password: str) -> str:
    """The Argon2id hash (PHC string, RFC 9106) to store."""
    with _at_once:
        return _hasher.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`; None costs the same time and is always False.

    A hash that another system made costs this and its own time besides, once: `needs_rehash` says so afterwards.
    """
    foreign = foreign_passwords.reader(stored) if stored is not None and not stored.startswith(_OURS) else None
    with _at_once:
        try:
            _hasher.verify(_nobody() if stored is None or foreign is not None else stored, password)
        except (VerificationError, InvalidHashError):
            return foreign(password) if foreign is not None else False
    return stored is not None and foreign is None


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's, or by another system."""
    return not stored.startswith(_OURS) or _hasher.check_needs_rehash(stored)


@cache
def _nobody() -> str:
    return _hasher.hash(ids.new_secret())
