"""Over the API, what was and what is asked to come: requests to go live, versions of sites, policies and sources, deliveries."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Select, select

from idp.admin.api.accounts import After
from idp.admin.api.clients import ChangeShown, within_reach
from idp.admin.api.door import Model, NotFound, Nothing, database, operator, route
from idp.core import differences
from idp.core.differences import Change
from idp.db import keyset
from idp.edge.services import services
from idp.oidc.models import Client
from idp.policies import kinds
from idp.policies.models import PolicyVersion
from idp.realname.watch.models import SourceSettings
from idp.sites import by_command, checked, deliveries, versions
from idp.sites import releases as going_live
from idp.sites.models import Release, SiteVersion
from idp.staff.permissions import Permission


class PageAsked(Model):
    after: After = ""


class ReleasesAsked(PageAsked):
    state: Literal["open", "approved", "returned", "withdrawn", "emergency"] = "open"


class ReleaseShown(Model):
    id: str
    client_id: str
    version: int
    state: str
    region: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class ReleasesPage(Model):
    releases: list[ReleaseShown]
    next: str | None


class CheckShown(Model):
    """The last check of the site; `counts` where it was passed, and of this very version."""

    counts: bool
    is_passed: bool
    is_of_this: bool
    at: datetime
    failed: list[str]


class ReleaseRecord(ReleaseShown):
    """What is asked, beside what serves now, with what the check said and what of it takes a second person."""

    note: str
    document: dict[str, Any]
    changes: list[ChangeShown]
    check: CheckShown | None
    sensitive: list[str]
    remark: str | None
    waiver: str | None


class SiteVersionShown(Model):
    number: int
    state: str
    made_at: datetime
    made_by_kind: str
    changes: list[ChangeShown]


class SiteVersionsPage(Model):
    versions: list[SiteVersionShown]
    next: str | None


class DeliveryShown(Model):
    id: str
    kind: str
    state: str
    tries: int
    last_error: str | None
    created_at: datetime
    settled_at: datetime | None
    trace_id: str
    may_be_sent_again: bool


class DeliveriesPage(Model):
    deliveries: list[DeliveryShown]
    next: str | None


class PolicyVersionShown(Model):
    kind: str
    number: int
    values: dict[str, Any]
    changed_by: str | None
    changed_at: datetime | None
    reason: str
    undoes: int | None


class PolicyVersionsPage(Model):
    versions: list[PolicyVersionShown]
    next: str | None


class SettingsShown(Model):
    """One version of what is set about all sources; the highest is in force, and 0 is before the first."""

    version: int
    settings: dict[str, Any]
    reason: str
    made_by: str
    made_at: datetime


class SettingsPage(Model):
    versions: list[SettingsShown]
    next: str | None


@route("/releases", Permission.CLIENTS_REVIEW, ReleasesPage, tag="releases")
def releases(query: ReleasesAsked) -> ReleasesPage:
    """Requests to go live within reach, the newest first; those that wait, unless another state is asked for."""
    return _listed(_reached(select(Release).where(Release.state == query.state)), query.after)


@route("/releases/emergencies", Permission.APPROVALS_DECIDE, ReleasesPage, tag="releases")
def emergencies(query: PageAsked) -> ReleasesPage:
    """Live sites that a command changed unasked in the last week, the newest first, for those who approve."""
    return _listed(_reached(by_command.lately()), query.after)


@route("/releases/<release_id>", Permission.CLIENTS_REVIEW, ReleaseRecord, tag="releases")
def release(release_id: str) -> ReleaseRecord:
    """One of them, as its reviewer reads it."""
    with database().view() as db:
        row = db.scalar(_reached(select(Release).where(Release.id == release_id[:32])))
        if row is None:
            raise NotFound
        site, version = db.get_one(Client, row.client_id), db.get_one(SiteVersion, row.version_id)
        before = going_live.last_live(db, site)
        said = checked.latest(db, row.client_id, version.document)
    return ReleaseRecord(
        **_release(row, {version.id: version.number}), note=row.note, document=version.document,
        changes=_changes(differences.between(before, version.document)), remark=row.remark, waiver=row.waiver,
        sensitive=list(going_live.needs_second(before, version.document)),
        check=CheckShown(
            counts=said.counts, is_passed=said.is_passed, is_of_this=said.is_of_this, at=said.at, failed=list(said.failed)
        ) if said is not None else None,
    )  # fmt: skip


@route("/clients/<client_id>/versions", Permission.CLIENTS_READ, SiteVersionsPage, tag="clients")
def client_versions(client_id: str, query: PageAsked) -> SiteVersionsPage:
    """Every version that was kept of its registration, the newest first, each with what it changed."""
    with database().view() as db:
        within_reach(db, client_id)
        found = versions.history(db, client_id, after=query.after)
    return SiteVersionsPage(
        versions=[
            SiteVersionShown(
                number=told.version.number, state=told.version.state, made_at=told.version.made_at,
                made_by_kind=told.version.made_by_kind, changes=_changes(told.changes),
            )
            for told in found.rows
        ],
        next=found.next,
    )  # fmt: skip


@route("/clients/<client_id>/deliveries", Permission.CLIENTS_READ, DeliveriesPage, tag="clients")
def client_sent(client_id: str, query: PageAsked) -> DeliveriesPage:
    """What was sent to it and how that went, the newest first."""
    with database().view() as db:
        within_reach(db, client_id)
        found = deliveries.listing(db, client_id, after=query.after)
    return DeliveriesPage(
        deliveries=[
            DeliveryShown(
                id=each.id, kind=each.kind, state=each.state, tries=each.tries, last_error=each.last_error,
                created_at=each.created_at, settled_at=each.settled_at, trace_id=each.trace_id,
                may_be_sent_again=each.may_be_sent_again,
            )
            for each in found.rows
        ],
        next=found.next,
    )  # fmt: skip


@route(
    "/clients/<client_id>/deliveries/<message_id>/again", Permission.CLIENTS_CHANGE, Nothing, method="POST",
    tag="clients",
)  # fmt: skip
def client_sent_again(client_id: str, message_id: str) -> Nothing:
    """Once more, as new."""
    everything = services()
    with database().transaction() as db:
        within_reach(db, client_id)
        deliveries.send_again(
            db, everything.outbox, everything.trail, client_id, message_id[:32], actor=operator().actor
        )  # fmt: skip
    everything.worker.wake()
    return Nothing()


@route("/policies/<kind>/versions", Permission.POLICIES_READ, PolicyVersionsPage, tag="policies")
def policy_versions(kind: str, query: PageAsked) -> PolicyVersionsPage:
    """Every version since the first, which is the settings', the newest first."""
    if kind not in kinds.KINDS:
        raise NotFound
    known, room = kinds.KINDS[kind], services().policies
    wanted = select(PolicyVersion).where(PolicyVersion.kind == kind)
    with database().view() as db:
        found = keyset.page(db, wanted, [PolicyVersion.number], after=query.after, size=20)
        shown = [room.of_row(known, row) for row in found.rows]
    return PolicyVersionsPage(
        versions=[
            PolicyVersionShown(
                kind=kind, number=each.number, values=dict(kinds.written(each.value)), changed_by=each.changed_by,
                changed_at=each.changed_at, reason=each.reason, undoes=each.undoes,
            )
            for each in shown
        ],
        next=found.next,
    )  # fmt: skip


