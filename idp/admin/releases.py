"""Requests of departments to go live: looked at with what the check said, given whole or in part, or sent back."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from idp.admin import console, needs, sensitive, texts
from idp.admin.client_words import MEMBERS, SCOPES
from idp.admin.console import route
from idp.admin.needs import Need
from idp.admin.replayed import explained
from idp.admin.sensitive import SensitiveAct
from idp.admin.texts import word
from idp.core import differences
from idp.db import keyset
from idp.edge import pages
from idp.edge.services import Services, services
from idp.mandates.models import Organisation
from idp.oidc.models import Client
from idp.sites import checked
from idp.sites import releases as going_live
from idp.sites.errors import NeedsReason
from idp.sites.models import Release, SiteVersion
from idp.sites.rehearsal import words
from idp.sites.releases import Granted
from idp.sites.rules import DOORS
from idp.staff.approvals import Allowed
from idp.staff.models import Approval
from idp.staff.permissions import Permission
from idp.staff.sessions import SignedInOperator

ACT: Final = "client.release"
_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_STATES: Final = ("open", "approved", "returned", "withdrawn", "emergency")
texts.STATES.update({"returned": word("已退回")})
texts.REASONS.update({"going_live": word("应用上线")})


def _describe(everything: Services, approval: Approval, payload: dict[str, Any]) -> Sequence[tuple[str, str]]:
    """For the second person: the site, what it gets, why, and what the reviewer says."""
    with everything.database.view() as db:
        release = db.get(Release, approval.target)
        if release is None or not payload:
            return ()
        row, version = db.get_one(Client, release.client_id), db.get_one(SiteVersion, release.version_id)
        owner = _owner(db, release)
        before = going_live.last_live(db, row)
    granted = Granted.of(payload["granted"])
    m = going_live.metadata_of(version.document)
    told = [
        (word("应用"), f"{row.metadata_.get('client_name', '')} {row.client_id}"),
        (word("部门"), f"{owner.name} {owner.uscc}" if owner is not None else "—"),
        (word("回调地址"), _said(m.redirect_uris)),
        (
            word("用户编号"),
            texts.say(word("所有网站相同") if granted.subject_type == "public" else word("每个网站各不相同")),
        ),
    ]
    told += [
        (SCOPES.get(each, each), f"{m.purposes.get(each, '')} · {m.legal_bases.get(each, '')}")
        for each in granted.scopes
    ]
    told += [
        (word("变化的接收地址或密钥"), _said(getattr(m, each))) for each in going_live.needs_second(before, version.document)
        if each in DOORS
    ]  # fmt: skip
    return (*told, (word("未通过检查而批准的理由"), str(payload.get("waiver") or "—")))


def _perform(db: Session, everything: Services, allowed: Allowed, who: SignedInOperator) -> None:
    """The second person's yes puts it in force; what was changed meanwhile undoes the yes."""
    everything.sites.releases.approve(
        db, allowed.target, Granted.of(allowed.payload["granted"]), waiver=allowed.payload["waiver"],
        remark=allowed.payload["remark"], operator_id=allowed.asked_by, second_id=who.id,
    )  # fmt: skip


sensitive.register(
    SensitiveAct(
        ACT,
        word("应用上线（敏感信息）"),
        _describe,
        perform=_perform,
        after=lambda everything: everything.worker.wake(),
    )
)
needs.register(
    Need(
        word("等待审核的上线申请"),
        Permission.CLIENTS_REVIEW,
        "admin.releases",
        lambda db, _everything, who: (
            db.scalar(
                select(func.count()).select_from(
                    _reached(who).where(Release.state == "open").limit(needs.MOST).subquery()
                )
            )
            or 0
        ),
    )
)


@route("/releases", Permission.CLIENTS_REVIEW)
def releases() -> ResponseReturnValue:
    """Those that wait, unless the address names another state."""
    asked = flask.request.args
    state = asked.get("state", "open")
    query = _reached(console.operator()).where(Release.state == (state if state in _STATES else "open"))
    with services().database.view() as db:
        found = keyset.page(db, query, [Release.id], after=asked.get("after", ""))
        names = _names(db, found.rows)
    return console.page("releases.html", slice=found, names=names, state=state, states=_STATES)


@route("/releases/<release_id>", Permission.CLIENTS_REVIEW)
def release(release_id: str) -> ResponseReturnValue:
    return _shown(release_id)


