"""Everything that the page of one account shows, masked unless disclosed to this session, in a bounded number of statements."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from idp.accounts import care, disclosures
from idp.accounts.care import ActView
from idp.accounts.disclosures import DisclosureView
from idp.accounts.models import Account, ExternalLink, Guardianship, Identifier, Merge, Password
from idp.accounts.profiles import Profile
from idp.admin import account_life
from idp.admin.account_life import Acting, Event, Kept
from idp.authn.models import SessionSite, SsoSession
from idp.authn.sessions import SessionView
from idp.core import clock
from idp.core.identifiers import mask_document, mask_mobile, mask_name
from idp.edge.services import Services
from idp.mandates.models import Mandate, Organisation, Representation
from idp.oidc.models import Client, Consent
from idp.realname import levels, persons
from idp.realname.models import Evidence
from idp.realname.persons import PersonFacts
from idp.staff.sessions import SignedInOperator

FEW: Final = 20
MANY: Final = 50


@dataclass(frozen=True, slots=True)
class Value:
    """One personal value: masked, or in clear until an instant; empty where there is none."""

    name: str
    text: str = field(repr=False, default="")
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A site that the account reached or allowed something."""

    client_id: str
    name: str
    first_at: datetime | None = None
    last_at: datetime | None = None
    scope: tuple[str, ...] = ()
    basis: str = ""
    given_at: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """The account as its operators see it."""

    account: Account
    level: int
    document_kind: str
    values: dict[str, Value]
    evidence: list[Evidence]
    sessions: list[SessionView]
    sites: list[Site]
    acting: list[Acting]
    merges: list[Merge]
    guardianships: list[Guardianship]
    disclosures: list[DisclosureView]
    acts: list[ActView]
    events: list[Event]
    has_password: bool
    links: int

    @property
    def id(self) -> str:
        return self.account.id

    def undoable(self, now: datetime) -> list[Merge]:
        return [
            each
            for each in self.merges
            if each.undone_at is None and each.undo_until > now and each.kept_account_id == self.id
        ]


def read(db: Session, everything: Services, who: SignedInOperator, account: Account) -> Record:
    """The record; the account was found within the operator's reach."""
    now, keyring = clock.now(), everything.keyring
    profile = everything.accounts.profile(db, account.id)
    person = persons.known(db, keyring, account.id)
    shown = disclosures.shown_now(db, account.id, who.session_id)
    evidence = list(
        db.scalars(select(Evidence).where(Evidence.account_id == account.id).order_by(Evidence.at.desc()).limit(FEW))
    )
    merges = list(
        db.scalars(
            select(Merge)
            .where(or_(Merge.kept_account_id == account.id, Merge.merged_account_id == account.id))
            .order_by(Merge.merged_at.desc())
            .limit(FEW)
        )
    )
    mine = or_(Guardianship.guardian_account_id == account.id, Guardianship.child_account_id == account.id)
    guardianships = list(
        db.scalars(select(Guardianship).where(mine).order_by(Guardianship.consented_at.desc()).limit(FEW))
    )
    password = db.scalar(select(Password.changed_at).where(Password.account_id == account.id))
    identifiers = list(
        db.scalars(
            select(Identifier)
            .where(Identifier.account_id == account.id)
            .order_by(Identifier.created_at.desc())
            .limit(MANY)
        )
    )
    links = list(
        db.scalars(
            select(ExternalLink)
            .where(ExternalLink.account_id == account.id)
            .order_by(ExternalLink.linked_at.desc())
            .limit(FEW)
        )
    )
    acts, told = care.of_account(db, account.id), disclosures.of_account(db, account.id)
    acting = _acting(db, account.id)
    return Record(
        account=account,
        level=levels.ial_of(db, account.id, now),
        document_kind=person.document.kind.value if person is not None else "",
        values=_values(profile, person, shown),
        evidence=evidence,
        sessions=everything.sessions.of_account(db, account.id)[:MANY],
        sites=_sites(db, account.id),
        acting=acting,
        merges=merges,
        guardianships=guardianships,
        disclosures=told,
        acts=acts,
        events=account_life.told(
            Kept(account, password, identifiers, links, evidence, merges, guardianships, acting, acts)
        ),
        has_password=password is not None,
        links=sum(link.unlinked_at is None for link in links),
    )


