"""What operators watch, over the API: the trail, the statistics, keys, policies and the staff."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select

from idp.admin.api.accounts import After
from idp.admin.api.door import Model, NotFound, Unfit, database, operator, route
from idp.audit import search
from idp.audit.models import AuditEntry
from idp.core import clock
from idp.db import keyset
from idp.edge.services import services
from idp.oidc.jwt import keys as signing_keys
from idp.oidc.jwt import rotation
from idp.policies import kinds
from idp.staff.models import Operator
from idp.staff.permissions import Permission
from idp.statistics import reading, retention
from idp.statistics.measures import MEASURES, OPERATOR_ACT
from idp.statistics.reading import Step

_Word = Annotated[str, Field(max_length=64)]
_LONGEST_PERIOD = {Step.DAY: 400, Step.MONTH: 366 * 5}


class AuditShown(Model):
    """One entry: ids and codes, as it is sealed."""

    id: str
    at: datetime
    act: str
    outcome: str
    actor_kind: str
    actor_id: str | None
    account_id: str | None
    client_id: str | None
    session_id: str | None
    trace_id: str
    details: dict[str, Any]
    seq: int | None


class AuditPage(Model):
    entries: list[AuditShown]
    older: str | None
    is_cut: bool


class AuditAsked(Model):
    act: _Word = ""
    outcome: _Word = ""
    actor_id: _Word = ""
    account_id: _Word = ""
    client_id: _Word = ""
    trace_id: _Word = ""
    since: datetime | None = None
    until: datetime | None = None
    before: _Word = ""


class DayShown(Model):
    day: date
    key: str
    count: int
    is_small: bool


class DaysShown(Model):
    days: list[DayShown]


class DaysAsked(Model):
    since: date
    until: date
    client_id: _Word = ""
    key: _Word = ""
    region: Annotated[str, Field(pattern=r"^([1-8]\d{5})?$")] = ""
    by: Step = Step.DAY


class KeyShown(Model):
    kid: str
    alg: str
    state: str
    created_at: datetime
    active_at: datetime | None
    retired_at: datetime | None


class KeysShown(Model):
    keys: list[KeyShown]


class PolicyShown(Model):
    kind: str
    version: int
    values: dict[str, Any]
    changed_at: datetime | None


class PoliciesShown(Model):
    policies: list[PolicyShown]


class RotationStep(Model):
    kid: str | None
    alg: str
    before: str | None
    after: str
    leaves_at: datetime | None


class RotationPlanned(Model):
    steps: list[RotationStep]


class OperatorShown(Model):
    id: str
    login: str
    role: str
    state: str
    region: str
    created_at: datetime


class OperatorsPage(Model):
    operators: list[OperatorShown]
    next: str | None


class PageAsked(Model):
    after: After = ""


@route("/audit", Permission.AUDIT_READ, AuditPage, tag="audit")
def audit(query: AuditAsked) -> AuditPage:
    """Entries, the newest first; `is_cut` says that the search stopped early, and goes on from `older`."""
    if any(at is not None and at.tzinfo is None for at in (query.since, query.until)):
        raise Unfit("since, until: an instant with its offset")
    wanted = search.Wanted(**query.model_dump(exclude={"before"}))
    everything = services()
    with database().view() as db:
        found = search.page(db, wanted, before=query.before)
    with database().transaction() as db:
        everything.trail.record(
            db,
            "audit.searched",
            actor=operator().actor,
            filters=[name for name in query.model_fields_set if name != "before"],
        )
    return AuditPage(
        entries=[shown_entry(each) for each in found.entries], older=found.older, is_cut=found.is_cut
    )  # fmt: skip


@route("/statistics/<measure>", Permission.STATISTICS_READ, DaysShown, tag="statistics")
def statistics(measure: str, query: DaysAsked) -> DaysShown:
    """How often by day and key, within reach; days of nothing are left out. `by=month` tells whole months, by their first day:
    these are kept for good, days for IDP_STATISTICS_DAYS_KEPT."""
    if measure not in MEASURES or (measure == OPERATOR_ACT and not _sees_operators()):
        raise NotFound
    longest = _LONGEST_PERIOD[query.by]
    if (query.until - query.since).days > longest:
        raise Unfit(f"until: at most {longest} days after since")
    with database().view() as db:
        if query.by is Step.DAY and query.since < (first := retention.first_kept(db)):
            raise Unfit(f"since: days before {first} are kept by month alone; ask with by=month")
        found = reading.days(
            db, measure, since=query.since, until=query.until, client_id=query.client_id or None, key=query.key or None,
            region=query.region, reach=operator().reach, by=query.by,
        )  # fmt: skip
    return DaysShown(
        days=[DayShown(day=each.day, key=each.key, count=each.count, is_small=each.is_small) for each in found]
    )


@route("/keys", Permission.KEYS_READ, KeysShown, tag="keys")
def keys() -> KeysShown:
    """The signing keys, the newest last; never a private half."""
    with database().view() as db:
        rows = signing_keys.listing(db)
    return KeysShown(
        keys=[
            KeyShown(
                kid=row.kid, alg=row.alg, state=row.state, created_at=row.created_at, active_at=row.active_at,
                retired_at=row.retired_at,
            )
            for row in rows
        ]
    )  # fmt: skip


@route("/policies/<kind>", Permission.POLICIES_READ, PolicyShown, tag="policies")
def policy(kind: str) -> PolicyShown:
    """The version that holds now; its number is the `base` of the next change."""
    if kind not in kinds.KINDS:
        raise NotFound
    return _policy(kind)


def _policy(kind: str) -> PolicyShown:
    version = services().policies.version(kinds.KINDS[kind])
    return PolicyShown(
        kind=kind, version=version.number, values=dict(kinds.written(version.value)), changed_at=version.changed_at
    )  # fmt: skip


@route("/policies", Permission.POLICIES_READ, PoliciesShown, tag="policies")
def policies() -> PoliciesShown:
    """Of every kind the version that holds now."""
    return PoliciesShown(policies=[_policy(kind) for kind in kinds.KINDS])


@route("/keys/rotation", Permission.KEYS_ROTATE_ASK, RotationPlanned, tag="keys")
def key_rotation_planned() -> RotationPlanned:
    """What a rotation now would do with each key; `kid` is empty for one that is made then."""
    with database().view() as db:
        steps = rotation.timetable(signing_keys.listing(db), clock.now())
    return RotationPlanned(
        steps=[
            RotationStep(kid=step.kid, alg=step.alg, before=step.before, after=step.after, leaves_at=step.leaves_at)
            for step in steps
        ]
    )


@route("/operators", Permission.STAFF_READ, OperatorsPage, tag="staff")
def operators(query: PageAsked) -> OperatorsPage:
    """The staff, the newest first."""
    with database().view() as db:
        found = keyset.page(db, select(Operator), [Operator.id], after=query.after)
    return OperatorsPage(operators=[_operator(row) for row in found.rows], next=found.next)


@route("/operators/<operator_id>", Permission.STAFF_READ, OperatorShown, tag="staff")
def operator_shown(operator_id: str) -> OperatorShown:
    """One of the staff."""
    with database().view() as db:
        row = db.get(Operator, operator_id[:32])
    if row is None:
        raise NotFound
    return _operator(row)


def _operator(row: Operator) -> OperatorShown:
    return OperatorShown(
        id=row.id, login=row.login, role=row.role, state=row.state, region=row.region, created_at=row.created_at
    )


def _sees_operators() -> bool:
    """What the staff did is counted for those who watch it, in the console as here."""
    return operator().may(Permission.AUDIT_READ) or operator().may(Permission.AUDITORS_READ)


def shown_entry(row: AuditEntry) -> AuditShown:
    return AuditShown(
        id=row.id, at=row.at, act=row.act, outcome=row.outcome, actor_kind=row.actor_kind, actor_id=row.actor_id,
        account_id=row.account_id, client_id=row.client_id, session_id=row.session_id, trace_id=row.trace_id,
        details=row.details, seq=row.seq,
    )  # fmt: skip
