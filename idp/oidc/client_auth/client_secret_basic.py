"""`client_secret_basic`: the secret by HTTP Basic (RFC 6749 §2.3.1)."""

from idp.core import clock
from idp.oidc.client_auth.method import Method
from idp.oidc.client_auth.presented import Presented, Way
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient


def doubt(_provider: Provider, client: RegisteredClient, presented: Presented) -> str | None:
    return None if client.accepts_secret(presented.proof, clock.now()) else "secret"


METHOD = Method("client_secret_basic", Way.BASIC, doubt)
