"""The system administrator's list of relying sites."""

from flask.typing import ResponseReturnValue
from sqlalchemy import select

from idp.admin import console
from idp.admin.console import route
from idp.edge.services import services
from idp.oidc.models import Client
from idp.staff.permissions import Permission


@route("/clients", Permission.CLIENTS_READ)
def clients() -> ResponseReturnValue:
    """Those that operators registered first, and of each kind the newest."""
    with services().database.view() as db:
        rows = db.scalars(select(Client).order_by(Client.origin.desc(), Client.created_at.desc()).limit(500)).all()
    return console.page("clients.html", clients=rows)
