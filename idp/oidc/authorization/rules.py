"""What an authorization request must satisfy, as one ordered list of rules that can be read aloud.

The first two are about whether the site may be answered at all; until they hold, only the person gets an answer.
Every later refusal goes to the site as an OAuth error (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from authlib.oauth2.rfc6749.errors import (
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnauthorizedClientError,
)

from idp.oidc import consents, levels, resources
from idp.oidc.authorization import response_modes, response_types
from idp.oidc.authorization.claims_request import ClaimsMalformed
from idp.oidc.authorization.request import DISPLAYS, AuthorizationRequest
from idp.oidc.levels import Level
from idp.oidc.registration.clients import ClientRegistry, RegisteredClient
from idp.oidc.resource_servers import ResourceServers
from idp.oidc.tokens.id_tokens import HintRefused, IdTokens
from idp.oidc.verified import framework

PROMPTS = {"none", "login", "consent", "select_account", "create"}
MAX_STATE = 2048
MAX_NONCE = 512
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class UnprovenSite(Exception):
    """We cannot tell where an answer may go, so the person gets a page; `code` says which check failed."""

    def __init__(self, code: str, client: RegisteredClient | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.client = client


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request that satisfies every rule."""

    asked: AuthorizationRequest
    client: RegisteredClient
    redirect_uri: str
    scope: tuple[str, ...]
    hinted_subject: str | None
    resources: tuple[str, ...] = ()

    @property
    def claims(self) -> tuple[str, ...]:
        """The claims asked for singly that come on top of the scope."""
        return self.asked.claims.beyond(self.scope, registered=self.client.metadata.scopes)

    @property
    def words(self) -> tuple[str, ...]:
        """Scope, single claims and verified claims, as a consent holds them."""
        return words_of(self.asked, self.client, self.scope)

    def levels_within(self, reach: Level) -> tuple[Level, ...]:
        """The levels of which one must be reached; the registered ones when the request is silent (Registration §2)."""
        return levels_of(self.asked, self.client, reach)

    def may_be(self, subject: str | None) -> bool:
        """Whether the site means this person, by `id_token_hint` or by a demanded `sub` (OpenID Core §3.1.2.2)."""
        demanded = self.asked.claims.subjects
        return self.hinted_subject in {None, subject} and (demanded is None or subject in demanded)


def levels_of(asked: AuthorizationRequest, client: RegisteredClient, reach: Level) -> tuple[Level, ...]:
    """What `CheckedRequest.levels_within` answers, for the pages before the answer."""
    if "acr_values" in asked.wire or ("claims" in asked.wire and "acr" in asked.claims.id_token):
        return asked.levels_within(reach)
    return levels.parse_all(client.metadata.default_acr_values)


def words_of(asked: AuthorizationRequest, client: RegisteredClient, scope: tuple[str, ...]) -> tuple[str, ...]:
    """What `CheckedRequest.words` answers, for the pages before the answer."""
    if "claims" not in asked.wire:
        return consents.words(scope)
    singly = asked.claims.beyond(scope, registered=client.metadata.scopes)
    return consents.words(scope, singly, asked.claims.vouched_for(scope, allowed=framework.allowed(client)))


def may_reach_another_app(client: RegisteredClient, redirect_uri: str) -> bool:
    """Whether the answer goes to an address on the person's device that any program there may take (RFC 8252 §8.6).

    Nothing else tells such a program from the app that is registered: it has no proof of its own.
    """
    if not client.is_public or client.metadata.application_type != "native":
        return False
    return bool(redirect_uri) and not redirect_uri.startswith("https:")


