"""When the keys change: what a rotation would do, done only to the keys that whoever decided it saw, and when it is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import signing
from idp.core.crypto import Keyring
from idp.core.errors import DomainError
from idp.db import stamps
from idp.oidc.jwt import keys
from idp.oidc.jwt.keys import ACTIVE, NEXT, PUBLISHED_AFTER_RETIRING, RETIRED
from idp.oidc.models import SigningKey

EVERY = timedelta(days=90)
"""How long a key should sign."""
KNOWN_AFTER = timedelta(hours=24)
"""How long a next key should have been published before it signs, so that the slowest caches of sites hold it."""


class KeysChanged(DomainError):
    code = "keys_changed"
    status = 409
    sentence = "密钥在此期间已经变化，请查看现在的密钥后再申请。"


@dataclass(frozen=True, slots=True)
class Step:
    """What a rotation would do with one key; `kid` is None for one that is made then."""

    kid: str | None
    alg: str
    before: str | None
    after: str
    published_since: datetime | None
    leaves_at: datetime | None
    """When it leaves the key set."""


def signing_now(db: Session) -> tuple[str, ...]:
    """The keys in force, by which a decision about them is known later."""
    return tuple(db.scalars(select(SigningKey.kid).where(SigningKey.state == ACTIVE).order_by(SigningKey.kid)))


def rotate_as_seen(db: Session, keyring: Keyring, trail: Trail, seen: Sequence[str], *, actor: Actor) -> list[str]:
    """`keys.rotate`, of any number of callers who saw the same keys once; KeysChanged for the others."""
    stamps.touch(db, keys.STAMP)  # the lock against another rotation
    if signing_now(db) != tuple(sorted(seen)):
        raise KeysChanged
    return keys.rotate(db, keyring, trail, actor=actor)


def timetable(rows: Sequence[SigningKey], now: datetime) -> list[Step]:
    """What becomes of each key at a rotation now."""
    steps: list[Step] = []
    for row in rows:
        if row.state == ACTIVE:
            is_for_encryption = row.alg in signing.ENCRYPTION
            steps.append(
                Step(row.kid, row.alg, ACTIVE, RETIRED, row.created_at,
                     now if is_for_encryption else now + PUBLISHED_AFTER_RETIRING)
            )  # fmt: skip
        elif row.state == NEXT:
            steps.append(Step(row.kid, row.alg, NEXT, ACTIVE, row.created_at, None))
            steps.append(Step(None, row.alg, None, NEXT, None, None))
    steps += [Step(None, row.alg, None, ACTIVE, None, None) for row in rows
              if row.state == ACTIVE and row.alg in signing.ENCRYPTION]  # fmt: skip
    return sorted(steps, key=lambda step: step.alg)


def too_new(rows: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
    """Next keys that some sites may not have fetched yet."""
    return [row for row in rows if row.state == NEXT and now - row.created_at < KNOWN_AFTER]


def leaves_at(row: SigningKey) -> datetime | None:
    """When a retired key leaves the key set; one that sites encrypt to left it at once."""
    if row.state != RETIRED or row.retired_at is None:
        return None
    return row.retired_at if row.alg in signing.ENCRYPTION else row.retired_at + PUBLISHED_AFTER_RETIRING


def is_due(row: SigningKey, now: datetime) -> bool:
    """Whether it has been in use for as long as it should."""
    return row.state == ACTIVE and now - (row.active_at or row.created_at) >= EVERY