def clear_values(profile: Profile | None, person: PersonFacts | None) -> dict[str, str]:
    """What there is to disclose, by field."""
    known = {
        "name": person.name if person is not None else "",
        "document": person.document.number if person is not None else "",
        "phone": (profile.phone or "").removeprefix("+86") if profile is not None else "",
        "username": (profile.username or "") if profile is not None else "",
    }
    return {name: known[name] for name in disclosures.FIELDS}


def _values(profile: Profile | None, person: PersonFacts | None, shown: dict[str, datetime]) -> dict[str, Value]:
    clear = clear_values(profile, person)
    masked = {
        "name": mask_name(clear["name"]) if clear["name"] else "",
        "document": mask_document(person.document) if person is not None else "",
        "phone": mask_mobile(clear["phone"]) if clear["phone"] else "",
        "username": f"{clear['username'][:2]}***" if clear["username"] else "",
    }
    return {
        name: Value(name, clear[name] if name in shown and clear[name] else masked[name], shown.get(name))
        for name in disclosures.FIELDS
    }


def _sites(db: Session, account_id: str) -> list[Site]:
    """Where the account signed in, and what it allowed there, the latest first."""
    reached = db.execute(
        select(SessionSite.client_id, func.min(SessionSite.first_at), func.max(SessionSite.first_at))
        .join(SsoSession, SsoSession.id == SessionSite.session_id)
        .where(SsoSession.account_id == account_id)
        .group_by(SessionSite.client_id)
        .order_by(func.max(SessionSite.first_at).desc())
        .limit(MANY)
    ).all()
    allowed = db.scalars(
        select(Consent).where(Consent.account_id == account_id).order_by(Consent.given_at.desc()).limit(MANY)
    ).all()
    known = {client_id: Site(client_id, "", first, last) for client_id, first, last in reached}
    for row in allowed:
        site = known.get(row.client_id, Site(row.client_id, ""))
        known[row.client_id] = Site(
            site.client_id, "", site.first_at, site.last_at, tuple(row.scope), row.basis, row.given_at, row.withdrawn_at
        )
    names = {
        row.client_id: str(dict(row.metadata_).get("client_name") or "")
        for row in db.execute(select(Client.client_id, Client.metadata_).where(Client.client_id.in_(sorted(known))))
    }
    named = [
        Site(
            each.client_id, names.get(each.client_id, ""), each.first_at, each.last_at, each.scope, each.basis,
            each.given_at, each.withdrawn_at,
        )
        for each in known.values()
    ]  # fmt: skip
    return sorted(named, key=lambda each: max(filter(None, (each.last_at, each.given_at))), reverse=True)


def _acting(db: Session, account_id: str) -> list[Acting]:
    represents = db.execute(
        select(Organisation.name, Organisation.uscc, Representation.since, Representation.ended_at)
        .join(Organisation, Organisation.id == Representation.organisation_id)
        .where(Representation.account_id == account_id)
        .order_by(Representation.since.desc())
        .limit(FEW)
    ).all()
    mandated = db.execute(
        select(
            Organisation.name, Organisation.uscc, Mandate.role, Mandate.accepted_at, Mandate.ends_at, Mandate.ended_at
        )
        .join(Organisation, Organisation.id == Mandate.organisation_id)
        .where(Mandate.agent_account_id == account_id, Mandate.accepted_at.is_not(None))
        .order_by(Mandate.accepted_at.desc())
        .limit(FEW)
    ).all()
    return [
        *(Acting(r.name, r.uscc, "legal_representative", r.since, None, r.ended_at) for r in represents),
        *(Acting(m.name, m.uscc, m.role, m.accepted_at, m.ends_at, m.ended_at) for m in mandated),
    ]
