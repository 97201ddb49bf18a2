"""Checks as jobs: asked for by a developer, leased by a worker, carried on after a kill, and kept with what they found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock, ids
from idp.core.errors import DomainError
from idp.db.prepared import Row
from idp.db.unit_of_work import Database
from idp.mandates.models import Organisation
from idp.oidc.models import Client
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.clients import RegisteredClient
from idp.sites import checked, versions
from idp.sites.models_checks import Rehearsal
from idp.sites.ownership import Ownership
from idp.sites.rehearsal import points
from idp.sites.rehearsal.findings import FAILED, NEEDS_SCRIPT, PASSED, Finding
from idp.sites.rehearsal.play import Where
from idp.sites.rehearsal.visitor import origin_of, origins_of

WAITING, RUNNING, DONE, STOPPED = "waiting", "running", "done", "stopped"
LEASE: Final = timedelta(minutes=2)
LONGEST: Final = timedelta(minutes=5)
"""From when it was begun: what waits takes nobody's time."""
PER_DAY: Final = 20
PER_DEPARTMENT: Final = 2
"""Open at a time, so that no department stands in the way of the others."""
_LONGEST_URL, _LONGEST_MARKER = 512, 64
_OPEN: Final = Rehearsal.state.in_((WAITING, RUNNING))


class NotInTestMode(DomainError):
    code = "not_in_test_mode"
    sentence = "只有处于测试模式的应用才能检查。"


class ForeignAddress(DomainError):
    code = "foreign_address"
    sentence = "这个地址不属于本应用：它的协议、主机和端口必须与登记的地址之一相同。"
    field = "start_url"


class CheckUnderWay(DomainError):
    code = "check_under_way"
    sentence = "这个应用的检查正在进行，请等它结束。"


class EnoughChecks(DomainError):
    code = "enough_checks"
    sentence = "这个应用今天的检查次数已用完，请明天再试。"
    status = 429


class DepartmentIsBusy(DomainError):
    code = "department_is_busy"
    sentence = "本部门已有两个检查正在进行或等待，请等其中一个结束。"
    status = 409


@dataclass(frozen=True, slots=True)
class Report:
    """A check as it is shown; `version` is the configuration that was checked, `ahead` how many begin before it."""

    id: str
    client_id: str
    state: str
    reason: str | None
    version: str
    is_current: bool
    created_at: datetime
    finished_at: datetime | None
    where: Where
    findings: tuple[Finding, ...]
    ahead: int = 0

    @property
    def total(self) -> int:
        return len(points.names([each.stored() for each in self.findings[:1]]))

    @property
    def is_open(self) -> bool:
        return self.state in {WAITING, RUNNING}

    @property
    def passed(self) -> int:
        return sum(each.verdict == PASSED for each in self.findings)

    @property
    def failed(self) -> int:
        return sum(each.verdict == FAILED for each in self.findings)

    @property
    def is_from_outside(self) -> bool:
        """Whether only a script of the site could sign in, so that the rest was judged from outside."""
        return bool(self.findings) and self.findings[0].did == NEEDS_SCRIPT

    @property
    def is_good(self) -> bool:
        """Whether it went to the end, sign-in was seen, and nothing was found wrong."""
        return self.state == DONE and not self.failed and not self.is_from_outside


def ask(
    db: Session, trail: Trail, ownership: Ownership, client: RegisteredClient, where: Where, *, actor: Actor, by: str
) -> str:
    """Have a site checked; its id. One at a time and so many a day, only at the site's own addresses, and of its
    department's hosts only: NotProven names those that are not known to be."""
    if not client.is_test:
        raise NotInTestMode
    now, own, asked = clock.now(), origins_of(client), set()
    for field, url in (("start_url", where.start), ("page_url", where.page), ("sign_out_url", where.sign_out)):
        if url is not None:
            origin = origin_of(url)
            if origin is None or origin not in own or len(url) > _LONGEST_URL or not url.isprintable():
                raise ForeignAddress(field=field)
            asked.add(origin)
    row = db.get_one(Client, client.client_id)
    ownership.require(db, row.organisation_id, asked, now)
    _require_room(db, row.organisation_id)
    today = select(func.count()).where(
        Rehearsal.client_id == client.client_id, Rehearsal.created_at > now - timedelta(days=1)
    )
    if (db.scalar(today) or 0) >= PER_DAY:
        raise EnoughChecks
    made = Rehearsal(
        id=ids.new_id(), client_id=client.client_id, asked_by=by, start_url=where.start, page_url=where.page,
        marker=(where.marker or "")[:_LONGEST_MARKER] or None, sign_out_url=where.sign_out, state=WAITING, next_point=0,
        findings={"points": []}, version=version_of(row.metadata_), created_at=now,
    )  # fmt: skip
    db.add(made)
    try:
        db.flush()
    except IntegrityError as other:  # of two at once one is there
        raise CheckUnderWay from other
    trail.record(db, "site.check_asked", actor=actor, client_id=client.client_id, check=made.id)
    return made.id


