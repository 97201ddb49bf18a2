"""Children in the account centre: an account for a child, what it is used for, and what its guardian decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

import flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.authn.sessions import LiveSession
from idp.core import ids
from idp.core.deadline import Deadline
from idp.core.identifiers import mask_name
from idp.edge import browser, pages
from idp.edge.services import services
from idp.guardians import requests
from idp.guardians.errors import NoSuchChild
from idp.guardians.guardians import CONSENT_VERSION, RELATIONS, Child, Relation
from idp.guardians.requests import Request
from idp.realname.results import Proven
from idp.web import account, facts_shown, forms, signing_in, sites_known
from idp.web.forms import ChildForm, JourneyForm, NewPasswordForm

bp = flask.Blueprint("children", __name__, url_prefix="/account/children")
bp.before_request(account.only_when_signed_in)
_PATIENCE: Final = 12.0
_ADD: Final = "/account/children/add"


@dataclass(frozen=True, slots=True)
class ShownChild:
    """A child on a page, masked."""

    id: str
    name: str
    username: str
    relation: str
    is_seen: bool
    age: int | None
    needs_guardian: bool


@dataclass(frozen=True, slots=True)
class ShownRequest:
    """What a child asks to let a site have."""

    id: str
    child: str
    site: str
    facts: list[str]
    asked_at: datetime
    shown: str
    """What the page lists, in short, for the form to bring back: the child may ask for more meanwhile."""


def relations() -> dict[str, str]:
    return {"parent": _("父母"), "grandparent": _("祖父母、外祖父母"), "other": _("其他监护人")}


@bp.get("")
def overview() -> ResponseReturnValue:
    account_id = _live().account_id
    children = [_shown(child) for child in services().guardians.children(account_id)]
    names = {child.id: child.name or child.username for child in children if child.needs_guardian}
    with services().database.view() as db:
        waiting = [
            _asked(each, names) for each in requests.waiting_for(db, account_id) if each.child_account_id in names
        ]
        may_add = services().guardians.may_be_guardian(db, account_id)
    done = {
        "added": _("孩子的账户已开设。"), "closed": _("孩子的账户已注销。"), "let_go": _("已不再管理这个账户。"),
        "allowed": _("已允许。"), "denied": _("已拒绝。"),
    }.get(flask.request.args.get("done", ""))  # fmt: skip
    return flask.render_template(
        "account/children.html", children=children, waiting=waiting, may_add=may_add, done=done, form=JourneyForm()
    )


@bp.route("/add", methods=["GET", "POST"])
def add() -> ResponseReturnValue:
    live = _live()
    if forms.action() == "cancel":
        return flask.redirect("/account/children", 303)
    if (first := signing_in.again_if_stale(live, _ADD)) is not None:
        return first
    form, is_down = forms.read(ChildForm), False
    form.relation.choices = list(relations().items())
    if form.validate_on_submit():
        added = forms.attempt(form, lambda: _add(live.account_id, form))
        if isinstance(added, Proven):
            return flask.redirect("/account/children?done=added", 303)
        is_down = added is not None
    page = flask.render_template(
        "account/child_add.html", form=form, version=CONSENT_VERSION, is_down=is_down,
        password_hint=forms.password_hint(), has_counter=services().settings.counter,
    )  # fmt: skip
    return page, forms.status_of(form)


@bp.route("/requests/<request_id>", methods=["POST"])
def decide(request_id: str) -> ResponseReturnValue:
    live, everything = _live(), services()
    action = forms.action()
    if not JourneyForm(formdata=flask.request.form).validate() or action not in {"allow", "deny"}:
        return flask.redirect("/account/children", 303)
    young = {child.account_id for child in everything.guardians.children(live.account_id) if child.needs_guardian}
    with everything.database.transaction() as db:
        waiting = (each for each in requests.waiting_for(db, live.account_id) if each.child_account_id in young)
        found = next((each for each in waiting if each.id == request_id), None)
        done = False
        if found is not None and flask.request.form.get("shown") == _digest(found.words):
            client = everything.provider.clients.find(found.client_id)
            done = requests.decide(
                db, everything.trail, live.account_id, found, client, allow=action == "allow" and client is not None
            )
    said = {"allow": "?done=allowed", "deny": "?done=denied"}[action] if done else ""
    return flask.redirect(f"/account/children{said}", 303)


@bp.route("/<child_id>", methods=["GET", "POST"])
def child(child_id: str) -> ResponseReturnValue:
    """One child: which sites know what, signing out, a new password, letting go, deleting."""
    live = _live()
    try:
        found = services().guardians.child(live.account_id, child_id)
    except NoSuchChild:
        return flask.redirect("/account/children", 303)
    here = f"/account/children/{child_id}"
    if (first := signing_in.again_if_stale(live, here)) is not None:
        return first
    form, act = forms.read(NewPasswordForm), forms.action()
    if act == "set_password":
        if form.validate_on_submit() and forms.attempt(form, lambda: _set_password(live, child_id, form)):
            return flask.redirect(f"{here}?done=password", 303)
    elif act:
        form = NewPasswordForm(formdata=None)
        if JourneyForm(formdata=flask.request.form).validate():
            gone = forms.attempt(form, lambda: _act(live, child_id, act))
            if gone is not None:
                return flask.redirect(gone, 303)
    return _page(found, form)


@bp.route("/<child_id>/close", methods=["GET", "POST"])
def close(child_id: str) -> ResponseReturnValue:
    live = _live()
    try:
        found = services().guardians.child(live.account_id, child_id)
    except NoSuchChild:
        return flask.redirect("/account/children", 303)
    if (first := signing_in.again_if_stale(live, f"/account/children/{child_id}/close")) is not None:
        return first
    if forms.action() == "cancel":
        return flask.redirect(f"/account/children/{child_id}", 303)
    if forms.action() == "confirm" and JourneyForm(formdata=flask.request.form).validate():
        services().guardians.close(live.account_id, child_id)
        services().worker.wake()
        return flask.redirect("/account/children?done=closed", 303)
    return flask.render_template("account/child_close.html", child=_shown(found), form=JourneyForm())


@bp.route("/<child_id>/sites/<client_id>", methods=["GET", "POST"])
def withdraw(child_id: str, client_id: str) -> ResponseReturnValue:
    """Take back what a site may have of the child, asked once like an adult."""
    live, here = _live(), f"/account/children/{child_id}"
    try:
        services().guardians.child(live.account_id, child_id)
    except NoSuchChild:
        return flask.redirect("/account/children", 303)
    if (first := signing_in.again_if_stale(live, here)) is not None:
        return first
    with services().database.view() as db:
        found = sites_known.one(db, child_id, client_id)
    if found is None:
        return flask.redirect(here, 303)
    if flask.request.method == "GET":
        return flask.render_template(
            "account/withdraw.html", site=found, form=JourneyForm(), action=f"{here}/sites/{client_id}"
        )
    if forms.action() != "confirm" or not JourneyForm(formdata=flask.request.form).validate():
        return flask.redirect(here, 303)
    services().guardians.withdraw(live.account_id, child_id, client_id)
    return flask.redirect(f"{here}?done=withdrawn", 303)


def _page(found: Child, form: NewPasswordForm) -> ResponseReturnValue:
    everything = services()
    with everything.database.view() as db:
        known = sites_known.of_account(db, found.account_id)
        devices = everything.sessions.of_account(db, found.account_id)
    done = {
        "password": _("密码已保存，孩子需要重新登录。"), "signed_out": _("孩子的账户已在所有设备上退出。"),
        "withdrawn": _("授权已撤回。"),
    }.get(flask.request.args.get("done", ""))  # fmt: skip
    page = flask.render_template(
        "account/child.html", child=_shown(found), form=form, done=done, devices=devices,
        sites=known, password_hint=forms.password_hint(),
    )  # fmt: skip
    return page, forms.status_of(form)


def _act(live: LiveSession, child_id: str, act: str) -> str:
    """What the guardian does, and where that leads."""
    guardians, here = services().guardians, f"/account/children/{child_id}"
    match act:
        case "sign_out":
            guardians.sign_out(live.account_id, child_id)
            services().worker.wake()
            return f"{here}?done=signed_out"
        case "let_go":
            guardians.let_go(live.account_id, child_id)
            return "/account/children?done=let_go"
        case _:
            return here


def _set_password(live: LiveSession, child_id: str, form: NewPasswordForm) -> bool:
    services().guardians.set_password(live.account_id, child_id, form.password.data)
    services().worker.wake()
    return True


def _add(guardian_id: str, form: ChildForm) -> object:
    return services().guardians.add(
        guardian_id, name=form.name.data, resident_id=form.resident_id.data,
        relation=cast(Relation, form.relation.data if form.relation.data in RELATIONS else "other"),
        username=form.identifier.data, password=form.password.data, locale=pages.locale(),
        address=browser.address(), deadline=Deadline.after(_PATIENCE),
    )  # fmt: skip


def _shown(child: Child) -> ShownChild:
    return ShownChild(
        child.account_id, mask_name(child.name) if child.name else "", child.username or "",
        relations().get(child.relation, ""), child.is_seen, child.age, child.needs_guardian,
    )  # fmt: skip


def _asked(request: Request, names: dict[str, str]) -> ShownRequest:
    client = services().provider.clients.find(request.client_id)
    return ShownRequest(
        request.id, names[request.child_account_id], client.name(pages.locale()) if client is not None else "",
        facts_shown.labels(request.words), request.asked_at, _digest(request.words),
    )  # fmt: skip


def _digest(words: tuple[str, ...]) -> str:
    return ids.digest(" ".join(sorted(words)))


def _live() -> LiveSession:
    """The session that the account centre has made sure of."""
    return cast(LiveSession, browser.session())
