"""How an operator gets factors: by a link that works once, within a day, and tells who it was made for.

A link that two people allowed comes in two halves (`idp.staff.halves`): the asker's link and the approver's code.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock, ids, passwords
from idp.core.crypto import Keyring
from idp.staff import halves, operator_passwords, passkeys
from idp.staff.errors import LinkOver, LoginTaken
from idp.staff.models import ApiToken, Invitation, Operator, OperatorSession, Role
from idp.staff.passkeys import Made
from idp.staff.states import ACTIVE, INVITED, check_login, totp_place

SETUP, FIRST, RENEW = "setup", "first", "renew"
THREE = (Role.SYSTEM, Role.SECURITY, Role.AUDIT)
"""The administrators whom an installation starts with, and never goes without."""
RANGED = (Role.COUNTER, Role.DEPARTMENT)
"""Whose duty may end at a region; the three work everywhere. Only departments may be for named sites."""
VALID = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Link:
    """What is in a link, shown once; only its digest is kept."""

    secret: str = field(repr=False)
    role: Role
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Open:
    """A link that may still be used: for whom, and what it does."""

    id: str
    kind: str
    role: Role
    login: str
    """Empty where the person who enrols chooses one."""
    password_hashes: tuple[str, ...] = field(default=(), repr=False)
    """What the new password must not be."""
    needs_half: bool = False
    """Whether it opens nothing without the code of who allowed it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The factors of who enrols, checked: password and one-time codes together, or a passkey."""

    password: str = field(default="", repr=False)
    totp_secret: str = field(default="", repr=False)
    totp_step: int = 0
    passkey: Made | None = None
    passkey_name: str = ""


def is_enrolled(db: Session, role: Role) -> bool:
    """Whether somebody of this role can sign in."""
    return db.scalar(select(Operator.id).where(*_can_sign_in(role)).limit(1)) is not None


def invite_first(db: Session, trail: Trail, role: Role, *, actor: Actor) -> Link:
    """A link for the first of a role, whoever that is; voids the role's earlier ones."""
    _void(db, Invitation.kind == SETUP, Invitation.role == role.value)
    return _invite(db, trail, SETUP, role, None, actor=actor)


def name(
    db: Session, trail: Trail, *, login: str, role: Role, region: str = "", clients: list[str] | None = None,
    actor: Actor,
) -> Operator:  # fmt: skip
    """Make an operator who cannot sign in yet; LoginUnfit and LoginTaken refuse the name."""
    check_login(login)
    if db.scalar(select(Operator.id).where(Operator.login == login)) is not None:
        raise LoginTaken
    row = Operator(
        id=ids.new_id(), login=login, role=role.value, state=INVITED, password_hash=None, totp_sealed=None,
        totp_last_step=0, created_at=clock.now(), region=region, clients=clients, networks=None, past_passwords=None,
        password_changed_at=None, enrolled_at=None, last_sign_in_at=None,
    )  # fmt: skip
    db.add(row)
    try:
        db.flush()
    except IntegrityError as raced:
        raise LoginTaken from raced
    trail.record(db, "operator.added", actor=actor, operator=row.id, role=role.value)
    return row


def invite(db: Session, trail: Trail, row: Operator, *, actor: Actor, second_half: str | None = None) -> Link:
    """A link for one who was named, or who lost a factor; voids the earlier ones. `second_half` is the digest of its code."""
    _void(db, Invitation.operator_id == row.id)
    kind = FIRST if row.state == INVITED else RENEW
    return _invite(db, trail, kind, Role(row.role), row.id, actor=actor, second_half=second_half)


def find(db: Session, secret: str) -> Open | None:
    """The link, while it may be used."""
    row = db.scalar(
        select(Invitation).where(Invitation.secret_digest == ids.digest(secret), *halves.usable(clock.now()))
    )
    if row is None:
        return None
    whom = db.get(Operator, row.operator_id) if row.operator_id is not None else None
    if whom is not None and whom.state != (INVITED if row.kind == FIRST else ACTIVE):
        return None
    if row.kind == SETUP and is_enrolled(db, Role(row.role)):
        return None
    used = operator_passwords.of_late(whom) if whom is not None else ()
    login = whom.login if whom is not None else ""
    return Open(row.id, row.kind, Role(row.role), login, used, row.second_half is not None)


