"""`client_secret_jwt`: an assertion under a MAC whose key is the client's secret (OpenID Connect Core §9).

The secret itself is needed for that, so it is kept sealed beside its digest, for clients of this method only. It has 512
random bits, since a MAC key must be as long as the hash (RFC 7518 §3.2); a shorter one serves the algorithms it suffices for.
"""

from idp.core import clock
from idp.core.jwt import jose
from idp.oidc.client_auth import assertions
from idp.oidc.client_auth.method import Method
from idp.oidc.client_auth.presented import Presented, Way
from idp.oidc.provider import Provider
from idp.oidc.registration import client_secrets
from idp.oidc.registration.clients import RegisteredClient


def _doubt(provider: Provider, client: RegisteredClient, presented: Presented) -> str | None:
    keys = jose.secret_keys(client_secrets.opened(client.sealed_secrets, provider.keyring, clock.now()))
    return assertions.doubt(provider, client, presented, keys=keys, algorithms=jose.MACS)


METHOD = Method("client_secret_jwt", Way.ASSERTION, _doubt, jose.MACS)