def _require_room(db: Session, organisation_id: str | None) -> None:
    """DepartmentIsBusy; one question of a department at a time, so that many at once are counted too."""
    if organisation_id is None:
        return
    db.get_one(Organisation, organisation_id, with_for_update=True)
    busy = (
        select(func.count())
        .select_from(Rehearsal)
        .join(Client, Client.client_id == Rehearsal.client_id)
        .where(_OPEN, Client.organisation_id == organisation_id)
    )
    if (db.scalar(busy) or 0) >= PER_DEPARTMENT:
        raise DepartmentIsBusy


def stop(db: Session, trail: Trail, client_id: str, *, actor: Actor) -> bool:
    """Give up the check that is under way; False when there is none."""
    stopped = db.scalar(
        update(Rehearsal).where(Rehearsal.client_id == client_id, _OPEN)
        .values(state=STOPPED, reason="by_hand", finished_at=clock.now(), lease=None).returning(Rehearsal.id)
    )  # fmt: skip
    if stopped is not None:
        trail.record(db, "site.check_stopped", actor=actor, client_id=client_id, check=stopped)
    return stopped is not None


def latest(db: Session, client_id: str) -> Report | None:
    """The last check of a site, under way or over."""
    row = db.scalar(select(Rehearsal).where(Rehearsal.client_id == client_id).order_by(Rehearsal.id.desc()).limit(1))
    return _report(db, row) if row is not None else None


@checked.register
def _for_release(db: Session, client_id: str, document: Mapping[str, Any]) -> checked.Checked | None:
    """The last check that went to its end, as those read it who decide about going live with this version."""
    row = db.scalar(
        select(Rehearsal)
        .where(Rehearsal.client_id == client_id, Rehearsal.state == DONE)
        .order_by(Rehearsal.id.desc())
        .limit(1)
    )
    if row is None or row.finished_at is None:
        return None
    report = _report(db, row)
    failed = tuple(each.point for each in report.findings if each.verdict == FAILED)
    is_outside = report.is_from_outside and not failed
    is_of_this = row.version == version_of(versions.parted(document)[0])
    return checked.Checked(report.is_good, is_of_this, row.finished_at, failed, is_outside)


def version_of(members: Mapping[str, Any]) -> str:
    """A short name of a registration, however empty members are written: it changes with every change of it."""
    metadata = ClientMetadata.stored(members).to_store()
    return ids.digest(orjson.dumps(metadata, option=orjson.OPT_SORT_KEYS).decode())[:16]


def lease(database: Database, now: datetime) -> Row | None:
    """The next check that nobody works on, taken by one statement."""
    is_free = or_(Rehearsal.lease_until.is_(None), Rehearsal.lease_until < now)
    free = select(Rehearsal.id).where(_OPEN, is_free).order_by(Rehearsal.id).limit(1).with_for_update(skip_locked=True)
    claim = (
        update(Rehearsal)
        .where(Rehearsal.id.in_(free), _OPEN, is_free)
        .values(
            state=RUNNING, lease=ids.new_id(), lease_until=now + LEASE, begun_at=func.coalesce(Rehearsal.begun_at, now)
        )
        .returning(*Rehearsal.__table__.columns)
        .execution_options(synchronize_session=False)
    )
    with database.view() as db:  # asked every second: nobody is kept from writing while there is nothing to do
        if db.scalar(select(Rehearsal.id).where(_OPEN, is_free).limit(1)) is None:
            return None
    with database.transaction() as db:
        return db.execute(claim).first()


def keep(db: Session, row: Row, findings: dict[str, Any], *, next_point: int) -> bool:
    """Write down how far it is and hold the lease on; False when somebody else has it, or it was stopped."""
    held = update(Rehearsal).where(Rehearsal.id == row.id, Rehearsal.lease == row.lease, Rehearsal.state == RUNNING)
    values = {"findings": findings, "next_point": next_point, "lease_until": clock.now() + LEASE}
    return db.scalar(held.values(**values).returning(Rehearsal.id)) is not None


def finish(db: Session, trail: Trail, row: Row, *, state: str, reason: str | None = None) -> bool:
    """The end; once."""
    held = update(Rehearsal).where(Rehearsal.id == row.id, Rehearsal.lease == row.lease, Rehearsal.state == RUNNING)
    values = {"state": state, "reason": reason, "finished_at": clock.now(), "lease": None, "lease_until": None}
    done = db.scalar(held.values(**values).returning(Rehearsal.id)) is not None
    if done:
        trail.record(db, f"site.check_{state}", client_id=row.client_id, check=row.id, reason=reason or "")
    return done


def where_of(row: Any) -> Where:
    return Where(row.start_url, row.page_url, row.marker, row.sign_out_url)


def _report(db: Session, row: Rehearsal) -> Report:
    now = version_of(db.get_one(Client, row.client_id).metadata_)
    return Report(
        row.id, row.client_id, row.state, row.reason, row.version, row.version == now, row.created_at, row.finished_at,
        where_of(row), tuple(Finding.of(each) for each in row.findings["points"]), _ahead(db, row),
    )  # fmt: skip


def _ahead(db: Session, row: Rehearsal) -> int:
    """How many wait that were asked for before this one."""
    if row.state != WAITING:
        return 0
    return db.scalar(select(func.count()).where(Rehearsal.state == WAITING, Rehearsal.id < row.id)) or 0
