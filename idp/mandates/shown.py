"""What people see of organisations and mandates: their own, and those of the organisations that they speak for."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from idp.accounts.models import Identifier
from idp.core.crypto import Keyring
from idp.mandates import acting, people
from idp.mandates.acting import ADMINISTRATOR, LEGAL_REPRESENTATIVE, Principal
from idp.mandates.models import REVIEWED, Mandate, Organisation, Representation, Use
from idp.realname.models import Person

_MOST: Final = 200
_USES: Final = 50


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """An organisation as those who speak for it see it; `role` is the viewer's, `ial` how surely that is known, if it counts."""

    id: str
    name: str
    uscc: str
    kind: str
    state: str
    representative: str = field(repr=False)
    role: str
    ial: int
    checked_at: datetime
    mandate_id: str | None = None
    is_reviewed: bool = False
    """Known by papers that people looked at, not by its register."""


@dataclass(frozen=True, slots=True)
class MandateView:
    """A mandate as both sides see it. `state` is offered, live, or why it ended."""

    id: str
    organisation_id: str
    organisation: str
    uscc: str
    role: str
    agent: str = field(repr=False)
    phone: str = field(repr=False)
    giver: str = field(repr=False)
    sites: tuple[str, ...]
    may_delegate: bool
    parent_id: str | None
    offered_at: datetime
    offer_until: datetime
    accepted_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    state: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class UseView:
    """One time that somebody acted for the organisation."""

    who: str = field(repr=False)
    role: str
    client_id: str
    at: datetime


def organisations(db: Session, keyring: Keyring, account_id: str, now: datetime) -> tuple[OrganisationView, ...]:
    """Those that this person represents or administers, whatever their state."""
    represented = select(Representation.organisation_id).where(
        Representation.account_id == account_id, Representation.ended_at.is_(None)
    )
    administered = select(Mandate.organisation_id).where(
        Mandate.agent_account_id == account_id,
        Mandate.role == ADMINISTRATOR,
        Mandate.accepted_at.is_not(None),
        Mandate.ended_at.is_(None),
    )
    mine = Organisation.id.in_(union(represented, administered))  # by keys: an OR would read every organisation
    rows = db.scalars(select(Organisation).where(mine).order_by(Organisation.created_at)).all()
    chief_of = set(db.scalars(represented))
    counted = {(way.organisation_id, way.role): way for way in acting.everywhere(db, keyring, account_id, now)}
    return tuple(
        _organisation(keyring, row, LEGAL_REPRESENTATIVE if row.id in chief_of else ADMINISTRATOR, counted)
        for row in rows
    )


def organisation(
    db: Session, keyring: Keyring, account_id: str, organisation_id: str, now: datetime
) -> OrganisationView | None:
    """One of these; None for whoever speaks for another one."""
    return next((each for each in organisations(db, keyring, account_id, now) if each.id == organisation_id), None)


def given(db: Session, keyring: Keyring, account_id: str, organisation_id: str, now: datetime) -> list[MandateView]:
    """Every mandate of an organisation, the latest first."""
    return _mandates(db, keyring, account_id, now, Mandate.organisation_id == organisation_id)


def held(db: Session, keyring: Keyring, account_id: str, now: datetime) -> list[MandateView]:
    """What was offered to this person's phone, what they accepted, and how it ended; the latest first."""
    open_to_me = (
        select(Mandate.id)
        .join(Identifier, people.is_phone_of(account_id, Mandate.phone_index))
        .where(Mandate.accepted_at.is_(None), Mandate.ended_at.is_(None), Mandate.offer_until > now)
    )
    mine = select(Mandate.id).where(Mandate.agent_account_id == account_id)
    return _mandates(db, keyring, account_id, now, Mandate.id.in_(union(mine, open_to_me)))


def passed_on(db: Session, keyring: Keyring, account_id: str, now: datetime) -> list[MandateView]:
    """What this person passed on to others."""
    under_own = select(Mandate.id).where(Mandate.agent_account_id == account_id, Mandate.role != ADMINISTRATOR)
    return _mandates(db, keyring, account_id, now, Mandate.parent_id.in_(under_own))


