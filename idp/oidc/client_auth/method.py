"""What a method of client authentication is: its registered name, its way into the request, and its question."""

from collections.abc import Callable
from dataclasses import dataclass

from idp.oidc.client_auth.presented import Presented, Way
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient


@dataclass(frozen=True, slots=True)
class Method:
    """`doubt` answers by a short code why what is presented proves nothing, or None when it is the client."""

    name: str
    way: Way
    doubt: Callable[[Provider, RegisteredClient, Presented], str | None]
    algorithms: tuple[str, ...] = ()
    """The signature algorithms it offers, where it has any."""
