"""Versions of what a site registered: every one is kept, with who made it, when, and what differs.

A version's document is flat: the members of the registration with the names of RFC 7591, and `release_basis`, which
operators decide. A site that was registered elsewhere gets its first version when somebody first changes it here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import SYSTEM, Actor
from idp.core import clock, differences, ids
from idp.core.differences import Change
from idp.db import keyset
from idp.db.keyset import Slice
from idp.oidc.models import Client
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.sites.models import SiteVersion

CURRENT, DRAFT, PAST, DROPPED = "current", "draft", "past", "dropped"
BASIS: Final = "release_basis"


@dataclass(frozen=True, slots=True)
class Told:
    """One version beside the one before it."""

    version: SiteVersion
    changes: list[Change]


def document(metadata: ClientMetadata, release_basis: str) -> dict[str, Any]:
    """As it is kept, read and compared: empty members are not in it."""
    said = {name: value for name, value in metadata.to_store().items() if value not in ([], {}, None)}
    return {BASIS: release_basis, **said}


def of_client(row: Client) -> dict[str, Any]:
    """What the site works by now."""
    return document(ClientMetadata.stored(row.metadata_), row.release_basis)


def parted(document: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The members of the registration, and the basis, if it is said."""
    return {name: value for name, value in document.items() if name != BASIS}, document.get(BASIS)


def latest(db: Session, client_id: str, state: str) -> SiteVersion | None:
    """The one version in this state, `current` or `draft`."""
    found: SiteVersion | None = db.scalar(
        select(SiteVersion).where(SiteVersion.client_id == client_id, SiteVersion.state == state)
    )
    return found


def keep(db: Session, row: Client, made: Mapping[str, Any], *, state: str, actor: Actor) -> SiteVersion:
    """Write a further version, which takes the place of the one in that state; the caller holds the client's row."""
    number = _next_number(db, row)
    _step_back(db, row.client_id, state)
    version = SiteVersion(
        id=ids.new_id(), client_id=row.client_id, number=number, state=state, document=dict(made),
        made_by_kind=actor.kind, made_by=actor.id, made_at=clock.now(), was_live=state == CURRENT and row.mode == "live",
    )  # fmt: skip
    db.add(version)
    db.flush()
    return version


def make_current(db: Session, version: SiteVersion) -> None:
    """Let a version that waited, or was asked for, be the one that the site works by."""
    if version.state != CURRENT:
        _step_back(db, version.client_id, CURRENT)
    version.state, version.was_live = CURRENT, True
    db.flush()


def drop(db: Session, version: SiteVersion) -> None:
    version.state = DROPPED
    db.flush()


def history(db: Session, client_id: str, *, most: int = 20, after: str = "") -> Slice[Told]:
    """A page of the versions, newest first, each with what it changed."""
    query = select(SiteVersion).where(SiteVersion.client_id == client_id)
    page = keyset.page(db, query, [SiteVersion.number], after=after, size=most)
    found = list(page.rows)
    if page.next is not None and (earlier := numbered(db, client_id, found[-1].number - 1)) is not None:
        found.append(earlier)
    told = []
    for place, version in enumerate(found[:most]):
        before = found[place + 1].document if place + 1 < len(found) else {}
        told.append(Told(version, differences.between(before, version.document)))
    return Slice(told, page.next)


def last_live(db: Session, client_id: str) -> SiteVersion | None:
    """The version that served everybody last; None for a site that never did."""
    found: SiteVersion | None = db.scalar(
        select(SiteVersion)
        .where(SiteVersion.client_id == client_id, SiteVersion.was_live.is_(True))
        .order_by(SiteVersion.number.desc())
        .limit(1)
    )
    return found


def numbered(db: Session, client_id: str, number: int) -> SiteVersion | None:
    found: SiteVersion | None = db.scalar(
        select(SiteVersion).where(SiteVersion.client_id == client_id, SiteVersion.number == number)
    )
    return found


def numbers(db: Session, version_ids: Iterable[str]) -> dict[str, int]:
    """By which number each of these versions goes."""
    found = db.execute(select(SiteVersion.id, SiteVersion.number).where(SiteVersion.id.in_(set(version_ids))))
    return {row.id: row.number for row in found}


def digest(document: Mapping[str, Any]) -> str:
    """By what a page says which document it showed."""
    return ids.digest(orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode())


def _next_number(db: Session, row: Client) -> int:
    last = db.scalar(select(func.max(SiteVersion.number)).where(SiteVersion.client_id == row.client_id))
    return (last or 0) + 1


def begin(db: Session, row: Client) -> None:
    """Before a change here: what the site was made elsewhere, by a command or by itself, becomes a version of its own."""
    known = latest(db, row.client_id, CURRENT)
    if known is None or known.document != of_client(row):
        keep(db, row, of_client(row), state=CURRENT, actor=SYSTEM)


def _step_back(db: Session, client_id: str, state: str) -> None:
    db.execute(
        update(SiteVersion)
        .where(SiteVersion.client_id == client_id, SiteVersion.state == state)
        .values(state=PAST if state == CURRENT else DROPPED)
    )
    db.flush()
