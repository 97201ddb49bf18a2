"""Policies that operators change while the service runs: the value of now for whoever asks, and new versions of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar, cast

from sqlalchemy import func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert  # compiles on SQLite as well
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock
from idp.core.errors import DatabaseUnavailable
from idp.db import stamps
from idp.db.unit_of_work import Database
from idp.policies import built_in, checking, kinds
from idp.policies.errors import PolicyMoved, PolicyRefused, PolicyUnchanged
from idp.policies.first import text_of
from idp.policies.kinds import Kind, Text
from idp.policies.models import PolicyVersion

P = TypeVar("P")
STAMP: Final = "policies"
FIRST: Final = 1
"""The number of the version that lies in the settings."""
_NAME = re.compile(r"\d{4}-\d{2}(?:-\d{2}(?:-\d{1,3})?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Version(Generic[P]):
    """One version as operators look at it; the first has nobody who made it, and no time."""

    number: int
    value: P
    changed_by: str | None = None
    changed_at: datetime | None = None
    reason: str = ""
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class DatedText:
    """One version of a text that people may read: since when it holds, and until when it did."""

    name: str
    since: str
    until: str | None


@dataclass(frozen=True, slots=True)
class _Now:
    versions: Mapping[str, Version[Any]]
    agreements: Mapping[str, str]


class Policies:
    """What holds now is kept in hand and followed within a second by every process; each change is a new version."""

    def __init__(self, database: Database, trail: Trail, first: Mapping[str, Any]) -> None:
        self._database = database
        self._trail = trail
        self._first = first
        self._now: stamps.Cached[_Now] = stamps.Cached(database, STAMP, self._read)

    def current(self, kind: Kind[P]) -> P:
        """The value that holds; DatabaseUnavailable before the first look at it."""
        return cast(P, self._now.get().versions[kind.name].value)

    def shown(self, kind: Kind[P]) -> P:
        """The same for what every page shows, that of an outage too: the first version until the database is there."""
        try:
            return self.current(kind)
        except DatabaseUnavailable:
            return cast(P, self._first[kind.name])

    def agreements(self) -> Mapping[str, str]:
        """The version of each document that people must have agreed to."""
        return self._now.get().agreements

    def version(self, kind: Kind[P]) -> Version[P]:
        """The current version, looked at anew: for who is about to change it."""
        return self._now.renewed().versions[kind.name]

    def first(self, kind: Kind[P]) -> P:
        return cast(P, self._first[kind.name])

    def follow(self) -> None:
        """Look at once: this process made the change."""
        self._now.renewed()

    def earlier(self, db: Session, kind: Kind[P], number: int) -> Version[P] | None:
        """One version of the past, or the current one."""
        if number == FIRST:
            return Version(FIRST, self.first(kind))
        row = db.get(PolicyVersion, (kind.name, number))
        return self.of_row(kind, row) if row is not None else None

    def of_row(self, kind: Kind[P], row: PolicyVersion) -> Version[P]:
        value = kind.read(row.values, self.first(kind))
        return Version(row.number, value, row.changed_by, row.changed_at, row.reason, row.undoes)

    def publish(
        self, db: Session, kind: Kind[P], value: P, *, base: int, actor: Actor, reason: str, undoes: int | None = None
    ) -> Version[P]:
        """Make it the version after `base`; of any number of callers with one base, one gets it, the others PolicyMoved.

        PolicyRefused for a value that may not be, PolicyUnchanged for the one that holds.
        """
        before = self.earlier(db, kind, base)
        if before is None:
            raise PolicyMoved
        if isinstance(value, Text):
            value = replace(value, name=self._new_name(db, kind.name))
        if _content(value) == _content(before.value):
            raise PolicyUnchanged
        if checking.problems(kind, value, current=before.value, first=self.first(kind)):
            raise PolicyRefused
        now = clock.now()
        made = PolicyVersion(
            kind=kind.name, number=base + 1, values=kinds.written(value), changed_by=actor.id, changed_at=now,
            reason=reason, undoes=undoes,
        )  # fmt: skip
        if not _add_after(db, made, base):
            raise PolicyMoved
        stamps.touch(db, STAMP)
        told = _told(kind, before.value, value)
        if undoes is not None:
            told["undoes"] = undoes
        self._trail.record(db, "policy.changed", actor=actor, kind=kind.name, version=base + 1, reason=reason, **told)
        return Version(base + 1, value, actor.id, now, reason, undoes)

    def texts(self, db: Session, document: str) -> list[DatedText]:
        """Every version of a text that was ever in force, newest first."""
        rows = db.execute(
            select(PolicyVersion.values, PolicyVersion.changed_at)
            .where(PolicyVersion.kind == document)
            .order_by(PolicyVersion.number.desc())
        )
        dated = [(row.values["name"], _day(row.changed_at)) for row in rows]
        dated += [(name, name) for name in built_in.versions(document)]
        ends = [None, *(since for _, since in dated)]
        return [DatedText(name, since, until) for (name, since), until in zip(dated, ends, strict=False)]

    def text(self, db: Session, document: str, name: str) -> Text | None:
        """One version of a text, whenever it was in force."""
        kind = kinds.TEXTS.get(document)
        if kind is None or not _NAME.fullmatch(name):
            return None
        if (now := self.current(kind)).name == name:
            return now
        if name in built_in.versions(document):
            return text_of(document, name)
        rows = db.scalars(select(PolicyVersion).where(PolicyVersion.kind == document))
        return next((self.of_row(kind, row).value for row in rows if row.values["name"] == name), None)

    def _new_name(self, db: Session, document: str) -> str:
        """The day in Beijing; a second version of one day is numbered."""
        known, today = {each.name for each in self.texts(db, document)}, _day(clock.now())
        return next(name for n in range(1, 1000) if (name := today if n == 1 else f"{today}-{n}") not in known)

    def _read(self) -> _Now:
        newest = select(PolicyVersion.kind, func.max(PolicyVersion.number)).group_by(PolicyVersion.kind)
        with self._database.view() as db:
            rows = db.scalars(
                select(PolicyVersion).where(tuple_(PolicyVersion.kind, PolicyVersion.number).in_(newest))
            ).all()
        made = {row.kind: row for row in rows}
        versions: dict[str, Version[Any]] = {}
        for name, kind in kinds.KINDS.items():
            row = made.get(name)
            versions[name] = self.of_row(kind, row) if row is not None else Version(FIRST, self._first[name])
        return _Now(versions, {document: versions[document].value.name for document in built_in.AGREEMENTS})


def _day(at: datetime) -> str:
    return clock.day_in_beijing(int(at.timestamp()))


def _add_after(db: Session, made: PolicyVersion, base: int) -> bool:
    """One statement: the row, while `base` is the newest of its kind; False when it is not, or another was faster."""
    newest = select(func.coalesce(func.max(PolicyVersion.number), FIRST)).where(PolicyVersion.kind == made.kind)
    row = [literal(getattr(made, column.name), column.type) for column in PolicyVersion.__table__.columns]
    added = (
        insert(PolicyVersion)
        .from_select(PolicyVersion.__table__.columns.keys(), select(*row).where(newest.scalar_subquery() == base))
        .on_conflict_do_nothing(index_elements=["kind", "number"])
        .returning(PolicyVersion.number)
    )
    return db.scalar(added) is not None


def _content(value: Any) -> Mapping[str, Any]:
    """What makes two versions the same: of a text its words, not its name."""
    return {
        name: each for name, each in kinds.written(value).items() if not (name == "name" and isinstance(value, Text))
    }


def _told(kind: Kind[Any], before: Any, after: Any) -> dict[str, Any]:
    """What the trail keeps of a change: numbers with their old value, of words only which ones."""
    old, new = kinds.written(before), kinds.written(after)
    changed = [name for name in new if new[name] != old[name]]
    if kind.is_text:
        return {"name": after.name}
    if kind.bounds:
        return {"changed": [f"{name}: {old[name]} -> {new[name]}" for name in changed]}
    return {"changed": changed}
