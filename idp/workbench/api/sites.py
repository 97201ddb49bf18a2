"""A department's sites over its API: listed, registered, tried out as a test site of their own, and their secrets."""

from datetime import datetime
from typing import Annotated, Any, Literal

import flask
from pydantic import Field

from idp.db import keyset
from idp.edge.described import Model, NotFound, Nothing, PersonNeeded
from idp.edge.services import services
from idp.oidc.models import Client
from idp.oidc.registration import clients
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.sites import drafts, kinds, secrets, versions
from idp.sites.configuration import NotAText
from idp.sites.errors import NoSecret
from idp.sites.tokens import Scope
from idp.workbench.api.door import change, database, holder, mine, route, sites_of_department

After = Annotated[str, Field(max_length=512)]


class SiteShown(Model):
    client_id: str
    name: str
    kind: str
    state: str
    mode: Literal["test", "live"]
    created_at: datetime
    updated_at: datetime


class SitesPage(Model):
    sites: list[SiteShown]
    next: str | None


class SitesAsked(Model):
    mode: Literal["", "test", "live"] = ""
    after: After = ""


class SiteStanding(SiteShown):
    """`is_waiting`: operators look at a request to go live, and nothing can be changed. `has_draft`: beside a live site."""

    is_waiting: bool
    has_draft: bool


class Registering(Model):
    """The members of RFC 7591 and those of this service, as `registration` of an exported configuration holds them."""

    registration: dict[str, Any]


class SiteMade(Model):
    """In test mode. The secret, where the site proves itself by one, is told this once."""

    client_id: str
    client_secret: str | None


class SecretShown(Model):
    """`mark` tells it from the others and opens nothing."""

    mark: str
    created_at: datetime
    expires_at: datetime | None


class SecretsShown(Model):
    secrets: list[SecretShown]


class SecretAsked(Model):
    """For how many hours the earlier secrets are good beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=secrets.LONGEST_OVERLAP_HOURS)] = 24


class SecretMade(Model):
    client_secret: str
    old_until: datetime


@route("/sites", Scope.READ, SitesPage, tag="sites")
def sites(query: SitesAsked) -> SitesPage:
    """The department's sites, the newest first."""
    wanted = sites_of_department()
    if query.mode:
        wanted = wanted.where(Client.mode == query.mode)
    with database().view() as db:
        found = keyset.page(db, wanted, [Client.created_at, Client.client_id], after=query.after)
    return SitesPage(sites=[SiteShown(**_shown(row)) for row in found.rows], next=found.next)


@route("/sites", Scope.WRITE, SiteMade, method="POST", tag="sites", status=201)
def site_registered(json: Registering) -> tuple[SiteMade, int]:
    """A new site of the department; at once it works in test mode, for test people."""
    everything, who = services(), holder()
    members, basis = versions.parted(json.registration)
    if basis not in {None, clients.CONSENT}:
        raise NotAText("release_basis is decided by the operators")
    said = ClientMetadata.model_validate(members)
    drafts.require(said)
    everything.registrar.require_sector(said)
    with change() as db:
        made, secret = everything.sites.drafts.register(db, who.account_id, who.department.organisation_id, said)
    return SiteMade(client_id=made, client_secret=secret), 201


@route("/sites/<client_id>", Scope.READ, SiteStanding, tag="sites")
def site(client_id: str) -> SiteStanding:
    with database().view() as db:
        row = mine(db, client_id)
        has_draft = row.mode == drafts.LIVE and versions.latest(db, client_id, versions.DRAFT) is not None
        return SiteStanding(**_shown(row), is_waiting=drafts.waits(db, client_id), has_draft=has_draft)


@route("/sites/<client_id>/try", Scope.WRITE, SiteMade, method="POST", tag="sites", status=201)
def site_tried_out(client_id: str) -> tuple[SiteMade, int]:
    """A test site of its own from what waits beside a live one, or from what it works by."""
    with change(client_id) as db:
        made, secret = services().sites.drafts.try_out(db, holder().account_id, client_id)
    return SiteMade(client_id=made, client_secret=secret), 201


@route("/sites/<client_id>/secrets", Scope.READ, SecretsShown, tag="secrets")
def site_secrets(client_id: str) -> SecretsShown:
    """Those that are good now, the newest first; never a secret itself."""
    with database().view() as db:
        mine(db, client_id)
        living = secrets.living(db, client_id)
    return SecretsShown(
        secrets=[
            SecretShown(mark=secrets.marked(row), created_at=row.created_at, expires_at=row.expires_at)
            for row in living
        ]
    )


@route("/sites/<client_id>/secrets", Scope.SECRETS, SecretMade, method="POST", tag="secrets", status=201)
def site_secret_made(client_id: str, json: SecretAsked) -> tuple[SecretMade, int]:
    """A new secret of a site in test mode, told this once. At a live one a person does it: `see` says where."""
    everything = services()
    with change(client_id) as db:
        _require_test(mine(db, client_id, for_update=True))
        made = everything.sites.secrets.make(
            db, holder().account_id, client_id, overlap_hours=json.overlap_hours
        )  # fmt: skip
    everything.provider.clients.forget(client_id)
    return SecretMade(client_secret=made.secret, old_until=made.old_until), 201


@route("/sites/<client_id>/secrets/<mark>", Scope.SECRETS, Nothing, method="DELETE", tag="secrets")
def site_secret_ended(client_id: str, mark: str) -> Nothing:
    """End one secret of a site in test mode now."""
    everything = services()
    with change(client_id) as db:
        _require_test(mine(db, client_id, for_update=True))
        try:
            everything.sites.secrets.end(db, holder().account_id, client_id, mark)
        except NoSecret as gone:
            raise NotFound from gone
    everything.provider.clients.forget(client_id)
    return Nothing()


def _require_test(row: Client) -> None:
    """Where the workbench asks for a fresh sign-in, and for a second manager, no token will do."""
    if row.mode == drafts.LIVE:
        place = flask.url_for("workbench.secrets_of_site", client_id=row.client_id)
        raise PersonNeeded(f"{services().settings.issuer}{place}")


def _shown(row: Client) -> dict[str, Any]:
    metadata = ClientMetadata.stored(row.metadata_)
    return {
        "client_id": row.client_id, "name": metadata.client_name or "", "kind": kinds.of(metadata), "state": row.state,
        "mode": row.mode, "created_at": row.created_at, "updated_at": row.updated_at,
    }  # fmt: skip
