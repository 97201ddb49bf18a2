"""Resource indicators (RFC 8707): which servers a site may ask tokens for, and what one token is aimed at.

The issuer is a resource too: UserInfo, which the scopes of OpenID Connect belong to. Every other scope belongs to the one
resource server that registered it. What was granted for several servers is narrowed when one of them is named; a token
names its audience, and carries only the scopes of that audience.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from authlib.oauth2.rfc6749.errors import OAuth2Error

from idp.oidc.registration.client_metadata import SCOPES
from idp.oidc.registration.clients import RegisteredClient
from idp.oidc.resource_servers import JWT, Known, Resource, ResourceServers, is_absolute_uri

_OWN = frozenset(SCOPES)
MOST = 10


class InvalidTarget(OAuth2Error):
    """The requested resource is unknown, malformed, or not this site's to ask for (RFC 8707 §2)."""

    error = "invalid_target"


@dataclass(frozen=True, slots=True)
class Target:
    """What one access token is for: its scope, its audience (None: the issuer alone), and the server that reads it as a JWT."""

    scope: str
    audience: tuple[str, ...] | None = None
    reader: Resource | None = None

    def is_for_issuer(self, issuer: str) -> bool:
        """Whether the token may be used at UserInfo."""
        return self.audience is None or issuer in self.audience


def granted(
    servers: ResourceServers, issuer: str, client: RegisteredClient, asked: Sequence[str], scope: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The resources and the scope that an authorization request may get; InvalidTarget for a resource that it may not.

    Resources that are asked by name are the ones granted, and a scope of any other server is passed over. Where none is
    named, the scope names them.
    """
    if not asked and _OWN.issuperset(scope):
        return (), tuple(scope)
    known = servers.known()
    if asked:
        resources = required(known, issuer, client, asked)
        words = tuple(word for word in scope if word in _OWN or _owner(known, issuer, word) in resources)
        return () if resources == (issuer,) else resources, words
    resources = owners(known, issuer, scope)
    words = tuple(words_of(known, issuer, resources, scope))
    return () if resources == (issuer,) else resources, words


def required(known: Known, issuer: str, client: RegisteredClient, asked: Iterable[str]) -> tuple[str, ...]:
    """The resources, each once, if this client may ask for all of them: it is registered for a scope of each."""
    resources = tuple(dict.fromkeys(asked))
    if len(resources) > MOST:
        raise InvalidTarget("too many resources are asked for")
    for identifier in resources:
        if identifier == issuer:
            continue
        if not is_absolute_uri(identifier):
            raise InvalidTarget("a resource must be an absolute URI without a fragment")
        server = known.by_identifier.get(identifier)
        if server is None:
            raise InvalidTarget("this resource is not known")
        if server.client_id != client.client_id and server.scopes.isdisjoint(client.scopes):
            raise InvalidTarget("this client is not registered for a scope of this resource")
    return resources


def target(
    servers: ResourceServers, issuer: str, *, resources: Sequence[str] | None, asked: Sequence[str], scope: str
) -> Target:
    """What a token is aimed at when `resources` were granted and, of these, `asked` are named (RFC 8707 §2.2).

    Nobody named: all of what was granted. The issuer may always be named where `openid` was granted.
    """
    words = scope.split()
    if not resources and not asked:
        return Target(scope)
    chosen: Sequence[str] = tuple(dict.fromkeys(asked)) or resources or ()
    may = {*(resources or (issuer,)), *((issuer,) if "openid" in words else ())}
    if not may.issuperset(chosen):
        raise InvalidTarget("this resource was not granted")
    return aimed(servers.known(), issuer, chosen, words)


def aimed(known: Known, issuer: str, chosen: Collection[str], words: Iterable[str]) -> Target:
    """A token for these resources, with those of the words that belong to them.

    A JWT has one audience: with several, one server could use the token at another (RFC 9068 §5). So a token for
    several resources is opaque, whatever each of them registered.
    """
    present = tuple(each for each in chosen if each == issuer or each in known.by_identifier)
    if not present:
        raise InvalidTarget("this resource is no longer known")
    scope = " ".join(words_of(known, issuer, present, words))
    if present == (issuer,):
        return Target(scope)
    only = known.by_identifier.get(present[0]) if len(present) == 1 else None
    return Target(scope, present, only if only is not None and only.token_format == JWT else None)


def words_of(known: Known, issuer: str, resources: Collection[str], words: Iterable[str]) -> list[str]:
    """Those of the scope words that belong to these resources."""
    return [word for word in words if _owner(known, issuer, word) in resources]


def owners(known: Known, issuer: str, words: Iterable[str]) -> tuple[str, ...]:
    """The resources that these scope words name, each once; a word that belongs to nobody names none."""
    named = (_owner(known, issuer, word) for word in words)
    return tuple(dict.fromkeys(each for each in named if each is not None))


def _owner(known: Known, issuer: str, word: str) -> str | None:
    if word in _OWN:
        return issuer
    server = known.owner_of.get(word)
    return server.identifier if server is not None else None
