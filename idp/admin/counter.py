"""The counter officers' pages: a case taken by its code, compared with the card, and confirmed by a second officer."""

import re
from collections.abc import Mapping
from datetime import date

import flask
from flask.typing import ResponseReturnValue

from idp.admin import console
from idp.admin.console import route
from idp.admin.texts import word
from idp.core.errors import DomainError
from idp.core.identifiers import DocumentKind, mask_name
from idp.edge.services import services
from idp.realname import counter as counters
from idp.realname import counter_days
from idp.realname.counter import Card
from idp.realname.counter_errors import EndDiffers, SameOfficer
from idp.staff.permissions import Permission

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LONGEST = 64


@route("/counter", Permission.COUNTER_WORK)
def counter() -> ResponseReturnValue:
    return _desk()


@route("/counter", Permission.COUNTER_WORK, methods=("POST",))
def counter_seen() -> ResponseReturnValue:
    """The first officer: the person stands here, the card is theirs and says this."""
    who = console.operator()
    form = flask.request.form
    try:
        card = _card_of(form)
        if card is None or form.get("compared") != "yes":
            return _desk(400, sentence=word("请填写每一项，并确认已经人证比对。"))
        services().counter.see(form.get("code", "")[:_LONGEST], card, officer=who.id, actor=who.actor)
    except DomainError as refusal:
        return _desk(refusal.status, sentence=refusal.sentence)
    return flask.redirect(flask.url_for("admin.counter", done="seen"), 303)


@route("/counter/<case_id>", Permission.COUNTER_WORK)
def counter_case(case_id: str) -> ResponseReturnValue:
    return _case(case_id)


@route("/counter/<case_id>", Permission.COUNTER_WORK, methods=("POST",))
def counter_decided(case_id: str) -> ResponseReturnValue:
    """The second officer confirms, or either of the two refuses with a reason."""
    who, form = console.operator(), flask.request.form
    _known(case_id)
    try:
        match form.get("action", ""):
            case "confirm":
                if form.get("compared") != "yes":
                    return _case(case_id, 400, sentence=word("请确认已经人证比对。"))
                end = form.get("number_end", "")[:_LONGEST]
                services().counter.confirm(case_id, end, officer=who.id, actor=who.actor)
                done = "confirmed"
            case "refuse" if form.get("reason") in counters.REASONS:
                services().counter.refuse(case_id, form["reason"], officer=who.id, actor=who.actor)
                done = "refused"
            case _:
                flask.abort(400)
    except DomainError as refusal:
        if isinstance(refusal, SameOfficer | EndDiffers):  # the case waits still
            return _case(case_id, refusal.status, sentence=refusal.sentence)
        return _desk(refusal.status, sentence=refusal.sentence)
    return flask.redirect(flask.url_for("admin.counter", done=done), 303)


def _desk(status: int = 200, sentence: str = "") -> ResponseReturnValue:
    who = console.operator()
    with services().database.view() as db:
        day = counter_days.today(db, who.id)
    return console.page(
        "counter.html", status, sentence=sentence, form=flask.request.form, kinds=list(DocumentKind),
        waiting=services().counter.waiting(), me=who.id, day=day, done=flask.request.args.get("done", ""),
    )  # fmt: skip


def _case(case_id: str, status: int = 200, sentence: str = "") -> ResponseReturnValue:
    _known(case_id)
    try:
        case = services().counter.find(case_id)
    except DomainError as refusal:
        return _desk(refusal.status, sentence=refusal.sentence)
    name = case.card.name if case.card is not None else ""
    return console.page(
        "counter_case.html", status, case=case, name=mask_name(name), sentence=sentence, reasons=counters.REASONS,
        is_mine=case.seen_by == console.operator().id,
    )  # fmt: skip


def _known(case_id: str) -> None:
    if not _ID.fullmatch(case_id):
        flask.abort(404)


def _card_of(form: Mapping[str, str]) -> Card | None:
    given = {
        name: form.get(name, "").strip()[:_LONGEST] for name in ("name", "kind", "number", "valid_until", "country")
    }
    if not given["name"] or not given["number"] or given["kind"] not in set(DocumentKind):
        return None
    try:
        until = date.fromisoformat(given["valid_until"]) if given["valid_until"] else None
    except ValueError:
        return None
    if until is None and form.get("endless") != "yes":
        return None
    return Card(given["name"], DocumentKind(given["kind"]), given["number"], until, given["country"] or None)
