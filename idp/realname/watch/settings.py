"""The versions of what operators set about the sources: read by every process within a second, changed one at a time."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock, differences
from idp.core.errors import DomainError
from idp.db import stamps
from idp.db.unit_of_work import Database
from idp.realname.watch.models import SourceSettings
from idp.realname.watch.preferences import Preferences

STAMP = "source_settings"
HIGHEST_COST = 100_000
"""In fen; nobody pays more for one question."""


class ChangedMeanwhile(DomainError):
    code = "sources_changed_meanwhile"
    status = 409
    sentence = "身份源的设置刚被别人改过，请查看后再改。"


class InForce:
    """The preferences of this moment; an answer in hand is kept while the database is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.cached: stamps.Cached[Preferences] = stamps.Cached(database, STAMP, self._read)

    def __call__(self) -> Preferences:
        return self.cached.get()

    def _read(self) -> Preferences:
        with self._database.view() as db:
            return latest(db)


def latest(db: Session) -> Preferences:
    """The settings in force, straight from the table."""
    row = db.scalars(select(SourceSettings).order_by(SourceSettings.version.desc()).limit(1)).first()
    return Preferences.of(row.version, row.settings) if row is not None else Preferences()


def version(db: Session, number: int) -> Preferences | None:
    """An earlier version; nought is what the blocks say."""
    if number == 0:
        return Preferences()
    row = db.get(SourceSettings, number)
    return Preferences.of(row.version, row.settings) if row is not None else None


def change(
    db: Session, trail: Trail, wanted: Mapping[str, Any], *, base: int, reason: str, actor: Actor
) -> list[differences.Change]:
    """Put `wanted` in force over version `base`; ChangedMeanwhile when that is no longer the last one.

    Answers what differs; nothing is written when nothing does.
    """
    before = latest(db)
    if before.version != base:
        raise ChangedMeanwhile
    changes = differences.between(before.settings, wanted)
    if not changes:
        return []
    made = base + 1
    db.add(
        SourceSettings(
            version=made, settings=dict(wanted), reason=reason, made_by=actor.id or "", made_at=clock.now()
        )
    )  # fmt: skip
    try:
        db.flush()
    except IntegrityError as raced:  # of two that change the same version, one gets the next number
        raise ChangedMeanwhile from raced
    stamps.touch(db, STAMP)
    trail.record(
        db, "sources.changed", actor=actor, version=made, reason=reason,
        changes=[f"{each.path}: {_told(each.before)} -> {_told(each.after)}" for each in changes],
    )  # fmt: skip
    return changes


def count(db: Session) -> int:
    return db.scalar(select(func.max(SourceSettings.version))) or 0


def _told(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else "-" if value is None else str(value)
