"""The desk of those who act for a company: its projects, a new one, another company; the centre is asked each time."""

from typing import Final

from flask import Blueprint, abort, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from clients.investment.filings import KINDS, REGIONS, Draft, Filings
from clients.kit import (
    FORM_EXPIRED,
    Ask,
    Company,
    Notice,
    Verdict,
    ask,
    check_form,
    company_of,
    depart,
    require,
    show,
    visitor,
)

# Who comes here may come for a company: its name and code, and the role of the person in it.
ON_BEHALF: Final = Ask(scope="openid legal")
FILE, READ = "project.file", "project.read"
ONLY_COMPANIES: Final = Notice(
    "请以单位名义办理",
    "项目由单位申报。您这次是以本人名义登录的，请选择您代表的单位；还没有单位的，可以先在身份认证中心添加单位，或请单位授权您为经办人。",
    status=403,
    action=("选择单位", "/switch?next=/mine"),
)

bp = Blueprint("desk", __name__)


@bp.before_request
def only_for_companies() -> ResponseReturnValue | None:
    """Everything here but the choice itself is done in the name of a company."""
    if request.endpoint == "desk.switch":
        return None
    back = None if request.method == "GET" else "/file"
    if (first := require(ON_BEHALF, back=back)) is not None:
        return first
    return None if company() is not None else show(ONLY_COMPANIES)


@bp.get("/switch")
def switch() -> ResponseReturnValue:
    """Say anew on whose behalf; the centre asks."""
    return depart(ON_BEHALF, back=_back(request.args.get("next", "")), principal="select")


@bp.get("/mine")
def mine() -> ResponseReturnValue:
    if not _verdict(READ).may:
        return _refused()
    return render_template("home.html", filings=_filings().of(_principal()), is_mine=True)


@bp.get("/mine/<code>")
def filed(code: str) -> ResponseReturnValue:
    found = _filings().find(code, _principal()) or abort(404)
    if not _verdict(READ).may:
        return _refused()
    return render_template("page.html", project=found.project, filing=found)


@bp.get("/file")
def file() -> ResponseReturnValue:
    return _form(Draft(), once=_filings().reserve())


@bp.post("/file")
def submit() -> ResponseReturnValue:
    if not check_form():
        return show(FORM_EXPIRED)
    draft, once = Draft.of(request.form), request.form.get("once", "")
    if draft.errors or not once:
        return _form(draft, once=once or _filings().reserve(), errors=draft.errors), 422
    verdict = _verdict(FILE)  # at this moment, whatever was true when the person signed in
    if not verdict.may:
        return _refused()
    person = visitor() or abort(403)
    code = _filings().file(
        draft, company() or abort(403), once=once, subject=person.subject, filer=person.display_name,
        answer=verdict.number,
    )  # fmt: skip
    return redirect(f"/mine/{code}", 303)  # a reload repeats this page, not the filing


def company() -> Company | None:
    """The company that the visitor came for."""
    person = visitor()
    return company_of(person) if person is not None else None


def explain(error: str, back: str) -> Notice | None:
    """A refusal of the centre in the platform's own words."""
    if error != "access_denied" or back == "/":
        return None
    return Notice(
        "没有选择单位",
        "您没有选择以谁的名义办理，没有任何信息提供给本平台，项目也没有提交。需要办理时可以随时重新开始。",
        status=403,
        action=("重新开始", f"/switch?next={_back(back)}"),
    )


def _verdict(service: str) -> Verdict:
    return ask(current_app.extensions["centre"], visitor() or abort(403), company() or abort(403), service=service)


def _refused() -> ResponseReturnValue:
    """What the person reads whose mandate has ended since they signed in."""
    name = (company() or abort(403)).name
    return show(
        Notice(
            "您现在不能代表这个单位办理",
            f"身份认证中心答复：您现在不能在本平台代表“{name}”。授权可能已被收回或到期，单位状态也可能有变化。"
            "没有提交任何内容。请与单位核对授权，或选择其他单位。",
            status=403,
            action=("重新选择单位", "/switch?next=/mine"),
        )
    )


def _filings() -> Filings:
    return current_app.extensions["filings"]


def _principal() -> str:
    return (company() or abort(403)).principal


def _back(wanted: str) -> str:
    return wanted if wanted in {"/", "/mine", "/file"} else "/mine"


def _form(draft: Draft, *, once: str, errors: dict[str, str] | None = None) -> str:
    return render_template("page.html", draft=draft, once=once, errors=errors or {}, kinds=KINDS, regions=REGIONS)
