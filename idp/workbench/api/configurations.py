"""A site's configuration over the API: the text of `python -m idp client export`, compared, replaced, and every version of it."""

from datetime import datetime
from typing import Annotated, Any, Literal

import flask
from pydantic import Field

from idp.core.differences import Change
from idp.core.errors import DomainError
from idp.edge.described import Model, NotFound, Nothing
from idp.edge.services import services
from idp.oidc.models import Client
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.sites import brought, configuration, drafts, versions
from idp.sites.configuration import Entry
from idp.sites.models import SiteVersion
from idp.sites.tokens import Scope
from idp.workbench.api.door import change, database, holder, mine, route
from idp.workbench.api.sites import After

_Word = Annotated[str, Field(max_length=64)]


class Configuration(Model):
    """One site as text, as `python -m idp client export` writes it: no secret is in it."""

    format: _Word
    clients: list[dict[str, Any]]


class ChangeShown(Model):
    path: str
    before: Any
    after: Any


class Compared(Model):
    """What the text would change; `is_stale`: the site was changed after the text was exported."""

    changes: list[ChangeShown]
    is_stale: bool


class Kept(Model):
    """`applied` at once to a site in test mode; kept as `draft` beside a live one. A secret where one is needed from now on."""

    outcome: Literal["applied", "draft", "unchanged"]
    version: int | None
    client_secret: str | None


class VersionShown(Model):
    """Who made it: somebody of the department (citizen), an operator, or the service; `changes` since the one before."""

    number: int
    state: str
    made_by: str
    made_at: datetime
    was_live: bool
    changes: list[ChangeShown]


class VersionsPage(Model):
    versions: list[VersionShown]
    next: str | None


class VersionsAsked(Model):
    after: After = ""


class VersionWhole(Model):
    number: int
    state: str
    made_by: str
    made_at: datetime
    was_live: bool
    registration: dict[str, Any]


class NoPrecondition(DomainError):
    """Neither an `If-Match` nor a `base` in the text says what the change comes from (RFC 6585 §3)."""

    code = "precondition_required"
    status = 428


@route("/sites/<client_id>/configuration", Scope.READ, Configuration, tag="configuration")
def site_configuration(client_id: str) -> flask.Response:
    """What a site in test mode is, or a live one would become: its draft where there is one. `ETag` names it."""
    with database().view() as db:
        row = mine(db, client_id)
        text = configuration.text(configuration.export(db, [row.client_id], look=drafts.editable))
        seen = brought.look(db, row)
    answer = flask.Response(text, mimetype="application/json")
    answer.set_etag(seen)
    return answer


@route("/sites/<client_id>/configuration/compare", Scope.READ, Compared, method="POST", tag="configuration")
def site_configuration_compared(client_id: str, json: Configuration) -> Compared:
    """What an edited text would change; nothing is changed by asking."""
    with database().view() as db:
        entry = _entry(mine(db, client_id))
        [found] = configuration.compare(db, [entry], look=drafts.editable)
    return Compared(changes=[_change(each) for each in found.changes], is_stale=found.is_stale)


@route(
    "/sites/<client_id>/configuration", Scope.WRITE, Kept, method="PUT", tag="configuration", refused=(412, 428)
)  # fmt: skip
def site_configured(client_id: str, json: Configuration) -> Kept:
    """Put a text in force, or keep it as the draft of a live site.

    `If-Match` says what it comes from: the `ETag` of a reading, or `*` to insist. Without it the text's own `base` does.
    """
    everything, who = services(), holder()
    with database().view() as db:
        entry = _entry(mine(db, client_id))
    base = _base(entry)
    said = ClientMetadata.model_validate(versions.parted(entry.registration)[0])
    everything.registrar.require_sector(said)
    with change(client_id) as db:
        kept = brought.put(db, everything.sites.drafts, who.account_id, entry, said, base=base)
        answer = _kept(kept)
    everything.provider.clients.forget(client_id)
    return answer


@route("/sites/<client_id>/draft", Scope.WRITE, Nothing, method="DELETE", tag="configuration")
def site_draft_dropped(client_id: str) -> Nothing:
    """Forget the draft beside a live site; the version is kept as one that never served."""
    with change(client_id) as db:
        services().sites.drafts.discard(db, holder().account_id, client_id)
    return Nothing()


@route("/sites/<client_id>/versions", Scope.READ, VersionsPage, tag="configuration")
def site_versions(client_id: str, query: VersionsAsked) -> VersionsPage:
    """Every version, the newest first, each with what it changed."""
    with database().view() as db:
        mine(db, client_id)
        found = versions.history(db, client_id, after=query.after)
    return VersionsPage(
        versions=[
            VersionShown(**_version(each.version), changes=[_change(one) for one in each.changes])
            for each in found.rows
        ],
        next=found.next,
    )


@route("/sites/<client_id>/versions/<int(max=1000000):number>", Scope.READ, VersionWhole, tag="configuration")
def site_version(client_id: str, number: int) -> VersionWhole:
    """One version with all that was registered in it."""
    with database().view() as db:
        mine(db, client_id)
        found = versions.numbered(db, client_id, number)
        if found is None:
            raise NotFound
        return VersionWhole(**_version(found), registration=found.document)


def _entry(row: Client) -> Entry:
    """The body as the command reads such a file: strictly, and for this site."""
    return brought.read(flask.request.get_data(), row)


def _base(entry: Entry) -> str | None:
    """What the site must be at this moment; None insists."""
    given = flask.request.if_match
    if given.star_tag:
        return None
    if tags := given.as_set():
        return next(iter(tags)) if len(tags) == 1 else ""
    if not entry.base:
        raise NoPrecondition
    return entry.base


def _kept(kept: drafts.Kept | None) -> Kept:
    if kept is None:
        return Kept(outcome="unchanged", version=None, client_secret=None)
    outcome: Literal["applied", "draft"] = "draft" if kept.version.state == versions.DRAFT else "applied"
    return Kept(outcome=outcome, version=kept.version.number, client_secret=kept.secret)


def _version(row: SiteVersion) -> dict[str, Any]:
    return {
        "number": row.number, "state": row.state, "made_by": row.made_by_kind, "made_at": row.made_at,
        "was_live": row.was_live,
    }  # fmt: skip


def _change(change: Change) -> ChangeShown:
    return ChangeShown(path=change.path, before=change.before, after=change.after)
