"""What waits on operators' desks, over the API: approvals, reviews and lists that are brought in."""

from datetime import datetime
from typing import Annotated, Any, Literal

import flask
from pydantic import Field
from sqlalchemy import select

from idp.admin.api.accounts import After
from idp.admin.api.door import Model, NotFound, Nothing, Unfit, database, operator, route
from idp.bulk import lists, work
from idp.bulk.models import Import
from idp.db import keyset
from idp.edge.services import services
from idp.reviews.queue import AGES, MINE, STATES, Wanted
from idp.reviews.rows import KINDS
from idp.staff.models import Approval
from idp.staff.permissions import Permission


class ApprovalShown(Model):
    id: str
    act: str
    target: str
    summary: dict[str, Any]
    reason: str
    state: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class ApprovalsPage(Model):
    approvals: list[ApprovalShown]
    next: str | None


class ReviewShown(Model):
    """One request of the queue, without what the citizen wrote: that is read in the console, and on record."""

    id: str
    kind: str
    region: str
    state: str
    submitted_at: datetime
    due_at: datetime
    claimed_by: str | None
    claimed_until: datetime | None


class ReviewsPage(Model):
    reviews: list[ReviewShown]
    next: str | None
    waiting: int
    overdue: int


class ReviewsAsked(Model):
    kind: str = ""
    state: str = ""
    age: str = ""
    after: After = ""


class PageAsked(Model):
    after: After = ""


class ImportShown(Model):
    id: str
    label: str
    state: str
    rows: int
    counted: dict[str, int]
    trusts_proofs: bool
    created_at: datetime
    ended_at: datetime | None


class ImportsPage(Model):
    imports: list[ImportShown]
    next: str | None


class ImportAsked(Model):
    """The body is the file itself, CSV or XLSX."""

    label: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,31}$")]


class ReviewMoved(Model):
    action: Literal["claim", "release"]


@route("/approvals", Permission.APPROVALS_READ, ApprovalsPage, tag="approvals")
def approvals(query: PageAsked) -> ApprovalsPage:
    """Requests that this operator made or may decide, the newest first. They are decided in the console only."""
    with database().view() as db:
        found = keyset.page(db, services().approvals.visible_to(operator()), [Approval.id], after=query.after)
    return ApprovalsPage(approvals=[_approval(row) for row in found.rows], next=found.next)


@route("/approvals/<approval_id>", Permission.APPROVALS_READ, ApprovalShown, tag="approvals")
def approval(approval_id: str) -> ApprovalShown:
    with database().view() as db:
        row = services().approvals.find(db, operator(), approval_id[:32])
    if row is None:
        raise NotFound
    return _approval(row)


@route("/approvals/<approval_id>/withdraw", Permission.APPROVALS_READ, Nothing, method="POST", tag="approvals")
def approval_withdrawn(approval_id: str) -> Nothing:
    """The asker wants it no more."""
    with database().transaction() as db:
        services().approvals.withdraw(db, operator(), approval_id[:32])
    return Nothing()


@route("/reviews", Permission.REVIEWS_WORK, ReviewsPage, tag="reviews")
def reviews(query: ReviewsAsked) -> ReviewsPage:
    """The queue within reach, the oldest first."""
    for name, value, known in (
        ("kind", query.kind, KINDS), ("state", query.state, (*STATES, MINE)), ("age", query.age, AGES),
    ):  # fmt: skip
        if value and value not in known:
            raise Unfit(f"{name}: one of {', '.join(known)}")
    queue, who = services().reviews.queue, operator()
    with database().view() as db:
        found = queue.page(db, who, Wanted(query.kind, query.state, query.age), after=query.after)
        numbers = queue.numbers(db, who)
    return ReviewsPage(
        reviews=[
            ReviewShown(
                id=row.id, kind=row.kind, region=row.region, state=row.state, submitted_at=row.submitted_at,
                due_at=row.due_at, claimed_by=row.claimed_by, claimed_until=row.claimed_until,
            )
            for row in found.rows
        ],
        next=found.next, waiting=numbers.waiting, overdue=numbers.overdue,
    )  # fmt: skip


@route("/reviews/<request_id>/claim", Permission.REVIEWS_WORK, Nothing, method="POST", tag="reviews")
def review_moved(request_id: str, json: ReviewMoved) -> Nothing:
    """Take it for half an hour, or give it back; what is decided is decided in the console, looking at the papers."""
    queue, who = services().reviews.queue, operator()
    with database().transaction() as db:
        if queue.find(db, who, request_id[:32]) is None:
            raise NotFound
        (queue.claim if json.action == "claim" else queue.release)(db, who, request_id[:32])
    return Nothing()


@route("/imports", Permission.ACCOUNTS_IMPORT, ImportsPage, tag="imports")
def imports(query: PageAsked) -> ImportsPage:
    """Lists that were brought in, the newest first."""
    with database().view() as db:
        found = keyset.page(db, select(Import), [Import.id], after=query.after)
    return ImportsPage(imports=[_import(row, {}) for row in found.rows], next=found.next)


@route("/imports", Permission.ACCOUNTS_IMPORT, ImportShown, method="POST", tag="imports", status=201)
def import_received(query: ImportAsked) -> tuple[ImportShown, int]:
    """Hand a list in to be checked; accounts are made once somebody confirmed it in the console."""
    content = flask.request.get_data(cache=False)
    if len(content) > lists.LONGEST_FILE:
        flask.abort(413)
    everything = services()
    with database().transaction() as db:
        made = everything.imports.receive(db, operator(), content, label=query.label)
        row = db.get_one(Import, made)
        shown = _import(row, {})
    everything.worker.wake()
    return shown, 201


@route("/imports/<import_id>", Permission.ACCOUNTS_IMPORT, ImportShown, tag="imports")
def import_shown(import_id: str) -> ImportShown:
    """How far a list has come."""
    with database().view() as db:
        row = db.get(Import, import_id[:32])
        if row is None:
            raise NotFound
        return _import(row, work.tally(db, row.id))


def _approval(row: Approval) -> ApprovalShown:
    return ApprovalShown(
        id=row.id, act=row.act, target=row.target, summary=row.summary, reason=row.reason, state=row.state,
        asked_by=row.asked_by, asked_at=row.asked_at, expires_at=row.expires_at, decided_by=row.decided_by,
        decided_at=row.decided_at,
    )  # fmt: skip


def _import(row: Import, counted: dict[str, int]) -> ImportShown:
    return ImportShown(
        id=row.id, label=row.label, state=row.state, rows=row.rows, counted=counted, trusts_proofs=row.trusts_proofs,
        created_at=row.created_at, ended_at=row.ended_at,
    )  # fmt: skip
