"""Needs that no other page owns: deliveries that fail, secrets of sites that run out, operators who never come."""

from datetime import timedelta
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, load_only

from idp.admin import console, needs, texts
from idp.admin.console import route
from idp.admin.needs import Need
from idp.admin.texts import word
from idp.core import clock
from idp.db import keyset
from idp.edge.services import Services, services
from idp.oidc.models import Client, ClientSecret
from idp.outbox.models import OutboxMessage as M
from idp.staff import operators
from idp.staff.models import Operator
from idp.staff.permissions import Permission
from idp.staff.reach import Reach
from idp.staff.sessions import SignedInOperator

_LATE_FROM = 3
_SOON = timedelta(days=30)
_STATES = {"dead": word("已放弃"), "waiting": word("仍在重试")}
_KINDS = {
    "sms": word("短信"),
    "backchannel_logout": word("退出通知"),
}
texts.STATES.update({"dead": word("已放弃"), "waiting": word("仍在重试")})
texts.TONES.update({"dead": "bad", "waiting": "warn"})


@route("/deliveries", Permission.CLIENTS_READ)
def deliveries() -> ResponseReturnValue:
    """What did not reach sites and phones, the newest first; nothing of what it says."""
    who = console.operator()
    wanted = flask.request.args.get("state", "")
    state = wanted if wanted in _STATES else "dead"
    query = _failing(who.reach, M.state == "dead" if state == "dead" else _is_late())
    with services().database.view() as db:
        found = keyset.page(db, query, [M.id], after=flask.request.args.get("after", ""))
    return console.page("deliveries.html", slice=found, state=state, states=_STATES, kinds=_KINDS)


def dead(db: Session, who: SignedInOperator) -> int:
    """How many were given up, up to a bound; rows are kept for a week."""
    return _bounded(db, _failing(who.reach, M.state == "dead"))


def late(db: Session, who: SignedInOperator) -> int:
    """How many did not arrive at several tries and are tried again."""
    return _bounded(db, _failing(who.reach, _is_late()))


def at_most(count: int) -> str:
    """A bounded count as it is shown."""
    return f"{needs.MOST}+" if count > needs.MOST else str(count)


def _is_late() -> ColumnElement[bool]:
    return and_(M.state == "waiting", M.tries >= _LATE_FROM)


def _failing(reach: Reach, which: ColumnElement[bool]) -> Select[Any]:
    """Of the sites within reach; messages to people belong to nobody's region and are seen by who reaches the whole."""
    shown = load_only(M.id, M.kind, M.recipient, M.state, M.tries, M.created_at, M.last_error, M.trace_id)
    query = select(M).options(shown).where(which)
    if reach.is_whole:
        return query
    return query.join(Client, Client.client_id == M.recipient).where(reach.of_client(Client.client_id, Client.region))


def _bounded(db: Session, query: Select[Any]) -> int:
    return db.scalar(select(func.count()).select_from(query.limit(needs.MOST + 1).subquery())) or 0


def _secrets(db: Session, _everything: Services, who: SignedInOperator) -> int:
    """Sites whose last secret runs out soon: one that is being replaced is not counted."""
    now = clock.now()
    lasts = case((ClientSecret.expires_at.is_(None), 1), (ClientSecret.expires_at > now + _SOON, 1), else_=0)
    running_out = (
        select(Client.client_id)
        .join(ClientSecret, ClientSecret.client_id == Client.client_id)
        .where(Client.state == "active", who.reach.of_client(Client.client_id, Client.region))
        .where(or_(ClientSecret.expires_at.is_(None), ClientSecret.expires_at > now))
        .group_by(Client.client_id)
        .having(func.sum(lasts) == 0)
    )
    return _bounded(db, running_out)


def _dormant(db: Session, _everything: Services, _who: SignedInOperator) -> int:
    return _bounded(db, select(Operator.id).where(*operators.are_dormant()))


needs.register(
    Need(
        word("没有送达的通知"), Permission.CLIENTS_READ, "admin.deliveries", lambda db, _everything, who: dead(db, who),
        is_urgent=True,
    )
)  # fmt: skip
needs.register(Need(word("应用密码三十天内到期的应用"), Permission.CLIENTS_READ, "admin.clients", _secrets))
needs.register(
    Need(word("90 天没有登录的管理人员"), Permission.STAFF_READ, "admin.staff", _dormant, filters={"state": "dormant"})
)
