"""Live sites that a command changed unasked: shown to those who approve, for a week, with why."""

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select

from idp.admin import console, needs, texts
from idp.admin.console import route
from idp.admin.needs import Need
from idp.admin.texts import word
from idp.db import keyset
from idp.edge.services import services
from idp.oidc.models import Client
from idp.sites import by_command, versions
from idp.sites.models import Release
from idp.staff.permissions import Permission
from idp.staff.sessions import SignedInOperator

texts.STATES.update({"emergency": word("未经审核")})


@route("/emergencies", Permission.APPROVALS_DECIDE)
def emergencies() -> ResponseReturnValue:
    """The newest first: which site, which version, when and why."""
    with services().database.view() as db:
        found = keyset.page(db, _reached(console.operator()), [Release.id], after=flask.request.args.get("after", ""))
        asked = {row.client_id for row in found.rows}
        names = {row.client_id: row.metadata_.get("client_name", "") for row in db.scalars(
            select(Client).where(Client.client_id.in_(asked))
        )}  # fmt: skip
        numbers = versions.numbers(db, [row.version_id for row in found.rows])
    return console.page("emergencies.html", slice=found, names=names, of_version=numbers)


def _reached(who: SignedInOperator) -> "Select[tuple[Release]]":
    return by_command.lately().where(who.reach.of_client(Release.client_id, Release.region))


needs.register(
    Need(
        word("一周内未经审核的应用修改"),
        Permission.APPROVALS_DECIDE,
        "admin.emergencies",
        lambda db, _everything, who: (
            db.scalar(select(func.count()).select_from(_reached(who).limit(needs.MOST).subquery())) or 0
        ),
        is_urgent=True,
    )
)
