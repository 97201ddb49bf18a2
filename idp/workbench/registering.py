"""Registers a site for a department, and looks at addresses while they are typed."""

import flask
from flask.typing import ResponseReturnValue

from idp.edge.services import services
from idp.sites import addresses, kinds
from idp.sites.errors import StillWrong
from idp.sites.rules import Problem
from idp.workbench import forms, texts, workbench
from idp.workbench.forms import Filled
from idp.workbench.workbench import bp

_PURPOSES = {"redirect_uris": addresses.REDIRECT, "post_logout_redirect_uris": addresses.LOGOUT}
_SHORT = frozenset({"client_name", "client_uri", "redirect_uris", "organisation"})
"""What the first form asks; whoever sent more and has something to mend in it gets the whole one."""


@bp.route("/register", methods=["GET", "POST"])
def register() -> ResponseReturnValue:
    departments = workbench.departments()
    if not departments:
        return flask.redirect("/workbench", 303)
    asked = flask.request.form
    chosen = asked.get("organisation") or departments[0].organisation_id
    if flask.request.method == "GET":
        return _form(Filled(kind=_wished_kind()), [], chosen)
    filled = forms.of_post(asked)
    if asked.get("action") != "continue":  # the kind was changed without a script: show what it needs
        return _form(filled, [], chosen)
    everything = services()
    try:
        said = forms.checked(filled)
        with everything.database.transaction() as db:
            client_id, secret = everything.sites.drafts.register(db, workbench.live().account_id, chosen, said)
    except StillWrong as wrong:
        return _form(filled, wrong.problems, chosen, status=400)
    if secret is None:
        return flask.redirect(flask.url_for("workbench.site", client_id=client_id, done="registered"), 303)
    return workbench.page("secret_shown.html", client_id=client_id, secret=secret, is_first=True)


@bp.post("/check-addresses")
def check_addresses() -> ResponseReturnValue:
    """What is to be said about the addresses of one field, for the script of the page; it changes nothing."""
    asked = flask.request.form
    name = asked.get("field", "")
    is_native = kinds.KINDS.get(asked.get("kind", ""), kinds.KINDS["server"]).application_type == "native"
    front = asked.get("client_uri", "").strip()
    typed = [line.strip() for line in asked.get(name, "").splitlines() if line.strip()][:20]
    purpose = _PURPOSES.get(name, addresses.WEB)
    seen = [(uri, addresses.look(uri, purpose=purpose, is_native=is_native, front=front)) for uri in typed]
    return workbench.page("addresses.html", seen=seen)


def _form(filled: Filled, problems: list[Problem], organisation: str, status: int = 200) -> ResponseReturnValue:
    return workbench.page(
        "register.html", status, filled=filled, problems=problems, organisation=organisation,
        is_whole=bool({each.member for each in problems} - _SHORT),
        departments=workbench.departments(), kinds=kinds.KINDS, kind=kinds.KINDS[filled.kind], scopes=texts.SCOPES,
    )  # fmt: skip


def _wished_kind() -> str:
    wished = flask.request.args.get("kind", "")
    return wished if wished in kinds.KINDS else "server"
