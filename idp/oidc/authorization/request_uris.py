"""Request objects by reference: fetched where the client registered them, and nowhere else (OpenID Connect Core §6.2)."""

import threading
from dataclasses import dataclass

from idp.core import clock, deadline, ids, logging
from idp.core.deadline import Deadline
from idp.core.http import GuardedClient, HttpUnavailable
from idp.core.shelf import Shelf
from idp.oidc.authorization.rules import OidcError
from idp.oidc.registration.clients import RegisteredClient

MAX_BYTES = 65_536
_LONGEST = 512
_SECONDS = 3.0
# A slow site, or many of them, must not hold every thread of a process.
_MOST_FETCHES, _PATIENCE = 2, 1.0
_PAUSE_PER_SECOND_LOST = 3.0
_MOST_PAUSES = 10_000
_ACCEPT = {"Accept": "application/oauth-authz-req+jwt, application/jwt, text/plain, */*;q=0.1"}
_log = logging.get("oidc.request_uris")


@dataclass(slots=True)
class _Pause:
    """How long a site is not asked again, after it has cost time for nothing."""

    until: float = float("-inf")


class RequestUris:
    """Fetches request objects through the guard against requests forged in our name (RFC 9101 §10.4)."""

    def __init__(self, http: GuardedClient) -> None:
        self._http = http
        self._fetches = threading.BoundedSemaphore(_MOST_FETCHES)
        self._pauses: Shelf[_Pause] = Shelf(_MOST_PAUSES, _MOST_PAUSES)

    def fetch(self, client: RegisteredClient, uri: str) -> str:
        """The object, not yet verified; a fragment must be the SHA-256 of the file (§6.2), and `invalid_request_uri` else."""
        address, _, digest = uri.partition("#")
        if len(uri) > _LONGEST or address not in {each.partition("#")[0] for each in client.metadata.request_uris}:
            raise OidcError("invalid_request_uri", "this request_uri is not registered for this client")
        text = self._file(client, address)
        if digest and digest.rstrip("=") != ids.digest(text):
            raise OidcError("invalid_request_uri", "the fragment of request_uri is not the SHA-256 of its file")
        return text.strip()

    def _file(self, client: RegisteredClient, address: str) -> str:
        with self._http.turnstile.passed() as is_in:
            if (
                not is_in
                or clock.monotonic() < self._pause_of(client).until
                or not self._fetches.acquire(timeout=deadline.allowed(_PATIENCE))
            ):
                raise OidcError("temporarily_unavailable", "too many request objects are being fetched")
            try:
                return self._fetched(client, address)
            finally:
                self._fetches.release()

    def _fetched(self, client: RegisteredClient, address: str) -> str:
        began = clock.monotonic()
        try:
            answer = self._http.request(
                "GET", address, headers=_ACCEPT, body=None,
                deadline=Deadline.after(deadline.allowed(_SECONDS)), max_bytes=MAX_BYTES,
            )  # fmt: skip
            if answer.status != 200:
                raise HttpUnavailable(f"http_{answer.status}")
            return answer.body.decode("ascii")
        except (HttpUnavailable, UnicodeDecodeError) as lost:
            now = clock.monotonic()
            self._pause_of(client).until = now + _PAUSE_PER_SECOND_LOST * (now - began)
            reason = lost.reason if isinstance(lost, HttpUnavailable) else "not_ascii"
            _log.warning("not_fetched", reason=reason, client_id=client.client_id)
            raise OidcError("invalid_request_uri", "the request object cannot be fetched") from lost

    def _pause_of(self, client: RegisteredClient) -> _Pause:
        return self._pauses.get(client.client_id) or self._pauses.put(client.client_id, _Pause(), 1)
