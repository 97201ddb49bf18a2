"""Leaving: a site asks to end the session (RP-Initiated Logout 1.0), and every site is told (Back-Channel Logout 1.0)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from authlib.oauth2.rfc6749.errors import InvalidRequestError

from idp.authn.sessions import topic_of
from idp.core import clock, signing
from idp.core.deadline import Deadline
from idp.core.http import GuardedClient, HttpUnavailable
from idp.oidc import subjects
from idp.oidc.clients import RegisteredClient
from idp.oidc.id_tokens import Hint, HintRefused, HintUnknown
from idp.oidc.provider import Provider
from idp.outbox.outbox import Dead, Delivered, Message, Retry

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_TOKEN_SECONDS = 120
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """What a site asked: who it is, where the browser goes afterwards, and whose session it means."""

    client: RegisteredClient | None
    return_to: str | None
    hint: Hint | None


def read_request(provider: Provider, parameters: dict[str, str]) -> LogoutRequest:
    """Check the parameters (RP-Initiated Logout §2); InvalidRequestError is shown to the person as a page."""
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
    if hint is not None and client_id != hint.audience:
        raise InvalidRequestError("client_id is not the audience of id_token_hint")
    client = provider.clients.find(client_id) if client_id is not None else None
    target = parameters.get("post_logout_redirect_uri")
    if target is None:
        return LogoutRequest(client, None, hint)
    if client is None or target not in client.metadata.post_logout_redirect_uris:
        raise InvalidRequestError("post_logout_redirect_uri is not registered for this client")
    return LogoutRequest(
        client, with_parameters(target, {"state": parameters["state"]} if "state" in parameters else {}), hint
    )


def means_session(provider: Provider, request: LogoutRequest, session_id: str, account_id: str) -> bool:
    """Whether the hint proves that the site means the session of this browser, so that nobody needs to be asked."""
    if request.hint is None or request.client is None:
        return False
    expected = subjects.subject_of(provider.keyring, request.client, account_id)
    if request.hint.subject != expected:
        return False
    if request.hint.sid is None:
        return True
    with provider.database.view() as db:
        return provider.sessions.session_of_sid(db, request.hint.sid) == session_id


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """How one site answered to the end of a session: waiting, delivered, dead, or not_offered when it cannot be told."""

    client: RegisteredClient
    state: str


def answers(provider: Provider, outbox_view: Any, session_id: str) -> list[SiteAnswer]:
    """What became of the logout tokens of one ended session; of a site that takes none, that it does not."""
    with provider.database.view() as db:
        deliveries = {each.recipient: each.state for each in outbox_view.deliveries(db, topic_of(session_id))}
        reached = provider.sessions.sites(db, session_id)
    return [
        SiteAnswer(client, deliveries.get(client_id, "not_offered"))
        for client_id in reached
        if (client := provider.clients.find(client_id)) is not None
    ]


class LogoutDelivery:
    """The outbox handler that brings one site its logout token."""

    def __init__(self, provider: Provider, http: GuardedClient) -> None:
        self._provider = provider
        self._http = http

    def __call__(self, message: Message, deadline: Deadline) -> Delivered | Retry | Dead:
        """One try; the token's `jti` is the message's id, so that a repeat has no second effect (§2.4, §2.5)."""
        client = self._provider.clients.find(message.payload["client_id"])
        if client is None or client.metadata.backchannel_logout_uri is None:
            return Dead("no_backchannel_uri")
        token = self._token(client, message)
        try:
            answer = self._http.request(
                "POST", client.metadata.backchannel_logout_uri, headers=_FORM,
                body=urlencode({"logout_token": token}).encode("ascii"), deadline=deadline, max_bytes=65_536,
            )  # fmt: skip
        except HttpUnavailable as away:
            return Retry(away.reason)
        if answer.status in {200, 204}:
            return Delivered()
        return Dead(f"http_{answer.status}") if answer.status == 400 else Retry(f"http_{answer.status}")

    def _token(self, client: RegisteredClient, message: Message) -> str:
        now = clock.epoch()
        claims = {
            "iss": self._provider.issuer,
            "aud": client.client_id,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
            "jti": message.id,
            "sub": message.payload["sub"],
            "sid": message.payload["sid"],
            "events": {EVENT: {}},
        }
        signer = self._provider.keys.signer(client.metadata.id_token_signed_response_alg)
        return signing.compact(signer, claims, typ="logout+jwt")


def with_parameters(uri: str, parameters: dict[str, str]) -> str:
    """The URI with parameters appended to its query, nothing else changed."""
    if not parameters:
        return uri
    parts = urlsplit(uri)
    query = "&".join(piece for piece in (parts.query, urlencode(parameters)) if piece)
    return urlunsplit(parts._replace(query=query))
