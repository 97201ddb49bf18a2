"""Relying sites as operators see them: found within reach, looked at whole, shut out, let in, handed over, ended."""

from collections.abc import Mapping
from typing import Any, Final

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from idp.admin import client_grounds, console, texts
from idp.admin.console import route
from idp.admin.texts import word
from idp.core import differences, regions
from idp.db import keyset
from idp.edge.services import services
from idp.mandates.models import Organisation
from idp.oidc.models import Client
from idp.oidc.registration import clients as registered
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.realname.foreign_levels import SCALES
from idp.sites import operating, releases, secrets, versions
from idp.sites.operating import Operating
from idp.staff.permissions import Permission

REASONS: Final = ("owner_request", "site_compromised", "rules_broken", "no_longer_used", "authority_order", "put_right")
STATES: Final = ("active", "disabled", "deleted")
MODES: Final = ("test", "live")
ORIGINS: Final = ("operator", "department", "dynamic")
_LONGEST: Final = 100

texts.STATES.update({"test": word("测试"), "live": word("正式"), "current": word("正在使用"), "draft": word("草稿"),
                     "past": word("以前使用"), "dropped": word("没有使用")})  # fmt: skip
texts.ORIGINS.update({"department": word("部门登记")})
texts.REASONS.update({"site_compromised": word("应用被入侵或密码泄露"), "rules_broken": word("违反接入规定"),
                      "no_longer_used": word("不再使用"), "put_right": word("问题已解决")})  # fmt: skip


@route("/clients", Permission.CLIENTS_READ)
def clients() -> ResponseReturnValue:
    """The newest first, filtered as the address says."""
    asked = flask.request.args
    with services().database.view() as db:
        found = keyset.page(db, _filtered(asked), [Client.created_at, Client.client_id], after=asked.get("after", ""))
        owners = _owners(db, [row.organisation_id for row in found.rows])
    return console.page(
        "clients.html", slice=found, owners=owners, asked=asked, states=STATES, modes=MODES, origins=ORIGINS
    )


@route("/clients/<client_id>", Permission.CLIENTS_READ)
def client(client_id: str) -> ResponseReturnValue:
    """Everything registered, every version and request, and who owns it."""
    with services().database.view() as db:
        row = within_reach(db, client_id)
        owners = _owners(db, [row.organisation_id])
        told = versions.history(db, client_id, after=flask.request.args.get("after", ""))
        asked = releases.of_client(db, client_id)
        living = [(secrets.marked(each), each) for each in secrets.living(db, client_id)]
    m = ClientMetadata.stored(row.metadata_)
    return console.page(
        "client.html", client=row, m=m, document=versions.of_client(row), owner=owners.get(row.organisation_id or ""),
        told=told, releases=asked, living=living, reasons=REASONS, scales=sorted(SCALES),
        bases=(registered.CONSENT, registered.STATUTORY_DUTY), serves=texts.SERVES, done=flask.request.args.get("done", ""),
        is_left=row.organisation_id is None or owners[row.organisation_id].state in operating.OVER,
        may_change=console.operator().may(Permission.CLIENTS_CHANGE),
        may_ask_secret=console.operator().may(Permission.CLIENTS_SECRET_ASK),
    )  # fmt: skip


@route(
    "/clients/<client_id>/state",
    Permission.CLIENTS_CHANGE,
    methods=("POST",),
    is_fresh=True,
    doing=word("变更应用的状态"),
)
def client_state(client_id: str) -> ResponseReturnValue:
    """Shut out, let in again, or end for good, with its id typed once more: each with its reason."""
    everything, who, form = services(), console.operator(), flask.request.form
    action, reason = form.get("action", ""), form.get("reason", "")
    if reason not in REASONS:
        flask.abort(400)
    if action == "delete" and form.get("again", "").strip() != client_id:
        return _back(client_id, "unsure")
    with everything.database.transaction() as db:
        row = within_reach(db, client_id, for_update=True)
        match action:
            case "disable" | "enable" if row.state != "deleted":
                _operating().set_state(db, row, is_active=action == "enable", actor=who.actor, reason=reason)
            case "delete" if row.state != "deleted":
                _operating().delete(db, row, actor=who.actor, reason=reason)
            case _:
                flask.abort(400)
    everything.provider.clients.forget(client_id)
    return _back(client_id, action)


