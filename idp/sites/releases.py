"""A site goes live: its department asks, an operator looks and gives it whole or in part, two of them where it is sensitive.

What was asked for is one kept version, and what is given is worked out from that version alone: nothing that changes later
slips in. While a request is open nothing of the site can be changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.mandates.models import Organisation
from idp.oidc.models import Client
from idp.oidc.registration import client_changes, clients
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.realname.ports import OrganisationState
from idp.sites import checked, drafts, rules, versions
from idp.sites.errors import NeedsReason, NothingToRelease, NotOpen, NotReady, ReleaseWaits, StillWrong
from idp.sites.models import Release, SiteVersion
from idp.sites.notices import Notices
from idp.sites.owners import Owners

OPEN, APPROVED, RETURNED, WITHDRAWN = "open", "approved", "returned", "withdrawn"
EMERGENCY: Final = "emergency"
"""Put in force by a command that asked nobody (`idp.sites.by_command`)."""
LONGEST_WORDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Granted:
    """What the reviewer gives of what was asked: these scopes, this level, this kind of subject."""

    scopes: tuple[str, ...]
    level: str
    subject_type: str

    def told(self) -> dict[str, Any]:
        return {"scopes": list(self.scopes), "level": self.level, "subject_type": self.subject_type}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Granted":
        return cls(tuple(told["scopes"]), told["level"], told["subject_type"])


@dataclass(frozen=True, slots=True)
class Releases:
    """Asked for by those who manage the site, decided by operators."""

    keyring: Keyring
    trail: Trail
    owners: Owners
    notices: Notices
    is_local: bool = False
    """Whether the issuer is on loopback itself, where sites are without TLS too."""

    def before_live(self, document: Mapping[str, Any], *, is_owned: bool = True) -> list[rules.Problem]:
        """What is still to be mended of it before it serves everybody; operators' own sites owe what no department does."""
        return rules.before_live(metadata_of(document), is_local=self.is_local, is_owned=is_owned)

    def ask(self, db: Session, account_id: str, client_id: str, note: str) -> str:
        """Ask that what was tested, or the draft beside the live site, serves everybody; the request's id."""
        now, actor = clock.now(), Actor("citizen", account_id)
        row, owner = self.owners.site(db, account_id, client_id, now, for_update=True)
        versions.begin(db, row)
        wanted = versions.DRAFT if row.mode == drafts.LIVE else versions.CURRENT
        version = versions.latest(db, client_id, wanted)
        if version is None:
            raise NothingToRelease
        if found := self.before_live(version.document):
            raise StillWrong(found)
        made = Release(
            id=ids.new_id(), client_id=client_id, version_id=version.id, organisation_id=owner.organisation_id,
            region=row.region, state=OPEN, note=note.strip()[:LONGEST_WORDS], asked_by=account_id, asked_at=now,
        )  # fmt: skip
        if drafts.waits(db, client_id):
            raise ReleaseWaits
        db.add(made)
        try:
            db.flush()
        except IntegrityError as raced:
            raise ReleaseWaits from raced
        self.trail.record(
            db, "site.release_asked", actor=actor, account_id=account_id, client_id=client_id, release=made.id,
            version=version.number,
        )  # fmt: skip
        return made.id

    def withdraw(self, db: Session, account_id: str, client_id: str) -> None:
        """Any manager of the department takes the open request back."""
        self.owners.site(db, account_id, client_id, clock.now(), for_update=True)
        gone = db.scalar(
            update(Release)
            .where(Release.client_id == client_id, Release.state == OPEN)
            .values(state=WITHDRAWN)
            .returning(Release.id)
        )
        if gone is None:
            raise NotOpen
        self.trail.record(
            db, "site.release_withdrawn", actor=Actor("citizen", account_id), account_id=account_id,
            client_id=client_id, release=gone,
        )  # fmt: skip

    def send_back(self, db: Session, release_id: str, operator_id: str, remark: str) -> None:
        """No, for now, with what is to be mended."""
        if not remark.strip():
            raise NeedsReason
        row = self._decide(db, release_id, RETURNED, operator_id, remark=remark.strip()[:LONGEST_WORDS])
        self.trail.record(
            db, "site.release_returned", actor=Actor("operator", operator_id), client_id=row.client_id, release=row.id
        )
        self.notices.to_managers(db, row.organisation_id, "returned", row.client_id)

    def require_ready(self, db: Session, release: Release, granted: Granted, waiver: str) -> dict[str, Any]:
        """The document that this approval would put in force. NotReady or NeedsReason say what stands against it."""
        version = db.get_one(SiteVersion, release.version_id)
        document = given(version.document, granted)
        is_owned = release.organisation_id is not None
        if self.before_live(document, is_owned=is_owned) or not self._is_of_living_department(db, release):
            raise NotReady
        result = checked.latest(db, release.client_id, version.document)
        if (result is None or not result.counts) and not waiver.strip():
            raise NeedsReason
        return document

    def approve(
        self, db: Session, release_id: str, granted: Granted, *, waiver: str, remark: str, operator_id: str,
        second_id: str | None = None,
    ) -> None:  # fmt: skip
        """Put what is granted in force, once: the site serves everybody from now on."""
        asked = db.get(Release, release_id)
        if asked is None:
            raise NotOpen
        row = db.get_one(Client, asked.client_id, with_for_update=True)
        document = self.require_ready(db, asked, granted, waiver)
        if second_id is None and needs_second(last_live(db, row), document):
            raise NotReady
        self._decide(
            db, release_id, APPROVED, operator_id, remark=remark.strip()[:LONGEST_WORDS],
            waiver=waiver.strip()[:LONGEST_WORDS], granted=granted.told(),
        )  # fmt: skip
        self._go_live(db, row, asked, document, Actor("operator", operator_id))
        self.trail.record(
            db, "site.released", actor=Actor("operator", operator_id), client_id=row.client_id, release=release_id,
            scopes=list(granted.scopes), subject_type=granted.subject_type, waived=bool(waiver.strip()),
            second=second_id or "",
        )  # fmt: skip
        self.notices.to_managers(db, asked.organisation_id, "approved", row.client_id)

    def _go_live(self, db: Session, row: Client, asked: Release, document: Mapping[str, Any], actor: Actor) -> None:
        is_first = row.mode != drafts.LIVE
        version = db.get_one(SiteVersion, asked.version_id)
        members, _basis = versions.parted(document)
        row.mode = drafts.LIVE
        unseen = client_changes.change(db, self.trail, row, members, keyring=self.keyring, actor=actor)
        if is_first or unseen is not None:  # of the test, or told to nobody: the managers make the live one
            clients.retire_secrets(db, self.trail, row.client_id, keep="", at=clock.now(), actor=actor)
        if version.document == document:
            versions.make_current(db, version)
        else:
            if version.state == versions.DRAFT:
                versions.drop(db, version)
            versions.keep(db, row, document, state=versions.CURRENT, actor=actor)

    def _decide(self, db: Session, release_id: str, state: str, operator_id: str, **values: Any) -> Release:
        decided: Release | None = db.scalar(
            update(Release)
            .where(Release.id == release_id, Release.state == OPEN)
            .values(state=state, decided_by=operator_id, decided_at=clock.now(), **values)
            .returning(Release),
            execution_options={"populate_existing": True},
        )
        if decided is None:
            raise NotOpen
        return decided

    def _is_of_living_department(self, db: Session, release: Release) -> bool:
        """The site still belongs to the department that asked, and the department to its register."""
        if release.organisation_id is None:  # an operator's own, by a command
            nobodys = exists().where(Client.client_id == release.client_id, Client.organisation_id.is_(None))
            return bool(db.scalar(nobodys.where(Client.state == "active").select()))
        owner = db.get_one(Organisation, release.organisation_id)
        same = exists().where(
            Client.client_id == release.client_id, Client.organisation_id == release.organisation_id,
            Client.state == "active",
        )  # fmt: skip
        is_living = owner.state == OrganisationState.ACTIVE.value and self.owners.is_department(owner)
        return is_living and bool(db.scalar(same.select()))


