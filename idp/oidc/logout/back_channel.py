"""The outbox handler that brings one site its logout token (Back-Channel Logout 1.0)."""

from urllib.parse import urlencode

from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.http import GuardedClient, HttpUnavailable
from idp.oidc.jwt.client_keys import ClientKeysUnavailable
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.outbox.outbox import Dead, Delivered, Message, Retry

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_TOKEN_SECONDS = 120
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class LogoutDelivery:
    """One try at one site for each call; the worker counts and repeats."""

    def __init__(self, provider: Provider, http: GuardedClient) -> None:
        self._provider = provider
        self._http = http

    def __call__(self, message: Message, deadline: Deadline) -> Delivered | Retry | Dead:
        """The token's `jti` is the message's id, so that a repeat has no second effect (§2.4, §2.5)."""
        client = self._provider.clients.find(message.payload["client_id"])
        if client is None or client.metadata.backchannel_logout_uri is None:
            return Dead("no_backchannel_uri")
        try:
            token = self._token(client, message)
        except ClientKeysUnavailable as away:
            return Retry(away.code)
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
        return self._provider.outgoing.logout_token(client, claims)
