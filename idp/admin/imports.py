"""Lists of accounts brought in: handed over, checked without making anything, let go ahead, and their reports."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from idp.admin import console, needs, sensitive, texts
from idp.admin.console import route
from idp.admin.needs import Need
from idp.admin.sensitive import SensitiveAct
from idp.admin.texts import word
from idp.bulk import imports as handling
from idp.bulk import lists, work
from idp.bulk.errors import BulkError
from idp.bulk.models import Import, ImportRow
from idp.core import clock, spreadsheet
from idp.db import keyset
from idp.edge.services import Services, services
from idp.staff.models import Approval
from idp.staff.permissions import Permission

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,31}", re.ASCII)
_BUSY = (work.RECEIVED, work.RUNNING)
_PROBLEMS = (work.WRONG, work.FAILED)
_ACT = "import.trust_proofs"

LONGEST_FORM = lists.LONGEST_FILE + 64 * 1024

texts.STATES.update(
    {
        "received": word("检查中"), "checked": word("等待确认"), "asked": word("等待审批"), "running": word("导入中"),
        "cancelled": word("已取消"), "ready": word("可导入"), "wrong": word("有问题"), "failed": word("未导入"),
    }
)  # fmt: skip
texts.TONES.update(dict.fromkeys(("checked", "asked"), "warn"))
_COLUMNS = {
    "phone": word("手机号"), "username": word("账户名"), "name": word("姓名"), "document_kind": word("证件类型"),
    "document_number": word("证件号码"), "document_country": word("签发国"), "proven_at": word("实名时间"),
    "password_hash": word("密码散列"), "row": word("整行"),
}  # fmt: skip
_CODES = {
    "missing": word("没有填写"), "no_mobile": word("不是中国大陆的 11 位手机号"), "refused": word("不符合规则"),
    "unknown_form": word("不认识的散列格式，或者计算量过大"), "unknown": word("不认识"), "invalid": word("不符合这种证件的规则"),
    "needs_guardian": word("未满 14 周岁，须由监护人办理"), "no_date": word("不是日期"), "nobody": word("没有姓名和证件号码"),
    "in_future": word("在将来"), "too_old": word("超过三年，须重新核验"),
    "spoiled": word("被表格软件改成了近似数字，请把这一列设为文本"),
    "twice": word("在名单中重复"), "taken": word("已经有账户使用"),
}  # fmt: skip


def _describe(everything: Services, approval: Approval, _payload: dict[str, Any]) -> Sequence[tuple[str, str]]:
    with everything.database.view() as db:
        counted = work.tally(db, approval.target)
    return (
        (word("来源系统"), str(approval.summary.get("label", ""))),
        (word("可导入的行数"), str(counted.get(work.READY, 0))),
        (word("效果"), texts.say(word("名单中的实名信息生效，账户成为“已实名”"))),
    )


sensitive.register(
    SensitiveAct(
        name=_ACT,
        label=word("采信导入名单中的实名结果"),
        describe=_describe,
        perform=lambda db, everything, allowed, who: everything.imports.start(
            db, who, allowed.target, trusts_proofs=True
        ),
        after=lambda everything: everything.worker.wake(),
    )
)
needs.register(
    Need(
        word("检查完毕、等待确认的导入"),
        Permission.ACCOUNTS_IMPORT,
        "admin.imports",
        lambda db, _everything, _who: len(
            db.scalars(select(Import.id).where(Import.state == work.CHECKED).limit(needs.MOST)).all()
        ),
    )
)


@route("/imports", Permission.ACCOUNTS_IMPORT)
def imports() -> ResponseReturnValue:
    return _listed()


@route("/imports", Permission.ACCOUNTS_IMPORT, methods=("POST",))
def imports_received() -> ResponseReturnValue:
    """A file, read whole; nothing is made of it before it was checked and confirmed."""
    upload, label = flask.request.files.get("list"), flask.request.form.get("label", "").strip()
    content = upload.stream.read(lists.LONGEST_FILE + 1) if upload is not None else b""
    if not _LABEL.fullmatch(label) or not content:
        return _listed(400, sentence=word("请填写来源系统的代号，并选择一个文件。"))
    if len(content) > lists.LONGEST_FILE:
        return _listed(413, sentence=word("名单太大。一次最多 100,000 行、16 MB，请分成几份。"))
    everything = services()
    try:
        with everything.database.transaction() as db:
            import_id = everything.imports.receive(db, console.operator(), content, label=label)
    except BulkError as refused:
        return _listed(refused.status, sentence=refused.sentence, column=refused.field or "")
    everything.worker.wake()
    return flask.redirect(flask.url_for("admin.import_shown", import_id=import_id), 303)


@route("/imports/<import_id>", Permission.ACCOUNTS_IMPORT)
def import_shown(import_id: str) -> ResponseReturnValue:
    about = _known(import_id)
    with services().database.view() as db:
        counted = work.tally(db, import_id)
        is_asked = services().approvals.is_waiting(db, _ACT, import_id)
        problems = keyset.page(
            db,
            select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.state.in_(_PROBLEMS)),
            [ImportRow.number],
            after=flask.request.args.get("after", ""),
            is_newest_first=False,
        )
    return console.page(
        "import.html", about=about, counted=counted, slice=problems, told=_told, is_busy=about.state in _BUSY,
        has_proofs="proven_at" in about.columns, may_ask=about.brought_by == console.operator().id and not is_asked,
        may_cancel=about.state in (*_BUSY, work.CHECKED, work.ASKED),
    )  # fmt: skip


@route(
    "/imports/<import_id>", Permission.ACCOUNTS_IMPORT, methods=("POST",), is_fresh=True, doing=word("办理一次批量导入")
)
def import_moved(import_id: str) -> ResponseReturnValue:
    """Go ahead without the proofs, ask a second person for them, or stop."""
    everything, who, about = services(), console.operator(), _known(import_id)
    with everything.database.transaction() as db:
        match flask.request.form.get("action", ""):
            case "start":
                everything.imports.start(db, who, import_id, trusts_proofs=False)
            case "ask":
                everything.imports.ask(db, who, import_id)
                everything.approvals.ask(
                    db,
                    who,
                    _ACT,
                    target=import_id,
                    reason="migration",
                    summary={"label": about.label, "rows": about.rows},
                )
            case "cancel":
                everything.imports.cancel(db, who, import_id)
            case _:
                flask.abort(400)
    everything.worker.wake()
    return flask.redirect(flask.url_for("admin.import_shown", import_id=import_id), 303)


@route("/imports/<import_id>/<any(problems, results):report>.csv", Permission.ACCOUNTS_IMPORT)
def import_report(import_id: str, report: str) -> ResponseReturnValue:
    """By line of the file: what is wrong with it, or the account that it became. No datum of the list itself."""
    _known(import_id)
    database = services().database
    if report == "problems":
        header = [texts.say(word("行")), texts.say(word("列")), texts.say(word("问题"))]
        rows: Iterator[Sequence[object]] = (
            (row.number, column, sentence)
            for row in handling.rows_in(database, import_id, _PROBLEMS)
            for column, sentence in _told(row)
        )
    else:
        header = [texts.say(word("行")), texts.say(word("账户编号"))]
        rows = ((row.number, row.account_id) for row in handling.rows_in(database, import_id, (work.DONE,)))
    body = b"".join(spreadsheet.lines(header, rows))  # at most a few megabytes
    headers = {"Content-Disposition": f'attachment; filename="import-{import_id[-8:]}-{report}.csv"'}
    return flask.Response(body, mimetype="text/csv", headers=headers)


def longest_body(method: str, path: str, kind: str) -> int | None:
    """How many bytes a list may bring, with the form around it; no more than any form from who is not signed in."""
    is_list = (method, path, kind) == ("POST", "/admin/imports", "multipart/form-data")
    return LONGEST_FORM if is_list and console.is_at_work() else None


def _listed(status: int = 200, sentence: str = "", column: str = "") -> ResponseReturnValue:
    with services().database.view() as db:
        found = keyset.page(db, select(Import), [Import.id], after=flask.request.args.get("after", ""))
    return console.page(
        "imports.html", status, slice=found, sentence=sentence, column=column, columns=lists.COLUMNS,
        label=flask.request.form.get("label", ""), now=clock.now(),
    )  # fmt: skip


def _known(import_id: str) -> Import:
    with services().database.view() as db:
        about = db.get(Import, import_id) if _ID.fullmatch(import_id) else None
    if about is None:
        flask.abort(404)
    return about


def _told(row: ImportRow) -> list[tuple[str, str]]:
    """Column and problem, in words."""
    pairs = (problem.partition(":") for problem in row.problems)
    return [(texts.say(_COLUMNS.get(column, column)), texts.say(_CODES.get(code, code))) for column, _, code in pairs]