def mandate(db: Session, keyring: Keyring, account_id: str, mandate_id: str, now: datetime) -> MandateView | None:
    """One mandate for somebody on either side of it; None for everybody else."""
    found = _mandates(db, keyring, account_id, now, Mandate.id == mandate_id)
    if not found:
        return None
    [view] = found
    is_on_side = view.is_mine or any(
        each.id == mandate_id
        for each in (*held(db, keyring, account_id, now), *passed_on(db, keyring, account_id, now))
    )
    if not is_on_side and organisation(db, keyring, account_id, view.organisation_id, now) is None:
        return None
    return view


def name(db: Session, organisation_id: str) -> str | None:
    """What it is called."""
    return db.scalar(select(Organisation.name).where(Organisation.id == organisation_id))


def uses(db: Session, keyring: Keyring, organisation_id: str) -> list[UseView]:
    """Who acted for the organisation lately, and where."""
    rows = db.scalars(
        select(Use).where(Use.organisation_id == organisation_id).order_by(Use.at.desc()).limit(_USES)
    ).all()
    names = _names(db, keyring, {row.account_id for row in rows})
    return [UseView(names.get(row.account_id, ""), row.role, row.client_id, row.at) for row in rows]


def _organisation(
    keyring: Keyring, row: Organisation, role: str, counted: dict[tuple[str, str], Principal]
) -> OrganisationView:
    way = counted.get((row.id, role))
    return OrganisationView(
        id=row.id, name=row.name, uscc=row.uscc, kind=row.kind, state=row.state, role=role,
        representative=keyring.open(row.legal_representative_sealed, bound_to=f"organisations.representative:{row.id}"),
        ial=way.ial if way is not None else 0, checked_at=row.checked_at,
        mandate_id=way.mandate_id if way is not None else None, is_reviewed=row.source == REVIEWED,
    )  # fmt: skip


def _mandates(db: Session, keyring: Keyring, account_id: str, now: datetime, which: Any) -> list[MandateView]:
    rows = db.execute(
        select(Mandate, Organisation.name, Organisation.uscc)
        .join(Organisation, Organisation.id == Mandate.organisation_id)
        .where(which)
        .order_by(Mandate.offered_at.desc(), Mandate.id)
        .limit(_MOST)
    ).all()
    givers = _names(db, keyring, {row.given_by for row, _name, _uscc in rows})
    return [
        MandateView(
            id=row.id, organisation_id=row.organisation_id, organisation=name, uscc=uscc, role=row.role,
            agent=keyring.open(row.agent_name_sealed, bound_to=f"mandates.agent_name:{row.id}"),
            phone=keyring.open(row.phone_sealed, bound_to=f"mandates.phone:{row.id}"),
            giver=givers.get(row.given_by, ""), sites=tuple(row.services), may_delegate=row.may_delegate,
            parent_id=row.parent_id, offered_at=row.offered_at, offer_until=row.offer_until, accepted_at=row.accepted_at,
            ends_at=row.ends_at, ended_at=row.ended_at, state=_state(row, now),
            is_mine=account_id in (row.agent_account_id, row.given_by),
        )
        for row, name, uscc in rows
    ]  # fmt: skip


def _state(row: Mandate, now: datetime) -> str:
    if row.ended_at is not None:
        return row.end_reason or "revoked"
    if row.ends_at is not None and row.ends_at <= now:
        return "expired"
    if row.accepted_at is None:
        return "offered" if row.offer_until > now else "lapsed"
    return "live"


def _names(db: Session, keyring: Keyring, account_ids: set[str]) -> dict[str, str]:
    """The proven names of those who gave or acted, also of those whose evidence has expired since."""
    rows = db.execute(select(Person.account_id, Person.name_sealed).where(Person.account_id.in_(account_ids)))
    return {row.account_id: keyring.open(row.name_sealed, bound_to=f"persons.name:{row.account_id}") for row in rows}
