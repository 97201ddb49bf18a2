"""Request objects by reference: fetched where the client registered them, and nowhere else (OpenID Connect Core §6.2)."""

import threading

from idp.core import deadline, ids, logging
from idp.core.deadline import Deadline
from idp.core.http import GuardedClient, HttpUnavailable
from idp.oidc.clients import RegisteredClient
from idp.oidc.rules import OidcError

MAX_BYTES = 65_536
_LONGEST = 512
_SECONDS = 3.0
# A slow site, or many of them, must not hold every thread of a process.
_MOST_FETCHES, _PATIENCE = 2, 1.0
_ACCEPT = {"Accept": "application/oauth-authz-req+jwt, application/jwt, text/plain, */*;q=0.1"}
_log = logging.get("oidc.request_uris")


class RequestUris:
    """Fetches request objects through the guard against requests forged in our name (RFC 9101 §10.4)."""

    def __init__(self, http: GuardedClient) -> None:
        self._http = http
        self._fetches = threading.BoundedSemaphore(_MOST_FETCHES)

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
        if not self._fetches.acquire(timeout=deadline.allowed(_PATIENCE)):
            raise OidcError("temporarily_unavailable", "too many request objects are being fetched")
        try:
            answer = self._http.request(
                "GET", address, headers=_ACCEPT, body=None,
                deadline=Deadline.after(deadline.allowed(_SECONDS)), max_bytes=MAX_BYTES,
            )  # fmt: skip
            if answer.status != 200:
                raise HttpUnavailable(f"http_{answer.status}")
            return answer.body.decode("ascii")
        except (HttpUnavailable, UnicodeDecodeError) as lost:
            reason = lost.reason if isinstance(lost, HttpUnavailable) else "not_ascii"
            _log.warning("not_fetched", reason=reason, client_id=client.client_id)
            raise OidcError("invalid_request_uri", "the request object cannot be fetched") from lost
        finally:
            self._fetches.release()
