"""Before a sensitive act: a page that says what is about to happen and asks for a factor again, keeping what was typed."""

from collections.abc import Iterable
from dataclasses import replace

import flask
from flask.typing import ResponseReturnValue

from idp.admin import console, kept
from idp.admin.console import RULES, bp, route
from idp.admin.texts import word
from idp.core import clock
from idp.edge import browser
from idp.edge.services import services
from idp.staff import passkeys
from idp.staff.models import Operator
from idp.staff.permissions import Permission
from idp.staff.sessions import Again

_CODE, _PASSKEY, _STATE = "confirm_otp", "confirm_passkey", "confirm_state"
_OURS = frozenset({"csrf_token", _CODE, _PASSKEY, _STATE})
_LONGEST = 16


@bp.before_request
def _stand_between() -> ResponseReturnValue | None:
    """In front of every POST to a route with `is_fresh`: through for who showed a factor a moment ago."""
    request = flask.request
    rule = RULES.get(request.endpoint or "")
    if rule is None or not rule.is_fresh or request.method != "POST":
        return None
    if {_CODE, _PASSKEY} & set(request.form) and not request.files:
        return _tried(request.path, rule.said(request.view_args or {}))
    return None if console.operator().is_fresh else _asked(request.path, rule.said(request.view_args or {}))


@route("/confirm", Permission.HOME)
def confirm() -> ResponseReturnValue:
    """The same for its own sake: before a form with a file, which could not be kept meanwhile."""
    return _page("", (), back=kept.local(flask.request.args.get("back", "")))


@route("/confirm", Permission.HOME, methods=("POST",))
def confirm_posted() -> ResponseReturnValue:
    back = kept.local(flask.request.form.get("back", ""))
    if (refusal := _checked()) is not None:
        return refusal if not isinstance(refusal, str) else _page("", (), back=back, problem=refusal)
    return flask.redirect(back, 303)


def _asked(path: str, doing: str) -> ResponseReturnValue:
    if any(file.filename for file in flask.request.files.values()):
        return _page(doing, (), back=kept.local(flask.request.form.get("back", "")), has_file=True)
    return _page(doing, _carried(), action=path)


def _tried(path: str, doing: str) -> ResponseReturnValue | None:
    refusal = _checked()
    if isinstance(refusal, str):
        return _page(doing, _carried(), action=path, problem=refusal)
    return refusal


def _checked() -> ResponseReturnValue | None:
    """None once the code was right; a sentence when it was wrong, the way back in when too much was."""
    who, form, here = console.operator(), flask.request.form, console.here()
    if form.get(_PASSKEY):
        came = console.sessions().confirm_by_passkey(
            console.passkeys(), who, form.get(_STATE, ""), form[_PASSKEY], device=here.device
        )
    else:
        came = console.sessions().confirm(
            who, form.get(_CODE, "").strip()[:_LONGEST], address=here.address, device=here.device, known=here.known
        )
    match came:
        case Again.CONFIRMED:
            flask.g.operator = replace(who, confirmed_at=clock.now())
            return None
        case Again.BLOCKED:
            return console.drop(flask.make_response(flask.redirect(flask.url_for("admin.sign_in"), 303)))
        case Again.WRONG:
            return word("验证没有通过：口令不正确或者已经用过。请用认证器显示的新口令再试。")


def _carried() -> list[tuple[str, str]]:
    return [(name, text) for name, text in flask.request.form.items(multi=True) if name not in _OURS]


def _page(
    doing: str, fields: Iterable[tuple[str, str]], *, action: str = "", back: str = "", problem: str = "",
    has_file: bool = False,
) -> ResponseReturnValue:  # fmt: skip
    targets = RULES[flask.request.endpoint or ""].targets(flask.request.view_args or {})
    with services().database.view() as db:
        held = tuple(each.credential for each in passkeys.of(db, console.operator().id))
        row = db.get_one(Operator, console.operator().id)
    question = console.passkeys().to_show(device=browser.device(), held=held) if held else None
    return console.page(
        "confirm.html", question=question, has_code=row.totp_sealed is not None, doing=doing, fields=fields,
        action=action or flask.url_for("admin.confirm_posted"), back=back, problem=problem, has_file=has_file,
        targets=targets,
    )  # fmt: skip
