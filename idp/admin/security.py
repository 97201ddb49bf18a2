"""The signing keys as their keepers see them; commands change them."""

from flask.typing import ResponseReturnValue

from idp.admin import console
from idp.admin.console import route
from idp.edge.services import services
from idp.oidc.jwt import keys as signing_keys
from idp.staff.permissions import Permission


@route("/keys", Permission.KEYS_READ)
def keys() -> ResponseReturnValue:
    with services().database.view() as db:
        rows = signing_keys.listing(db)
    return console.page("keys.html", keys=rows)
