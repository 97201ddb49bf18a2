"""What every part of the protocol works with: the installation's clients, keys, tokens and stores, built once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from idp.accounts.accounts import Accounts
from idp.accounts.passwords import PasswordRules
from idp.audit.trail import Trail
from idp.authn.sessions import Sessions
from idp.core.certificates import TrustAnchors
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database
from idp.oidc.authorization.request_uris import RequestUris
from idp.oidc.jwt.client_keys import ClientKeys
from idp.oidc.jwt.keys import SigningKeys
from idp.oidc.jwt.outgoing import Outgoing
from idp.oidc.levels import Level
from idp.oidc.registration.clients import ClientRegistry
from idp.oidc.resource_servers import ResourceServers
from idp.oidc.tokens.access_tokens import AccessTokens
from idp.oidc.tokens.id_tokens import IdTokens
from idp.oidc.verified.framework import Offer
from idp.store.redis import Store


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long codes and refresh tokens live, and how long an honest repeat of a refresh is answered."""

    code: timedelta
    refresh_token: timedelta
    refresh_grace: timedelta


def _nobody_listens(_client_id: str, _code: str, _sent: str, _registered: str) -> None:
    """Where nobody keeps the errors of sites."""


@dataclass(frozen=True, slots=True)
class Provider:
    """The issuer and its rooms."""

    issuer: str
    reach: Level
    """As far as any way that is configured leads."""
    verified: Offer
    """What can be vouched for."""
    database: Database
    store: Store
    keyring: Keyring
    trail: Trail
    clients: ClientRegistry
    client_anchors: TrustAnchors | None
    client_keys: ClientKeys
    request_uris: RequestUris
    resource_servers: ResourceServers
    keys: SigningKeys
    outgoing: Outgoing
    id_tokens: IdTokens
    access_tokens: AccessTokens
    sessions: Sessions
    accounts: Accounts
    password_rules: PasswordRules
    lifetimes: Lifetimes
    tell_error: Callable[[str, str, str, str], None] = _nobody_listens
    """Takes what a site did wrong (`site_errors.Tell`)."""
