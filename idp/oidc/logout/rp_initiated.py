"""Leaving at a site's wish: what it asks, whether the person must be asked, what became of it (RP-Initiated Logout 1.0)."""

from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749.errors import InvalidRequestError

from idp.authn.sessions import topic_of
from idp.oidc import site_errors, subjects
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.tokens.id_tokens import Hint, HintRefused, HintUnknown
from idp.oidc.uris import with_parameters

PARAMETERS = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "logout_hint", "ui_locales")
_MAX_STATE = 2048


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """What a site asked: who it is, where the browser goes afterwards, and whose session it means.

    `logout_hint` has no bearing: a browser is signed in as one person at most, so there is nobody to choose from.
    """

    client: RegisteredClient | None
    return_to: str | None
    hint: Hint | None


def read_request(provider: Provider, parameters: dict[str, str]) -> LogoutRequest:
    """Check the parameters (RP-Initiated Logout §2); InvalidRequestError is shown to the person as a page (§4)."""
    hint, said = None, None
    if "id_token_hint" in parameters:
        try:
            hint = provider.id_tokens.read_hint(parameters["id_token_hint"])
            said = hint.audience
        except HintUnknown as unknown:  # its key was revoked or is long gone: the person is asked instead
            said = unknown.audience
        except HintRefused as refused:
            raise InvalidRequestError("id_token_hint was not issued here") from refused
    client_id = parameters.get("client_id") or said
    if said is not None and client_id != said:
        raise InvalidRequestError("client_id is not the audience of id_token_hint")
    client = provider.clients.find(client_id) if client_id is not None else None
    if "client_id" in parameters and client is None:
        raise InvalidRequestError("client_id is not known")
    if len(state := parameters.get("state", "")) > _MAX_STATE:
        raise InvalidRequestError("state is too long")
    target = parameters.get("post_logout_redirect_uri")
    if target is None:
        return LogoutRequest(client, None, hint)
    if client is not None and not client.accepts_return(target):
        registered = site_errors.joined(client.metadata.post_logout_redirect_uris)
        provider.tell_error(client.client_id, "post_logout_redirect_uri", site_errors.address(target), registered)
    if client is None or not client.accepts_return(target):
        raise InvalidRequestError("post_logout_redirect_uri is not registered for this client")
    return LogoutRequest(client, with_parameters(target, {"state": state} if state else {}), hint)


def means_session(provider: Provider, request: LogoutRequest, session_id: str, account_id: str) -> bool:
    """Whether the hint proves that the site means the session of this browser, so that nobody needs to be asked (§2)."""
    if request.hint is None or request.client is None:
        return False
    with provider.database.glance() as db:
        expected = subjects.of_account(db, provider.keyring, request.client, account_id)
    if request.hint.subject != expected:
        return False
    if request.hint.sid is None:
        return True
    with provider.database.view() as db:
        return provider.sessions.session_of_sid(db, request.hint.sid) == session_id


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """How one site answered to the end of a session: waiting, delivered or dead by the back channel.

    Without one `in_browser` when it was called there, or not_offered when it cannot be told.
    """

    client: RegisteredClient
    state: str


def answers(provider: Provider, outbox_view: Any, session_id: str) -> list[SiteAnswer]:
    """What became of the logout tokens of one ended session; of a site that takes none, how else it was told."""
    with provider.database.view() as db:
        deliveries = {each.recipient: each.state for each in outbox_view.deliveries(db, topic_of(session_id))}
        reached = provider.sessions.sites(db, session_id)
    return [
        SiteAnswer(client, deliveries.get(client_id) or _without_back_channel(client))
        for client_id in reached
        if (client := provider.clients.find(client_id)) is not None
    ]


def _without_back_channel(client: RegisteredClient) -> str:
    return "not_offered" if client.metadata.frontchannel_logout_uri is None else "in_browser"
