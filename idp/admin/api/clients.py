"""Relying sites over the API: listed, read, and their registrations exported, compared and changed as text."""

from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
import pydantic
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.admin.api.accounts import After
from idp.admin.api.door import Model, NotFound, Unfit, database, operator, route
from idp.core.differences import Change
from idp.db import keyset
from idp.edge.services import services
from idp.oidc.models import Client
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.clients import UnknownScope
from idp.oidc.registration.sectors import SectorRefused
from idp.sites import configuration, drafts, versions
from idp.sites.configuration import ChangedSince, Entry, NoSuchSite, NotAText
from idp.staff.permissions import Permission

_Word = Annotated[str, Field(max_length=64)]


class ClientShown(Model):
    client_id: str
    name: str
    state: str
    mode: str
    origin: str
    region: str
    organisation_id: str | None
    created_at: datetime
    updated_at: datetime


class ClientsPage(Model):
    clients: list[ClientShown]
    next: str | None


class ClientsAsked(Model):
    state: Literal["", "active", "disabled", "deleted"] = ""
    mode: Literal["", "test", "live"] = ""
    after: After = ""


class Configuration(Model):
    """One export, as `python -m idp client export` writes it: no secret is in it."""

    format: _Word
    clients: list[dict[str, Any]]


class ChangeShown(Model):
    path: str
    before: Any
    after: Any


class ClientCompared(Model):
    client_id: str
    changes: list[ChangeShown]
    is_stale: bool


class Compared(Model):
    clients: list[ClientCompared]


class ClientKept(Model):
    """`applied` at once at a site in test mode; kept as `draft` beside a live one, which goes live by a request."""

    client_id: str
    version: int
    outcome: Literal["applied", "draft", "unchanged"]
    client_secret: str | None


@route("/clients", Permission.CLIENTS_READ, ClientsPage, tag="clients")
def clients(query: ClientsAsked) -> ClientsPage:
    """Relying sites within reach, the newest first."""
    wanted = _reached()
    for column, value in ((Client.state, query.state), (Client.mode, query.mode)):
        if value:
            wanted = wanted.where(column == value)
    with database().view() as db:
        found = keyset.page(db, wanted, [Client.created_at, Client.client_id], after=query.after)
    return ClientsPage(clients=[_shown(row) for row in found.rows], next=found.next)


@route("/clients/<client_id>", Permission.CLIENTS_READ, ClientShown, tag="clients")
def client(client_id: str) -> ClientShown:
    with database().view() as db:
        return _shown(within_reach(db, client_id))


@route("/clients/<client_id>/configuration", Permission.CLIENTS_READ, Configuration, tag="clients")
def client_configuration(client_id: str) -> Configuration:
    """What a live site would become, or a site in test mode is: the draft where there is one."""
    with database().view() as db:
        row = within_reach(db, client_id)
        return Configuration(**configuration.export(db, [row.client_id], look=drafts.editable))


@route("/clients/configuration/compare", Permission.CLIENTS_READ, Compared, method="POST", tag="clients")
def client_configurations_compared(json: Configuration) -> Compared:
    """What an edited export would change; nothing is changed by asking."""
    entries = _entries(json)
    with database().view() as db:
        for entry in entries:
            within_reach(db, entry.client_id)
        try:
            found = configuration.compare(db, entries, look=drafts.editable)
        except (pydantic.ValidationError, UnknownScope, NotAText, NoSuchSite) as wrong:
            raise Unfit(_told(wrong)) from wrong
    return Compared(
        clients=[
            ClientCompared(client_id=each.client_id, changes=[_change(c) for c in each.changes], is_stale=each.is_stale)
            for each in found
        ]
    )


@route("/clients/<client_id>/configuration", Permission.CLIENTS_CHANGE, ClientKept, method="PUT", tag="clients")
def client_configured(client_id: str, json: Configuration) -> ClientKept:
    """Put an edited export of this one site in force while it is tested; of a live one it becomes the draft."""
    everything, who, entries = services(), operator(), _entries(json)
    if [entry.client_id for entry in entries] != [client_id]:
        raise Unfit("clients: exactly the one of the address")
    [entry] = entries
    with database().view() as db:
        within_reach(db, client_id)
    try:
        members, _ = versions.parted(entry.registration)
        everything.registrar.require_sector(ClientMetadata.model_validate(members))  # asked before the row is held
        with database().transaction() as db:
            row = within_reach(db, client_id, for_update=True)
            before = drafts.editable(db, row)
            wanted = configuration.wished(db, entry, row)
            if versions.digest(before) != entry.base:
                raise ChangedSince(client_id)
            if before == wanted:
                return ClientKept(client_id=client_id, version=0, outcome="unchanged", client_secret=None)
            kept = everything.sites.drafts.keep(db, row, wanted, who.actor)
            outcome: Literal["applied", "draft"] = "draft" if row.mode == drafts.LIVE else "applied"
            made = ClientKept(
                client_id=client_id, version=kept.version.number, outcome=outcome, client_secret=kept.secret
            )
    except (pydantic.ValidationError, UnknownScope, SectorRefused, NotAText, ChangedSince) as wrong:
        raise Unfit(_told(wrong)) from wrong
    everything.provider.clients.forget(client_id)
    return made


def _entries(given: Configuration) -> list[Entry]:
    try:
        return configuration.read(orjson.dumps(given.model_dump()))
    except NotAText as wrong:
        raise Unfit(str(wrong)) from wrong


def _told(wrong: Exception) -> str:
    """Member by member, without the values."""
    if isinstance(wrong, pydantic.ValidationError):
        return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in wrong.errors())
    return str(wrong)


def _reached() -> Any:
    return select(Client).where(operator().reach.of_client(Client.client_id, Client.region))


def within_reach(db: Session, client_id: str, *, for_update: bool = False) -> Client:
    query = _reached().where(Client.client_id == client_id[:64], Client.state != "deleted")
    row: Client | None = db.scalar(query.with_for_update() if for_update else query)
    if row is None:
        raise NotFound
    return row


def _shown(row: Client) -> ClientShown:
    return ClientShown(
        client_id=row.client_id, name=row.metadata_.get("client_name", ""), state=row.state, mode=row.mode,
        origin=row.origin, region=row.region, organisation_id=row.organisation_id, created_at=row.created_at,
        updated_at=row.updated_at,
    )  # fmt: skip


def _change(change: Change) -> ChangeShown:
    return ChangeShown(path=change.path, before=change.before, after=change.after)
