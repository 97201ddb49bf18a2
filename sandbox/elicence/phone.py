"""The licence application as a page on a phone: choose a licence and the holder, enter the PIN, confirm or refuse."""

from typing import Any

import flask
from flask.typing import ResponseReturnValue

from sandbox import registry
from sandbox.business.companies import NAMELESS, Companies
from sandbox.elicence import codes
from sandbox.elicence.part import bp
from sandbox.runtime import runtime

PIN = "123456"
ROLES = {"LEGAL_REP": "法定代表人", "MANAGER": "证照管理员", "AGENT": "办事人"}
_LICENSED = Companies(("9",))


@bp.get("")
def about() -> ResponseReturnValue:
    """Which licences there are, and how to hold one."""
    return flask.render_template("elicence_about.html", companies=_LICENSED.all, nameless=NAMELESS, pin=PIN)


@bp.get("/qr")
def scan() -> ResponseReturnValue:
    """What opens when the code is scanned."""
    here, qrcode_id = runtime(), flask.request.args.get("qrcode_id", "")
    code = codes.find(here, qrcode_id)
    if code is None or code["status"] not in {"WAIT", "SCANNED"}:
        return _ended(code)
    codes.keep(here, qrcode_id, code | {"status": "SCANNED"})
    return _form()


@bp.post("/qr")
def decide() -> ResponseReturnValue:
    """What the holder decided."""
    here, qrcode_id, form = runtime(), flask.request.args.get("qrcode_id", ""), flask.request.form
    code = codes.find(here, qrcode_id)
    if code is None or code["status"] not in {"WAIT", "SCANNED"}:
        return _ended(code)
    if form.get("action") != "confirm":
        codes.keep(here, qrcode_id, code | {"status": "REFUSED"})
        return _ended({"status": "REFUSED"})
    chosen = _chosen(form)
    if isinstance(chosen, str):
        return _form(chosen), 400
    codes.confirm(here, qrcode_id, code, chosen)
    return _ended({"status": "CONFIRMED"})


def _chosen(form: Any) -> dict[str, Any] | str:
    """The licence, the role, and who holds it; or what is wrong with the form."""
    company, role = _LICENSED.find(form.get("uscc", "")), form.get("role", "")
    if company is None or role not in ROLES:
        return "请选择执照和身份。"
    people = {str(person["key"]): person for person in registry.people()}
    person = people.get(company.head_key if role == "LEGAL_REP" else form.get("holder", ""))
    if person is None:
        return "请选择持照人。"
    if form.get("pin") != PIN:
        return "执照口令不对，请重新输入。"
    return {"uscc": company.uscc, "role": role, "name": person["name"], "resident_id": person["resident_id"]}


def _form(error: str = "") -> str:
    adults = [person for person in registry.people() if person["username"]]
    return flask.render_template(
        "elicence_phone.html",
        companies=_LICENSED.all,
        roles=ROLES,
        people=adults,
        form=flask.request.form,
        error=error,
        nameless=NAMELESS,
        pin=PIN,
    )


def _ended(code: dict[str, Any] | None) -> ResponseReturnValue:
    status = code["status"] if code is not None else "EXPIRED"
    return flask.render_template("elicence_done.html", status=status), 200 if code is not None else 404
