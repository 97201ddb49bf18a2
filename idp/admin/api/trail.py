"""The trail closer, over the API: one entry, whose id belongs to whom, the chain and its readings, and what auditors did."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import select

from idp.admin import audit_people
from idp.admin.api.door import Model, NotFound, Nothing, database, operator, route
from idp.admin.api.watching import AuditPage, AuditShown, shown_entry
from idp.audit import search
from idp.audit.models import AuditEntry, AuditHead
from idp.edge.services import services
from idp.staff.models import Operator, Role
from idp.staff.permissions import Permission


class PersonSought(Model):
    """What somebody is called by; posted, because what names a person has no place in an address. It is not kept."""

    kind: Literal["phone", "document", "username", "uscc", "account", "operator"]
    who: Annotated[str, Field(min_length=1, max_length=64)]


class PersonFound(Model):
    id: str
    is_account: bool
    state: str
    is_former: bool


class PeopleFound(Model):
    found: list[PersonFound]


class ReadingShown(Model):
    """One reading of the whole chain; `verdict` once it is done."""

    id: str
    state: str
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    seen: int
    expected: int
    verdict: dict[str, Any] | None


class ChainShown(Model):
    """How far the trail is sealed, and what the last readings found."""

    sealed: int
    checkpoint: int
    checkpoint_at: datetime | None
    readings: list[ReadingShown]


class AuditorsAsked(Model):
    before: Annotated[str, Field(max_length=32)] = ""


@route("/audit/entries/<entry_id>", Permission.AUDIT_READ, AuditShown, tag="audit")
def audit_entry_shown(entry_id: str) -> AuditShown:
    """One entry; that it was looked at is an entry too."""
    with database().view() as db:
        entry = db.get(AuditEntry, entry_id[:32])
    if entry is None:
        raise NotFound
    with database().transaction() as db:
        services().trail.record(db, "audit.entry_viewed", actor=operator().actor, entry=entry.id)
    return shown_entry(entry)


@route("/audit/find", Permission.AUDIT_READ, PeopleFound, method="POST", tag="audit")
def audit_person_found(json: PersonSought) -> PeopleFound:
    """The ids of whoever is, or once was, called that: the trail knows ids only."""
    everything = services()
    with database().view() as db:
        found = audit_people.find(db, everything.keyring, json.kind, json.who.strip())
    with database().transaction() as db:
        who = operator().actor
        if not found:
            everything.trail.record(db, "audit.person_sought", outcome="failure", actor=who, by=json.kind)
        for each in found:
            account_id = each.id if each.is_account else None
            everything.trail.record(db, "audit.person_sought", actor=who, account_id=account_id, by=json.kind)
    return PeopleFound(
        found=[
            PersonFound(id=each.id, is_account=each.is_account, state=each.state, is_former=each.is_former)
            for each in found
        ]
    )


@route("/audit/chain", Permission.AUDIT_READ, ChainShown, tag="audit")
def audit_chain() -> ChainShown:
    """The head of the chain, and the last readings of all of it."""
    everything = services()
    with database().view() as db:
        head = db.get(AuditHead, 1)
        readings = everything.verifications.latest(db)
    return ChainShown(
        sealed=head.seq if head is not None else 0, checkpoint=head.checkpoint_seq if head is not None else 0,
        checkpoint_at=head.checkpoint_at if head is not None else None,
        readings=[
            ReadingShown(
                id=row.id, state=row.state, asked_by=row.asked_by, asked_at=row.asked_at, ended_at=row.ended_at,
                seen=row.seen, expected=row.expected, verdict=row.verdict,
            )
            for row in readings
        ],
    )  # fmt: skip


@route("/audit/chain", Permission.AUDIT_READ, Nothing, method="POST", tag="audit")
def audit_chain_read() -> Nothing:
    """Have a worker read the whole chain; what it finds stands with the readings."""
    everything = services()
    with database().transaction() as db:
        everything.verifications.ask(db, operator().actor)
    return Nothing()


@route("/auditors", Permission.AUDITORS_READ, AuditPage, tag="audit")
def auditors_watched(query: AuditorsAsked) -> AuditPage:
    """What the audit administrators did, the newest first; nothing else of the trail."""
    of_role = select(Operator.id).where(Operator.role == Role.AUDIT.value)
    with database().view() as db:
        found = search.by_operators(db, of_role, before=query.before)
    return AuditPage(entries=[shown_entry(each) for each in found.entries], older=found.older, is_cut=found.is_cut)
