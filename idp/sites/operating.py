"""What operators do to a registered site: shut it out, end it, set what they alone decide, and hand it to a department."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock
from idp.core.crypto import Keyring
from idp.db import stamps
from idp.mandates.models import Organisation
from idp.oidc.models import Client
from idp.oidc.registration import client_changes, clients
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.realname.foreign_levels import SCALES
from idp.realname.ports import OrganisationState
from idp.sites import drafts, versions
from idp.sites.errors import NoSuchDepartment, OwnedAlready, ReleaseWaits
from idp.sites.models import Release
from idp.sites.owners import Owners

_BASES = frozenset({clients.CONSENT, clients.STATUTORY_DUTY})
_SERVES = frozenset({"people", "organisations", "both"})
OVER = frozenset(each.value for each in (OrganisationState.REVOKED, OrganisationState.CLOSED, OrganisationState.MOVED))
"""Owners that will not come back: their sites may be handed to another department."""


@dataclass(frozen=True, slots=True)
class Operating:
    """Each act in the transaction of the caller, who holds the row and may."""

    keyring: Keyring
    trail: Trail
    owners: Owners

    def set_state(self, db: Session, row: Client, *, is_active: bool, actor: Actor, reason: str) -> None:
        state = "active" if is_active else "disabled"
        row.state, row.updated_at = state, clock.now()
        db.flush()
        self.trail.record(db, f"client.{state}", actor=actor, client_id=row.client_id, reason=reason)
        stamps.touch(db, clients.STAMP)

    def delete(self, db: Session, row: Client, *, actor: Actor, reason: str) -> None:
        """For good, with an open request of it."""
        release = db.scalar(select(Release).where(Release.client_id == row.client_id, Release.state == "open"))
        if release is not None:
            release.state, release.decided_at = "returned", clock.now()
            release.decided_by = actor.id if actor.kind == "operator" else None
        client_changes.delete(db, self.trail, row, actor=actor)

    def terms(self, document: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, Any]:
        """The document with what operators decide; a value that is none of a term's stays as it was."""
        members, basis = versions.parted(document)
        if wanted.get("serves") in _SERVES:
            members["serves"] = wanted["serves"]
        if (scale := wanted.get("level_scale", "")) in {"", *SCALES}:
            members["level_scale"] = scale or None
        wished = wanted.get(versions.BASIS)
        basis = wished if wished in _BASES else basis
        said = ClientMetadata.model_validate({name: value for name, value in members.items() if value is not None})
        return versions.document(said, basis or clients.CONSENT)

    def put(self, db: Session, row: Client, document: Mapping[str, Any], *, actor: Actor, what: str) -> None:
        """Let the site work by this document from now on; ReleaseWaits while a request of it is open."""
        if drafts.waits(db, row.client_id):
            raise ReleaseWaits
        versions.begin(db, row)
        before = versions.of_client(row)
        members, basis = versions.parted(document)
        row.release_basis = basis or row.release_basis
        client_changes.change(db, self.trail, row, members, keyring=self.keyring, actor=actor)
        made = versions.keep(db, row, versions.of_client(row), state=versions.CURRENT, actor=actor)
        self.trail.record(
            db, what, actor=actor, client_id=row.client_id, version=made.number, release_basis=row.release_basis
        )
        self._carry_on(db, row, before, made.document, actor)

    def hand_over(self, db: Session, row: Client, uscc: str, *, actor: Actor) -> None:
        """Give a site without an owner, or whose owner is over, to a department; its managers keep it from now on."""
        if row.state == "deleted" or self._is_owned(db, row):
            raise OwnedAlready
        owner = db.scalar(
            select(Organisation).where(
                Organisation.uscc == uscc.strip().upper()[:64], Organisation.state == OrganisationState.ACTIVE.value
            )
        )
        if owner is None or not self.owners.is_department(owner):
            raise NoSuchDepartment
        row.organisation_id, row.region, row.updated_at = owner.id, owner.uscc[2:8], clock.now()
        db.flush()
        self.trail.record(
            db, "client.handed_over", actor=actor, client_id=row.client_id, organisation=owner.id, region=row.region
        )
        stamps.touch(db, clients.STAMP)

    def _carry_on(
        self, db: Session, row: Client, before: Mapping[str, Any], after: Mapping[str, Any], actor: Actor
    ) -> None:
        """What operators decided holds for the draft beside a live site too, or its approval would undo it unasked."""
        draft = versions.latest(db, row.client_id, versions.DRAFT)
        if draft is None:
            return
        was = terms_of(before)
        decided = {name: value for name, value in terms_of(after).items() if value != was[name]}
        made = self.terms(draft.document, terms_of(draft.document) | decided)
        if made != draft.document:
            versions.keep(db, row, made, state=versions.DRAFT, actor=actor)

    def _is_owned(self, db: Session, row: Client) -> bool:
        owner = db.get(Organisation, row.organisation_id) if row.organisation_id is not None else None
        return owner is not None and owner.state not in OVER


def terms_of(document: Mapping[str, Any]) -> dict[str, str]:
    """What operators decide about a site, as a version says it."""
    members, basis = versions.parted(document)
    said = ClientMetadata.stored(members)
    return {versions.BASIS: basis or "", "serves": said.serves, "level_scale": said.level_scale or ""}