def given(document: Mapping[str, Any], granted: Granted) -> dict[str, Any]:
    """The document with no more than what is granted of it: purposes and grounds of what is refused go too."""
    metadata = metadata_of(document)
    kept = [word for word in metadata.scopes if word == "openid" or word in granted.scopes]
    made = {**document, "scope": " ".join(kept)}
    for member in ("purposes", "purposes_en", "legal_bases", "legal_bases_en"):
        made[member] = {word: text for word, text in document.get(member, {}).items() if word in kept}
    made["default_acr_values"] = [granted.level] if granted.level in metadata.default_acr_values else []
    if granted.subject_type == "pairwise" or metadata.subject_type == "pairwise":
        made.pop("subject_type", None)
        made.pop("public_subject_reason", None)
    members, basis = versions.parted(made)
    return versions.document(ClientMetadata.model_validate(members), basis or clients.CONSENT)


def whole(document: Mapping[str, Any]) -> Granted:
    """All of what was asked."""
    m = metadata_of(document)
    return Granted(
        tuple(word for word in m.scopes if word != "openid"), next(iter(m.default_acr_values), ""), m.subject_type
    )


def needs_second(before: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[str, ...]:
    """What of it two operators have to allow: sensitive scopes that are new, one number for a person everywhere, and, of
    a live site that gets any of these, whatever decides who receives them (`rules.DOORS`)."""
    was, now = metadata_of(before), metadata_of(document)
    new = [word for word in now.scopes if word in rules.SECOND_PERSON and word not in was.scopes]
    if now.subject_type == "public" and (not before or was.subject_type != "public"):
        new.append("public")
    if before and (now.subject_type == "public" or not rules.SECOND_PERSON.isdisjoint(now.scopes)):
        new += rules.opened(was, now)
    return tuple(new)


def last_live(db: Session, row: Client) -> dict[str, Any]:
    """What the site served everybody by last; empty for one that never did."""
    if row.mode == drafts.LIVE:
        return versions.of_client(row)
    found = versions.last_live(db, row.client_id)
    return dict(found.document) if found is not None else {}


def of_client(db: Session, client_id: str, *, most: int = 20) -> Sequence[Release]:
    """The last requests of a site, newest first."""
    return db.scalars(
        select(Release).where(Release.client_id == client_id).order_by(Release.id.desc()).limit(most)
    ).all()


def metadata_of(document: Mapping[str, Any]) -> ClientMetadata:
    members, _basis = versions.parted(document)
    return ClientMetadata.stored(members)
