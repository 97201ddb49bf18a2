"""`private_key_jwt`: an assertion under a signature, checked by the client's published keys (OpenID Connect Core §9)."""

from idp.core import signing
from idp.oidc.client_auth import assertions
from idp.oidc.client_auth.method import Method
from idp.oidc.client_auth.presented import Presented, Way
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient


def _doubt(provider: Provider, client: RegisteredClient, presented: Presented) -> str | None:
    keys = provider.client_keys.verifying(client)
    return assertions.doubt(provider, client, presented, keys=keys, algorithms=signing.ALGORITHMS)


METHOD = Method("private_key_jwt", Way.ASSERTION, _doubt, signing.ALGORITHMS)
