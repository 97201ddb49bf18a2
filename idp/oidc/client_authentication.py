"""Who is calling: the client that proved itself by the method it registered; a refusal is counted and put on record."""

from collections.abc import Mapping

from authlib.oauth2.rfc6749.errors import InvalidClientError

from idp.audit.trail import SYSTEM
from idp.core import certificates, clock, ids
from idp.core.addresses import network_of
from idp.core.errors import TooManyAttempts
from idp.oidc import client_auth
from idp.oidc.client_auth import presented as request
from idp.oidc.client_auth.presented import Presented
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient

_FAILURES, _PERIOD = 20, 60
_NOBODYS = ids.digest("")


def authenticate(
    provider: Provider,
    authorization: str | None,
    form: Mapping[str, str],
    *,
    address: str,
    certificate: certificates.Presented | None = None,
    audience: str = "",
) -> RegisteredClient:
    """The client that proved itself; InvalidClientError otherwise, and after many failures TooManyAttempts.

    `audience` is the URL of the endpoint that was called, `certificate` what a trusted proxy says of the connection.
    """
    presented = request.read(authorization, form, certificate=certificate, endpoint=audience)
    client = provider.clients.find(presented.client_id)
    if client is None:
        ids.same(ids.digest(presented.proof), _NOBODYS)  # a name that nobody has costs what a wrong secret costs
        doubt: str | None = "unknown_client"
    else:
        method = client_auth.METHODS[client.metadata.token_endpoint_auth_method]
        doubt = method.doubt(provider, client, presented) if method.way is presented.way else "method"
        if doubt is None:
            return client
    _note_failure(provider, client, address, reason=doubt or "")
    if client is not None:
        way = presented.way.name.lower()
        provider.tell_error(client.client_id, f"client_{doubt}"[:64], way, client.metadata.token_endpoint_auth_method)
    _count_failure(provider, presented, address)
    raise InvalidClientError("client authentication failed", status_code=401)


def _note_failure(provider: Provider, client: RegisteredClient | None, address: str, *, reason: str) -> None:
    """One entry a minute for a client and network, and one for all names without a client: no guesser floods the trail."""
    name, network = client.client_id if client is not None else None, network_of(address)
    counter = f"client-auth-told:{name}:{network}"
    if provider.store.hit(counter, limit=1, period=_PERIOD, now=clock.now().timestamp()):
        return
    with provider.database.quick() as db:
        provider.trail.record(
            db, "oidc.client_refused", outcome="failure", actor=SYSTEM, client_id=name, reason=reason,
            network=provider.keyring.blind_index("network", network)[:16],
        )  # fmt: skip


def _count_failure(provider: Provider, presented: Presented, address: str) -> None:
    """Failures are counted for client and network together, so that no stranger can shut a site out."""
    counter = f"client-auth:{presented.client_id}:{network_of(address)}"
    wait = provider.store.hit(counter, limit=_FAILURES, period=_PERIOD, now=clock.now().timestamp())
    if wait:
        raise TooManyAttempts(retry_after=wait)
