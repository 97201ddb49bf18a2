"""What a site did wrong, told to whoever keeps it for its developers: what it sent, shortened, beside what it registered.

Addresses lose their parameters' values, free text of ours is told as it is; never a secret, a token, or a word about a person.
"""

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2.rfc6749.errors import OAuth2Error

from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient

Tell = Callable[[str, str, str, str], None]
"""Takes the client's id, a stable code, what was sent, and what is registered."""

LONGEST: Final = 200
# What a person decided, or a silent question that could not be answered, is no mistake of the site.
_ORDINARY: Final = frozenset(
    {
        "access_denied", "login_required", "consent_required", "interaction_required", "account_selection_required",
        "unmet_authentication_requirements", "temporarily_unavailable", "authorization_pending", "slow_down",
        "expired_token", "invalid_grant", "invalid_client",
    }
)  # fmt: skip


def of_address(provider: Provider, client: RegisteredClient, code: str, asked: AuthorizationRequest) -> None:
    """The site could not be answered, because of its address or its request object."""
    sent = address(asked.redirect_uri) if asked.redirect_uri is not None else ""
    provider.tell_error(client.client_id, code, sent, joined(client.metadata.redirect_uris))


def of_refusal(provider: Provider, client: RegisteredClient, asked: AuthorizationRequest, refusal: OAuth2Error) -> None:
    """An authorization request was refused."""
    error = str(refusal.error)
    if error in _ORDINARY:
        return
    said, m = refusal.get_error_description() or "", client.metadata
    match error:
        case "invalid_scope":
            sent, registered = joined(asked.scope), joined(m.scopes)
        case "unsupported_response_type" | "unauthorized_client":
            sent, registered = joined(sorted(asked.response_type)), joined(m.response_types, " | ")
        case "invalid_target":
            sent, registered = joined(address(each) for each in asked.resource), ""
        case _:
            sent, registered = said, ""
    provider.tell_error(client.client_id, f"authorize_{error}", sent, registered)


def of_scope(provider: Provider, client: RegisteredClient, asked: AuthorizationRequest, given: tuple[str, ...]) -> None:
    """Words of the scope that were passed over, because the site is not registered for them."""
    dropped = [word for word in asked.scope if word not in given]
    provider.tell_error(client.client_id, "scope_passed_over", joined(dropped), joined(client.metadata.scopes))


def of_token(provider: Provider, client: RegisteredClient, error: OAuth2Error) -> None:
    """A token request of a site that proved itself was refused, for another reason than its code."""
    if str(error.error) not in _ORDINARY:
        said = error.get_error_description() or ""
        provider.tell_error(client.client_id, f"token_{error.error}", said, joined(client.metadata.grant_types))


def address(text: str) -> str:
    """An address without the values of its parameters, nor a fragment."""
    try:
        parts = urlsplit(text)
        names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return f"{parts.scheme}://{host}{parts.path}" + (f"?{'&'.join(f'{name}=…' for name in names)}" if names else "")


def joined(words: Iterable[str], between: str = " ") -> str:
    return between.join(words)


def printable(text: str) -> str:
    """What may be kept and shown: shortened, nothing that is no letter."""
    shown = "".join(each if each.isprintable() else "�" for each in text[: LONGEST + 1])
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
