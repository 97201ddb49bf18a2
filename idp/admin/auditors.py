"""What the audit administrators did, for the security administrators to read; nothing else of the trail."""

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from idp.admin import act_names, console
from idp.admin.console import route
from idp.audit import search
from idp.db.keyset import Slice
from idp.edge.services import services
from idp.staff.models import Operator, Role
from idp.staff.permissions import Permission

_MOST = 500


@route("/auditors", Permission.AUDITORS_READ)
def auditors() -> ResponseReturnValue:
    asked = flask.request.args.get("auditor", "")
    with services().database.view() as db:
        of_role = select(Operator).where(Operator.role == Role.AUDIT.value).order_by(Operator.login).limit(_MOST)
        names = {row.id: row.login for row in db.scalars(of_role)}
        wanted = select(Operator.id).where(
            Operator.id == asked if asked in names else Operator.role == Role.AUDIT.value
        )
        found = search.by_operators(db, wanted, before=flask.request.args.get("after", "")[:32])
        acts = Slice(found.entries, found.older, found.is_cut)
    return console.page("auditors.html", slice=acts, names=names, asked=asked, acts=act_names.NAMES)
