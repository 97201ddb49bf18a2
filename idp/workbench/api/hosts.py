"""Over the API: of which hosts a department showed that they are theirs, and having the file of one read."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from idp.core import clock
from idp.edge.described import Model, NotFound
from idp.edge.services import services
from idp.oidc.models import Client
from idp.sites.ownership import LASTS, address_of
from idp.sites.rehearsal.visitor import origins_of
from idp.sites.tokens import Scope
from idp.workbench.api.door import change, database, holder, mine, route


class HostShown(Model):
    """A host that a check would visit: the line `word` has to stand in the file at `address`; shown to be theirs `until`."""

    origin: str
    address: str
    word: str
    until: datetime | None


class HostsShown(Model):
    hosts: list[HostShown]


class HostAsked(Model):
    origin: Annotated[str, Field(max_length=300)]


class HostRead(Model):
    """`reason` is empty when the file held the word, else what stood in the way."""

    is_proven: bool
    reason: str


@route("/sites/<client_id>/hosts", Scope.READ, HostsShown, tag="check")
def site_hosts(client_id: str) -> HostsShown:
    """The hosts of a site that have to be shown to be the department's before a check visits them."""
    ownership = services().tryout.ownership
    with database().view() as db:
        owner, origins = _of(db, client_id)
        known = ownership.proven(db, owner, clock.now())
    return HostsShown(
        hosts=[
            HostShown(
                origin=each, address=address_of(each), word=ownership.word(owner, each),
                until=known[each] + LASTS if each in known else None,
            )
            for each in origins
        ]
    )  # fmt: skip


@route("/sites/<client_id>/hosts", Scope.WRITE, HostRead, method="POST", tag="check")
def site_host_read(client_id: str, json: HostAsked) -> HostRead:
    """Have the file of one of them read."""
    with change(client_id) as db:
        owner, origins = _of(db, client_id)
    if json.origin not in origins:
        raise NotFound
    reason = services().tryout.ownership.prove(owner, json.origin, actor=holder().actor)
    return HostRead(is_proven=not reason, reason=reason)


def renew(client_id: str) -> None:
    """Before a check: what was shown long ago is read again."""
    with database().view() as db:
        owner, origins = _of(db, client_id)
    services().tryout.ownership.renew(owner, origins, actor=holder().actor)


def _of(db: Session, client_id: str) -> tuple[str, tuple[str, ...]]:
    """The department of a site, and its hosts that have to be shown."""
    row: Client = mine(db, client_id)
    client = services().provider.clients.find(client_id)
    own = origins_of(client) if client is not None else frozenset[str]()
    return row.organisation_id or "", services().tryout.ownership.asked(own)
