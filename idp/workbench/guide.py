"""How a department comes to have a site here: for everybody, and for who is signed in, how far they are."""

from flask.typing import ResponseReturnValue

from idp.core import clock
from idp.edge import browser
from idp.edge.services import services
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.sites import stacks
from idp.sites.owners import LEAST_IAL
from idp.workbench import workbench
from idp.workbench.workbench import bp

_ID, _CALLBACK = "client_id", "https://your-site.example.gov.cn/callback"
_SITE = ClientMetadata.stored({"redirect_uris": [_CALLBACK]})
"""What the examples of the guide stand for."""


@bp.get("")
def guide() -> ResponseReturnValue:
    everything, live = services(), browser.session()
    is_sure, departments = False, False
    if live is not None:
        with everything.database.view() as db:
            is_sure = everything.sites.owners.is_sure_enough(db, live.account_id, clock.now())
            departments = bool(everything.sites.owners.departments(db, live.account_id, clock.now()))
    return workbench.page(
        "guide.html", is_sure=is_sure, has_department=departments, least=LEAST_IAL,
        issuer=everything.settings.issuer, stacks=stacks.of_site(everything.settings.issuer, _ID, _SITE, _CALLBACK),
    )  # fmt: skip
