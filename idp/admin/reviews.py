"""The reviewers' pages: the queue as an address, one request claimed, looked at and decided, and its paper."""

import re

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.admin import console, needs, reviews_texts
from idp.admin.console import route
from idp.admin.needs import Need
from idp.admin.replayed import explained
from idp.admin.texts import word
from idp.core import clock
from idp.core.errors import DomainError
from idp.core.identifiers import mask_document, mask_name
from idp.edge.services import services
from idp.realname import persons
from idp.reviews.deciding import LONGEST_REMARK, REASONS, Opened
from idp.reviews.models import ReviewRequest
from idp.reviews.queue import AGES, FOR_REVIEWERS, MINE, STATES, Wanted, holds
from idp.reviews.rows import KINDS
from idp.staff.models import Operator
from idp.staff.permissions import Permission

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_PAPER_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
needs.register(
    Need(
        word("等待人工审核的申请"),
        Permission.REVIEWS_WORK,
        "admin.reviews",
        lambda db, everything, who: everything.reviews.queue.count_waiting(db, who),
    )
)
needs.register(
    Need(
        word("超过时限的人工审核"),
        Permission.REVIEWS_WORK,
        "admin.reviews",
        lambda db, everything, who: everything.reviews.queue.count_overdue(db, who),
        is_urgent=True,
    )
)


@route("/reviews", Permission.REVIEWS_WORK)
def reviews() -> ResponseReturnValue:
    """The queue; its filters are the address."""
    who, queue, given = console.operator(), services().reviews.queue, flask.request.args
    wanted = Wanted.of(given)
    with services().database.view() as db:
        found = queue.page(db, who, wanted, after=given.get("after", ""))
        numbers = queue.numbers(db, who)
    return console.page(
        "reviews.html", slice=found, numbers=numbers, wanted=wanted, kinds=KINDS, states=(MINE, *STATES), ages=AGES,
        now=clock.now(), me=who.id, words=reviews_texts, done=given.get("done", ""),
        for_reviewers=FOR_REVIEWERS,
    )  # fmt: skip


@route("/reviews/<request_id>", Permission.REVIEWS_WORK)
def review(request_id: str) -> ResponseReturnValue:
    return _shown(request_id)


@route(
    "/reviews/<request_id>",
    Permission.REVIEWS_WORK,
    methods=("POST",),
    is_fresh=True,
    doing=word("领取一项人工审核"),
)
def review_worked(request_id: str) -> ResponseReturnValue:
    """Claim it, go on with it, or give it back. A claim opens the papers, so a stolen session alone gets none."""
    everything, who = services(), console.operator()
    act = {"claim": everything.reviews.queue.claim, "release": everything.reviews.queue.release}.get(
        flask.request.form.get("action", "")
    )
    if act is None:
        flask.abort(400)
    try:
        with everything.database.transaction() as db:
            _within(db, request_id)
            act(db, who, request_id)
    except DomainError as refusal:
        return _shown(request_id, refusal.status, explained(refusal))
    return flask.redirect(flask.url_for("admin.review", request_id=request_id), 303)


@route(
    "/reviews/<request_id>/decision",
    Permission.REVIEWS_WORK,
    methods=("POST",),
    is_fresh=True,
    doing=word("对一项人工审核作出决定"),
)
def review_decided(request_id: str) -> ResponseReturnValue:
    """Yes, no with a reason, or back to the citizen with a remark; what it brings about is done in the same transaction."""
    everything, who, form = services(), console.operator(), flask.request.form
    deciding = everything.reviews.deciding
    if form.get("action") == "approve" and form.get("compared") != "yes":
        return _shown(request_id, 400, word("请确认已经看过材料并逐项核对。"))
    try:
        with everything.database.transaction() as db:
            row = _within(db, request_id)
            match form.get("action", ""):
                case "approve":
                    done = deciding.approve(db, who, request_id)
                case "refuse" if form.get("reason", "") in REASONS[row.kind]:
                    deciding.refuse(db, who, request_id, reason=form["reason"])
                    done = "refused"
                case "return":
                    deciding.send_back(db, who, request_id, remark=form.get("remark", ""))
                    done = "returned"
                case _:
                    flask.abort(400)
    except DomainError as refusal:
        return _shown(request_id, refusal.status, explained(refusal))
    everything.worker.wake()
    return flask.redirect(flask.url_for("admin.reviews", done=done), 303)


@route("/reviews/<request_id>/paper", Permission.REVIEWS_WORK)
def review_paper(request_id: str) -> ResponseReturnValue:
    """The paper, for who holds the claim: a picture to look at, a PDF only as a download. Nothing in it may run."""
    _known(request_id)
    paper = services().reviews.deciding.paper(console.operator(), request_id)
    if paper is None:
        flask.abort(404)
    answer = flask.Response(paper.content, mimetype=paper.media_type)
    ending = {"image/jpeg": "jpg", "image/png": "png"}.get(paper.media_type, "pdf")
    kind = "inline" if paper.is_picture else "attachment"
    answer.headers["Content-Disposition"] = f'{kind}; filename="review-{request_id[-8:]}.{ending}"'
    answer.headers["Content-Security-Policy"] = _PAPER_POLICY
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["X-Frame-Options"] = "DENY"
    return answer


def _shown(request_id: str, status: int = 200, sentence: str = "") -> ResponseReturnValue:
    """Masked for everybody in reach; open, and on record, for who holds the claim."""
    everything, who, now = services(), console.operator(), clock.now()
    with everything.database.view() as db:
        row = _within(db, request_id)
        person = persons.known(db, everything.keyring, row.account_id)
        logins = _logins(db, row)
    opened = everything.reviews.deciding.open(who, request_id) if holds(row, who, now) else None
    return console.page(
        "review.html", status, row=row, opened=opened, sentence=sentence, words=reviews_texts, logins=logins, now=now,
        masked=(mask_name(person.name), mask_document(person.document)) if person is not None else None,
        differences=_differences(opened), reasons=REASONS[row.kind], longest_remark=LONGEST_REMARK,
        is_workable=row.state in FOR_REVIEWERS and row.expires_at > now and row.first_by != who.id,
        is_second_mine=row.first_by == who.id, is_taken=row.claimed_until is not None and row.claimed_until > now,
    )  # fmt: skip


def _differences(opened: Opened | None) -> list[tuple[str, str, str]]:
    """Of a changed document: each fact by its label, as it is known and as it was said."""
    if opened is None or opened.request.kind != "document":
        return []
    told, person = opened.told, opened.person
    had = person.document if person is not None else None
    return [
        (word("姓名"), person.name if person is not None else "", told["name"]),
        (word("证件种类"), had.kind.value if had is not None else "", told["kind"]),
        (word("证件号码"), had.number if had is not None else "", told["number"]),
        (word("签发国（仅外国护照，三位代码）"), (had.country if had is not None else "") or "", told["country"] or ""),
    ]


def _within(db: Session, request_id: str) -> ReviewRequest:
    _known(request_id)
    row = services().reviews.queue.find(db, console.operator(), request_id)
    if row is None:
        flask.abort(404)
    return row


def _known(request_id: str) -> None:
    if not _ID.fullmatch(request_id):
        flask.abort(404)


def _logins(db: Session, row: ReviewRequest) -> dict[str, str]:
    wanted = {each for each in (row.claimed_by, row.first_by, row.decided_by) if each is not None}
    if not wanted:
        return {}
    asked = select(Operator.id, Operator.login).where(Operator.id.in_(wanted))
    return {row.id: row.login for row in db.execute(asked)}
