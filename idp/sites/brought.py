"""One site's text as its department brings it back: read, held against the site, and put in force or kept as a draft.

What operators decide is not to be changed by it, and a text that was exported before the last change is refused unless
somebody insists.
"""

from sqlalchemy.orm import Session

from idp.core import clock
from idp.oidc.models import Client
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.sites import configuration, drafts, versions
from idp.sites.configuration import ChangedSince, Entry, NotAText
from idp.sites.drafts import Drafts, Kept


def read(given: str | bytes, row: Client) -> Entry:
    """The text's only site, which is this one; NotAText otherwise, or where it decides what operators do."""
    entries = configuration.read(given)
    if [entry.client_id for entry in entries] != [row.client_id]:
        raise NotAText("the text must hold this site and no other")
    if versions.parted(entries[0].registration)[1] not in {None, row.release_basis}:
        raise NotAText("release_basis is decided by the operators")
    return entries[0]


def look(db: Session, row: Client) -> str:
    """The digest of what a department goes on from: what an export says as its `base`."""
    return versions.digest(drafts.editable(db, row))


def put(
    db: Session, room: Drafts, account_id: str, entry: Entry, said: ClientMetadata, *, base: str | None
) -> Kept | None:
    """Let it be so, as if it had been typed into the form; None where it is so already.

    ChangedSince where the site is not what `base` says; None of it insists. Raises as `Drafts.change` does.
    """
    row, _owner = room.owners.site(db, account_id, entry.client_id, clock.now(), for_update=True)
    if base is not None and look(db, row) != base:
        raise ChangedSince(entry.client_id)
    if configuration.wished(db, entry, row) == drafts.editable(db, row):
        return None
    return room.change(db, account_id, entry.client_id, said)
