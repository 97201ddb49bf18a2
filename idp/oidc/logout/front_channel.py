"""Telling sites through the browser that a session is over: one hidden frame for each (Front-Channel Logout 1.0)."""

from dataclasses import dataclass

from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.uris import with_parameters


@dataclass(frozen=True, slots=True)
class Frame:
    """One site of the session and the address that its frame loads."""

    client: RegisteredClient
    uri: str


def frames(provider: Provider, session_id: str) -> list[Frame]:
    """The frames for the end of a session, in the order in which it reached their sites (§3).

    A site with a back channel too is told by both: that one ends what its server keeps, this one what the browser keeps.
    """
    with provider.database.view() as db:
        reached = provider.sessions.sids(db, session_id)
    return [
        Frame(client, _address(provider.issuer, client, client.metadata.frontchannel_logout_uri, sid))
        for client_id, sid in reached
        if (client := provider.clients.find(client_id)) is not None
        and client.metadata.frontchannel_logout_uri is not None
    ]


def _address(issuer: str, client: RegisteredClient, uri: str, sid: str) -> str:
    """`iss` and `sid` come together, for whoever registered that it needs them (§2)."""
    if not client.metadata.frontchannel_logout_session_required:
        return uri
    return with_parameters(uri, {"iss": issuer, "sid": sid})