@route("/sources/history", Permission.SOURCES_READ, SettingsPage, tag="sources")
def source_versions(query: PageAsked) -> SettingsPage:
    """Every version of what is set about the sources, the newest first; its number is the `base` of the next change."""
    with database().view() as db:
        found = keyset.page(db, select(SourceSettings), [SourceSettings.version], after=query.after, size=20)
    return SettingsPage(
        versions=[
            SettingsShown(
                version=row.version, settings=row.settings, reason=row.reason, made_by=row.made_by, made_at=row.made_at
            )
            for row in found.rows
        ],
        next=found.next,
    )  # fmt: skip


def _reached(wanted: Select[Any]) -> Select[Any]:
    return wanted.where(operator().reach.of_client(Release.client_id, Release.region))


def _listed(wanted: Select[Any], after: str) -> ReleasesPage:
    with database().view() as db:
        found = keyset.page(db, wanted, [Release.id], after=after)
        numbers = versions.numbers(db, [row.version_id for row in found.rows])
    return ReleasesPage(releases=[ReleaseShown(**_release(row, numbers)) for row in found.rows], next=found.next)


def _release(row: Release, numbers: dict[str, int]) -> dict[str, Any]:
    return {
        "id": row.id, "client_id": row.client_id, "version": numbers[row.version_id], "state": row.state,
        "region": row.region, "asked_at": row.asked_at, "decided_by": row.decided_by, "decided_at": row.decided_at,
    }  # fmt: skip


def _changes(found: list[Change]) -> list[ChangeShown]:
    return [ChangeShown(path=each.path, before=each.before, after=each.after) for each in found]