class OidcError(OAuth2Error):
    """An OAuth error by its registered code, with an ASCII description."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(error=code, description=description or None)


def known_client(asked: AuthorizationRequest, clients: ClientRegistry) -> RegisteredClient:
    """The client that the request names; it proves nothing yet."""
    if asked.client_id is None:
        raise UnprovenSite("client_id_missing")
    client = clients.find(asked.client_id)
    if client is None:
        raise UnprovenSite("client_unknown")
    return client


def proven_redirect(asked: AuthorizationRequest, client: RegisteredClient) -> str:
    """The exact redirect URI to answer to; UnprovenSite when it is not certain."""
    if asked.redirect_uri is None:
        raise UnprovenSite("redirect_uri_missing", client)
    if not client.accepts_redirect(asked.redirect_uri):
        raise UnprovenSite("redirect_uri_not_registered", client)
    return asked.redirect_uri


def response_type_is_offered(asked: AuthorizationRequest, client: RegisteredClient) -> None:
    if not asked.response_type:
        raise InvalidRequestError("response_type is missing")
    if asked.repeats_response_type or not response_types.is_offered(asked.response_type):
        raise OidcError("unsupported_response_type", "this response_type is not offered")
    if not response_types.is_registered(asked.response_type, client):
        raise UnauthorizedClientError("this client is not registered for this response_type")


def response_mode_is_offered(asked: AuthorizationRequest, client: RegisteredClient) -> None:
    if not response_modes.is_allowed(asked):
        raise InvalidRequestError("this response_mode is not offered, or not with this response_type")


def registration_is_off(asked: AuthorizationRequest, client: RegisteredClient) -> None:
    """No client describes itself in its request (Core §7.2.1); request objects were opened before (`request_objects`)."""
    if "registration" in asked.wire:
        raise OidcError("registration_not_supported", "registration is not offered")


def scope_has_openid(asked: AuthorizationRequest, client: RegisteredClient) -> None:
    """An OpenID request has it; a plain OAuth one is for clients that are not registered for OpenID (Core §3.1.2.1)."""
    if "openid" in asked.scope:
        return
    if "openid" in client.metadata.scopes or "id_token" in asked.response_type:
        raise InvalidScopeError("scope must contain openid")
    if not scope_for(asked, client):
        raise InvalidScopeError("scope names nothing that this client is registered for")


def nonce_is_there(asked: AuthorizationRequest, client: RegisteredClient) -> None:
    """Whoever gets an ID token by way of the browser must be able to tell it from an injected one (Core §3.2.2.1)."""
    if "id_token" in asked.response_type and asked.nonce is None:
        raise InvalidRequestError("nonce is required with this response_type")


def pkce_is_s256(asked: AuthorizationRequest, client: RegisteredClient) -> None:
    """PKCE with S256 and nothing weaker; nobody who must use it may leave it out (RFC 7636, RFC 9700 §2.1.1)."""
    if asked.code_challenge is None:
        if "code_challenge_method" in asked.wire:
            raise InvalidRequestError("code_challenge_method came without code_challenge")
        if "code" in asked.response_type and client.needs_pkce:
            raise InvalidRequestError("code_challenge is missing: PKCE with S256 is required")
        return
    if asked.wire.get("code_challenge_method") != "S256":
        raise InvalidRequestError("code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(asked.code_challenge):
        raise InvalidRequestError("code_challenge is not an S256 challenge")


def prompt_makes_sense(asked: AuthorizationRequest, client: RegisteredClient) -> None:
    if asked.prompt - PROMPTS:
        raise InvalidRequestError("this prompt value is not offered")
    if "none" in asked.prompt and len(asked.prompt) > 1:
        raise InvalidRequestError("prompt=none excludes every other prompt value")


def principal_can_be_asked(asked: AuthorizationRequest, client: RegisteredClient) -> None:
    if asked.principal not in {None, "select"}:
        raise InvalidRequestError("principal must be select")


def max_age_is_a_number(asked: AuthorizationRequest, client: RegisteredClient) -> None:
    text = asked.wire.get("max_age")
    if text is not None and not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidRequestError("max_age must be a number of seconds")


def display_is_known(asked: AuthorizationRequest, client: RegisteredClient) -> None:
    if asked.display not in DISPLAYS:
        raise InvalidRequestError("this display value is not known")


def echoes_are_short(asked: AuthorizationRequest, client: RegisteredClient) -> None:
    if len(asked.state or "") > MAX_STATE or len(asked.nonce or "") > MAX_NONCE:
        raise InvalidRequestError("state or nonce is too long")


def claims_can_be_read(asked: AuthorizationRequest, client: RegisteredClient) -> None:
    try:
        _ = asked.claims
    except ClaimsMalformed as malformed:
        raise InvalidRequestError(str(malformed)) from malformed


RULES: tuple[Callable[[AuthorizationRequest, RegisteredClient], None], ...] = (
    response_type_is_offered,
    response_mode_is_offered,
    registration_is_off,
    scope_has_openid,
    nonce_is_there,
    pkce_is_s256,
    prompt_makes_sense,
    principal_can_be_asked,
    max_age_is_a_number,
    display_is_known,
    echoes_are_short,
    claims_can_be_read,
)


def check(
    asked: AuthorizationRequest,
    client: RegisteredClient,
    redirect_uri: str,
    id_tokens: IdTokens,
    servers: ResourceServers,
    issuer: str,
) -> CheckedRequest:
    """Apply every rule in order; the first that fails raises its OAuth2Error."""
    for rule in RULES:
        rule(asked, client)
    hinted = None
    if asked.id_token_hint is not None:
        try:
            hinted = id_tokens.read_hint(asked.id_token_hint).subject
        except HintRefused as refused:
            raise InvalidRequestError("id_token_hint was not issued here") from refused
    targets, scope = resources.granted(servers, issuer, client, asked.resource, scope_for(asked, client))
    return CheckedRequest(asked, client, redirect_uri, scope, hinted, targets)


def released(
    servers: ResourceServers, issuer: str, asked: AuthorizationRequest, client: RegisteredClient
) -> tuple[str, ...]:
    """What of the scope this request would get, for the pages before the answer; nothing when its resource is refused."""
    try:
        return resources.granted(servers, issuer, client, asked.resource, scope_for(asked, client))[1]
    except resources.InvalidTarget:
        return ()


def scope_for(asked: AuthorizationRequest, client: RegisteredClient) -> tuple[str, ...]:
    """What of the scope this client may have: a value unknown or not registered for it is ignored (Core §3.1.2.1)."""
    # Only a code brings a refresh token (OpenID Connect Core §11).
    without_refresh = "code" not in asked.response_type or "refresh_token" not in client.metadata.grant_types
    return tuple(
        word
        for word in dict.fromkeys(asked.scope)
        if word in client.metadata.scopes and not (word == "offline_access" and without_refresh)
    )
