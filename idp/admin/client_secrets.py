"""A new secret of a site, made by an operator: two people allow it, the first makes it once and sees it once."""

from collections.abc import Sequence
from typing import Any, Final

import flask
from flask.typing import ResponseReturnValue

from idp.admin import console, sensitive, texts
from idp.admin.clients import within_reach
from idp.admin.console import route
from idp.admin.sensitive import SensitiveAct
from idp.admin.texts import word
from idp.edge.services import Services, services
from idp.oidc.models import Client
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.metadata_rules import WITH_SECRET
from idp.sites.errors import NoSecret
from idp.staff.errors import NotApproved
from idp.staff.models import Approval
from idp.staff.permissions import Permission

ACT: Final = "client.secret"
REASONS: Final = ("secret_lost", "secret_leaked", "secret_expires", "no_manager")
texts.REASONS.update({"secret_lost": word("密码遗失"), "secret_leaked": word("密码泄露"), "secret_expires": word("密码到期"),
                      "no_manager": word("部门没有管理应用的人")})  # fmt: skip
_OVERLAPS: Final = ("0", "24", "72", "168")


def _describe(everything: Services, approval: Approval, _payload: dict[str, Any]) -> Sequence[tuple[str, str]]:
    with everything.database.view() as db:
        row = db.get_one(Client, approval.target)
    return (
        (word("应用"), str(row.metadata_.get("client_name", ""))),
        (word("状态"), texts.say(word("正式") if row.mode == "live" else word("测试"))),
    )


sensitive.register(
    SensitiveAct(
        ACT, word("生成应用密码"), _describe,
        goes_on=lambda approval: flask.url_for("admin.client_secret", client_id=approval.target, approval=approval.id),
    )
)  # fmt: skip


@route(
    "/clients/<client_id>/secret",
    Permission.CLIENTS_SECRET_ASK,
    methods=("POST",),
    is_fresh=True,
    doing=word("申请新的应用密码"),
)
def client_secret_asked(client_id: str) -> ResponseReturnValue:
    """Ask for it; a site whose secret nobody needs two people for does not exist here."""
    everything, who, reason = services(), console.operator(), flask.request.form.get("reason", "")
    if reason not in REASONS:
        flask.abort(400)
    with everything.database.transaction() as db:
        row = _with_secret(within_reach(db, client_id))
        made = everything.approvals.ask(
            db,
            who,
            ACT,
            target=client_id,
            reason=reason,
            summary={"mode": row.mode},
            payload={"mode": row.mode},
            region=row.region,
        )
    return flask.redirect(flask.url_for("admin.approval", approval_id=made), 303)


@route("/clients/<client_id>/secret", Permission.CLIENTS_SECRET_ASK)
def client_secret(client_id: str) -> ResponseReturnValue:
    """Before it is made: what will happen to the earlier ones."""
    with services().database.view() as db:
        row = _with_secret(within_reach(db, client_id))
    return console.page(
        "client_secret.html",
        client=row,
        approval=flask.request.args.get("approval", ""),
        overlaps=_OVERLAPS,
        secret=None,
    )


@route(
    "/clients/<client_id>/secret/made",
    Permission.CLIENTS_SECRET_ASK,
    methods=("POST",),
    is_fresh=True,
    doing=word("领取新的应用密码"),
)
def client_secret_made(client_id: str) -> ResponseReturnValue:
    """Use up what was allowed, and show the secret in this one answer."""
    everything, who, form = services(), console.operator(), flask.request.form
    hours = form.get("overlap", "24")
    with everything.database.transaction() as db:
        allowed = everything.approvals.take(db, who, form.get("approval", "")[:32], ACT)
        if allowed.target != client_id:
            flask.abort(400)
        row = _with_secret(within_reach(db, client_id, for_update=True))
        if allowed.payload["mode"] != row.mode:  # what was allowed for trying out opens nothing that serves people
            raise NotApproved
        made = everything.sites.secrets.replace(
            db, row, overlap_hours=int(hours) if hours in _OVERLAPS else 24, actor=who.actor
        )
        if row.organisation_id is not None:
            everything.sites.secrets.notices.to_managers(db, row.organisation_id, "secret_made", client_id)
    everything.provider.clients.forget(client_id)
    everything.worker.wake()
    return console.page("client_secret.html", client=row, secret=made.secret, made=made)


def _with_secret(row: Client) -> Client:
    if row.state == "deleted" or ClientMetadata.stored(row.metadata_).token_endpoint_auth_method not in WITH_SECRET:
        raise NoSecret
    return row