@route(
    "/releases/<release_id>",
    Permission.CLIENTS_REVIEW,
    methods=("POST",),
    is_fresh=True,
    doing=word("对一项上线申请作出决定"),
)
def release_decided(release_id: str) -> ResponseReturnValue:
    """Given at once where nothing of it is sensitive; else a second person is asked."""
    everything, who, form = services(), console.operator(), flask.request.form
    remark, waiver = form.get("remark", ""), form.get("waiver", "")
    approval = None
    try:
        with everything.database.transaction() as db:
            row = _found(db, release_id)
            if form.get("action") == "return":
                everything.sites.releases.send_back(db, row.id, who.id, remark)
            elif form.get("action") == "approve":
                approval = _approve(db, everything, who, row, _granted(db, row), waiver, remark)
            else:
                flask.abort(400)
    except NeedsReason as missing:
        return _shown(release_id, sentence=explained(missing), typed=form, status=400)
    everything.worker.wake()
    if approval is not None:
        return flask.redirect(flask.url_for("admin.approval", approval_id=approval), 303)
    return flask.redirect(flask.url_for("admin.release", release_id=release_id), 303)


def _approve(
    db: Session, everything: Services, who: SignedInOperator, row: Release, granted: Granted, waiver: str, remark: str
) -> str | None:  # fmt: skip
    """None once it is in force; the id of the request where a second person has to say yes."""
    room = everything.sites.releases
    document = room.require_ready(db, row, granted, waiver)
    site = db.get_one(Client, row.client_id)
    if not (second := going_live.needs_second(going_live.last_live(db, site), document)):
        room.approve(db, row.id, granted, waiver=waiver, remark=remark, operator_id=who.id)
        return None
    asked: str = everything.approvals.ask(
        db, who, ACT, target=row.id, reason="going_live", region=row.region,
        summary={"client_id": row.client_id, "sensitive": list(second)},
        payload={"granted": granted.told(), "waiver": waiver.strip(), "remark": remark.strip()},
    )  # fmt: skip
    return asked


def _granted(db: Session, row: Release) -> Granted:
    """What was ticked, of what was asked: never more."""
    asked = going_live.whole(db.get_one(SiteVersion, row.version_id).document)
    form = flask.request.form
    ticked = set(form.getlist("scope"))
    return Granted(
        tuple(scope for scope in asked.scopes if scope in ticked or scope not in SCOPES),
        asked.level if form.get("level") == "yes" else "",
        "public" if asked.subject_type == "public" and form.get("subject") == "public" else "pairwise",
    )


def _shown(
    release_id: str, *, sentence: str = "", typed: Mapping[str, str] | None = None, status: int = 200
) -> ResponseReturnValue:
    with services().database.view() as db:
        row = _found(db, release_id)
        site, version = db.get_one(Client, row.client_id), db.get_one(SiteVersion, row.version_id)
        owner = _owner(db, row)
        before = going_live.last_live(db, site)
        result = checked.latest(db, row.client_id, version.document)
        open_approval = db.scalar(
            select(Approval.id).where(Approval.act == ACT, Approval.target == row.id, Approval.state == "open")
        )
    m, second = going_live.metadata_of(version.document), going_live.needs_second(before, version.document)
    wrong = [words.of(each, pages.locale()) for each in (result.failed if result is not None else ())]
    return console.page(
        "release.html", status, release=row, site=site, version=version, owner=owner, m=m, result=result,
        changes=differences.between(before, version.document), is_first=not before, sentence=sentence, typed=typed or {},
        second=second, doors=[each for each in second if each in DOORS], members=MEMBERS,
        labels=SCOPES, open_approval=open_approval, wrong=wrong,
        asked=going_live.whole(version.document),
    )  # fmt: skip


def _owner(db: Session, release: Release) -> Organisation | None:
    """The department that asked; none for a site of the operators' own."""
    return db.get_one(Organisation, release.organisation_id) if release.organisation_id is not None else None


def _said(value: Any) -> str:
    """What is registered now, as one line."""
    if isinstance(value, (list, tuple)):
        return " · ".join(map(str, value))
    return str(value) if value else "—"


def _found(db: Session, release_id: str) -> Release:
    row: Release | None = None
    if _ID.fullmatch(release_id):
        row = db.scalar(_reached(console.operator()).where(Release.id == release_id))
    if row is None:
        flask.abort(404)
    return row


def _reached(who: SignedInOperator) -> Select[Any]:
    return select(Release).where(who.reach.of_client(Release.client_id, Release.region))


def _names(db: Session, rows: Sequence[Release]) -> dict[str, tuple[str, str]]:
    """The names of sites and departments, by client id."""
    if not rows:
        return {}
    query = (
        select(Client.client_id, Client.metadata_["client_name"].as_string(), Organisation.name)
        .outerjoin(Organisation, Organisation.id == Client.organisation_id)
        .where(Client.client_id.in_({row.client_id for row in rows}))
    )
    return {client_id: (site or client_id, owner or "—") for client_id, site, owner in db.execute(query)}
