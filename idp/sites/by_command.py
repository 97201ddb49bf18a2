"""What a command at the machine does to a live site: it asks for a review as departments do, or goes past it, loudly.

A request has no account behind it. A change past the review leaves a row of the state `emergency`, with why, which the
console shows to those who approve.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock, ids
from idp.oidc.models import Client
from idp.sites import drafts, versions
from idp.sites.drafts import Drafts
from idp.sites.errors import StillWrong
from idp.sites.models import Release
from idp.sites.releases import EMERGENCY, LONGEST_WORDS, OPEN, Releases

SHOWN: Final = timedelta(days=7)


class DecidedElsewhere(ValueError):
    """Something of it is decided in the console alone; the message says what."""


@dataclass(frozen=True, slots=True)
class ByCommand:
    """Each in the transaction of the caller, who holds the row."""

    trail: Trail
    drafts: Drafts
    releases: Releases

    def ask(self, db: Session, row: Client, document: Mapping[str, Any], note: str, *, actor: Actor) -> str:
        """Keep the document beside the live site and have it reviewed; the request's id. ReleaseWaits, StillWrong."""
        _members, basis = versions.parted(document)
        if basis not in {None, row.release_basis}:
            raise DecidedElsewhere(f"{row.client_id}: release_basis of a live site is decided in the console, by two")
        version = self.drafts.keep(db, row, document, actor).version
        if found := self.releases.before_live(document, is_owned=row.organisation_id is not None):
            raise StillWrong(found)
        made = self._row(row, version.id, OPEN, note)
        db.add(made)
        db.flush()
        self.trail.record(
            db, "site.release_asked", actor=actor, client_id=row.client_id, release=made.id, version=version.number
        )
        return made.id

    def past_review(self, db: Session, row: Client, why: str, *, actor: Actor) -> str:
        """Keep that what the site works by now was put in force unasked, and why; its department is told."""
        versions.begin(db, row)
        current = versions.latest(db, row.client_id, versions.CURRENT)
        if current is None:
            raise LookupError(row.client_id)
        made = self._row(row, current.id, EMERGENCY, why)
        db.add(made)
        db.flush()
        self.trail.record(db, "client.emergency", actor=actor, client_id=row.client_id, release=made.id)
        self.releases.notices.to_managers(db, row.organisation_id, "emergency", row.client_id)
        return made.id

    def _row(self, row: Client, version_id: str, state: str, note: str) -> Release:
        return Release(
            id=ids.new_id(), client_id=row.client_id, version_id=version_id, organisation_id=row.organisation_id,
            region=row.region, state=state, note=note.strip()[:LONGEST_WORDS], asked_at=clock.now(),
        )  # fmt: skip


def is_live(row: Client) -> bool:
    return row.mode == drafts.LIVE


def lately() -> Select[Any]:
    """What went past the review in the last days."""
    return select(Release).where(Release.state == EMERGENCY, Release.id > ids.first_at(clock.now() - SHOWN))