@route(
    "/clients/<client_id>/terms",
    Permission.CLIENTS_CHANGE,
    methods=("POST",),
    is_fresh=True,
    doing=word("变更应用的接入条件"),
)
def client_terms(client_id: str) -> ResponseReturnValue:
    """What operators alone decide: the ground of release, whom it serves, its scale of levels. First the difference."""
    everything, who, form = services(), console.operator(), flask.request.form
    wanted = {name: form.get(name, "") for name in ("release_basis", "serves", "level_scale")}
    with everything.database.transaction() as db:
        row = within_reach(db, client_id, for_update=True)
        if row.state == "deleted":
            flask.abort(404)
        before = versions.of_client(row)
        after = _operating().terms(before, wanted)
        changes = differences.between(before, after)
        if form.get("action") == "confirm" and changes:
            if form.get("shown") != versions.digest(before):
                flask.abort(409)
            if client_grounds.needs_second(row, before, after):
                return _to_approval(client_grounds.ask(db, everything, who, row, before, after))
            _operating().put(db, row, after, actor=who.actor, what="client.terms_changed")
    if form.get("action") != "confirm" and changes:
        return console.page(
            "client_terms.html", client=row, changes=changes, wanted=wanted, shown=versions.digest(before)
        )
    everything.provider.clients.forget(client_id)
    return _back(client_id, "terms")


@route(
    "/clients/<client_id>/undo",
    Permission.CLIENTS_CHANGE,
    methods=("POST",),
    is_fresh=True,
    doing=word("撤回应用的接入条件"),
)
def client_undo(client_id: str) -> ResponseReturnValue:
    """Back to a version that served before, in what operators decide and in no other member."""
    everything, who = services(), console.operator()
    number = flask.request.form.get("number", "")
    with everything.database.transaction() as db:
        row = within_reach(db, client_id, for_update=True)
        found = versions.numbered(db, client_id, int(number)) if number.isdecimal() and len(number) < 8 else None
        if found is None or row.state == "deleted":
            flask.abort(404)
        before = versions.of_client(row)
        after = _operating().terms(before, operating.terms_of(found.document))
        if client_grounds.needs_second(row, before, after):
            return _to_approval(client_grounds.ask(db, everything, who, row, before, after))
        if before != after:
            _operating().put(db, row, after, actor=who.actor, what="client.terms_undone")
    everything.provider.clients.forget(client_id)
    return _back(client_id, "undone")


@route(
    "/clients/<client_id>/owner",
    Permission.CLIENTS_CHANGE,
    methods=("POST",),
    is_fresh=True,
    doing=word("把应用交给一个部门"),
)
def client_owner(client_id: str) -> ResponseReturnValue:
    """Hand a site that nobody owns to a department, by its code."""
    everything, who = services(), console.operator()
    with everything.database.transaction() as db:
        row = within_reach(db, client_id, for_update=True)
        _operating().hand_over(db, row, flask.request.form.get("uscc", ""), actor=who.actor)
    return _back(client_id, "owner")


def within_reach(db: Session, client_id: str, *, for_update: bool = False) -> Client:
    """The site, if it lies within the operator's reach; a 404 otherwise."""
    query = _reached().where(Client.client_id == client_id)
    row: Client | None = db.scalar(query.with_for_update() if for_update else query)
    if row is None:
        flask.abort(404)
    return row


def _operating() -> Operating:
    return services().sites.operating


def _reached() -> Select[Any]:
    return select(Client).where(console.operator().reach.of_client(Client.client_id, Client.region))


def _filtered(asked: Mapping[str, str]) -> Select[Any]:
    query = _reached()
    for name, column, known in (
        ("state", Client.state, STATES), ("mode", Client.mode, MODES), ("origin", Client.origin, ORIGINS),
    ):  # fmt: skip
        if asked.get(name) in known:
            query = query.where(column == asked[name])
    if regions.is_division(asked.get("region", "")):
        first, behind = regions.subtree(asked["region"])
        query = query.where(Client.region >= first, Client.region < behind)
    if uscc := asked.get("department", "").strip():
        query = query.where(Client.organisation_id.in_(select(Organisation.id).where(Organisation.uscc == uscc[:64])))
    if name := asked.get("name", "").strip()[:_LONGEST]:
        said = Client.metadata_["client_name"].as_string()
        query = query.where(said.contains(name, autoescape=True) | (Client.client_id == name[:64]))
    return query


def _owners(db: Session, ids: list[str | None]) -> dict[str, Organisation]:
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    return {row.id: row for row in db.scalars(select(Organisation).where(Organisation.id.in_(wanted)))}


def _back(client_id: str, done: str) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("admin.client", client_id=client_id, done=done), 303)


def _to_approval(approval_id: str) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("admin.approval", approval_id=approval_id), 303)
