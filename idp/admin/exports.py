"""Accounts taken out of the house: asked for with a reason, allowed by a second person, fetched once."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from idp.accounts.models import AccountState
from idp.admin import console, sensitive, texts
from idp.admin.console import route
from idp.admin.sensitive import SensitiveAct
from idp.admin.texts import word
from idp.bulk import exporting
from idp.bulk.exporting import PERSONAL, PLAIN, Wanted
from idp.core import clock, ids, regions, spreadsheet
from idp.db import keyset
from idp.edge.services import Services, services
from idp.staff.models import Approval
from idp.staff.permissions import Permission
from idp.staff.reach import Reach
from idp.staff.sessions import SignedInOperator

_ACT = "accounts.export"
REASONS = ("authority_order", "inspection", "migration", "breach_notice")
_LONGEST_TICKET = 32
_DISCLOSED = {"phone": "phone", "username": "username", "name": "name", "document_number": "document"}

FIELDS = {
    "account_id": word("账户编号"), "state": word("状态"), "level": word("核验程度"), "region": word("行政区划"),
    "registered_at": word("注册日期"), "last_sign_in_at": word("最近登录日期"), "document_kind": word("证件种类"),
    "phone": word("手机号"), "username": word("账户名"), "name": word("姓名"), "document_number": word("证件号码"),
}  # fmt: skip
texts.REASONS.update(
    {"inspection": word("监督检查"), "migration": word("系统迁移"), "breach_notice": word("个人信息泄露通知")}
)


def _describe(_everything: Services, approval: Approval, payload: dict[str, Any]) -> Sequence[tuple[str, str]]:
    said = approval.summary
    joined = "、" if texts.language() != "en" else ", "
    in_full = [texts.say(FIELDS[name]) for name in payload.get("unmasked", [])]
    return (
        (word("账户数"), str(said.get("count", ""))),
        (word("状态"), texts.say(texts.STATES.get(str(payload.get("state", "")), word("全部")))),
        (word("行政区划"), str(payload.get("region") or texts.say(word("全部")))),
        (word("注册日期"), f"{payload.get('since') or '…'} – {payload.get('until') or '…'}"),
        (word("导出的列"), joined.join(texts.say(FIELDS[name]) for name in payload.get("fields", []))),
        (word("不掩码的列"), joined.join(in_full) or texts.say(word("没有，全部掩码"))),
        (word("工单号"), str(said.get("ticket", ""))),
    )


sensitive.register(
    SensitiveAct(
        name=_ACT,
        label=word("导出账户数据"),
        describe=_describe,
        goes_on=lambda approval: flask.url_for("admin.export_ready", approval_id=approval.id),
    )
)


@route("/exports", Permission.ACCOUNTS_EXPORT_ASK)
def exports() -> ResponseReturnValue:
    return _listed()


@route("/exports", Permission.ACCOUNTS_EXPORT_ASK, methods=("POST",), is_fresh=True, doing=word("申请导出账户数据"))
def exports_asked() -> ResponseReturnValue:
    """What somebody wants to take out, for a second person to allow."""
    form, everything, who = flask.request.form, services(), console.operator()
    fields = [name for name in FIELDS if name in form.getlist("fields")]
    unmasked = [name for name in PERSONAL if name in form.getlist("unmasked") and name in fields]
    said = {name: form.get(name, "").strip()[:_LONGEST_TICKET] for name in ("state", "region", "since", "until")}
    reason, ticket = form.get("reason", ""), form.get("ticket", "").strip()
    is_right = (
        fields and reason in REASONS and ticket and len(ticket) <= _LONGEST_TICKET and ticket.isascii() and ticket.isprintable()
        and said["state"] in {"", *AccountState} and (not said["region"] or regions.is_division(said["region"]))
        and all(not said[name] or _day(said[name]) is not None for name in ("since", "until"))
    )  # fmt: skip
    if not is_right:
        return _listed(400, sentence=word("请至少选择一列，填写原因和工单号，并检查条件的格式。"))
    payload = {"fields": fields, "unmasked": unmasked, **said}
    with everything.database.view() as db:
        counted = exporting.count(db, _wanted(payload, who.reach))
    if not counted:
        return _listed(400, sentence=word("没有符合条件的账户。请放宽条件再试。"))
    if counted > exporting.MOST:
        return _listed(400, sentence=word("符合条件的账户超过 200,000 个。请用状态、区划或注册日期分成几次导出。"))
    with everything.database.transaction() as db:
        made = everything.approvals.ask(
            db, who, _ACT, target=ids.new_id(), reason=reason, payload=payload, region=said["region"] or who.reach.region,
            summary={"count": counted, "ticket": ticket, "unmasked": unmasked},
        )  # fmt: skip
    return flask.redirect(flask.url_for("admin.approval", approval_id=made), 303)


@route("/exports/<approval_id>", Permission.ACCOUNTS_EXPORT_ASK)
def export_ready(approval_id: str) -> ResponseReturnValue:
    """The way to the file, for who asked."""
    everything, who = services(), console.operator()
    with everything.database.view() as db:
        row = everything.approvals.find(db, who, approval_id)
    if row is None or row.act != _ACT or row.asked_by != who.id:
        flask.abort(404)
    return console.page("export.html", approval=row, is_ready=row.state == "approved" and row.expires_at > clock.now())


@route(
    "/exports/<approval_id>",
    Permission.ACCOUNTS_EXPORT_ASK,
    methods=("POST",),
    is_fresh=True,
    doing=word("下载导出的数据"),
)
def export_fetched(approval_id: str) -> ResponseReturnValue:
    """The file, this once: what was allowed is used up before its first line is written."""
    everything, who = services(), console.operator()
    with everything.database.transaction() as db:
        row = everything.approvals.find(db, who, approval_id)
        allowed = everything.approvals.take(db, who, approval_id, _ACT)
        because = (row.reason, str(row.summary["ticket"])) if row is not None else ("", "")
        everything.trail.record(
            db, "accounts.exported", actor=who.actor, approval=allowed.id, unmasked=list(allowed.payload["unmasked"])
        )
    wanted = _wanted(allowed.payload, who.reach)
    header = [texts.say(FIELDS[name]) for name in wanted.fields]
    body = spreadsheet.lines(header, _rows(everything, wanted, who, because))
    headers = {"Content-Disposition": f'attachment; filename="accounts-{clock.now():%Y%m%d-%H%M%S}.csv"'}
    return flask.Response(body, mimetype="text/csv", headers=headers)


def _rows(
    everything: Services, wanted: Wanted, who: SignedInOperator, because: tuple[str, str]
) -> Iterator[list[object]]:
    """Whose values leave the house in full is on record, for them to read, before they are written."""
    told = [_DISCLOSED[name] for name in PERSONAL if name in wanted.unmasked]
    for chunk in exporting.chunks(everything.database, everything.keyring, wanted):
        if told:
            with everything.database.transaction() as db:
                everything.disclosures.record_many(db, [account for account, _ in chunk], told, who, *because)
        yield from (cells for _, cells in chunk)


def _listed(status: int = 200, sentence: str = "") -> ResponseReturnValue:
    who = console.operator()
    with services().database.view() as db:
        mine = select(Approval).where(Approval.act == _ACT, Approval.asked_by == who.id)
        found = keyset.page(db, mine, [Approval.id], after=flask.request.args.get("after", ""))
    return console.page(
        "exports.html", status, slice=found, sentence=sentence, fields=FIELDS, personal=PERSONAL, plain=PLAIN,
        reasons=REASONS, states=list(AccountState), form=flask.request.form, now=clock.now(),
    )  # fmt: skip


def _wanted(payload: Mapping[str, Any], reach: Reach) -> Wanted:
    return Wanted(
        fields=tuple(payload["fields"]),
        unmasked=frozenset(payload["unmasked"]),
        state=payload["state"],
        region=payload["region"],
        since=_day(payload["since"]),
        until=_day(payload["until"], after=1),
        reach=reach,
    )


def _day(text: str, *, after: int = 0) -> datetime | None:
    """The beginning of a day in Beijing, or of the one after it."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=clock.BEIJING) + timedelta(days=after)
    except (ValueError, OverflowError):
        return None
