"""Who is calling: exactly one method of client authentication, and the one the client registered (RFC 6749 §2.3)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from idp.audit.trail import SYSTEM
from idp.core import clock
from idp.core.addresses import network_of
from idp.core.errors import TooManyAttempts
from idp.oidc.clients import RegisteredClient
from idp.oidc.provider import Provider

METHODS = ("client_secret_basic", "client_secret_post", "none")
_FAILURES, _PERIOD = 20, 60


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request says of its sender."""

    method: str
    client_id: str
    secret: str | None


def authenticate(
    provider: Provider, authorization: str | None, form: Mapping[str, str], *, address: str
) -> RegisteredClient:
    """The client that proved itself; InvalidClientError otherwise, and after many failures TooManyAttempts."""
    presented = _presented(authorization, form)
    client = provider.clients.find(presented.client_id)
    registered = client is not None and client.metadata.token_endpoint_auth_method == presented.method
    if client is not None and registered and _is_right(client, presented.secret):
        return client
    _note_failure(provider, client, address, reason="method" if client is not None and not registered else "secret")
    _count_failure(provider, presented.client_id, address)
    raise InvalidClientError("client authentication failed", status_code=401)


def _is_right(client: RegisteredClient, secret: str | None) -> bool:
    return secret is None or client.accepts_secret(secret, clock.now())


def _presented(authorization: str | None, form: Mapping[str, str]) -> Presented:
    if authorization is not None and authorization[:6].lower() == "basic ":
        if "client_secret" in form:
            raise InvalidRequestError("more than one method of client authentication is used")
        client_id, secret = _from_basic(authorization[6:])
        if form.get("client_id", client_id) != client_id:
            raise InvalidRequestError("client_id differs from the authenticated client")
        return Presented("client_secret_basic", client_id, secret)
    if authorization is not None:
        _refuse("this authentication scheme is not offered")
    if "client_id" not in form:
        _refuse("client authentication is missing")
    if "client_secret" in form:
        return Presented("client_secret_post", form["client_id"], form["client_secret"])
    return Presented("none", form["client_id"], None)


def _from_basic(encoded: str) -> tuple[str, str]:
    """The two halves, each form-urlencoded before they were joined (RFC 6749 §2.3.1)."""
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
        if not colon:
            raise ValueError
        return unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError):
        _refuse("the Basic credentials cannot be read")


def _refuse(description: str) -> NoReturn:
    raise InvalidClientError(description, status_code=401)


def _note_failure(provider: Provider, client: RegisteredClient | None, address: str, *, reason: str) -> None:
    """One entry a minute for a client and network, and one for all names without a client: no guesser floods the trail."""
    name, network = client.client_id if client is not None else None, network_of(address)
    counter = f"client-auth-told:{name}:{network}"
    if provider.store.hit(counter, limit=1, period=_PERIOD, now=clock.now().timestamp()):
        return
    with provider.database.quick() as db:
        provider.trail.record(
            db, "oidc.client_refused", outcome="failure", actor=SYSTEM, client_id=name,
            reason=reason if name is not None else "unknown_client",
            network=provider.keyring.blind_index("network", network)[:16],
        )  # fmt: skip


def _count_failure(provider: Provider, client_id: str, address: str) -> None:
    """Failures are counted for client and network together, so that no stranger can shut a site out."""
    wait = provider.store.hit(
        f"client-auth:{client_id}:{network_of(address)}", limit=_FAILURES, period=_PERIOD, now=clock.now().timestamp()
    )
    if wait:
        raise TooManyAttempts(retry_after=wait)
