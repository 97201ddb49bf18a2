"""The sites of the departments that a person keeps them for, and the first page of each."""

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from idp.db import keyset
from idp.edge.services import services
from idp.oidc.models import Client
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.metadata_rules import WITH_SECRET
from idp.sites import kinds, secrets
from idp.workbench import workbench
from idp.workbench.texts import word
from idp.workbench.workbench import Mine, bp

workbench.tab("workbench.site", word("概览"))


@bp.get("/sites")
def sites() -> ResponseReturnValue:
    """All sites of the person's departments, newest first."""
    known = {each.organisation_id: each for each in workbench.departments()}
    query = select(Client).where(Client.organisation_id.in_(sorted(known)), Client.state != "deleted")
    with services().database.view() as db:
        found = keyset.page(db, query, [Client.created_at, Client.client_id], after=flask.request.args.get("after", ""))
    mine = [Mine(row, known[row.organisation_id]) for row in found.rows]
    return workbench.page("sites.html", sites=mine, next=found.next, departments=list(known.values()))


@bp.get("/sites/<client_id>")
def site(client_id: str) -> ResponseReturnValue:
    found = workbench.mine(client_id)
    with services().database.view() as db:
        has_secret = bool(secrets.living(db, client_id))
    return workbench.site_page(
        "site.html", found, kind=kinds.of(found.metadata), m=found.metadata, done=flask.request.args.get("done", ""),
        lacks_secret=not has_secret and found.metadata.token_endpoint_auth_method in WITH_SECRET,
    )  # fmt: skip


def metadata_of(row: Client) -> ClientMetadata:
    return ClientMetadata.stored(row.metadata_)
