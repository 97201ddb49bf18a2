"""The staff of the console as rows: found, listed, changed and let go; apart from citizens' accounts."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock, ids, regions
from idp.core.crypto import Keyring
from idp.staff import enrolment, factors
from idp.staff.enrolment import RANGED, THREE, Chosen
from idp.staff.errors import (
    LastOfRole,
    NetworkUnknown,
    OperatorGone,
    ReachNotForRole,
    RegionUnknown,
    RoleFixed,
)
from idp.staff.models import Approval, Invitation, Operator, Role
from idp.staff.states import ACTIVE, DISABLED, INVITED

DORMANT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class NewOperator:
    """What its owner needs for the first sign-in; kept nowhere in clear."""

    id: str
    login: str
    role: Role
    password: str = field(repr=False)
    totp_secret: str = field(repr=False)


def add(
    db: Session, keyring: Keyring, trail: Trail, *, login: str, role: Role, actor: Actor, region: str = "",
    clients: list[str] | None = None,
) -> NewOperator:  # fmt: skip
    """One who is named and enrolled in one go, with factors made for them: for demonstrations, where nobody is there to."""
    row = enrolment.name(db, trail, login=login, role=role, region=region, clients=clients, actor=actor)
    made = NewOperator(row.id, login, role, ids.new_handle(), factors.new_secret())
    renew(db, keyring, trail, row, password=made.password, totp_secret=made.totp_secret, actor=actor)
    return made


def renew(
    db: Session, keyring: Keyring, trail: Trail, row: Operator, *, password: str, totp_secret: str, actor: Actor
) -> None:
    """The same for one who is there already: a link, used at once."""
    link = enrolment.find(db, enrolment.invite(db, trail, row, actor=actor).secret)
    if link is None:
        raise OperatorGone
    enrolment.enrol(db, keyring, trail, link, row.login, Chosen(password=password, totp_secret=totp_secret))


def disable(db: Session, trail: Trail, operator_id: str, *, actor: Actor) -> None:
    """Let an operator sign in no more and end what they have open. OperatorGone, LastOfRole."""
    row = _locked(db, operator_id)
    _leaves(db, row)
    row.state = DISABLED
    _let_go(db, row)
    trail.record(db, "operator.disabled", actor=actor, operator=row.id)


@dataclass(frozen=True, slots=True)
class Duty:
    """What an operator is there for: a role, where it ends, and from where they come in."""

    role: Role
    region: str = ""
    clients: tuple[str, ...] | None = None
    networks: tuple[str, ...] = ()

    def check(self) -> None:
        """RegionUnknown, ReachNotForRole, NetworkUnknown."""
        if self.region and not regions.is_division(self.region):
            raise RegionUnknown
        if (self.region and self.role not in RANGED) or (self.clients is not None and self.role is not Role.DEPARTMENT):
            raise ReachNotForRole
        for each in self.networks:
            try:
                ipaddress.ip_network(each)
            except ValueError as wrong:
                raise NetworkUnknown from wrong

    @classmethod
    def of(cls, row: Operator) -> "Duty":
        clients = tuple(row.clients) if row.clients is not None else None
        return cls(Role(row.role), row.region, clients, tuple(row.networks or ()))

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Duty":
        """As `as_json` wrote it."""
        clients = tuple(told["clients"]) if told["clients"] is not None else None
        return cls(Role(told["role"]), told["region"], clients, tuple(told["networks"]))

    def as_json(self) -> dict[str, Any]:
        clients = list(self.clients) if self.clients is not None else None
        return {"role": self.role.value, "region": self.region, "clients": clients, "networks": list(self.networks)}


def check_change(before: Duty, after: Duty) -> None:
    """RoleFixed: nobody audits under a login what they did under it, nor the other way round."""
    after.check()
    if before.role != after.role and Role.AUDIT in {before.role, after.role}:
        raise RoleFixed


def change(db: Session, trail: Trail, operator_id: str, duty: Duty, *, actor: Actor) -> None:
    """Give an operator another duty; what they have open ends. OperatorGone, LastOfRole, RoleFixed."""
    row = _locked(db, operator_id)
    before = Duty.of(row)
    check_change(before, duty)
    if duty.role != before.role:
        _leaves(db, row)
    trail.record(
        db, "operator.changed", actor=actor, operator=row.id, role_before=row.role, role=duty.role.value,
        region_before=row.region, region=duty.region, clients_before=row.clients or [],
        clients=list(duty.clients or ()), networks_before=row.networks or [], networks=list(duty.networks),
        is_for_clients=duty.clients is not None,
    )  # fmt: skip
    row.role, row.region, row.networks = duty.role.value, duty.region, list(duty.networks) or None
    row.clients = list(duty.clients) if duty.clients is not None else None
    _let_go(db, row)


def of_login(db: Session, login: str) -> Operator | None:
    found: Operator | None = db.scalar(select(Operator).where(Operator.login == login))
    return found


def are_dormant() -> tuple[ColumnElement[bool], ...]:
    """Those who may come in and have not done so for long: an account that nobody misses is one that others take."""
    last = func.coalesce(Operator.last_sign_in_at, Operator.enrolled_at, Operator.created_at)
    return (Operator.state == ACTIVE, last < clock.now() - DORMANT)


def listing(db: Session) -> list[Operator]:
    """Every operator, the oldest first."""
    return list(db.scalars(select(Operator).order_by(Operator.created_at, Operator.id)))


def _locked(db: Session, operator_id: str) -> Operator:
    """The row, locked; of the three administrators all of the role, in one order, so that two of them cannot both go."""
    seen = db.scalar(select(Operator.role).where(Operator.id == operator_id, Operator.state != DISABLED))
    if seen is None:
        raise OperatorGone
    which = Operator.role == seen if Role(seen) in THREE else Operator.id == operator_id
    locked = select(Operator).where(which, Operator.state != DISABLED).order_by(Operator.id).with_for_update()
    rows = db.scalars(locked, execution_options={"populate_existing": True}).all()
    row = next((each for each in rows if each.id == operator_id), None)
    if row is None:
        raise OperatorGone
    return row


def _leaves(db: Session, row: Operator) -> None:
    """Refuse to lose the last who can sign in of one of the three."""
    if row.state == INVITED or Role(row.role) not in THREE or row.enrolled_at is None:
        return
    others = select(Operator.id).where(
        Operator.role == row.role, Operator.state == ACTIVE, Operator.enrolled_at.is_not(None), Operator.id != row.id
    )
    if db.scalar(others.limit(1)) is None:
        raise LastOfRole


def _let_go(db: Session, row: Operator) -> None:
    """Sessions, tokens, links, and what they asked for, or was asked for about them, and nobody has done yet."""
    now = clock.now()
    enrolment.end_everything(db, row.id, now)
    unused = (Invitation.operator_id == row.id, Invitation.used_at.is_(None), Invitation.voided_at.is_(None))
    if (
        row.state != INVITED
    ):  # a link was given out for the duty that it said; who never enrolled waits for theirs still
        db.execute(update(Invitation).where(*unused).values(voided_at=now))
    theirs = or_(Approval.asked_by == row.id, Approval.target == row.id)
    waiting = (theirs, Approval.state.in_(("open", "approved")))
    db.execute(update(Approval).where(*waiting).values(state="withdrawn", payload_sealed=None))
    db.flush()
