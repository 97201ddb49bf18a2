"""The built-in check of a site: begun here, watched while it runs, and what it found."""

from dataclasses import dataclass
from datetime import datetime

import flask
from flask.typing import ResponseReturnValue

from idp.audit.trail import Actor
from idp.core import clock
from idp.core.errors import DomainError
from idp.edge import pages
from idp.edge.services import services
from idp.sites import kinds
from idp.sites.ownership import LASTS, address_of
from idp.sites.rehearsal import jobs, words
from idp.sites.rehearsal.jobs import ForeignAddress, Report
from idp.sites.rehearsal.play import Where
from idp.sites.rehearsal.visitor import origins_of
from idp.workbench import workbench
from idp.workbench.texts import word
from idp.workbench.workbench import Mine, bp

workbench.tab("workbench.check", word("检查"))
VERDICTS = {"passed": ("good", word("通过")), "failed": ("bad", word("未通过")), "not_tried": ("info", word("未检查"))}
STATES = {
    "waiting": word("等待开始"), "running": word("正在检查"), "done": word("已完成"), "stopped": word("已中止"),
}  # fmt: skip
REASONS = {
    "by_hand": word("有人中止了它"), "too_long": word("超过了时间"), "not_in_test_mode": word("应用已不在测试模式"),
}  # fmt: skip
UNREAD = {
    "too_soon": word("刚刚核对过，请过几秒再试。"), "no_word": word("文件里没有给出的这一行。"),
    "HTTP 404": word("没有找到这个文件。"), "busy": word("现在有太多主机在核对，请过几秒再试。"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Host:
    """One whose ownership is shown by a file: where, what stands in it, and until when it was shown."""

    origin: str
    address: str
    word: str
    until: datetime | None


@bp.route("/sites/<client_id>/check", methods=["GET", "POST"])
def check(client_id: str) -> ResponseReturnValue:
    site, everything = workbench.mine(client_id), services()
    if flask.request.method == "GET":
        return _page(site)
    asked, me = flask.request.form, workbench.live().account_id
    actor = Actor("citizen", me)
    if asked.get("action") == "stop":
        with everything.database.transaction() as db:
            jobs.stop(db, everything.trail, client_id, actor=actor)
        return flask.redirect(flask.url_for("workbench.check", client_id=client_id), 303)
    start, page, marker, sign_out = (
        asked.get(name, "").strip() for name in ("start_url", "page_url", "marker", "sign_out_url")
    )
    where = Where(start, page, marker or None, sign_out or None)
    if asked.get("action") == "prove":
        return _proven(site, where, asked.get("origin", ""), actor)
    client = everything.provider.clients.find(client_id)
    try:
        if client is None:
            raise jobs.NotInTestMode
        ownership = everything.tryout.ownership
        ownership.renew(site.department.organisation_id, _origins(site), actor=actor)
        with everything.database.transaction() as db:
            jobs.ask(db, everything.trail, ownership, client, where, actor=actor, by=me)
    except DomainError as refused:
        member = refused.field if isinstance(refused, ForeignAddress) else ""
        return _page(site, where=where, problem=refused.sentence, member=member or "", status=refused.status)
    return flask.redirect(flask.url_for("workbench.check", client_id=client_id), 303)


def _proven(site: Mine, where: Where, origin: str, actor: Actor) -> ResponseReturnValue:
    """Look whether the host holds the word of this department."""
    if origin not in _origins(site):
        flask.abort(400)
    reason = services().tryout.ownership.prove(site.department.organisation_id, origin, actor=actor)
    if not reason:
        return flask.redirect(flask.url_for("workbench.check", client_id=site.client_id, _anchor="hosts"), 303)
    told = UNREAD.get(reason) or words.detail(reason, pages.locale())
    return _page(site, where=where, unread=(origin, told), status=409)


def _origins(site: Mine) -> tuple[str, ...]:
    """Of which it has to be shown that they are the department's."""
    client = services().provider.clients.find(site.client_id)
    return services().tryout.ownership.asked(origins_of(client)) if client is not None else ()


def _hosts(site: Mine) -> list[Host]:
    everything, owner = services(), site.department.organisation_id
    ownership = everything.tryout.ownership
    with everything.database.view() as db:
        known = ownership.proven(db, owner, clock.now())
    return [
        Host(
            origin,
            address_of(origin),
            ownership.word(owner, origin),
            known[origin] + LASTS if origin in known else None,
        )
        for origin in _origins(site)
    ]


def _page(
    site: Mine,
    *,
    where: Where | None = None,
    problem: str = "",
    member: str = "",
    status: int = 200,
    unread: tuple[str, str] = ("", ""),
) -> ResponseReturnValue:
    everything, locale = services(), pages.locale()
    with everything.database.view() as db:
        report = jobs.latest(db, site.client_id)
    known = where or (report.where if report is not None else _guess(site))
    return workbench.site_page(
        "check.html", site, status, report=report, where=known, problem=problem, member=member,
        rows=_rows(report, locale), verdicts=VERDICTS, states=STATES, reasons=REASONS,
        hosts=_hosts(site) if site.row.mode == "test" else [], unread=unread,
        is_tried=kinds.of(site.metadata) in {"server", "page"},
    )  # fmt: skip


def _rows(report: Report | None, locale: str) -> list[tuple[object, object, str]]:
    """Each finding with its words, what failed first."""
    found = sorted(report.findings, key=lambda each: each.verdict != "failed") if report is not None else []
    return [(each, words.of(each.point, locale), words.did(each, locale)) for each in found]


def _guess(site: Mine) -> Where:
    m = site.metadata
    return Where(m.initiate_login_uri or "", m.client_uri or "", None, None)
