"""A department's site is registered and changed: at once while it is tested, as a draft beside the live one afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock
from idp.core.crypto import Keyring
from idp.mandates.models import Organisation
from idp.oidc.models import Client
from idp.oidc.registration import client_changes, clients
from idp.oidc.registration.client_metadata import DEPARTMENT, ClientMetadata
from idp.sites import rules, versions
from idp.sites.errors import EnoughTestSites, ReleaseWaits, StillWrong
from idp.sites.models import Release, SiteVersion
from idp.sites.owners import Owners

TEST, LIVE = "test", "live"
MOST_IN_TEST = 100
"""Of one department at a time: each is registered by one person alone, and looked up by everybody's requests."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a change: the version it made, and a secret that the site needs from now on."""

    version: SiteVersion
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Drafts:
    """Registers and changes sites on behalf of those who may manage them."""

    keyring: Keyring
    trail: Trail
    owners: Owners

    def register(
        self, db: Session, account_id: str, organisation_id: str, said: ClientMetadata
    ) -> tuple[str, str | None]:
        """A new site of the department, in test mode; its id and, where it proves itself by one, its secret, shown once.

        Raises as `clients.register` does, EnoughTestSites, and StillWrong with everything a department has to say besides.
        """
        owner = self.owners.department(db, account_id, organisation_id, clock.now())
        require(said)
        self._require_room(db, organisation_id)
        actor = Actor("citizen", account_id)
        client_id, secret = clients.register(
            db, self.trail, said, keyring=self.keyring, actor=actor, origin=DEPARTMENT, mode=TEST,
            organisation_id=organisation_id, region=owner.region,
        )  # fmt: skip
        row = db.get_one(Client, client_id)
        versions.keep(db, row, versions.of_client(row), state=versions.CURRENT, actor=actor)
        return client_id, secret

    def _require_room(self, db: Session, organisation_id: str) -> None:
        """EnoughTestSites; one registration of a department at a time, so that many at once are counted too."""
        db.get_one(Organisation, organisation_id, with_for_update=True)
        tested = (Client.organisation_id == organisation_id, Client.mode == TEST, Client.state != "deleted")
        if (db.scalar(select(func.count()).where(*tested)) or 0) >= MOST_IN_TEST:
            raise EnoughTestSites

    def change(self, db: Session, account_id: str, client_id: str, said: ClientMetadata) -> Kept:
        """Replace what the site registered, or what waits beside a live one; ReleaseWaits while operators look at it."""
        row, _owner = self.owners.site(db, account_id, client_id, clock.now(), for_update=True)
        require(said)
        return self.keep(db, row, versions.document(said, row.release_basis), Actor("citizen", account_id))

    def keep(self, db: Session, row: Client, document: Mapping[str, Any], actor: Actor) -> Kept:
        """The same for who holds the row and may: a test site works by it at once, a live one goes on as it is."""
        if waits(db, row.client_id):
            raise ReleaseWaits
        versions.begin(db, row)
        members, _basis = versions.parted(document)
        accepted = clients.checked(db, ClientMetadata.model_validate(members))
        made = versions.document(accepted, row.release_basis)
        if row.mode == LIVE:
            version = versions.keep(db, row, made, state=versions.DRAFT, actor=actor)
            self.trail.record(
                db, "site.draft_kept", actor=actor, client_id=row.client_id, version=version.number,
                account_id=_account(actor),
            )  # fmt: skip
            return Kept(version)
        secret = client_changes.change(db, self.trail, row, accepted, keyring=self.keyring, actor=actor)
        return Kept(versions.keep(db, row, made, state=versions.CURRENT, actor=actor), secret)

    def try_out(self, db: Session, account_id: str, client_id: str) -> tuple[str, str | None]:
        """A test site of its own from what waits beside a live one; raises as `register` does, and where it fits no more."""
        row, owner = self.owners.site(db, account_id, client_id, clock.now())
        members, _basis = versions.parted(editable(db, row))
        members["client_name"] = f"{members['client_name'][:90]}（测试）"
        return self.register(db, account_id, owner.organisation_id, ClientMetadata.model_validate(members))

    def discard(self, db: Session, account_id: str, client_id: str) -> None:
        """Forget the draft beside a live site; the version is kept as one that never served."""
        row, _owner = self.owners.site(db, account_id, client_id, clock.now(), for_update=True)
        if waits(db, row.client_id):
            raise ReleaseWaits
        if (draft := versions.latest(db, client_id, versions.DRAFT)) is not None:
            versions.drop(db, draft)
            self.trail.record(
                db, "site.draft_dropped", actor=Actor("citizen", account_id), account_id=account_id,
                client_id=client_id, version=draft.number,
            )  # fmt: skip


def require(said: ClientMetadata) -> None:
    """StillWrong with everything that a department has still to say or mend."""
    if found := rules.problems(said):
        raise StillWrong(found)


def waits(db: Session, client_id: str) -> bool:
    """Whether operators look at a request of this site now."""
    return bool(db.scalar(exists().where(Release.client_id == client_id, Release.state == "open").select()))


def editable(db: Session, row: Client) -> dict[str, Any]:
    """What a developer goes on from: the draft beside a live site, else what it works by."""
    draft = versions.latest(db, row.client_id, versions.DRAFT) if row.mode == LIVE else None
    return dict(draft.document) if draft is not None else versions.of_client(row)


def _account(actor: Actor) -> str | None:
    return actor.id if actor.kind == "citizen" else None
