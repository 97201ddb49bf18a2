"""The record of every question about the person: who asked, for whom, when, which source, what came of it; and consent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.core import clock
from idp.edge import browser, pages
from idp.edge.services import services
from idp.realname import face_consents, history, standing
from idp.realname.history import Asked
from idp.web import account, forms, signing_in, sources_shown
from idp.web.forms import JourneyForm

bp = flask.Blueprint("proofs", __name__, url_prefix="/account/proofs")
bp.before_request(account.only_when_signed_in)
_PAGE: Final = 20
_KEY: Final = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class ShownProof:
    """One question in words."""

    at: datetime
    source: str
    method: str
    asked_by: str
    kind: str
    verdict: str
    until: datetime | None
    number: str | None


@bp.get("")
def record() -> ResponseReturnValue:
    live = browser.session()
    if live is None:
        return signing_in.first()
    before = flask.request.args.get("before", "")
    everything, now = services(), clock.now()
    with everything.database.view() as db:
        found = history.page(db, live.account_id, before=before if _KEY.fullmatch(before) else None, size=_PAGE)
        stands = standing.standing_of(db, live.account_id, now)
    with everything.database.glance() as look:
        has_face_consent = face_consents.is_given(look, live.account_id, everything.identity_proof.rules.face_text())
    return flask.render_template(
        "account/proofs.html", proofs=[shown(each) for each in found.asked], older=found.older, standing=stands,
        is_due=stands.is_due(now), has_face_consent=has_face_consent, form=JourneyForm(formdata=None),
        done=_("已撤回人脸核验的同意。") if flask.request.args.get("done") == "withdrawn" else None,
    )  # fmt: skip


@bp.post("/face-consent")
def withdraw_face_consent() -> ResponseReturnValue:
    live = browser.session()
    if live is None:
        return signing_in.first()
    if forms.action() != "withdraw":
        return flask.redirect("/account/proofs", 303)
    face_consents.withdraw(services().database, services().trail, live.account_id)
    return flask.redirect("/account/proofs?done=withdrawn", 303)


def shown(asked: Asked) -> ShownProof:
    kind, verdict = _verdict(asked)
    return ShownProof(
        at=asked.at,
        source=_source(asked.source),
        method=_method(asked.check_method) if asked.source != "operator" else str(_("人工核实")),
        asked_by=_asked_by(asked),
        kind=kind,
        verdict=verdict,
        until=asked.expires_at,
        number=asked.request_number if asked.is_mine else None,
    )


def _source(name: str) -> str:
    ours = {
        "counter": _("现场核验"), "import": _("原有系统转入"), "review": _("人工审核"), "operator": _("工作人员"),
    }  # fmt: skip
    return str(ours[name]) if name in ours else sources_shown.label(name)


def _method(check_method: str) -> str:
    words = {
        "data": _("核对姓名和号码"),
        "bvr": _("比对人脸"),
        "pvp": _("当面核对证件"),
        "auth": _("在对方登录"),
        "vri": _("查看证件照片"),
    }
    return str(words.get(check_method, ""))


def _asked_by(asked: Asked) -> str:
    if not asked.is_mine:
        return str(_("另一个账户填写了您的证件号码"))
    if asked.client_id is not None:
        client = services().provider.clients.find(asked.client_id)
        if client is not None:
            return str(_("办理%(site)s的服务时", site=client.name(pages.locale())))
    words = {
        "sign_in": _("用关联的账户登录时"),
        "organisation": _("登记企业时"),
        "guardian": _("监护人为孩子核验时"),
        "merge": _("合并账户时"),
        "recheck": _("定期复核"),
        "counter": _("您到大厅办理时"),
        "import": _("账户从原有系统转入时"),
        "review": _("您申请变更证件时"),
        "operator": _("由两位工作人员办理"),
    }
    return str(words.get(asked.purpose, _("您在账户中心发起")))


def _verdict(asked: Asked) -> tuple[str, str]:
    match asked.verdict:
        case "verified":
            if asked.purpose == "organisation":
                return "good", str(_("与单位登记一致"))
            return "good", str(_("一致，程度 %(level)s", level=asked.ial) if asked.ial else _("一致"))
        case "refuted":
            return "warn", str(_("没有通过"))
        case "abandoned":
            return "info", str(_("没有完成"))
        case "asked" | "started":
            return "wait", str(_("正在进行"))
        case _:
            return "info", str(_("没有得到答复"))