def has_open_link(db: Session, operator_id: str) -> bool:
    """Whether a link for this operator waits to be used."""
    mine = select(Invitation.id).where(Invitation.operator_id == operator_id, *halves.usable(clock.now()))
    return db.scalar(mine.limit(1)) is not None


def enrol(
    db: Session, keyring: Keyring, trail: Trail, link: Open, login: str, chosen: Chosen, *, half: str = ""
) -> Operator:
    """Use the link up and keep the factors; of any number of browsers with one link, one gets through. LinkOver otherwise.

    So it is with a link that has a second half, if `half` is not it; `halves.fits` asked before, and counted.

    What was there before (renewal) goes: password, code, passkeys, sessions, tokens.
    """
    now = clock.now()
    claimed = db.scalar(
        update(Invitation)
        .where(Invitation.id == link.id, halves.is_open_to(keyring, half), *halves.usable(now))
        .values(used_at=now)
        .returning(Invitation),
        execution_options={"populate_existing": True},
    )
    if claimed is None:
        raise LinkOver
    if link.kind == SETUP:
        if is_enrolled(db, link.role):
            raise LinkOver
        row = name(db, trail, login=login, role=link.role, actor=Actor("system"))
    else:
        row = db.get_one(Operator, claimed.operator_id)
    before = INVITED if link.kind != RENEW else ACTIVE
    taken = (
        update(Operator).where(Operator.id == row.id, Operator.state == before).values(state=ACTIVE, enrolled_at=now)
    )
    if db.scalar(taken.returning(Operator.id)) is None:
        raise LinkOver
    db.refresh(row)
    _keep(db, keyring, row, chosen, now)
    if link.kind == SETUP:
        _void(db, Invitation.kind == SETUP, Invitation.role == link.role.value)
    trail.record(
        db, "operator.enrolled", actor=Actor("operator", row.id), operator=row.id, role=row.role, link=link.kind,
        factor="passkey" if chosen.passkey is not None else "password_and_code",
    )  # fmt: skip
    return row


def _keep(db: Session, keyring: Keyring, row: Operator, chosen: Chosen, now: datetime) -> None:
    end_everything(db, row.id, now)
    passkeys.forget(db, row.id)
    if chosen.passkey is not None:
        row.password_hash = row.totp_sealed = None
        passkeys.store(db, row.id, chosen.passkey, chosen.passkey_name)
    else:
        operator_passwords.put(row, passwords.hash_password(chosen.password), now)
        row.totp_sealed = keyring.seal(chosen.totp_secret, bound_to=totp_place(row.id))
        row.totp_last_step = chosen.totp_step
    db.flush()


def end_everything(db: Session, operator_id: str, now: datetime) -> None:
    """Every session and every token of the operator."""
    for model in (OperatorSession, ApiToken):
        live = (model.operator_id == operator_id, model.ended_at.is_(None))
        db.execute(update(model).where(*live).values(ended_at=now))


def _invite(
    db: Session, trail: Trail, kind: str, role: Role, operator_id: str | None, *, actor: Actor,
    second_half: str | None = None,
) -> Link:  # fmt: skip
    now, secret = clock.now(), ids.new_secret()
    db.add(
        Invitation(
            id=ids.new_id(), secret_digest=ids.digest(secret), kind=kind, role=role.value, operator_id=operator_id,
            made_at=now, expires_at=now + VALID, used_at=None, voided_at=None, second_half=second_half, wrong_halves=0,
        )
    )  # fmt: skip
    db.flush()
    trail.record(db, "operator.invited", actor=actor, operator=operator_id or "", role=role.value, link=kind)
    return Link(secret, role, now + VALID)


def _void(db: Session, *which: ColumnElement[bool]) -> None:
    unused = (Invitation.used_at.is_(None), Invitation.voided_at.is_(None))
    db.execute(update(Invitation).where(*which, *unused).values(voided_at=clock.now()))


def _can_sign_in(role: Role) -> tuple[ColumnElement[bool], ...]:
    return (Operator.role == role.value, Operator.state == ACTIVE, Operator.enrolled_at.is_not(None))
