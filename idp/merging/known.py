"""By which sites an account is known under a subject of its own: whoever it signed in at, allowed something, or was told to."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.authn.models import SessionSite, SsoSession
from idp.oidc import consents
from idp.oidc.models import Authorization, Client, Consent, ResourceServer
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.subjects import sector_of


def sectors(db: Session, account_id: str) -> dict[str, set[str]]:
    """The sectors that know the account, each with the clients through which it does; disabled clients count."""
    known: dict[str, set[str]] = {}
    for row in _clients(db, _reached(db, account_id)):
        client = RegisteredClient(
            row.client_id, row.release_basis, ClientMetadata.stored(row.metadata_), (), origin=row.origin
        )
        known.setdefault(sector_of(client), set()).add(row.client_id)
    return known


def _reached(db: Session, account_id: str) -> set[str]:
    allowed = db.execute(select(Consent.client_id, Consent.scope).where(Consent.account_id == account_id)).all()
    granted = db.execute(
        select(Authorization.client_id, Authorization.scope, Authorization.extra).where(
            Authorization.account_id == account_id
        )
    ).all()
    visited = db.scalars(
        select(SessionSite.client_id)
        .join(SsoSession, SsoSession.id == SessionSite.session_id)
        .where(SsoSession.account_id == account_id)
    )
    words = {word for row in allowed for word in row.scope} | {word for row in granted for word in row.scope.split()}
    named = {each for row in granted for each in (row.extra or {}).get("resource", ())}
    return {
        *(row.client_id for row in allowed),
        *(row.client_id for row in granted),
        *visited,
        *_behind_apis(db, words, named),
    }


def _behind_apis(db: Session, words: set[str], named: set[str]) -> set[str]:
    """The clients of resource servers that were told of the account by introspection."""
    if not named and not any(consents.is_of_api(word) for word in words):
        return set()
    servers = db.scalars(select(ResourceServer)).all()
    return {
        server.client_id
        for server in servers
        if server.client_id is not None and (server.identifier in named or words & set(server.scopes))
    }


def _clients(db: Session, client_ids: Iterable[str]) -> Iterable[Client]:
    wanted = sorted(client_ids)
    return db.scalars(select(Client).where(Client.client_id.in_(wanted))).all() if wanted else ()
