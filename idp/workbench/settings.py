"""Ready-made settings of a site for common stacks, to be copied."""

from urllib.parse import urlsplit

import flask
from flask.typing import ResponseReturnValue

from idp.edge.services import services
from idp.sites import stacks
from idp.workbench import workbench
from idp.workbench.texts import word
from idp.workbench.workbench import bp

workbench.tab("workbench.ready_settings", word("接入配置"))


@bp.get("/sites/<client_id>/settings")
def ready_settings(client_id: str) -> ResponseReturnValue:
    site = workbench.mine(client_id)
    uris = site.metadata.redirect_uris
    asked = flask.request.args.get("redirect_uri", "")
    chosen = asked if asked in uris else next(iter(uris), "")
    issuer = services().settings.issuer
    made = stacks.of_site(issuer, client_id, site.metadata, chosen) if chosen else []
    return workbench.site_page(
        "settings.html",
        site,
        stacks=made,
        uris=uris,
        chosen=chosen,
        issuer=issuer,
        m=site.metadata,
        port=urlsplit(chosen).port or 5000,
    )
