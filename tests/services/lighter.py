"""What is costly on purpose, or once in a process's life, made light for a process that does it thousands of times."""

from __future__ import annotations

from functools import cache

import argon2

from idp.core import passwords
from idp.web import i18n

PRODUCTION_HASHER, PRODUCTION_FORM = passwords._hasher, passwords._OURS  # for the test that looks at them


def lighten() -> None:
    """Hash passwords with little memory, and compile each catalogue once instead of once an application.

    Only this process is changed: the services that a test starts beside it are as they are in production.
    """
    passwords._hasher = argon2.PasswordHasher(time_cost=2, memory_cost=72, parallelism=1)
    passwords._OURS = "$argon2id$v=19$m=72,t=2,p=1$"
    i18n.load_catalogues = cache(i18n.load_catalogues)
