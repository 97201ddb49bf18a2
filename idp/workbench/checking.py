"""The built-in check of a site: begun here, watched while it runs, and what it found."""

import flask
from flask.typing import ResponseReturnValue

from idp.audit.trail import Actor
from idp.core.errors import DomainError
from idp.edge import pages
from idp.edge.services import services
from idp.sites.rehearsal import jobs, words
from idp.sites.rehearsal.jobs import ForeignAddress, Report
from idp.sites.rehearsal.play import Where
from idp.workbench import workbench
from idp.workbench.texts import word
from idp.workbench.workbench import Mine, bp

workbench.tab("workbench.check", word("检查"))
VERDICTS = {"passed": ("good", word("通过")), "failed": ("bad", word("未通过")), "not_tried": ("info", word("未检查"))}
STATES = {
    "waiting": word("等待开始"), "running": word("正在检查"), "done": word("已完成"), "stopped": word("已中止"),
}  # fmt: skip
REASONS = {
    "by_hand": word("有人中止了它"), "too_long": word("超过了时间"), "not_in_test_mode": word("网站已不在测试模式"),
}  # fmt: skip


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
    client = everything.provider.clients.find(client_id)
    try:
        if client is None:
            raise jobs.NotInTestMode
        with everything.database.transaction() as db:
            jobs.ask(db, everything.trail, client, where, actor=actor, by=me)
    except DomainError as refused:
        member = refused.field if isinstance(refused, ForeignAddress) else ""
        return _page(site, where=where, problem=refused.sentence, member=member or "", status=refused.status)
    return flask.redirect(flask.url_for("workbench.check", client_id=client_id), 303)


def _page(
    site: Mine, *, where: Where | None = None, problem: str = "", member: str = "", status: int = 200
) -> ResponseReturnValue:
    everything, locale = services(), pages.locale()
    with everything.database.view() as db:
        report = jobs.latest(db, site.client_id)
    known = where or (report.where if report is not None else _guess(site))
    return workbench.site_page(
        "check.html", site, status, report=report, where=known, problem=problem, member=member,
        rows=_rows(report, locale), verdicts=VERDICTS, states=STATES, reasons=REASONS,
    )  # fmt: skip


def _rows(report: Report | None, locale: str) -> list[tuple[object, object, str]]:
    """Each finding with its words, what failed first."""
    found = sorted(report.findings, key=lambda each: each.verdict != "failed") if report is not None else []
    return [(each, words.of(each.point, locale), words.did(each, locale)) for each in found]


def _guess(site: Mine) -> Where:
    m = site.metadata
    return Where(m.initiate_login_uri or "", m.client_uri or "", None, None)
