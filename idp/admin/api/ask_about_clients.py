"""Asked for by programs about relying sites: their state, terms, owner and secrets, and requests to go live."""

from typing import Annotated, Literal

from pydantic import Field

from idp.admin import client_secrets, clients, releases
from idp.admin.api.accounts import Id
from idp.admin.api.asking import Filled, OneOf, asks
from idp.admin.api.clients import within_reach
from idp.admin.api.door import Model, Unfit, database
from idp.admin.client_words import SCOPES
from idp.realname.foreign_levels import SCALES
from idp.sites import operating, versions


class ClientStateAsked(Model):
    action: Literal["disable", "enable", "delete"]
    reason: Annotated[str, OneOf(*clients.REASONS)]


class ClientTermsAsked(Model):
    """What operators alone decide about a site; what is left out stays."""

    release_basis: Literal["", "consent", "statutory_duty"] = ""
    serves: Literal["", "people", "organisations", "both"] = ""
    level_scale: Annotated[str, OneOf("", *sorted(SCALES))] | None = None


class ClientUndoAsked(Model):
    number: Annotated[int, Field(ge=1, lt=10**7)]


class ClientOwnerAsked(Model):
    uscc: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{18}$")]


class ClientSecretAsked(Model):
    reason: Annotated[str, OneOf(*client_secrets.REASONS)]


class ClientSecretTaken(Model):
    """`approval` is the request that was allowed; earlier secrets last `overlap_hours` more."""

    approval: Id
    overlap_hours: Literal[0, 24, 72, 168] = 24


class ReleaseDecided(Model):
    """Of what was asked, what is given: scopes, the level, one number for a person everywhere.

    `waiver` says why it goes live without a check that was passed.
    """

    action: Literal["approve", "return"]
    scopes: tuple[Annotated[str, OneOf(*SCOPES)], ...] = ()
    level: bool = False
    is_public: bool = False
    remark: Annotated[str, Field(max_length=2000)] = ""
    waiver: Annotated[str, Field(max_length=2000)] = ""


@asks("/clients/<client_id>/state", clients.client_state, tag="clients")
def client_state_asked(client_id: str, json: ClientStateAsked) -> Filled:
    """Shut a site out, let it in again, or end it for good."""
    return {"action": json.action, "reason": json.reason, "again": client_id}


@asks("/clients/<client_id>/terms", clients.client_terms, tag="clients")
def client_terms_asked(client_id: str, json: ClientTermsAsked) -> Filled:
    """On which ground people's data go to it, whom it serves, and its scale of levels."""
    with database().view() as db:
        before = versions.of_client(within_reach(db, client_id))
    held = operating.terms_of(before)
    said = {versions.BASIS: json.release_basis, "serves": json.serves}
    wanted = held | {name: value for name, value in said.items() if value}
    wanted |= {"level_scale": json.level_scale} if json.level_scale is not None else {}
    if wanted == held:
        raise Unfit("release_basis, serves, level_scale: as they are already")
    return {"action": "confirm", "shown": versions.digest(before), **wanted}


@asks("/clients/<client_id>/undo", clients.client_undo, tag="clients")
def client_undo_asked(client_id: str, json: ClientUndoAsked) -> Filled:
    """Back to the terms of an earlier version."""
    return {"number": str(json.number)}


@asks("/clients/<client_id>/owner", clients.client_owner, tag="clients")
def client_owner_asked(client_id: str, json: ClientOwnerAsked) -> Filled:
    """Hand a site that nobody owns to a department."""
    return {"uscc": json.uscc}


@asks("/clients/<client_id>/secret", client_secrets.client_secret_asked, tag="clients")
def client_secret_wanted(client_id: str, json: ClientSecretAsked) -> Filled:
    """Becomes a request that a second person decides."""
    return {"reason": json.reason}


@asks("/clients/<client_id>/secret/made", client_secrets.client_secret_made, tag="clients")
def client_secret_take_asked(client_id: str, json: ClientSecretTaken) -> Filled:
    """Its operator sees the secret, once, in the console."""
    return {"approval": json.approval, "overlap": str(json.overlap_hours)}


@asks("/releases/<release_id>/decision", releases.release_decided, tag="releases")
def release_decision_asked(release_id: str, json: ReleaseDecided) -> Filled:
    """Give it whole or in part, or send it back with a remark; a second person decides about what is sensitive."""
    return {
        "action": json.action, "scope": list(json.scopes), "level": "yes" if json.level else "",
        "subject": "public" if json.is_public else "", "remark": json.remark, "waiver": json.waiver,
    }  # fmt: skip
